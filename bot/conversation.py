"""One message heard: look, decide, write; all of it or nothing, and once however often it comes."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot import effects, listening, profiles, saying
from bot.announcements import replies
from bot.channels.base import Channel, Inbound, Reply
from bot.content.archive import Archive
from bot.effects import Turn
from bot.misses import Misses
from bot.money import NO_PRICES, Paid, Prices
from bot.ordering import Orders
from bot.render import Rendered, Voice
from bot.store import statements as s
from bot.store.database import Conflict, Store
from bot.store.ids import new_id
from bot.store.looking import LOOK, Looked
from bot.store.statements import Write
from flows import types as f
from flows.hearing import MOST_MISSES
from flows.learner.people import kept
from flows.learner.person import PASSED_ON
from flows.lessons import calls
from flows.machine import advance
from flows.session import Library, Session

MOST_TRIES: Final = 20  # of one turn against others of the same learner at the same moment
MOST_EVENTS: Final = 4  # that may follow one another in a turn


class Busy(Exception):
    """So many messages of one learner came at once that this one found no turn; the provider may send it again."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of a message: the reply, whether anything waits to be sent, and ids for the log."""

    reply: Reply
    queued: bool = False
    inbound_id: int = 0
    learner_id: int = 0
    state: str = ""


@dataclass(frozen=True)
class Conversations:
    """The use case of hearing a message, with what it needs: rows, words, and the library as it is now and as it was."""

    store: Store
    voice: Voice
    library: Callable[[], Library]
    zone: ZoneInfo
    archive: Archive
    advance: Callable[[Session, f.Event, Library], f.Step] = advance
    prices: Prices = NO_PRICES
    orders: Orders | None = None  # what coordinators may ask for
    misses: Misses | None = None  # what counts codes asked for in vain

    def hear(self, inbound: Inbound, channel: Channel, *, now: datetime) -> Heard:
        """Answer one message. The same message again gets the same words and moves nothing.

        Two of hers at once are two turns: the second finds its turn taken, looks again, and follows the first.
        Raises Busy where that happens too often.
        """
        inbound = listening.said(self.store, inbound)
        for _ in range(MOST_TRIES):
            rows = self._look(inbound)
            replied = next((row.replied for row in rows if row.replied is not None), None)
            if replied is not None:
                return Heard(Reply.read(replied))
            known = listening.known(rows, channel.profile.address)
            try:
                if known is not None:
                    return self._take_turn(known, inbound, channel, now)
                self._meet(rows, inbound, channel.profile.address, now)
            except Conflict:
                continue
        raise Busy(f"{inbound.channel}: no turn found in {MOST_TRIES} tries")

    def _look(self, inbound: Inbound) -> list[Looked]:
        wanted = {"identifier": inbound.sender, "channel": inbound.channel, "provider_id": inbound.provider_id}
        return self.store.quick_look(LOOK, wanted)

    def _meet(self, rows: list[Looked], inbound: Inbound, kind: str, now: datetime) -> None:
        """Make her known: this address, and a learner for it unless the same number already has one on another channel.

        A number on WhatsApp is a telephone number too, and gets both addresses. So she who writes for the first time on
        two channels at once is one learner: the second finds the telephone's address taken.
        """
        elsewhere = self._look(replace(inbound, sender=inbound.also)) if inbound.also else []
        sibling = next((row for row in [*rows, *elsewhere] if row.learner_id is not None), None)
        her = (sibling and sibling.learner_id) or new_id(now)
        stopped = sibling.opted_out_at if sibling else None  # STOP holds on the channels she comes to later, too
        today = now.astimezone(self.zone).date()
        writes = [] if sibling else profiles.new_learner(her, inbound.sender, now, heard_on=today)[1]
        held = {row.kind for row in rows}
        if any(row.learner_id is None for row in rows):
            attached = {"number": inbound.sender, "learner_id": her, "opted_out_at": stopped}
            writes.append(Write(s.ATTACHED, attached))
        for each in ({kind, "tel"} if inbound.sender.startswith("+") else {kind}) - held:
            row = {"id": new_id(now), "kind": each, "identifier": inbound.sender, "learner_id": her, "created_at": now}
            writes.append(Write(s.ADDRESS, row | {"opted_out_at": stopped}))
        if inbound.also and not elsewhere:  # WhatsApp's own id of her: one day her number may not come with it
            row = {"id": new_id(now), "kind": kind, "identifier": inbound.also, "learner_id": her, "created_at": now}
            writes.append(Write(s.ADDRESS, row | {"opted_out_at": stopped}))
        self.store.write(writes)

    def _take_turn(self, known: listening.Known, inbound: Inbound, channel: Channel, now: datetime) -> Heard:
        dialogue, typed, event = listening.happened(known, inbound, now)
        turn = Turn(
            known.learner_id,
            known.address_id,
            new_id(now),
            inbound.channel,
            known.turn + 1,
            kept(known.session, inbound.text),
            now,
            self.zone,
            self.archive.holding(self.library(), known.session),
            inbound.sender,
            channel.profile.documents,
            self.misses,
        )
        session, rendered, ends = self._answer(known, inbound, event, turn, channel)

        def price(text: str) -> Paid:
            return self.prices.of(channel, inbound.sender, text, at=now)

        reply, queued = Reply((), ends), False
        if not inbound.answered:
            reply, queued = saying.write(turn, rendered, channel, ends, session.course, price=price)
        self._write_turn(turn, inbound, reply)
        _heard_of(turn, known)
        call = _call(rendered, dialogue, typed, open=channel.profile.kind == "ussd" and not ends)
        _move(turn, session, call)
        self.store.write(turn.writes)
        return Heard(reply, queued, turn.inbound_id, turn.learner_id, session.state)

    def _answer(
        self, known: listening.Known, inbound: Inbound, event: f.Event, turn: Turn, channel: Channel
    ) -> tuple[Session, Rendered, bool]:
        """The session after this event, what is shown or sent for it, and whether that ends the call.

        A call does not end while a page waits, for the network would take the call away and the page with it.
        """
        done = self.orders and self.orders.heard(inbound.sender, inbound.text, channel.profile.kind, turn.now)
        if done:
            turn.heard = done.words
            turn.write(s.STILL_NUDGED, of=turn.learner_id, turn=turn.number)
            return known.session, done.rendered, False
        screen = listening.kept_screen(known, event, channel, turn.library)
        if screen is not None:
            turn.write(s.STILL_NUDGED, of=turn.learner_id, turn=turn.number)
            return known.session, screen, False
        session, say = self._decide(known.session, event, turn)
        effects.keep_in_touch(turn)
        again = self._missed(known, session, say) if channel.profile.kind == "ussd" else None
        if again is not None:
            return session, again, False
        rendered = self.voice.render(say, session.locale, channel.profile.kind, inbound.sender)
        return session, rendered, say.ends and not rendered.unread

    def _missed(self, known: listening.Known, session: Session, say: f.Say) -> Rendered | None:
        """What a wrong key on a screen shows: that screen again, with the keys that work; None for the machine's own words.

        Where another page follows, the third wrong key moves on to it. Else the second brings a hint, the third a way out.
        """
        if not session.misses or not known.shown:
            return None
        if known.unread and session.misses >= MOST_MISSES:
            return Rendered(known.unread[:1], known.unread[1:])
        if known.unread or session.misses == 1:
            return self.voice.again(known.shown, known.unread, len(say.choices), session.locale)
        return None

    def _decide(self, session: Session, event: f.Event, turn: Turn) -> tuple[Session, f.Say]:
        """Advance, apply, and go on with the events that follow, such as a certificate issued; all is said as one."""
        body: tuple[Any, ...] = ()
        say = f.Say(())
        events = [event]
        for _ in range(MOST_EVENTS):
            if not events:
                break
            step = self.advance(session, events.pop(0), turn.library)
            session = step.session
            said, follows = effects.apply(step.effects, turn, self.store)
            if turn.handover is not None and turn.handover.left is None:
                effects.keep_in_touch(turn)  # hers who hands it over; what follows is the other's
                turn.handover.left, session = session, turn.handover.session
                turn.library = self.archive.holding(turn.library, session)
            events.extend(follows)
            if said is not None:
                body, say = (*body, *said.body), replace(said, picture=said.picture or say.picture)
        if session.misses and replies.passed_on(turn, self.store):
            body = (PASSED_ON, *body)
        return session, replace(say, body=body)

    def _write_turn(self, turn: Turn, inbound: Inbound, reply: Reply) -> None:
        """The message itself, which takes the turn, and where she wrote from last."""
        turn.write(
            s.HEARD,
            id=turn.inbound_id,
            channel=inbound.channel,
            provider_id=inbound.provider_id,
            address_id=turn.address_id,
            learner_id=turn.learner_id,
            turn=turn.number,
            text=turn.heard,
            reply=reply.kept(),
            received_at=turn.now,
        )
        turn.write(s.SEEN, of=turn.address_id, last_inbound_at=turn.now, last_channel=inbound.channel)


def _heard_of(turn: Turn, known: listening.Known) -> None:
    """Today is the day on which she was last heard of, or she who was handed the phone: written once a day."""
    today = turn.now.astimezone(turn.zone).date()
    if turn.handover is not None:
        turn.write(s.HEARD_ON, of=turn.handover.learner_id, heard_on=today)
    elif known.heard_on != today.isoformat() and not any(each.statement is s.HEARD_ON for each in turn.writes):
        turn.write(s.HEARD_ON, of=turn.learner_id, heard_on=today)


def _move(turn: Turn, session: Session, call: dict[str, Any]) -> None:
    """Where the conversation is now, and the call. Handed over, it is the other's, who goes on in the same call."""
    if turn.handover is not None and turn.handover.left is not None:
        to, left = turn.handover, turn.handover.left
        _write_move(turn, (to.learner_id, to.turn), session, call)
        session, call = left, call | {"unread": "[]", "shown": ""}
    _write_move(turn, (turn.learner_id, turn.number), session, call)


def _write_move(turn: Turn, of: tuple[int, int], session: Session, call: dict[str, Any]) -> None:
    asked = call["shown"] and calls.is_open(session, turn.library)
    drops_at = turn.now + calls.DROPPED_AFTER if asked else None
    turn.write(s.MOVED, of=of[0], turn=of[1], session=session.to_json(), drops_at=drops_at, **call)


def _call(rendered: Rendered, dialogue: str, typed: int, *, open: bool) -> dict[str, Any]:  # noqa: A002 - as it is said
    """What is kept of the call: what of it was heard, the pages that wait, and the screen that it stands at."""
    unread = json.dumps(rendered.unread, ensure_ascii=False)
    return {"dialogue": dialogue, "typed": typed, "unread": unread, "shown": rendered.texts[0] if open else ""}

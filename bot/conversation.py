"""One message heard: look, decide, write; all of it or nothing, and once however often it comes."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot import effects, listening
from bot.channels.base import RANK, Channel, Inbound, Reply, Status
from bot.effects import Turn
from bot.pushes import REPLIES
from bot.render import Voice
from bot.store import statements as s
from bot.store.database import Conflict, Store
from bot.store.ids import new_id
from bot.store.statements import Write
from flows import types as f
from flows.machine import advance
from flows.session import Library, Session

MOST_TRIES: Final = 20  # of one turn against others of the same learner at the same moment
MOST_EVENTS: Final = 4  # that may follow one another in a turn
RECEIPT_WITHIN: Final = timedelta(minutes=15)  # then a reply that rode on a response is shown as undetermined


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
    """The use case of hearing a message, with what it needs: rows, words, and the library as it is now."""

    store: Store
    voice: Voice
    library: Callable[[], Library]
    zone: ZoneInfo
    advance: Callable[[Session, f.Event, Library], f.Step] = advance

    def hear(self, inbound: Inbound, channel: Channel, *, now: datetime) -> Heard:
        """Answer one message. The same message again gets the same words and moves nothing.

        Two of hers at once are two turns: the second finds its turn taken, looks again, and follows the first.
        Raises Busy where that happens too often.
        """
        inbound = replace(inbound, text=listening.bounded(inbound.text))
        for _ in range(MOST_TRIES):
            rows = self._look(inbound)
            replied = next((row.replied for row in rows if row.replied is not None), None)
            if replied is not None:
                return Heard(_read_reply(replied))
            known = listening.known(rows, channel.profile.address)
            try:
                if known is not None:
                    return self._take_turn(known, inbound, channel, now)
                self._meet(rows, inbound, channel.profile.address, now)
            except Conflict:
                continue
        raise Busy(f"{inbound.channel}: no turn found in {MOST_TRIES} tries")

    def _look(self, inbound: Inbound) -> list[s.Looked]:
        wanted = {"identifier": inbound.sender, "channel": inbound.channel, "provider_id": inbound.provider_id}
        return self.store.quick_look(s.LOOK, wanted)

    def _meet(self, rows: list[s.Looked], inbound: Inbound, kind: str, now: datetime) -> None:
        """Make her known: this address, and a learner for it unless the same number already has one on another channel.

        A number on WhatsApp is a telephone number too, and gets both addresses. So she who writes for the first time on
        two channels at once is one learner: the second finds the telephone's address taken.
        """
        sibling = next((row for row in rows if row.learner_id is not None), None)
        her = (sibling and sibling.learner_id) or new_id(now)
        stopped = sibling.opted_out_at if sibling else None  # STOP holds on the channels she comes to later, too
        writes = [] if sibling else _new_learner(her, now)
        held = {row.kind for row in rows}
        if any(row.learner_id is None for row in rows):
            attached = {"number": inbound.sender, "learner_id": her, "opted_out_at": stopped}
            writes.append(Write(s.ATTACHED, attached))
        for each in ({kind, "tel"} if inbound.sender.startswith("+") else {kind}) - held:
            row = {"id": new_id(now), "kind": each, "identifier": inbound.sender, "learner_id": her, "created_at": now}
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
            inbound.text,
            now,
            self.zone,
            self.library(),
        )
        shown = listening.next_screen(known, event, channel, turn.library)
        if shown is not None:
            session, rendered, ends = known.session, shown, False
            turn.write(s.STILL_NUDGED, of=turn.learner_id, turn=turn.number)
        else:
            session, say = self._decide(known.session, event, turn)
            rendered, ends = self.voice.render(say, session.locale, channel.profile.kind, inbound.sender), say.ends
            effects.keep_in_touch(turn)
        reply = Reply((), ends) if inbound.answered else self._write_said(turn, rendered.texts, channel, ends)
        self._write_turn(turn, inbound, reply)
        turn.write(
            s.MOVED,
            of=known.learner_id,
            session=session.to_json(),
            turn=turn.number,
            dialogue=dialogue,
            typed=typed,
            unread=json.dumps(rendered.unread, ensure_ascii=False),
        )
        self.store.write(turn.writes)
        queued = bool(reply.texts) and not channel.profile.inline
        return Heard(reply, queued, turn.inbound_id, turn.learner_id, session.state)

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
            events.extend(follows)
            if said is not None:
                body, say = (*body, *said.body), said
        return session, replace(say, body=body)

    def _write_said(self, turn: Turn, texts: tuple[str, ...], channel: Channel, ends: bool) -> Reply:
        """A row for each text, written before anything is sent. One that rides on the response needs no queue."""
        if not channel.profile.inline:
            status, lease = Status.QUEUED, None
        elif channel.profile.receipts:
            status, lease = Status.SENDING, turn.now + RECEIPT_WITHIN
        else:
            status, lease = Status.SENT, None
        said: list[tuple[int, str]] = []
        for text in texts:
            message_id = new_id(turn.now) if not said else max(new_id(turn.now), said[-1][0] + 1)
            said.append((message_id, text))
            turn.write(
                s.SAID,
                id=message_id,
                learner_id=turn.learner_id,
                address_id=turn.address_id,
                channel=turn.channel,
                purpose="reply",
                lane=REPLIES,
                text=text,
                status=status,
                rank=RANK[status],
                due_at=turn.now,
                lease_until=lease,
                attempts=0,
                turn=None,
                created_at=turn.now,
            )
        return Reply(tuple(said), ends)

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
            text=inbound.text,
            reply=json.dumps([reply.texts, reply.ends], ensure_ascii=False),
            received_at=turn.now,
        )
        turn.write(s.SEEN, of=turn.address_id, last_inbound_at=turn.now, last_channel=inbound.channel)


def _new_learner(her: int, now: datetime) -> list[Write]:
    session = Session().to_json()
    row = {"learner_id": her, "session": session, "turn": 0, "dialogue": "", "typed": 0, "unread": "[]"}
    return [Write(s.LEARNER, {"id": her, "locale": "ms", "created_at": now}), Write(s.CONVERSATION, row)]


def _read_reply(kept: str) -> Reply:
    texts, ends = json.loads(kept)
    return Reply(tuple((message_id, text) for message_id, text in texts), ends)

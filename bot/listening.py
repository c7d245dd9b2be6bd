"""What a message says, given what was known before it: a call read by position, a screen not seen yet."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, select

from bot import render
from bot.channels.base import Channel, Dialogue, Inbound
from bot.store import moment, tables as t
from bot.store.database import Store
from bot.store.looking import Looked
from flows import types as f
from flows.lessons.calls import SAME_CALL
from flows.session import Library, Session

LONGEST: Final = 2000  # characters of a message that are kept and read; an SMS of ten parts has 1 530

ASKS_FOR_MORE: Final = frozenset({"next", "repeat"})
REPEATS: Final = "98"

# On any channel: whoever has answered by SMS meanwhile is at another question.
_LAST_ASKED: Final = (
    select(t.outbound_message.c.id, t.outbound_message.c.provider_id)
    .where(
        t.outbound_message.c.learner_id.in_(
            select(t.address.c.learner_id).where(t.address.c.identifier == bindparam("identifier"))
        ),
        t.outbound_message.c.one_of.is_not(None),
    )
    .order_by(t.outbound_message.c.id.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Known:
    """What one look found: her address and session as they are before this message."""

    address_id: int
    learner_id: int
    session: Session
    turn: int
    dialogue: str
    typed: int
    unread: tuple[str, ...]
    shown: str  # the screen that her last call stands at
    wrote: tuple[Any, ...]  # when she wrote last from each address by this number, as the database keeps it
    heard_on: str  # the day on which she was last heard of, 2026-11-24


def bounded(text: str) -> str:
    """The words without what a database cannot hold (NUL, lone surrogates), and no longer than anybody types."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")[:LONGEST]


def said(store: Store, inbound: Inbound) -> Inbound:
    """What she said, in text that can be kept. `pressed` stays only with a button under an older message than the last.

    Such a button means its words, for its number or letter may be another's now. An announcement or a reminder that came
    after a question has not made it older.
    """
    pressed, text = inbound.pressed, inbound.text
    if pressed is not None:
        last = store.look(_LAST_ASKED, {"identifier": inbound.sender})
        if any(pressed.under == row.provider_id or pressed.message_id == row.id for row in last):
            pressed = None
        else:
            text = pressed.words
    return replace(inbound, text=bounded(text), pressed=pressed)


def known(rows: list[Looked], kind: str) -> Known | None:
    """What one look found of her at this kind of address; None where nobody is known there."""
    for row in rows:
        if row.kind == kind and row.learner_id is not None:
            session, unread = Session.from_json(row.session), tuple(json.loads(row.unread))
            wrote = tuple([each.last_inbound_at for each in rows if each.learner_id == row.learner_id])
            return Known(
                row.id,
                row.learner_id,
                session,
                row.turn,
                row.dialogue,
                row.typed,
                unread,
                row.shown,
                wrote,
                str(row.heard_on),
            )
    return None


def happened(before: Known, inbound: Inbound, now: datetime) -> tuple[str, int, f.Event]:
    """What happened, and how much of an open call's transcript has then been heard.

    The transcript is read by position, so that a "*" she typed herself shifts nothing.
    """
    call: Dialogue | None = inbound.dialogue
    if call is None:
        late = inbound.pressed
        # An option of a question that is behind her may read like a word that means something everywhere, even STOP.
        text = "" if late and late.lettered else inbound.text
        wordless = not inbound.text.strip()
        return before.dialogue, before.typed, f.Replied(text, now, late=late is not None, wordless=wordless)
    length = len(call.transcript)
    if call.id == before.dialogue and before.typed <= length:
        text = call.transcript[before.typed :]
        text = text.removeprefix("*") if before.typed else text
    else:  # a call we have not heard the beginning of: its last words are what she means
        text = inbound.text
    if not call.transcript:
        wrote = [when for kept in before.wrote if (when := moment.read(kept)) is not None]
        return call.id, length, f.Arrived(now, now - max(wrote) if wrote else None)
    return call.id, length, f.Replied(bounded(text), now)


def kept_screen(before: Known, event: f.Event, channel: Channel, library: Library) -> render.Rendered | None:
    """A screen that needs no step of the machine: the very one a dropped call stood at, or the next one of a long text.

    The next one is shown for 98, and for the key of a choice that stands further on.
    """
    if channel.profile.kind != "ussd":
        return None
    match event:
        case f.Arrived(away=away) if before.shown and away is not None and away <= SAME_CALL:
            return render.Rendered((before.shown,), before.unread)
        case f.Replied(text=text) if before.unread:
            heard = library.keywords.hear(text)
            if heard.plain == REPEATS or heard.intent in ASKS_FOR_MORE or _stands_later(heard.number, before.unread):
                return render.Rendered(before.unread[:1], before.unread[1:])
    return None


def _stands_later(number: int, unread: tuple[str, ...]) -> bool:
    """Whether the choice with this number stands on a screen she has not seen: one she sees may be chosen at once."""
    return number > 0 and any(line.startswith(f"{number} ") for screen in unread for line in screen.split("\n"))

"""What a message says, given what was known before it: a call read by position, a screen not seen yet."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot import render
from bot.channels.base import Channel, Dialogue, Inbound
from bot.store import statements as s
from flows import types as f
from flows.session import Library, Session

LONGEST: Final = 2000  # characters of a message that are kept and read; an SMS of ten parts has 1 530

ASKS_FOR_MORE: Final = frozenset({"next", "repeat"})
REPEATS: Final = "98"


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


def bounded(text: str) -> str:
    """The words without what a database cannot hold (NUL, lone surrogates), and no longer than anybody types."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")[:LONGEST]


def known(rows: list[s.Looked], kind: str) -> Known | None:
    """What one look found of her at this kind of address; None where nobody is known there."""
    for row in rows:
        if row.kind == kind and row.learner_id is not None:
            session, unread = Session.from_json(row.session), tuple(json.loads(row.unread))
            return Known(row.id, row.learner_id, session, row.turn, row.dialogue, row.typed, unread)
    return None


def happened(before: Known, inbound: Inbound, now: datetime) -> tuple[str, int, f.Event]:
    """What happened, and how much of an open call's transcript has then been heard.

    The transcript is read by position, so that a "*" she typed herself shifts nothing.
    """
    call: Dialogue | None = inbound.dialogue
    if call is None:
        return before.dialogue, before.typed, f.Replied(inbound.text, now)
    length = len(call.transcript)
    if call.id == before.dialogue and before.typed <= length:
        text = call.transcript[before.typed :]
        text = text.removeprefix("*") if before.typed else text
    else:  # a call we have not heard the beginning of: its last words are what she means
        text = inbound.text
    if not call.transcript:
        return call.id, length, f.Arrived(now)
    return call.id, length, f.Replied(bounded(text), now)


def next_screen(before: Known, event: f.Event, channel: Channel, library: Library) -> render.Rendered | None:
    """The next screen of what was said last, where she has not seen it all: 98, or a key for a choice not yet shown."""
    if not before.unread or channel.profile.kind != "ussd" or not isinstance(event, f.Replied):
        return None
    heard = library.keywords.hear(event.text)
    if heard.plain == REPEATS or heard.intent in ASKS_FOR_MORE or _stands_later(heard.number, before.unread):
        return render.Rendered(before.unread[:1], before.unread[1:])
    return None


def _stands_later(number: int, unread: tuple[str, ...]) -> bool:
    """Whether the choice with this number stands on a screen she has not seen: one she sees may be chosen at once."""
    return number > 0 and any(line.startswith(f"{number} ") for screen in unread for line in screen.split("\n"))

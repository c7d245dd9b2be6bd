"""What learners answer to an announcement: found to be an answer by when it reached her, and kept with it."""

from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlalchemy import bindparam, select

from bot.channels.base import Status
from bot.channels.status import WENT
from bot.pushes import MOST_WAITING
from bot.store import statements as s, tables as t
from bot.store.database import Store
from bot.store.ids import earliest_id, new_id
from bot.store.statements import Write

SAYS_WITHIN: Final = timedelta(days=7)  # HADIR or TIDAK HADIR
WRITES_WITHIN: Final = timedelta(hours=24)  # words that nothing else understands
READ_WITHIN: Final = timedelta(days=2)  # by a coordinator
FEWEST_LETTERS: Final = 4
FEWEST_WORDS: Final = 3  # where no announcement was near: fewer are a slip at a question, not something to tell
ABOUT: Final = "announcement"  # what such a request is about
UNREAD: Final = "unread"  # the same where it answers no announcement

_out: Final = t.outbound_message.c
_settled: Final = _out.settled_at.type
# Along the index on (learner, id), the newest first: her few messages of some days.
_LAST: Final = (
    select(_out.broadcast_id)
    .where(
        _out.learner_id == bindparam("of"),
        _out.id > bindparam("made_since"),
        _out.broadcast_id.is_not(None),
        _out.status.in_((*WENT, Status.SENDING)),
        (_out.settled_at > bindparam("since", type_=_settled)) | _out.settled_at.is_(None),
    )
    .order_by(_out.id.desc())
    .limit(1)
)


def answered(store: Store, learner_id: int, within: timedelta, now: datetime) -> int | None:
    """The announcement that reached her last, where that is not longer ago; else None. One look, by index."""
    since = now - within
    found = store.look(_LAST, {"of": learner_id, "made_since": earliest_id(since - MOST_WAITING), "since": since})
    return int(found[0].broadcast_id) if found else None


class Turn(Protocol):
    """What of a turn is needed to keep what she answered in it."""

    learner_id: int
    inbound_id: int
    heard: str
    now: datetime
    writes: list[Write]


def attends(turn: Turn, store: Store, about: str) -> bool:
    """Keep HADIR ("coming") or TIDAK HADIR with the announcement it answers; False where none reached her within seven days."""
    announced = answered(store, turn.learner_id, SAYS_WITHIN, turn.now)
    if announced is not None:
        turn.writes.append(_kept(turn, announced, "yes" if about == "coming" else "no"))
    return announced is not None


def passed_on(turn: Turn, store: Store) -> bool:
    """Put words that nothing understood where a coordinator reads them; True where she may be told so, within a day of an announcement.

    Keys and single letters are slips at a question, and stay with it. Without an announcement a few words are too; a sentence is
    read by a coordinator all the same, but when she has time for it, so nothing is promised.
    """
    if sum(map(str.isalpha, turn.heard)) < FEWEST_LETTERS:
        return False
    announced = answered(store, turn.learner_id, WRITES_WITHIN, turn.now)
    if announced is None and len(turn.heard.split()) < FEWEST_WORDS:
        return False
    about = UNREAD if announced is None else ABOUT
    asked = {"id": new_id(turn.now), "learner_id": turn.learner_id, "about": about, "inbound_id": turn.inbound_id}
    due = {"opened_at": turn.now, "due_at": turn.now + READ_WITHIN}
    turn.writes.append(Write(s.ASKED, asked | due))
    if announced is not None:
        turn.writes.append(_kept(turn, announced, "free"))
    return announced is not None


def _kept(turn: Turn, announced: int, kind: str) -> Write:
    row = {"id": new_id(turn.now), "broadcast_id": announced, "learner_id": turn.learner_id, "kind": kind}
    return Write(s.ANNOUNCEMENT_ANSWERED, row | {"words": turn.heard[:200], "given_at": turn.now})

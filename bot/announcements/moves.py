"""From draft to done: each move is one conditional UPDATE with a line in the audit; one that may not be made says why.

draft → waiting (approved, and may still be taken back) → sending → done. It is paused and resumed on the way, or cancelled.
"""

import json
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, case, select, update

from bot.store import audit, tables as t
from bot.store.database import Store

LARGE: Final = 200  # learners: an announcement to more of them is approved by a second person
UNDO: Final = timedelta(minutes=5)  # in which one that is approved can be taken back

STATUSES: Final = ("draft", "waiting", "sending", "paused", "done", "cancelled")
_b: Final = t.broadcast.c
_can: Final = {
    "draft": "it is a draft: approve it first",
    "waiting": "it has been approved, and waits to go out",
    "sending": "it has begun to go out",
    "paused": "it is paused",
    "done": "it is done: all of it has gone out",
    "cancelled": "it was cancelled",
}
# Each move: from which statuses, and where it leads. One that is there already is no refusal.
_MOVES: Final = {
    "taken back": (("waiting",), ("draft",)),
    "paused": (("waiting", "sending"), ("paused",)),
    "resumed": (("paused",), ("waiting", "sending")),
    "cancelled": (("draft", "waiting", "sending", "paused"), ("cancelled",)),
}


class Refused(Exception):
    """This move may not be made; the text says why, and what can be done instead."""


def approve(
    store: Store, announcement: int, who: str, *, size: int, now: datetime, second: bool = False, beyond_cap: str = ""
) -> datetime:
    """Let a draft for `size` learners go, and return when it begins to: never within five minutes, for so long it can be taken back.

    Above LARGE a `second` person approves it: whoever calls has seen that she has the right. `beyond_cap`, a reason that is kept
    in the audit, lets it go to those too whose week is full (`arbiter.FULL`); for that too the right is needed. Approving it again
    changes nothing. Raises Refused.
    """
    ours = _known(store, announcement)
    if ours.status != "draft":
        if ours.status in ("waiting", "sending", "done") and ours.approved_by == who:
            return ours.due_at or now
        raise Refused(_can[ours.status])
    if size <= 0:
        raise Refused("nobody would get it")
    beyond_cap = beyond_cap.strip()[:200]
    if beyond_cap and not second:
        raise Refused("to send it beyond the weekly cap takes a coordinator with the right to approve")
    if size > LARGE and not (second and not same_person(ours.author, who)):
        raise Refused(
            f"it is for {size:,} learners: above {LARGE} somebody else approves it, a coordinator with the right to approve"
        )
    if ours.due_at is not None and ours.due_at <= now:
        raise Refused("the time at which it was to go has passed: give it another")
    due = max(now + UNDO, ours.due_at or now)
    approved = {"status": "waiting", "approved_by": who, "approved_at": now, "size": size, "due_at": due}
    approved |= {"beyond_cap": beyond_cap or None}
    with store.begin() as connection:
        if not moved(connection, announcement, ("draft",), approved, as_seen=ours):
            raise Refused("somebody has changed it meanwhile: look at it again")
        overrides = {"beyond_cap": beyond_cap} if beyond_cap else {}
        _note(connection, who, "announcement approved", announcement, now, size=size, **overrides)
    return due


def hurry(store: Store, announcement: int, who: str, why: str, *, size: int, now: datetime) -> None:
    """Let a draft go at once, for an emergency: no second person, no time to take it back, no hours, no days off. Raises Refused.

    Opt-out and consent stand. `why` is kept in the audit.
    """
    if not why.strip():
        raise Refused("say what the emergency is")
    ours = _known(store, announcement)
    if ours.status in ("waiting", "sending", "done") and ours.urgent:
        return
    at_once = {"status": "waiting", "urgent": True, "approved_by": who, "approved_at": now, "size": size, "due_at": now}
    with store.begin() as connection:
        if not moved(connection, announcement, ("draft", "waiting"), at_once, as_seen=ours):
            raise Refused(_can[ours.status])
        _note(connection, who, "announcement urgent", announcement, now, why=why)


def take_back(store: Store, announcement: int, who: str, *, now: datetime) -> None:
    """Make a draft again of one that waits; what it was approved for is asked again. Raises Refused."""
    ours = _known(store, announcement)
    scheduled = ours.due_at if ours.approved_at and ours.due_at > ours.approved_at + UNDO else None
    again = {"status": "draft", "approved_by": None, "approved_at": None, "due_at": scheduled, "beyond_cap": None}
    _move(store, announcement, who, "taken back", again, now=now)


def pause(store: Store, announcement: int, who: str, *, now: datetime) -> bool:
    """Let nothing more of it go for now. False where it is paused already. Raises Refused."""
    return _move(store, announcement, who, "paused", {"status": "paused"}, now=now)


def resume(store: Store, announcement: int, who: str, *, now: datetime) -> bool:
    """Let it go on where it was. False where it is under way already. Raises Refused.

    `finished_at` says that its rows are still to be let go on (`stopping.tidy`).
    """
    onward: dict[str, Any] = {
        "status": case((_b.joined_by.is_(None), "waiting"), else_="sending"),
        "finished_at": case((_b.joined_by.is_not(None), now)),
    }
    return _move(store, announcement, who, "resumed", onward, now=now)


def cancel(store: Store, announcement: int, who: str, *, now: datetime) -> bool:
    """End it. Nothing more of it is written or sent from now on; False where it was cancelled already. Raises Refused."""
    return _move(store, announcement, who, "cancelled", {"status": "cancelled"}, now=now)


def moved(
    connection: Connection,
    announcement: int,
    from_: tuple[str, ...],
    values: dict[str, Any],
    *,
    as_seen: Row[Any] | None = None,
) -> bool:
    """Whether this UPDATE moved it: it was in one of those statuses, and still said what was `as_seen`, to the same learners."""
    where = [_b.id == announcement, _b.status.in_(from_)]
    if as_seen is not None:
        said = ("words", "segment", "course", "district", "due_at")
        where += [_b[name].is_not_distinct_from(getattr(as_seen, name)) for name in said]
    return connection.execute(update(t.broadcast).where(*where).values(values)).rowcount == 1


def same_person(author: str, who: str) -> bool:
    """Whether two names are one person's, however they are spelt."""
    return " ".join(author.casefold().split()) == " ".join(who.casefold().split())


def _move(store: Store, announcement: int, who: str, did: str, values: dict[str, Any], *, now: datetime) -> bool:
    """Make a move that may be made again without harm. False where it is there already. Raises Refused."""
    from_, already = _MOVES[did]
    if _known(store, announcement).status in already:
        return False
    with store.begin() as connection:
        if not moved(connection, announcement, from_, values):
            raise Refused(_can[_known(store, announcement).status])
        _note(connection, who, f"announcement {did}", announcement, now)
    return True


def _known(store: Store, announcement: int) -> Row[Any]:
    found = store.look(select(t.broadcast).where(_b.id == announcement))
    if not found:
        raise LookupError(f"there is no announcement {announcement}")
    return found[0]


def _note(connection: Connection, who: str, did: str, announcement: int, now: datetime, **more: object) -> None:
    audit.note(connection, who, did, json.dumps({"id": announcement} | more, ensure_ascii=False), now=now)

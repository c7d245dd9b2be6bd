"""What of an announcement waits to be sent, stopped, held, or let go on: in bounded batches, each a transaction of its own.

A paused announcement's rows stay queued in a lane that no worker looks into. Whatever a worker has claimed before its batch came
is let go of just before it is sent: `let_go`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, exists, or_, select, update

from bot.announcements import stretches
from bot.channels.base import RANK, Status
from bot.pushes import BULK, HELD as HELD
from bot.store import tables as t
from bot.store.database import Store
from bot.store.lists import among

BATCH: Final = 5_000  # rows a transaction
WHY: Final = "cancelled by the coordinator"

_b: Final = t.broadcast.c
_out: Final = t.outbound_message.c


def settle(store: Store, announcement: int, *, now: datetime) -> int:
    """Stop, hold or let go on all that is queued of an announcement, as its status says, and return how many rows that were.

    May run twice, or die in the middle: the workers do the rest (`tidy`, `let_go`).
    """
    done = 0
    while count := settle_some(store, announcement, now=now):
        done += count
    return done


def settle_some(store: Store, announcement: int, *, now: datetime, most: int = BATCH) -> int:
    """The same for one batch; 0 where nothing is left to do."""
    with store.begin() as connection:
        stretches.wait(connection, announcement)
        status = connection.execute(select(_b.status).where(_b.id == announcement).with_for_update()).scalar()
        values: dict[str, Any]
        lanes: tuple[int, ...]
        match status:
            case "cancelled":
                values, lanes = _cancelled(now), (BULK, HELD)
            case "paused":
                values, lanes = {"lane": HELD}, (BULK,)
            case "sending" | "waiting":
                values, lanes = {"lane": BULK}, (HELD,)
            case _:
                return 0
        queued = (_out.broadcast_id == announcement, _out.status == Status.QUEUED, _out.lane.in_(lanes))
        # Found before anything is changed: within the UPDATE, PostgreSQL may ask for some more again and again.
        some = select(_out.id).where(*queued).limit(most).with_for_update(skip_locked=True)
        ids = {"some": list(connection.execute(some).scalars())}
        found = (among(_out.id, "some", on_sqlite=store.on_sqlite), _out.status == Status.QUEUED)
        change = update(t.outbound_message).where(*found).values(values)
        count = connection.execute(change, ids).rowcount if ids["some"] else 0
        if count < most and not _is_queued(connection, announcement, lanes):
            stopped = None
            if status == "cancelled":
                stopped = now
                stretches.forget(connection, announcement)
            connection.execute(update(t.broadcast).where(_b.id == announcement).values(finished_at=stopped))
        return count


def tidy(store: Store, *, now: datetime) -> int:
    """One batch of what a command that died has left: rows of a cancelled announcement, or held rows of one that goes on."""
    cancelled = and_(_b.status == "cancelled", _b.finished_at.is_(None))
    resumed = and_(_b.status.in_(("sending", "waiting")), _b.finished_at.is_not(None))  # see `moves.resume`
    left = store.look(select(_b.id).where(or_(cancelled, resumed)).order_by(_b.id))
    return sum(settle_some(store, row.id, now=now) for row in left)


def let_go(store: Store, claimed: Sequence[Row[Any]], *, now: datetime) -> Sequence[Row[Any]]:
    """Of rows a worker has claimed, those that may be sent; the rows of announcements that were stopped meanwhile are let go of.

    Costs nothing where none is of an announcement, else one look at a handful of rows.
    """
    of = {row.broadcast_id for row in claimed if row.broadcast_id is not None}
    if not of:
        return claimed
    query = select(_b.id, _b.status).where(_b.id.in_(of), _b.status.in_(("cancelled", "paused")))
    stopped = {row.id: row.status for row in store.look(query)}
    if not stopped:
        return claimed
    ids = {
        status: [row.id for row in claimed if stopped.get(row.broadcast_id) == status] for status in stopped.values()
    }
    back = {"status": Status.QUEUED, "rank": RANK[Status.QUEUED], "lane": HELD, "attempts": _out.attempts - 1}
    with store.begin() as connection:
        for status, values in (("cancelled", _cancelled(now)), ("paused", back)):
            if ids.get(status):
                ours = (_out.id.in_(ids[status]), _out.status == Status.SENDING)
                connection.execute(update(t.outbound_message).where(*ours).values(values))
    return [row for row in claimed if row.broadcast_id not in stopped]


def _cancelled(now: datetime) -> dict[str, Any]:
    return {"status": Status.CANCELLED, "rank": RANK[Status.CANCELLED], "error": WHY, "settled_at": now}


def _is_queued(connection: Connection, announcement: int, lanes: tuple[int, ...]) -> bool:
    queued = (_out.broadcast_id == announcement, _out.status == Status.QUEUED, _out.lane.in_(lanes))
    return bool(connection.execute(select(exists().where(*queued))).scalar())

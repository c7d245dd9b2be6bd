"""The learners of an announcement in stretches, each with a cursor of its own: so several workers write its rows side by side.

Whoever writes rows holds the lock of a stretch, and its cursor moves in the transaction of the rows. The row of the announcement
itself is free meanwhile: to stop it waits for nobody, and `settle` waits for each stretch's batch (`wait`).
"""

from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, exists, func, insert, or_, select, update

from bot.store import tables as t

END: Final = 2**63 - 1  # where a cursor stands once everybody behind it has her row
MOST: Final = 4  # stretches: as many workers may write one announcement

_b: Final = t.broadcast.c
_s: Final = t.broadcast_stretch.c
_her: Final = t.learner.c
_OPEN: Final = _s.after < _s.last


class Stretch(NamedTuple):
    """Learners with ids above `after`, the cursor, and up to `last`."""

    place: int
    after: int
    last: int


def due(now: datetime) -> ColumnElement[bool]:
    """Whether an announcement's time has come, and not everybody has her row."""
    return and_(_b.status.in_(("waiting", "sending")), or_(_b.due_at.is_(None), _b.due_at <= now), _b.after < END)


def not_cut(connection: Connection, now: datetime) -> Row[Any] | None:
    """An announcement that is due and not cut into stretches yet, locked."""
    cut_already = exists().where(_s.broadcast_id == _b.id)
    query = select(t.broadcast).where(due(now), ~cut_already).order_by(_b.urgent.desc(), _b.due_at, _b.id).limit(1)
    found = connection.execute(query.with_for_update(skip_locked=True)).one_or_none()
    if found is None:
        return None
    # Whoever cut it may have let go of its lock a moment ago.
    meanwhile = select(_s.place).where(_s.broadcast_id == found.id).limit(1)
    return None if connection.execute(meanwhile).all() else found


def cut(connection: Connection, ours: Row[Any], batch: int) -> None:
    """Cut those behind its cursor into stretches of about the same size: one, where they are no more than a batch.

    Reads the ids of all learners, from an index alone. Who comes while it is done is behind the last one.
    """
    behind = _her.id > ours.after
    count = connection.execute(select(func.count()).select_from(t.learner).where(behind)).scalar_one()
    size = -(-max(count, 1) // (MOST * batch)) * batch
    ends = [ours.after]
    for place in range(size, count, size):
        query = select(_her.id).where(behind).order_by(_her.id).offset(place - 1).limit(1)
        ends.append(connection.execute(query).scalar_one())
    rows = [
        {"broadcast_id": ours.id, "place": place, "after": after, "last": last}
        for place, (after, last) in enumerate(zip(ends, [*ends[1:], END], strict=True))
    ]
    connection.execute(insert(t.broadcast_stretch), rows)


def next_(connection: Connection, now: datetime) -> tuple[Row[Any], Stretch] | None:
    """The announcement whose turn it is, with the next of its stretches on which nobody works, locked; None where there is none.

    Emergencies first, then what was due first. A learner's week is read for each of them, so no two are written at once: while a
    batch of one is open nobody begins with another. That it still goes out is looked at again under the lock: whoever stopped it
    meanwhile waits for what it holds.
    """
    left = exists().where(_s.broadcast_id == _b.id, _OPEN)
    first = select(_b.id).where(due(now), left).order_by(_b.urgent.desc(), _b.due_at, _b.id).limit(1)
    while (announcement := connection.execute(first).scalar()) is not None:
        _keep_from_others(connection, announcement)
        query = select(t.broadcast_stretch).where(_s.broadcast_id == announcement, _OPEN).order_by(_s.place).limit(1)
        found = connection.execute(query.with_for_update(skip_locked=True)).one_or_none()
        if found is None:
            return None
        ours = connection.execute(select(t.broadcast).where(_b.id == announcement, due(now))).one_or_none()
        if ours is not None:
            return ours, Stretch(found.place, found.after, found.last)
    return None


def _keep_from_others(connection: Connection, announcement: int) -> None:
    """Wait for the batches of other announcements, and let nobody begin with one before this transaction ends.

    Who writes an announcement shares these locks with whoever else writes it, and asks for its own stretch only then: so nobody
    waits for somebody who waits for him.
    """
    others = select(_s.place).where(_s.broadcast_id != announcement, _OPEN).order_by(_s.broadcast_id, _s.place)
    connection.execute(others.with_for_update(read=True)).all()


def move(connection: Connection, announcement: int, stretch: Stretch, to: int) -> None:
    """Move the cursor of a stretch that is ours."""
    mine = (_s.broadcast_id == announcement, _s.place == stretch.place)
    connection.execute(update(t.broadcast_stretch).where(*mine).values(after=to))


def end(connection: Connection, now: datetime) -> None:
    """Of announcements that have no stretch left to write, put the cursor behind everybody."""
    of_it = _s.broadcast_id == _b.id
    query = select(_b.id).where(due(now), exists().where(of_it), ~exists().where(of_it, _OPEN))
    for announcement in connection.execute(query).scalars().all():
        forget(connection, announcement)
        connection.execute(update(t.broadcast).where(_b.id == announcement).values(after=END))


def forget(connection: Connection, announcement: int) -> None:
    """Its stretches are needed no more: all of it is written, or nothing more of it will be."""
    connection.execute(delete(t.broadcast_stretch).where(_s.broadcast_id == announcement))


def wait(connection: Connection, announcement: int) -> None:
    """Wait until nobody writes rows of it, and let nobody begin before this transaction ends."""
    query = select(_s.place).where(_s.broadcast_id == announcement).order_by(_s.place)
    connection.execute(query.with_for_update())

"""An announcement that is due becomes rows: batch after batch, each one statement in the database, with the cursor behind it."""

import json
import logging
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, case, exists, func, insert, literal, null, or_, select, update
from sqlalchemy.exc import IntegrityError

from bot import arbiter, policy, segments
from bot.announcements import repeating, stretches
from bot.announcements.recipients import Range, decided, prepare, range_after, whom
from bot.announcements.room import with_room
from bot.announcements.stretches import END as END
from bot.announcements.texts import Said
from bot.announcements.ways import ways_of
from bot.audience import Audience
from bot.channels.base import RANK, Status
from bot.pushes import BULK, Pushes
from bot.store import audit, tables as t
from bot.store.database import Store
from bot.store.ids import run_of_ids

log = logging.getLogger(__name__)

BATCH: Final = 20_000  # learners a transaction: about a fifth of a second on PostgreSQL
BATCH_ALONE: Final = 2_000  # on SQLite, where nobody else writes meanwhile
MOST_TRIES: Final = 3  # of a batch whose ids another process drew too

_b: Final = t.broadcast.c
_out: Final = t.outbound_message.c


class _Batch(NamedTuple):
    """The next learners of one announcement by id, whether it is for them or not: so a batch costs the same for any group."""

    ours: Row[Any]
    within: Range
    learners: int
    now: datetime


def spread(store: Store, sender: Pushes, *, now: datetime, most: int = 0) -> int:
    """Write the rows of the next `most` learners of one announcement that is due, and return how many it looked at; 0 where nothing
    is left that nobody else works on.

    Rows and cursor are one transaction, so it goes on where it died, and nobody gets two. May run twice or never, and at the same
    time: each works on a stretch of its own, and (broadcast, learner) is unique. What has nothing queued any more is done.
    """
    most = most or (BATCH_ALONE if store.on_sqlite else BATCH)
    for _ in range(MOST_TRIES - 1):
        try:
            return _spread(store, sender, now, most)
        except IntegrityError:
            log.info("ids drawn twice", extra={"job": "spread"})
    return _spread(store, sender, now, most)


def _spread(store: Store, sender: Pushes, now: datetime, most: int) -> int:
    with store.begin() as connection:  # of its own: whoever is about to write sees all that others may be writing
        if (new := stretches.not_cut(connection, now)) is not None:
            _begin(connection, new, now)
            stretches.cut(connection, new, most)
    with store.begin() as connection:
        while (found := stretches.next_(connection, now)) is not None:
            ours, stretch = found
            learners = range_after(connection, stretch.after, most, stretch.last)
            if learners is None:
                stretches.move(connection, ours.id, stretch, stretch.last)
                continue
            prepare(connection)
            batch = _Batch(ours, *learners, now)
            try:
                rows = _rows(store, sender, batch)
            except segments.NotUnderstood as gone:
                _hold(connection, ours, str(gone), now)
                return 0
            connection.execute(rows)
            stretches.move(connection, ours.id, stretch, batch.within.last)
            return batch.learners
        stretches.end(connection, now)
        _finish(connection, now)
        return 0


def _begin(connection: Connection, ours: Row[Any], now: datetime) -> None:
    """It begins to go out: it is for those who are there now, and one that comes every week is due again in a week.

    An emergency is due before everything that waits, so that it goes first.
    """
    if ours.joined_by is not None:
        return
    begun: dict[str, Any] = {"status": "sending", "joined_by": now}
    if ours.urgent:
        waits = select(func.min(_out.due_at)).where(_out.status == Status.QUEUED, _out.lane == BULK)
        begun["due_at"] = min(connection.execute(waits).scalar() or now, now) - timedelta(milliseconds=1)
    connection.execute(update(t.broadcast).where(_b.id == ours.id).values(begun))
    if ours.every_week:
        repeating.again(connection, ours, now)


def _hold(connection: Connection, ours: Row[Any], why: str, now: datetime) -> None:
    """Pause one whose group cannot be read any more, as when a saved group in it is gone: somebody has to look at it."""
    log.error("announcement paused", extra={"broadcast": ours.id, "why": why})
    connection.execute(update(t.broadcast).where(_b.id == ours.id).values(status="paused"))
    about = json.dumps({"id": ours.id, "why": why}, ensure_ascii=False)
    audit.note(connection, "titian worker", "announcement paused", about, now=now)


def _finish(connection: Connection, now: datetime) -> None:
    """Announcements of which nothing is queued any more are done."""
    queued = exists().where(_out.broadcast_id == _b.id, _out.status == Status.QUEUED)
    over = (_b.status == "sending", _b.after == END, ~queued)
    connection.execute(update(t.broadcast).where(*over).values(status="done", finished_at=now))


def _rows(store: Store, sender: Pushes, batch: _Batch) -> Any:
    """The statement that writes a batch: a row for each, queued for the hours, or with the reason why she does not get it."""
    ours, within, now = batch.ours, batch.within, batch.now
    at = now if ours.urgent else policy.next_opening(now, sender.zone, sender.off)
    due = ours.due_at if ours.urgent else at
    audience = Audience(ours.course, ours.district, ours.segment)
    true = whom(store, audience, ours.joined_by or ours.created_at, within, zone=sender.zone)
    words = json.loads(ours.words)
    ways = ways_of(sender, list(words))
    her = decided(ways, true, at, within, on_sqlite=store.on_sqlite).subquery("her")
    said, channel, why = Said(sender, ways, words).columns(her, on_sqlite=store.on_sqlite)
    room = with_room(her, at, within, asked=not (ours.urgent or ours.beyond_cap), on_sqlite=store.on_sqlite)
    skipped = or_(her.c.skipped == 1, room.full)
    values: dict[str, ColumnElement[Any]] = {
        "id": literal(run_of_ids(now, batch.learners)) + her.c.nth - 1,
        "learner_id": her.c.learner_id,
        "address_id": her.c.address_id,
        "channel": case((her.c.skipped == 1, func.coalesce(her.c.last_channel, "")), else_=channel),
        "purpose": literal("urgent" if ours.urgent else "broadcast"),
        "lane": literal(BULK),
        "text": said,
        "status": case((skipped, Status.CANCELLED.value), else_=Status.QUEUED.value),
        "rank": case((skipped, RANK[Status.CANCELLED]), else_=RANK[Status.QUEUED]),
        "due_at": case((skipped, _moment(now)), else_=room.opens if room.asked else _moment(due)),
        "attempts": literal(0),
        "broadcast_id": literal(ours.id),
        "error": case((her.c.skipped == 1, why), (room.full, arbiter.FULL), else_=null()),
        "created_at": _moment(now),
        "settled_at": case((skipped, _moment(now)), else_=null()),
    }
    return insert(t.outbound_message).from_select(list(values), select(*values.values()).select_from(room.source))


def _moment(value: datetime) -> ColumnElement[Any]:
    return literal(value, _out.due_at.type)

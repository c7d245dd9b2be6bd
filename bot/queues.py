"""What waits, since when and why, and what went lately: counted in the database, for whoever asks."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, case, func, literal_column, select

from bot.channels.base import Status
from bot.channels.status import ARRIVED
from bot.pushes import HELD
from bot.store import tables as t
from bot.store.database import Store
from bot.store.ids import earliest_id

OPEN: Final = (Status.QUEUED, Status.SENDING, Status.UNDETERMINED)
MADE_WITHIN: Final = timedelta(
    days=2
)  # of what went lately, what was made before is not looked for: ids tell when that was
MOST_REASONS: Final = 3  # of a lane and channel, the most frequent ones

_out = t.outbound_message.c
_call = t.conversation.c
_b = t.broadcast.c


def _is(status: str) -> ColumnElement[bool]:
    """As the indexes say it: SQLite does not look into parameters."""
    return _out.status == literal_column(f"'{status}'")


class Fallen(NamedTuple):
    """So many rows of a kind have fallen due, the first of them when; and when the next one will."""

    due: int
    oldest: datetime | None
    next: datetime | None = None


class Waiting(NamedTuple):
    """The messages of one lane on one channel: due, for later, and what went."""

    lane: int
    channel: str
    due: int = 0
    oldest: datetime | None = None  # when what has waited longest fell due
    later: int = 0
    next: datetime | None = None
    last_minute: int = 0
    last_hour: int = 0


class Announced(NamedTuple):
    """An announcement that is not done: how many it is for, how many have their rows, and how many of these still wait."""

    id: int
    status: str  # waiting, sending, paused
    urgent: bool
    due_at: datetime | None
    size: int | None
    rows: int
    queued: int


def by_status(store: Store) -> dict[str, int]:
    """How many messages are not settled, by status. The queries read partial indexes: they cost what waits, not what was sent."""
    return {status.value: store.look(select(func.count()).where(_is(status)))[0][0] for status in OPEN}


def oldest_due(store: Store) -> datetime | None:
    """When the message fell due that has waited longest, but for what is paused: somebody said that it waits."""
    first = select(func.min(_out.due_at)).where(_is(Status.QUEUED), _out.lane != HELD)
    moment: datetime | None = store.look(first)[0][0]
    return moment


def nudges(store: Store, now: datetime) -> Fallen:
    """Nudges due and not fired."""
    return _fallen(store, t.nudge.c.due_at, now)


def reviews(store: Store, now: datetime) -> Fallen:
    """Questions due to be asked again."""
    return _fallen(store, t.review.c.due_at, now)


def calls(store: Store, now: datetime) -> Fallen:
    """Calls that count as dropped, and were not followed up yet."""
    return _fallen(store, _call.drops_at, now)


def news(store: Store, now: datetime) -> Fallen:
    """Certificates, and an issuer's refusals, of which a learner is still to be told."""
    told = [_fallen(store, each.c.tell_at, now) for each in (t.certificate, t.approval)]
    oldest = min((each.oldest for each in told if each.oldest), default=None)
    return Fallen(sum(each.due for each in told), oldest, min((each.next for each in told if each.next), default=None))


def unsigned(store: Store) -> Fallen:
    """Certificates whose credential is not signed yet: there is no hurry, but where no key is at hand they wait for ever."""
    return Fallen(*_counted(store, t.certificate.c.issued_at, t.certificate.c.signed_at.is_(None)))


def papers(store: Store) -> Fallen:
    """Papers that somebody asked for and no worker has made yet."""
    return Fallen(*_counted(store, t.paper.c.asked_at, t.paper.c.made_at.is_(None)))


def _fallen(store: Store, due_at: ColumnElement[Any], now: datetime) -> Fallen:
    due, oldest = _counted(store, due_at, due_at <= now)
    return Fallen(due, oldest, store.look(select(func.min(due_at)).where(due_at > now))[0][0])


def _counted(store: Store, since: ColumnElement[Any], which: ColumnElement[bool]) -> tuple[int, datetime | None]:
    """How many such rows there are, and the oldest of them."""
    count, oldest = tuple(store.look(select(func.count(), func.min(since)).where(which))[0])
    return count, oldest


def lanes(store: Store, now: datetime) -> list[Waiting]:
    """Each lane and channel that anything waits for, or that anything went by in the last hour."""
    found: dict[tuple[int, str], Waiting] = {}
    for row in store.look(_waiting(now)):
        found[row.lane, row.channel] = Waiting(**row._mapping)
    for lane, channel, minute, hour in map(tuple, store.look(_went(now))):
        before = found.get((lane, channel), Waiting(lane, channel))
        found[lane, channel] = before._replace(last_minute=minute, last_hour=hour)
    return [found[each] for each in sorted(found)]


def _waiting(now: datetime) -> Select[Any]:
    is_due = _out.due_at <= now
    return (
        select(
            _out.lane,
            _out.channel,
            func.sum(case((is_due, 1), else_=0)).label("due"),
            func.min(case((is_due, _out.due_at))).label("oldest"),
            func.sum(case((is_due, 0), else_=1)).label("later"),
            func.min(case((~is_due, _out.due_at))).label("next"),
        )
        .where(_is(Status.QUEUED))
        .group_by(_out.lane, _out.channel)
    )


def _went(now: datetime) -> Select[Any]:
    lately = _out.settled_at > now - timedelta(minutes=1)
    return (
        select(_out.lane, _out.channel, func.sum(case((lately, 1), else_=0)), func.count())
        .where(
            _out.id >= earliest_id(now - MADE_WITHIN),
            _out.status.in_((Status.SENT, *ARRIVED)),
            _out.settled_at > now - timedelta(hours=1),
        )
        .group_by(_out.lane, _out.channel)
    )


def why_later(store: Store, now: datetime) -> dict[tuple[int, str], list[tuple[str, int]]]:
    """Why messages wait for later, by lane and channel, the most frequent reason first. "" where their own time is yet to come."""
    count = func.count().label("count")
    query = (
        select(_out.lane, _out.channel, _out.error, count)
        .where(_is(Status.QUEUED), _out.due_at > now)
        .group_by(_out.lane, _out.channel, _out.error)
        .order_by(count.desc())
    )
    found: dict[tuple[int, str], list[tuple[str, int]]] = {}
    for lane, channel, why, how_many in map(tuple, store.look(query)):
        reasons = found.setdefault((lane, channel), [])
        if len(reasons) < MOST_REASONS:
            reasons.append((why or "", how_many))
    return found


def announced(store: Store) -> Sequence[Announced]:
    """Announcements that are approved and not done, the one whose turn it is first."""
    rows = {each.id: each for each in store.look(_OPEN_ANNOUNCEMENTS)}
    counted: dict[int, list[int]] = {each: [0, 0] for each in rows}
    if rows:
        of_these = select(_out.broadcast_id, _out.status, func.count()).where(_out.broadcast_id.in_(rows))
        for announcement, status, count in map(tuple, store.look(of_these.group_by(_out.broadcast_id, _out.status))):
            counted[announcement][0] += count
            counted[announcement][1] += count if status == Status.QUEUED else 0
    return [Announced(**row._mapping, rows=counted[each][0], queued=counted[each][1]) for each, row in rows.items()]


_OPEN_ANNOUNCEMENTS: Final = (
    select(_b.id, _b.status, _b.urgent, _b.due_at, _b.size)
    .where(_b.status.in_(("waiting", "sending", "paused")))
    .order_by(_b.urgent.desc(), _b.due_at, _b.id)
)

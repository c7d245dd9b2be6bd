"""Which rows are ours to send: claimed for the time of a lease, channel by channel."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, bindparam, exists, func, literal_column, or_, select, update

from bot import policy
from bot.channels.base import RANK, Status
from bot.store import tables as t
from bot.store.database import Store
from bot.store.ids import earliest_id

BATCH: Final = 16  # sent at the same moment: what a killed worker leaves in doubt is never more than this
MOST_WAITING: Final = timedelta(days=7)  # from when a push is made to when it is sent, over holidays and outages
LEASE: Final = timedelta(minutes=3)  # longer than the slowest send, so a row whose lease ran out has no sender any more

_out = t.outbound_message.c
_QUEUED: Final = _out.status == literal_column("'queued'")  # as the index says it: SQLite does not look into parameters


def _queued_for() -> Any:
    """The channels of a lane, each found by one step in the index, however many rows wait."""
    waits = (_QUEUED, _out.lane == bindparam("of_lane"))
    first = select(func.min(_out.channel).label("channel")).where(*waits)
    names = first.cte("names", recursive=True)
    after_it = select(func.min(_out.channel)).where(*waits, _out.channel > names.c.channel).scalar_subquery()
    names = names.union_all(select(after_it).where(names.c.channel.is_not(None)))
    return select(names.c.channel).where(names.c.channel.is_not(None))


_QUEUED_FOR: Final = _queued_for()


def waiting_for(store: Store, lane: int) -> list[str]:
    """The channels that something of a lane is queued for, due or not."""
    return [row.channel for row in store.look(_QUEUED_FOR, {"of_lane": lane})]


def claim(store: Store, lane: int, channel: str, *, now: datetime, most: int = BATCH) -> Sequence[Row[Any]]:
    """Make due rows of a channel ours for the time of a lease, the oldest first; committed before anything is sent."""
    due = (
        select(_out.id)
        .where(_QUEUED, _out.lane == lane, _out.channel == channel, _out.due_at <= now)
        .order_by(_out.due_at, _out.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    ours = (
        update(t.outbound_message)
        .where(_out.id.in_(due.scalar_subquery()))
        .values(status=Status.SENDING, rank=RANK[Status.SENDING], lease_until=now + LEASE, attempts=_out.attempts + 1)
        .returning(_out.id)
    )
    with store.begin() as connection:
        ids = sorted(connection.execute(ours).scalars())
    since = now - policy.same_words_within()
    told = {"since": since, "made_since": earliest_id(since - MOST_WAITING)}
    return store.look(_CLAIMED, told | {"ids": ids}) if ids else []


def give_back(store: Store, rows: Sequence[Row[Any]]) -> None:
    """Leave rows that were claimed and not sent as they were before."""
    if rows:
        with store.begin() as connection:
            connection.execute(
                update(t.outbound_message)
                .where(_out.id.in_([row.id for row in rows]), _out.status == Status.SENDING)
                .values(status=Status.QUEUED, rank=RANK[Status.QUEUED], attempts=_out.attempts - 1)
            )


_same = t.outbound_message.alias("same")
# Of two with the same words that are claimed together, the first one goes.
_TOLD = exists().where(
    _out.purpose != "reply",
    _same.c.learner_id == _out.learner_id,
    _same.c.id > bindparam("made_since"),
    _same.c.address_id == _out.address_id,
    _same.c.text == _out.text,
    _same.c.purpose != "reply",
    _same.c.id != _out.id,
    or_(
        (_same.c.status.in_((Status.SENT, Status.DELIVERED, Status.READ, Status.UNDETERMINED)))
        & (_same.c.settled_at > bindparam("since", type_=_same.c.settled_at.type)),
        (_same.c.status == Status.SENDING) & (_same.c.id < _out.id),
    ),
)
# All that deciding and sending needs; the policy is asked again here, since an opt-out beats a queued message.
_CLAIMED = (
    select(
        _out.id,
        _out.channel,
        _out.purpose,
        _out.text,
        _out.picture,
        _out.attempts,
        _out.turn,
        t.address.c.identifier,
        t.address.c.opted_out_at,
        t.address.c.last_inbound_at,
        t.learner.c.consented_at,
        t.conversation.c.turn.label("turn_now"),
        _TOLD.label("told"),
    )
    .select_from(
        t.outbound_message.join(t.address, t.address.c.id == _out.address_id)
        .join(t.learner, t.learner.c.id == _out.learner_id)
        .join(t.conversation, t.conversation.c.learner_id == _out.learner_id)
    )
    .where(_out.id.in_(bindparam("ids", expanding=True)))
    .order_by(_out.id)
)

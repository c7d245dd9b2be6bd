"""Which rows are ours to send: claimed for the time of a lease, channel by channel."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, Select, bindparam, case, exists, func, literal_column, not_, null, or_, select, update

from bot import policy
from bot.channels import line
from bot.channels.base import RANK, Status
from bot.channels.status import WENT
from bot.pushes import MOST_WAITING
from bot.store import tables as t
from bot.store.addresses import known
from bot.store.database import Store
from bot.store.ids import earliest_id
from bot.store.lists import among

BATCH: Final = 16  # sent at the same moment at first: a provider that answers nothing leaves no more than this in doubt
LARGEST: Final = line.CONNECTIONS  # once batches go well: sent at one moment, and what a killed worker leaves in doubt
PART_WAITS: Final = timedelta(minutes=1)  # for the part before it, which may have failed for good or be in doubt
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


_before = t.outbound_message.alias("before")
_PARTED: Final = exists().where(_before.c.id == _out.follows, _before.c.rank < RANK[Status.SENT])
_moment = _out.due_at.type
_DUE: Final = (
    select(_out.id)
    .where(
        _QUEUED,
        _out.lane == bindparam("of_lane"),
        _out.channel == bindparam("by"),
        _out.due_at <= bindparam("now", type_=_moment),
        or_(_out.follows.is_(None), _out.due_at <= bindparam("patience", type_=_moment), not_(_PARTED)),
    )
    .order_by(_out.due_at, _out.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    # Found once: PostgreSQL may ask a plain subquery of an UPDATE again for each row, and would then find some more.
    .cte("due", nesting=True)
    .prefix_with("MATERIALIZED")
)
_OURS: Final = (
    update(t.outbound_message)
    .where(_out.id.in_(select(_DUE.c.id)))
    .values(
        status=Status.SENDING,
        rank=RANK[Status.SENDING],
        lease_until=bindparam("lease", type_=_moment),
        attempts=_out.attempts + 1,
    )
    .returning(_out.id)
)


def waiting_for(store: Store, lane: int) -> list[str]:
    """The channels that something of a lane is queued for, due or not."""
    return [row.channel for row in store.look(_QUEUED_FOR, {"of_lane": lane})]


def claim(store: Store, lane: int, channel: str, *, now: datetime, most: int = BATCH) -> Sequence[Row[Any]]:
    """Make due rows of a channel ours for the time of a lease, the oldest first; committed before anything is sent.

    A part of a longer thought is due once the part before it is sent.
    """
    wanted = {"of_lane": lane, "by": channel, "now": now, "patience": now - PART_WAITS, "most": most}
    with store.begin() as connection:
        if not store.on_sqlite:  # on statistics from before an announcement it would sort all of it, for every batch
            connection.exec_driver_sql("SET LOCAL enable_sort = off")
        ids = sorted(connection.execute(_OURS, wanted | {"lease": now + LEASE}).scalars())
    since = now - policy.same_words_within()
    told = {"since": since, "made_since": earliest_id(since - MOST_WAITING), "silent_since": now - policy.silence()}
    return store.look(_CLAIMED[store.on_sqlite], told | {"ids": ids}) if ids else []


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
        (_same.c.status.in_(WENT)) & (_same.c.settled_at > bindparam("since", type_=_same.c.settled_at.type)),
        (_same.c.status == Status.SENDING) & (_same.c.id < _out.id),
    ),
)


# Who wrote from this address lately needs no further looking whether the number is still hers.
_FRESH: Final = t.address.c.last_inbound_at > bindparam("silent_since", type_=_moment)
_WROTE, _CONFIRMED = (each.element for each in known())


def _claimed(*, on_sqlite: bool) -> Select[Any]:
    """All that deciding and sending needs; the policy is asked again, since an opt-out beats a queued message."""
    return (
        select(
            _out.id,
            _out.channel,
            _out.purpose,
            _out.text,
            _out.picture,
            _out.one_of,
            _out.attempts,
            _out.turn,
            _out.broadcast_id,
            _out.created_at,
            t.address.c.identifier,
            t.address.c.opted_out_at,
            t.address.c.last_inbound_at,
            t.address.c.created_at.label("met_at"),
            case((_FRESH, t.address.c.last_inbound_at), else_=_WROTE).label("wrote_at"),
            case((_FRESH, null()), else_=_CONFIRMED).label("confirmed_at"),
            t.learner.c.consented_at,
            t.conversation.c.turn.label("turn_now"),
            _TOLD.label("told"),
        )
        .select_from(
            t.outbound_message.join(t.address, t.address.c.id == _out.address_id)
            .join(t.learner, t.learner.c.id == _out.learner_id)
            .join(t.conversation, t.conversation.c.learner_id == _out.learner_id)
        )
        .where(among(_out.id, "ids", on_sqlite=on_sqlite))
        .order_by(_out.id)
    )


_CLAIMED: Final = {on_sqlite: _claimed(on_sqlite=on_sqlite) for on_sqlite in (True, False)}

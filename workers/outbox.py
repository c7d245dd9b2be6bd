"""Rows delivered: claimed in batches with a lease, sent side by side, recorded together."""

import logging
import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, bindparam, case, func, select, update
from sqlalchemy.exc import InterfaceError, OperationalError

from bot import policy, receipts
from bot.channels.base import RANK, ChannelError, Outgoing, Shown, Status
from bot.store import tables as t
from bot.store.database import Store
from bot.wiring import Bot

log = logging.getLogger(__name__)

BATCH: Final = 16  # sent at the same moment: what a killed worker leaves in doubt is never more than this
LEASE: Final = timedelta(minutes=3)  # longer than the slowest send, so a row whose lease ran out has no sender any more
MOST_ATTEMPTS: Final = 5
BACK_OFF: Final = 30  # seconds before the second attempt, doubled for each one after it
RECORD_AGAIN: Final = (0.5, 1, 2, 4, 8, 16, 32)  # seconds: together well within the lease

_out = t.outbound_message.c


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one message."""

    id: int
    status: Status
    provider_id: str | None = None
    error: str | None = None
    due_at: datetime | None = None  # when it is to be tried again
    opted_out: bool = False  # the provider says that this person wants no more messages


def deliver(
    bot: Bot, lane: int, pool: ThreadPoolExecutor, *, most: int, stop: Callable[[], bool] = lambda: False
) -> int:
    """Send up to `most` due messages of a lane, or until told to `stop`, and return how many were claimed.

    May run twice or never: a row is claimed by one conditional UPDATE, and one nobody claims stays queued.
    """
    done = 0
    while done < most and not stop():
        claimed = claim(bot.store, lane, now=bot.clock())
        if not claimed:
            break
        _record_surely(bot, list(pool.map(lambda row: _send_safely(bot, row), claimed)))
        done += len(claimed)
    return done


def claim(store: Store, lane: int, *, now: datetime, most: int = BATCH) -> Sequence[Row[Any]]:
    """Make due rows ours for the time of a lease, the oldest first; committed before anything is sent."""
    due = (
        select(_out.id)
        .where(_out.status == Status.QUEUED, _out.lane == lane, _out.due_at <= now)
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
    return store.look(_CLAIMED, {"ids": ids}) if ids else []


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
    )
    .select_from(
        t.outbound_message.join(t.address, t.address.c.id == _out.address_id)
        .join(t.learner, t.learner.c.id == _out.learner_id)
        .join(t.conversation, t.conversation.c.learner_id == _out.learner_id)
    )
    .where(_out.id.in_(bindparam("ids", expanding=True)))
    .order_by(_out.id)
)


def _send(bot: Bot, row: Row[Any]) -> Result:
    channel = bot.channels.get(row.channel)
    if channel is None:
        return Result(row.id, Status.FAILED, error=f"channel {row.channel} is not set up")
    if row.turn is not None and row.turn != row.turn_now:
        return Result(row.id, Status.CANCELLED, error="she has written since")
    reach = policy.Reach(
        channel.profile.address, row.consented_at is not None, row.opted_out_at is not None, row.last_inbound_at
    )
    match policy.may_send(row.purpose, reach, now=bot.clock(), zone=bot.zone):
        case policy.No(why=why):
            return Result(row.id, Status.CANCELLED, error=why)
        case policy.Later(until=until, why=why):
            return Result(row.id, Status.QUEUED, error=why, due_at=until)
    message = Outgoing(row.id, row.identifier, row.text, Shown.read(row.picture))
    try:
        return Result(row.id, Status.SENT, provider_id=channel.send(message))
    except ChannelError as error:
        return _refused(row, error, now=bot.clock())


def _send_safely(bot: Bot, row: Row[Any]) -> Result:
    """What became of one message, whatever happens: an error nobody thought of must not take the batch with it."""
    try:
        return _send(bot, row)
    except Exception as error:
        log.error("sending failed", extra={"outbound": row.id}, exc_info=error)
        return Result(row.id, Status.UNDETERMINED, error=type(error).__name__)


def _refused(row: Row[Any], error: ChannelError, *, now: datetime) -> Result:
    if error.ambiguous:
        return Result(row.id, Status.UNDETERMINED, error=error.code)
    if error.retryable and row.attempts < MOST_ATTEMPTS:
        wait = BACK_OFF * 2 ** (row.attempts - 1) * random.uniform(0.7, 1.3)  # noqa: S311 - jitter, not a secret
        return Result(row.id, Status.QUEUED, error=error.code, due_at=now + timedelta(seconds=wait))
    return Result(row.id, Status.FAILED, error=error.code, opted_out=error.opted_out)


_RECORD = (
    update(t.outbound_message)
    .where(_out.id == bindparam("of"))
    .values(
        provider_id=func.coalesce(bindparam("sent_as", type_=_out.provider_id.type), _out.provider_id),
        error=bindparam("why"),
        # A receipt may have been quicker than we: what it said stands. Only our own lease goes back to queued.
        status=case((_out.rank < bindparam("above"), bindparam("new_status")), else_=_out.status),
        rank=case((_out.rank < bindparam("above"), bindparam("new_rank")), else_=_out.rank),
        due_at=func.coalesce(bindparam("again", type_=_out.due_at.type), _out.due_at),
        settled_at=bindparam("settled"),
    )
)


# The provider knows of a STOP that we do not: it took it itself, or on an earlier service of ours.
_OPTED_OUT = (
    update(t.address)
    .where(t.address.c.id.in_(select(_out.address_id).where(_out.id.in_(bindparam("ids", expanding=True)))))
    .values(opted_out_at=bindparam("at"))
)


def _record_surely(bot: Bot, results: Sequence[Result]) -> None:
    """Write down what became of a batch, trying again while the database is away: it has been sent, and cannot be unsent."""
    for pause in RECORD_AGAIN:
        try:
            return record(bot.store, results, now=bot.clock())
        except (OperationalError, InterfaceError, TimeoutError) as error:
            log.warning("not recorded yet", extra={"count": len(results), "why": type(error).__name__})
            threading.Event().wait(pause)
    return record(bot.store, results, now=bot.clock())


def record(store: Store, results: Sequence[Result], *, now: datetime) -> None:
    """Write down what became of a batch, all in one transaction; then the receipts that were quicker."""
    rows = [
        {
            "of": result.id,
            "sent_as": result.provider_id,
            "why": result.error[:200] if result.error else None,
            "new_status": result.status,
            "new_rank": RANK[result.status],
            "above": RANK[result.status] if result.status is not Status.QUEUED else RANK[Status.SENDING] + 1,
            "again": result.due_at,
            "settled": None if result.status is Status.QUEUED else now,
        }
        for result in results
    ]
    with store.begin() as connection:
        connection.execute(_RECORD, rows)
        if unwanted := [result.id for result in results if result.opted_out]:
            connection.execute(_OPTED_OUT, {"ids": unwanted, "at": now})
    receipts.apply_early(store, [result.provider_id for result in results if result.provider_id], now=now)
    for result in results:
        if result.status is not Status.SENT:
            log.info("not sent", extra={"outbound": result.id, "status": result.status, "why": result.error})


def expire(store: Store, *, now: datetime) -> int:
    """Show as undetermined what was being sent when its sender died; a receipt may settle it later.

    May run twice or never: only rows whose lease has run out are touched. Nothing is ever sent again blindly.
    """
    with store.begin() as connection:
        gone = connection.execute(
            update(t.outbound_message)
            .where(_out.status == Status.SENDING, _out.lease_until < now)
            .values(
                status=Status.UNDETERMINED, rank=RANK[Status.UNDETERMINED], error="the sender stopped while sending"
            )
        )
    receipts.forget(store, now=now)
    return gone.rowcount

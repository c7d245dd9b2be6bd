"""What became of messages, written down: in one transaction, and surely, since what has been sent cannot be unsent."""

import logging
import random
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Integer,
    SmallInteger,
    String,
    bindparam,
    case,
    column,
    func,
    null,
    update,
)
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.types import TypeEngine

from bot import receipts, resending
from bot.channels.base import RANK, ChannelError, Refusal, Status
from bot.pushes import Pushes
from bot.store import tables as t
from bot.store.database import Store
from bot.wiring import Bot

log = logging.getLogger(__name__)

MOST_ATTEMPTS: Final = 5
BACK_OFF: Final = 30  # seconds before the second attempt, doubled for each one after it
A_DAY: Final = timedelta(hours=24)
RECORD_AGAIN: Final = (0.5, 1, 2, 4, 8, 16, 32)  # seconds: together well within the lease

_out = t.outbound_message.c


class Result(NamedTuple):
    """What became of one message."""

    id: int
    status: Status
    provider_id: str | None = None
    error: str | None = None
    due_at: datetime | None = None  # when it is to be tried again
    refusal: Refusal | None = None
    counts: bool = True  # whether it was an attempt; not where its channel was at fault
    segments: int | None = None  # how many SMS went
    cost: int | None = None  # in millionths of a ringgit
    template: bool | None = None  # whether it went as one; none where it did not


def after(
    message_id: int, attempts: int, error: ChannelError, *, rests_until: datetime | None, now: datetime
) -> Result:
    """What becomes of a message that was not accepted. `rests_until` is given where its whole channel rests now.

    While a channel rests, nothing is held against the messages: they wait, and none of them is given up for it.
    """
    if error.ambiguous:
        return Result(message_id, Status.UNDETERMINED, error=error.code)
    if rests_until is not None and error.refusal in _WAITS_FOR_ITS_CHANNEL:
        again = rests_until + timedelta(seconds=_jittered(1))  # behind those that have not been tried yet
        return Result(message_id, Status.QUEUED, error=error.code, due_at=again, refusal=error.refusal, counts=False)
    if attempts < MOST_ATTEMPTS:
        if error.refusal is Refusal.WAIT_A_DAY:
            return Result(message_id, Status.QUEUED, error=error.code, due_at=now + A_DAY)
        if error.refusal in _WAITS_FOR_ITS_CHANNEL:
            again = now + timedelta(seconds=_jittered(BACK_OFF * 2 ** (attempts - 1)))
            return Result(message_id, Status.QUEUED, error=error.code, due_at=again, refusal=error.refusal)
    return Result(message_id, Status.FAILED, error=error.code, refusal=error.refusal)


_WAITS_FOR_ITS_CHANNEL: Final = (Refusal.RETRY, Refusal.NOT_REACHED, Refusal.CONFIGURATION)


def _jittered(seconds: float) -> float:
    return seconds * random.uniform(0.7, 1.3)  # noqa: S311 - jitter, not a secret


_moment = _out.settled_at.type
_ONE: Final = (
    update(t.outbound_message)
    .where(_out.id == bindparam("of"))
    .values(
        provider_id=func.coalesce(bindparam("sent_as", type_=_out.provider_id.type), _out.provider_id),
        # A receipt may have been quicker than we: what it said stands. Only our own lease goes back to queued.
        error=case((_out.rank < bindparam("above"), bindparam("why", type_=_out.error.type)), else_=_out.error),
        status=case((_out.rank < bindparam("above"), bindparam("new_status")), else_=_out.status),
        rank=case((_out.rank < bindparam("above"), bindparam("new_rank")), else_=_out.rank),
        due_at=func.coalesce(bindparam("again", type_=_moment), _out.due_at),
        settled_at=bindparam("settled", type_=_moment),
        attempts=_out.attempts - bindparam("not_counted"),
        segments=bindparam("sms"),
        cost=bindparam("price"),
        template=bindparam("as_template", type_=_out.template.type),
    )
)
# What was sent is most of it, and the same for all but for this: one statement with five lists. A statement for each row
# costs ten times as much. (SQLite has no lists, and no journey to the server.)
_LISTS: Final[Mapping[str, TypeEngine[Any]]] = {
    "of": BigInteger(),
    "sent_as": String(),
    "sms": SmallInteger(),
    "price": Integer(),
    "as_template": Boolean(),
}
_listed = (
    func.unnest(*(bindparam(name, type_=ARRAY(kind)) for name, kind in _LISTS.items()))
    .table_valued(*(column(name, kind) for name, kind in _LISTS.items()), name="given")
    .render_derived()
)
_is_sent = RANK[Status.SENT]
_SENT: Final = (
    update(t.outbound_message)
    .where(_out.id == _listed.c.of)
    .values(
        provider_id=func.coalesce(_listed.c.sent_as, _out.provider_id),
        error=case((_out.rank < _is_sent, null()), else_=_out.error),
        status=case((_out.rank < _is_sent, Status.SENT), else_=_out.status),
        rank=case((_out.rank < _is_sent, _is_sent), else_=_out.rank),
        settled_at=bindparam("settled", type_=_moment),
        segments=_listed.c.sms,
        cost=_listed.c.price,
        template=_listed.c.as_template,
    )
)


def record_surely(bot: Bot, results: Sequence[Result]) -> None:
    """Write down what became of a batch, trying again while the database is away: it has been sent, and cannot be unsent."""
    for pause in RECORD_AGAIN:
        try:
            return record(bot.store, results, pushes=bot.pushes, now=bot.clock())
        except (OperationalError, InterfaceError, TimeoutError) as error:
            log.warning("not recorded yet", extra={"count": len(results), "why": type(error).__name__})
            threading.Event().wait(pause)
    return record(bot.store, results, pushes=bot.pushes, now=bot.clock())


def record(store: Store, results: Sequence[Result], *, pushes: Pushes | None = None, now: datetime) -> None:
    """Write down what became of a batch, all in one transaction; then the receipts that were quicker.

    With `pushes`, what could not go by WhatsApp goes by SMS instead, and what such a receipt says has failed may go again.
    """
    if not results:
        return
    sent = [] if store.on_sqlite else [result for result in results if result.status is Status.SENT]
    others = results if store.on_sqlite else [result for result in results if result.status is not Status.SENT]
    with store.begin() as connection:
        if sent:
            of_each = ((each.id, each.provider_id, each.segments, each.cost, each.template) for each in sent)
            lists = zip(*of_each, strict=True)
            connection.execute(_SENT, dict(zip(_LISTS, map(list, lists), strict=True)) | {"settled": now})
        if others:
            connection.execute(_ONE, [_row(result, now) for result in others])
        for result in results:
            if result.refusal is not None:
                receipts.believe(connection, [result.id], result.refusal, result.error or "", now=now)
                if pushes is not None:
                    resending.after(connection, pushes, [result.id], result.refusal, later=False, now=now)
    ids = [result.provider_id for result in results if result.provider_id]
    receipts.apply_early(store, ids, now=now, pushes=pushes)
    for result in results:
        if result.status is not Status.SENT:
            log.info("not sent", extra={"outbound": result.id, "status": result.status, "why": result.error})


def _row(result: Result, now: datetime) -> dict[str, Any]:
    return {
        "of": result.id,
        "sent_as": result.provider_id,
        "why": result.error[:200] if result.error else None,
        "new_status": result.status,
        "new_rank": RANK[result.status],
        "above": RANK[result.status] if result.status is not Status.QUEUED else RANK[Status.SENDING] + 1,
        "again": result.due_at,
        "settled": None if result.status is Status.QUEUED else now,
        "not_counted": 0 if result.counts else 1,
        "sms": result.segments,
        "price": result.cost,
        "as_template": result.template,
    }


def expire(store: Store, *, pushes: Pushes | None = None, now: datetime) -> int:
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
    receipts.catch_up(store, now=now, pushes=pushes)
    receipts.forget(store, now=now)
    return gone.rowcount

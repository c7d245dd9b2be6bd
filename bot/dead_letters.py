"""Dead letters: messages that a provider refused for good. Somebody puts right what was wrong, and they go again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, func, insert, literal_column, select, update

from bot import resending
from bot.channels.base import RANK, Status
from bot.store import audit, tables as t
from bot.store.database import Store

MOST: Final = 1000  # in one transaction

_out = t.outbound_message.c
_FAILED: Final = _out.status == literal_column("'failed'")  # as its index says it


@dataclass(frozen=True, slots=True)
class Group:
    """So many messages of a channel that failed for the same reason."""

    channel: str
    why: str
    count: int


def listed(store: Store) -> list[Group]:
    """What failed, by channel and reason, the most first."""
    count = func.count().label("count")
    query = select(_out.channel, _out.error, count).where(_FAILED).group_by(_out.channel, _out.error)
    found = map(tuple, store.look(query.order_by(count.desc())))
    return [Group(channel, why or "", how_many) for channel, why, how_many in found]


def retry(store: Store, who: str, *, ids: Sequence[int] = (), channel: str = "", now: datetime) -> int:
    """Queue failed messages again, those with these ids or all of a channel ("" for every one); returns how many.

    Each goes again as a row of its own, and the old one says under which id, so that a receipt that comes late is about
    the one that failed. May run twice: what has been queued again is no longer failed.
    """
    which: ColumnElement[bool] = _FAILED
    if ids:
        which &= _out.id.in_(ids)
    if channel:
        which &= _out.channel == channel
    done = 0
    while again := _some(store, which, who, now):
        done += again
    return done


def why_not(store: Store, ids: Sequence[int]) -> dict[int, str]:
    """For each of the ids that is no failed message: what it is instead, in words."""
    found = {row.id: row.status for row in store.look(select(_out.id, _out.status).where(_out.id.in_(ids)))}
    return {each: _in_words(found.get(each)) for each in ids if found.get(each) != Status.FAILED}


def _some(store: Store, which: ColumnElement[bool], who: str, now: datetime) -> int:
    with store.begin() as connection:
        query = select(t.outbound_message).where(which).order_by(_out.id).limit(MOST)
        old = connection.execute(query.with_for_update(skip_locked=True)).all()
        if not old:
            return 0
        # Ids grow, so what was said first goes first again. It is as new as the wish of whoever sends it again.
        made = {"created_at": now}
        again = [resending.anew(row, now=now, due=now) | made | {"broadcast_id": row.broadcast_id} for row in old]
        for row, new in zip(old, again, strict=True):
            connection.execute(
                update(t.outbound_message)
                .where(_out.id == row.id)
                .values(
                    status=Status.CANCELLED,
                    rank=RANK[Status.CANCELLED],
                    error=f"{row.error or 'failed'}; goes again as {new['id']}"[:200],
                    broadcast_id=None,  # an announcement has one row for each learner: the one that goes
                )
            )
        connection.execute(insert(t.outbound_message), again)
        audit.note(connection, who, "retry", f"{len(old)} messages, the first {old[0].id}", now=now)
    return len(old)


def _in_words(status: str | None) -> str:
    match status:
        case None:
            return "there is no message with this id"
        case Status.UNDETERMINED:
            return "it may have arrived, so it is not sent again"
        case Status.QUEUED | Status.SENDING:
            return "it is waiting to be sent already"
        case _:
            return f"it is {status}, not failed"

"""A message that a provider gave up: sent again later where that may help, or by SMS where WhatsApp does not reach her."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select, update

from bot import policy, render
from bot.channels.base import RANK, Refusal, Status
from bot.pushes import REPLIES, Pushes
from bot.store import tables as t
from bot.store.ids import earliest_id, new_id

log = logging.getLogger(__name__)

# A telephone that was off: after each receipt that says so, until a day is over.
AFTER: Final = (timedelta(hours=1), timedelta(hours=4), timedelta(hours=19))
WITHIN: Final = timedelta(days=7)  # in which tries of one message are counted: with nights and days off between them
NOT_BY_WHATSAPP: Final = (Refusal.BAD_ADDRESS, Refusal.NEEDS_TEMPLATE)

# What goes again is cancelled, and yet of no higher rank than what failed: a receipt that says it has arrived after all
# still moves it, and takes back what waits in its stead.
GAVE_WAY: Final = {"status": Status.CANCELLED, "rank": RANK[Status.FAILED]}

_out = t.outbound_message.c
_HERS: Final = ("learner_id", "purpose", "lane", "turn", "course", "created_at")
_SAID: Final = ("address_id", "channel", "text", "picture", "one_of")
_FAILED: Final = (
    select(t.outbound_message, t.address.c.identifier)
    .select_from(t.outbound_message.join(t.address, t.address.c.id == _out.address_id))
    .order_by(_out.id)
)


def after(
    connection: Connection, pushes: Pushes, ids: Sequence[int], refusal: Refusal, *, later: bool, now: datetime
) -> int:
    """Queue what has just failed for such a reason once more, each as a row of its own; returns how many go again.

    `later` means that a receipt told us; what is refused at once is tried again by the sender itself. Nothing that may have
    arrived goes again: only what stands as failed. May run twice: what goes again no longer does.
    """
    if refusal not in NOT_BY_WHATSAPP and not (later and refusal is Refusal.RETRY):
        return 0
    done = 0
    for row in connection.execute(_FAILED.where(_out.id.in_(ids), _out.status == Status.FAILED)).all():
        if refusal is Refusal.RETRY:
            made = _later(connection, pushes, row, now)
        else:
            made = _by_sms(connection, pushes, row, now)
        if made:
            _gives_way(connection, row, made)
            done += 1
    return done


def anew(old: Row[Any], *, now: datetime, due: datetime) -> dict[str, Any]:
    """A row that says the same in the same way; as old as what it says, since an answer does not grow younger by being sent again."""
    made = {name: getattr(old, name) for name in _HERS + _SAID}
    waits = {"status": Status.QUEUED, "rank": RANK[Status.QUEUED], "attempts": 0}
    return made | waits | {"id": new_id(now), "due_at": due}


def gave_way(row: Row[Any]) -> bool:
    """Whether another goes, or went, in this message's stead."""
    return bool(row.status == Status.CANCELLED and row.rank == RANK[Status.FAILED])


def take_back(connection: Connection, arrived: Row[Any], *, now: datetime) -> int:
    """Cancel what still waits in the stead of a message that has arrived after all; returns how many rows."""
    before, done = [arrived.id], 0
    while before:
        waits = (_out.learner_id == arrived.learner_id, _out.id > arrived.id, _out.follows.in_(before))
        query = select(_out.id).where(*waits, _out.status == Status.QUEUED)
        before = list(connection.execute(query.with_for_update()).scalars())
        if before:
            gone = {"status": Status.CANCELLED, "rank": RANK[Status.CANCELLED], "settled_at": now}
            gone |= {"error": f"{arrived.id} has arrived after all", "broadcast_id": None}
            connection.execute(update(t.outbound_message).where(_out.id.in_(before)).values(gone))
            done += len(before)
    return done


def _later(connection: Connection, pushes: Pushes, row: Row[Any], now: datetime) -> list[dict[str, Any]]:
    """The same once more, the later the more often it was tried; nothing after the last time."""
    channel = pushes.channels.get(row.channel)
    tries = _tries(connection, row, now)
    if channel is None or tries >= (1 if row.error in channel.profile.once else len(AFTER)):
        return []
    due = _opens(pushes, row, now + AFTER[tries])
    return [anew(row, now=now, due=due) | {"follows": row.id, "broadcast_id": row.broadcast_id}]


def _tries(connection: Connection, row: Row[Any], now: datetime) -> int:
    """How often these words have given way on their way to this address."""
    query = select(func.count()).where(
        _out.learner_id == row.learner_id,
        _out.id > earliest_id(now - WITHIN),
        _out.address_id == row.address_id,
        _out.channel == row.channel,
        _out.text == row.text,
        _out.status == GAVE_WAY["status"],
        _out.rank == GAVE_WAY["rank"],
    )
    return int(connection.execute(query).scalar_one())


def _by_sms(connection: Connection, pushes: Pushes, row: Row[Any], now: datetime) -> list[dict[str, Any]]:
    """What did not go by WhatsApp, as SMS; nothing where no SMS can carry it.

    On a route without replies nothing goes: the words may ask for one, and out of a text that can no longer be taken.
    """
    failed, by = pushes.channels.get(row.channel), pushes.sms()
    if failed is None or failed.profile.address != "whatsapp" or by is None or not row.identifier.startswith("+"):
        return []
    address_id = _telephone(connection, row)
    if not by.profile.two_way or address_id is None:
        return []
    due = _opens(pushes, row, now)
    rows: list[dict[str, Any]] = []
    for text in render.as_sms(row.text, pushes.voice.tag_for(row.identifier)):
        sent = {"address_id": address_id, "channel": by.name, "text": text, "picture": None, "one_of": None}
        before = {"follows": rows[-1]["id"] if rows else row.id, "broadcast_id": None if rows else row.broadcast_id}
        rows.append(anew(row, now=now, due=due) | sent | before)
    return rows


def _telephone(connection: Connection, row: Row[Any]) -> int | None:
    """Her telephone's address, or the one that failed where she has no other; None where nobody is there or she said STOP."""
    query = select(t.address).where(t.address.c.identifier == row.identifier, t.address.c.kind == "tel")
    tel = connection.execute(query).one_or_none()
    if tel is None:
        return int(row.address_id)
    gone = policy.unreachable(tel.unreachable_at, tel.last_inbound_at)
    return None if gone or tel.opted_out_at is not None or tel.learner_id is None else int(tel.id)


def _opens(pushes: Pushes, row: Row[Any], at: datetime) -> datetime:
    """A reply goes at any hour; what is pushed goes in the hours for it."""
    return at if row.lane == REPLIES else policy.next_opening(at, pushes.zone, pushes.off)


def _gives_way(connection: Connection, old: Row[Any], made: Sequence[dict[str, Any]]) -> None:
    names = ", ".join(str(each["id"]) for each in made)
    told = {"error": f"{old.error or 'failed'}; goes again as {names}"[:200], "broadcast_id": None}
    connection.execute(update(t.outbound_message).where(_out.id == old.id).values(GAVE_WAY | told))
    connection.execute(insert(t.outbound_message), list(made))
    log.info("goes again", extra={"outbound": old.id, "by": made[0]["channel"], "due": made[0]["due_at"].isoformat()})

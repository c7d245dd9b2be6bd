"""Calls that dropped in the middle of a question: one SMS each says how to go on, and at most one a day."""

import logging
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, exists, insert, select, update

from bot import arbiter, policy, pushes
from bot.channels.base import Status
from bot.store import tables as t
from bot.store.addresses import latest_first, reached
from bot.wiring import Bot
from flows.lessons import calls
from flows.session import Session
from flows.types import Say
from workers import reaching
from workers.due import each_alone

log = logging.getLogger(__name__)

BATCH: Final = 200
PUT_OFF: Final = timedelta(minutes=10)
STALE: Final = timedelta(hours=1)  # after an outage of ours: she has long put the phone away, and a nudge is due
ONE_A: Final = timedelta(days=1)

_call = t.conversation.c
_out = t.outbound_message.c
_TELEPHONES: Final = (
    select(*reached())
    .where(t.address.c.learner_id == bindparam("her"), t.address.c.kind == "tel")
    .order_by(*latest_first())
)


def fire(bot: Bot, *, most: int = BATCH) -> int:
    """Deal with up to `most` calls that count as dropped by now, and return how many there were.

    May run twice or never: taking the due time away and writing the message are one transaction, and the due time is for
    the silence after one turn: whatever she sends on any channel is another turn, and makes it stale.
    """
    now = bot.clock()
    due = bot.store.look(
        select(_call.learner_id, _call.turn, _call.drops_at)
        .where(_call.drops_at <= now)
        .order_by(_call.drops_at)
        .limit(most)
    )
    return each_alone(
        bot.store,
        due,
        lambda connection, row: _fire(bot, connection, row, now),
        lambda connection, row: _take(connection, row, now + PUT_OFF),
        else_says="call not followed up",
    )


def _fire(bot: Bot, connection: Connection, due: Row[Any], now: datetime) -> None:
    if not _take(connection, due):
        return
    why = _say(bot, connection, due, now) if now - due.drops_at <= STALE else "found too late"
    if why:
        log.info("call not followed up", extra={"learner": due.learner_id, "why": why})


def _take(connection: Connection, due: Row[Any], again: datetime | None = None) -> bool:
    """Make it ours, which also keeps her own next turn waiting until this is written."""
    taken = connection.execute(
        update(t.conversation)
        .where(_call.learner_id == due.learner_id, _call.turn == due.turn, _call.drops_at == due.drops_at)
        .values(drops_at=again)
    )
    return taken.rowcount == 1


def _say(bot: Bot, connection: Connection, due: Row[Any], now: datetime) -> str:
    """Write the SMS, or return why there is none."""
    her = connection.execute(
        select(_call.session, t.learner.c.locale, t.learner.c.consented_at)
        .select_from(t.conversation.join(t.learner, t.learner.c.id == _call.learner_id))
        .where(_call.learner_id == due.learner_id)
    ).one()
    words = calls.said(Session.from_json(her.session), bot.library())
    if not words:
        return "no question is open"
    addresses = connection.execute(_TELEPHONES, {"her": due.learner_id}).all()
    way = bot.pushes.way(addresses, at=now)
    if isinstance(way, policy.No):
        return way.why
    reach = pushes.reach(way.channel.profile, way.among(addresses), consented=her.consented_at is not None)
    week = arbiter.Her(reaching.week_of(connection, due.learner_id, now))  # her part of the day is when she called
    allowed = arbiter.decide("call", week, arbiter.Route(reach), now=now, zone=bot.zone)
    if not isinstance(allowed, policy.Yes):
        return allowed.why
    if connection.execute(select(_told_since(due.learner_id, now - ONE_A))).scalar():
        return "told once today"
    made = (
        pushes.row(
            due.learner_id,
            "call",
            now,
            address_id=way.address_id,
            channel=way.channel.name,
            text=text,
            due_at=now,
            turn=due.turn,
            lane=pushes.REPLIES,
        )
        for text in bot.pushes.texts(Say(words), her.locale, way)
    )
    connection.execute(insert(t.outbound_message), pushes.thought(made))
    return ""


def _told_since(her: int, moment: datetime) -> Any:
    """Whether she has been told of a dropped call since then; one that was held back has told her nothing."""
    return exists().where(
        _out.learner_id == her,
        _out.purpose == "call",
        _out.created_at > moment,
        _out.status.not_in((Status.CANCELLED, Status.FAILED)),
    )

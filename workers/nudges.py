"""Nudges fallen due: each fired once, or found stale because she has written since."""

import logging
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update

from bot import policy, pushes
from bot.store import tables as t
from bot.store.addresses import latest_first
from bot.wiring import Bot
from flows import types as f
from flows.machine import advance
from flows.session import Session

log = logging.getLogger(__name__)

BATCH: Final = 200
PUT_OFF: Final = timedelta(hours=1)


def fire(bot: Bot, *, most: int = BATCH) -> int:
    """Fire up to `most` due nudges and return how many were due.

    May run twice or never: taking the row away and writing the message are one transaction, and a nudge is for
    the silence after one turn: another worker, or her own reply, makes it stale.
    """
    now = bot.clock()
    due = bot.store.look(select(t.nudge).where(t.nudge.c.due_at <= now).order_by(t.nudge.c.due_at).limit(most))
    for row in due:
        try:
            with bot.store.begin() as connection:
                _fire(bot, connection, row, now)
        except Exception as error:
            log.error("not nudged", extra={"learner": row.learner_id}, exc_info=error)
            _put_off(bot, row, now)
    return len(due)


def _fire(bot: Bot, connection: Connection, due: Row[Any], now: datetime) -> None:
    # Her conversation first, as her own turns lock it: the other way round the two could wait for each other.
    kept = connection.execute(
        select(t.conversation.c.session, t.conversation.c.turn, t.learner.c.slot, t.learner.c.locale)
        .select_from(t.conversation.join(t.learner, t.learner.c.id == t.conversation.c.learner_id))
        .where(t.conversation.c.learner_id == due.learner_id)
        .with_for_update(of=t.conversation)
    ).one_or_none()
    taken = connection.execute(
        delete(t.nudge).where(
            t.nudge.c.learner_id == due.learner_id, t.nudge.c.turn == due.turn, t.nudge.c.due_at == due.due_at
        )
    )
    if not taken.rowcount or kept is None or kept.turn != due.turn:
        return
    step = advance(Session.from_json(kept.session), f.WentQuiet(now), bot.library())
    for effect in step.effects:
        match effect:
            case f.Say():
                _say(bot, connection, due, effect, kept)
            case f.NudgeAfter(hours=hours):
                later = policy.next_opening(now + timedelta(hours=hours), bot.zone)
                connection.execute(insert(t.nudge).values(learner_id=due.learner_id, turn=due.turn, due_at=later))
    connection.execute(
        update(t.conversation)
        .where(t.conversation.c.learner_id == due.learner_id)
        .values(session=step.session.to_json())
    )


def _put_off(bot: Bot, due: Row[Any], now: datetime) -> None:
    """Leave a nudge that cannot be fired for later, so that those behind it have their turn."""
    with bot.store.begin() as connection:
        connection.execute(
            update(t.nudge)
            .where(t.nudge.c.learner_id == due.learner_id, t.nudge.c.turn == due.turn, t.nudge.c.due_at == due.due_at)
            .values(due_at=now + PUT_OFF)
        )


def _say(bot: Bot, connection: Connection, due: Row[Any], say: f.Say, her: Row[*tuple[Any, ...]]) -> None:
    now = bot.clock()
    addresses = connection.execute(
        select(t.address).where(t.address.c.learner_id == due.learner_id).order_by(*latest_first())
    ).all()
    goes_at = policy.next_opening(policy.in_her_slot(now, her.slot, bot.zone), bot.zone)
    way = bot.pushes.way(addresses, at=goes_at)
    if isinstance(way, policy.No):
        log.info("not nudged", extra={"learner": due.learner_id, "why": way.why})
        return
    for text in bot.pushes.texts(say, her.locale, way):
        row = pushes.row(
            due.learner_id,
            "nudge",
            now,
            address_id=way.address_id,
            channel=way.channel.name,
            text=text,
            due_at=goes_at,
            turn=due.turn,
        )
        connection.execute(insert(t.outbound_message).values(row))

"""Numbers that have long been silent: each is asked once whether it is still hers, and told nothing else meanwhile."""

import logging
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, select, update

from bot import policy, pushes
from bot.store import tables as t
from bot.store.addresses import reached
from bot.wiring import Bot
from flows.learner.silence import STILL_HERS
from flows.types import Say
from workers.due import each_alone

log = logging.getLogger(__name__)

BATCH: Final = 200

# When an address was looked at last. It is looked at again when nobody has written from there for so long since; so each
# costs one look in ninety days, and a message of hers need not touch the index. "ix_address_looked_at" is on this.
LOOKED_AT: Final = func.coalesce(t.address.c.confirm_asked_at, t.address.c.created_at)


def confirm(bot: Bot, *, most: int = BATCH) -> int:
    """Look at up to `most` addresses that may be silent by now, ask those that are, and return how many were due.

    May run twice or never: an address is put off and its message written in one transaction, by condition. A number is
    asked once for each silence: `confirm_asked_at` is then later than all we know of it.
    """
    now = bot.clock()
    due = bot.store.look(_due(now - policy.silence(), most))
    return each_alone(
        bot.store,
        due,
        lambda connection, row: _look(bot, connection, row, now),
        lambda connection, row: connection.execute(update(t.address).where(_same(row)).values(confirm_asked_at=now)),
        else_says="not asked whether the number is hers",
    )


def _due(before: datetime, most: int) -> Any:
    her = t.learner.join(t.conversation, t.conversation.c.learner_id == t.learner.c.id)
    return (
        select(
            *reached(),
            t.address.c.confirm_asked_at,
            t.address.c.learner_id,
            t.learner.c.locale,
            t.learner.c.consented_at,
            t.conversation.c.turn,
        )
        .select_from(t.address.join(her, t.learner.c.id == t.address.c.learner_id))
        .where(t.address.c.learner_id.is_not(None), before >= LOOKED_AT)
        .order_by(LOOKED_AT)
        .limit(most)
    )


def _look(bot: Bot, connection: Connection, due: Row[Any], now: datetime) -> None:
    known = pushes.known_at(due)
    silent = policy.silent(known, now)
    moved = connection.execute(update(t.address).where(_same(due)).values(confirm_asked_at=now if silent else known))
    if not moved.rowcount or not silent or _asked(due, known):
        return
    way = bot.pushes.way([due], at=policy.next_opening(now, bot.zone, bot.calendar.off), silent=True)
    why = way.why if isinstance(way, policy.No) else _refused(due, way, now, bot)
    if isinstance(way, policy.No) or why:
        log.info("not asked whether the number is hers", extra={"learner": due.learner_id, "why": why})
        return
    # A number is asked once, however many addresses it has: the others find it asked.
    same = (t.address.c.identifier == due.identifier, t.address.c.learner_id == due.learner_id)
    connection.execute(update(t.address).where(*same).values(confirm_asked_at=now))
    rows = (_row(due, way, text, now, bot) for text in bot.pushes.texts(Say(STILL_HERS), due.locale, way))
    connection.execute(insert(t.outbound_message), pushes.thought(rows))


def _asked(due: Row[Any], known: datetime | None) -> bool:
    """Whether this silence has been asked about before."""
    return due.confirm_asked_at is not None and known is not None and due.confirm_asked_at > known


def _refused(due: Row[Any], way: pushes.Way, now: datetime, bot: Bot) -> str:
    """Why she is not asked; "" where she is. By a route that carries no answer nobody is asked: a coordinator confirms."""
    profile = way.channel.profile
    if not profile.two_way:
        return "no answer could come back: a coordinator confirms the number"
    reach = pushes.reach(profile, due, consented=due.consented_at is not None)
    allowed = policy.may_send("confirm", reach, now=now, zone=bot.zone)
    return allowed.why if isinstance(allowed, policy.No) else ""


def _row(due: Row[Any], way: pushes.Way, text: str, now: datetime, bot: Bot) -> dict[str, Any]:
    return pushes.row(
        due.learner_id,
        "confirm",
        now,
        address_id=way.address_id,
        channel=way.channel.name,
        text=text,
        due_at=policy.next_opening(now, bot.zone, bot.calendar.off),
        turn=due.turn,
    )


def _same(due: Row[Any]) -> ColumnElement[bool]:
    """This address as it was seen, and no other worker's meanwhile."""
    return and_(t.address.c.id == due.id, t.address.c.confirm_asked_at.is_not_distinct_from(due.confirm_asked_at))

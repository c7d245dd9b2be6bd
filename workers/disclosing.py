"""Who would like to see the name on a certificate: she is asked, when she is at rest and her week has room for it."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from bot import disclosures, pushes
from bot.store import tables as t
from bot.wiring import Bot
from flows import types as f
from flows.machine import advance
from flows.session import Library, Session
from workers import reaching
from workers.due import each_alone

BATCH: Final = 50
PURPOSE: Final = "disclosure"
BUSY: Final = timedelta(hours=1)  # something else waits for her answer, or nothing reaches her now


def ask(bot: Bot, *, most: int = BATCH) -> int:
    """Take up to `most` due questions to their learners' phones, and return how many were due.

    May run twice or never: the row stops being due in the transaction that writes the message, and by condition.
    """
    now, live = bot.clock(), bot.library()
    d = t.disclosure.c
    due = bot.store.look(select(t.disclosure).where(d.due_at <= now).order_by(d.due_at).limit(most))
    return each_alone(
        bot.store,
        due,
        lambda connection, row: _ask(bot, connection, row, live),
        lambda connection, row: _put_off(bot, connection, row),
        else_says="not asked for the name",
    )


def _ask(bot: Bot, connection: Connection, due: Row[Any], live: Library) -> None:
    now = bot.clock()
    her = reaching.locked(connection, due.learner_id)
    by = reaching.way(bot, connection, her, PURPOSE, now, asks=True) if her is not None else None
    if her is None or not isinstance(by, pushes.Way) or not by.channel.profile.two_way:
        return _put_off(bot, connection, due)
    session = Session.from_json(her.session)
    event = f.NameAsked(str(due.id), due.asker, now)
    step = advance(session, event, bot.archive.holding(live, session))
    said = next((effect for effect in step.effects if isinstance(effect, f.Say)), None)
    if said is None:
        return _put_off(bot, connection, due)
    if _moved(connection, due, None):
        connection.execute(insert(t.outbound_message), reaching.rows(bot, her, said, by, PURPOSE))
        connection.execute(
            update(t.conversation)
            .where(t.conversation.c.learner_id == due.learner_id)
            .values(session=step.session.to_json(), shown="")  # a call begins where she is now
        )
    return None


def _put_off(bot: Bot, connection: Connection, due: Row[Any]) -> None:
    """Look again after a while; a question that found no way to her for a week is given up."""
    later = bot.clock() + BUSY
    _moved(connection, due, later if later < due.asked_at + disclosures.WAITS_FOR else None)


def _moved(connection: Connection, due: Row[Any], to: Any) -> bool:
    d = t.disclosure.c
    moved = update(t.disclosure).where(d.id == due.id, d.due_at == due.due_at).values(due_at=to)
    return connection.execute(moved).rowcount == 1

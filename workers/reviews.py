"""Questions to be asked again: one at a time, when she is at rest, and never more than a third of what we send her."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, func, insert, select, update

from bot import pushes
from bot.store import tables as t
from bot.wiring import Bot
from flows import types as f
from flows.lessons.nudge import USUAL_PACE
from flows.machine import advance
from flows.session import Library, Session
from workers import reaching
from workers.due import each_alone

BATCH: Final = 200

# Days between two reviews, by lessons a week: so reviews are at most a third of what she learns by (1 of 3 in a
# fortnight at one lesson a week, 1.4 of 4.4 a week at three, 2.3 of 7.3 at five).
SPACING: Final = {1: 14, 3: 5, 5: 3}
BUSY: Final = timedelta(days=1)  # another question waits for her answer
UNANSWERED: Final = timedelta(days=7)  # then it is asked again; her answer decides otherwise

_ASKED_LAST: Final = select(func.max(t.review.c.asked_at)).where(t.review.c.learner_id == bindparam("her"))


def ask(bot: Bot, *, most: int = BATCH) -> int:
    """Ask up to `most` due questions, the longest due of each learner, and return how many were due.

    May run twice or never: the row moves on in the transaction that writes the message, and by condition.
    """
    now, live = bot.clock(), bot.library()
    due = bot.store.look(select(t.review).where(t.review.c.due_at <= now).order_by(t.review.c.due_at).limit(most))
    return each_alone(
        bot.store,
        due,
        lambda connection, row: _ask(bot, connection, row, live),
        lambda connection, row: _put_off(connection, row, now + BUSY),
        else_says="not reviewed",
    )


def _ask(bot: Bot, connection: Connection, due: Row[Any], live: Library) -> None:
    now = bot.clock()
    her = reaching.locked(connection, due.learner_id)
    if her is None:
        return None
    last = connection.scalar(_ASKED_LAST, {"her": due.learner_id})
    earliest = last + timedelta(days=SPACING[her.pace or USUAL_PACE]) if last else now
    if earliest > now:
        return _put_off(connection, due, earliest)
    by = reaching.way(bot, connection, her, "review", now, asks=True)
    if not isinstance(by, pushes.Way):
        return _put_off(connection, due, by or now + UNANSWERED)
    if not by.channel.profile.two_way:  # nobody could answer it
        return _put_off(connection, due, now + UNANSWERED)
    event = f.ReviewDue(due.course, due.lesson, due.question, due.step, now)
    session = Session.from_json(her.session)
    step = advance(session, event, bot.archive.holding(live, session))
    said = next((effect for effect in step.effects if isinstance(effect, f.Say)), None)
    if said is None:
        return _put_off(connection, due, now + BUSY)
    moved = connection.execute(update(t.review).where(_same(due)).values(due_at=now + UNANSWERED, asked_at=now))
    if moved.rowcount:
        connection.execute(insert(t.outbound_message), reaching.rows(bot, her, said, by, "review"))
        connection.execute(
            update(t.conversation)
            .where(t.conversation.c.learner_id == due.learner_id)
            .values(session=step.session.to_json(), shown="")  # a call begins where she is now
        )
    return None


def _put_off(connection: Connection, due: Row[Any], until: datetime) -> None:
    connection.execute(update(t.review).where(_same(due)).values(due_at=until))


def _same(due: Row[Any]) -> ColumnElement[bool]:
    return and_(
        t.review.c.learner_id == due.learner_id,
        t.review.c.course == due.course,
        t.review.c.question == due.question,
        t.review.c.due_at == due.due_at,
    )

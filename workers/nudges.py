"""Nudges fallen due: each fired once, or found stale because she has written since."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, select, update

from bot import policy, pushes, ringing
from bot.store import tables as t
from bot.wiring import Bot
from flows import types as f
from flows.lessons.nudge import ENOUGH, brings_lesson
from flows.machine import advance
from flows.session import Library, Session
from workers import reaching, trying
from workers.due import each_alone

BATCH: Final = 200
PUT_OFF: Final = timedelta(hours=1)

_Decided = tuple[Session, f.Step, pushes.Way | None, str]  # her session before, the step, the way to her, the purpose


def fire(bot: Bot, *, most: int = BATCH) -> int:
    """Fire up to `most` due nudges and return how many were due.

    May run twice or never: taking the row away and writing the message are one transaction, and a nudge is for
    the silence after one turn: another worker, or her own reply, makes it stale.
    """
    now, live = bot.clock(), bot.library()
    due = bot.store.look(select(t.nudge).where(t.nudge.c.due_at <= now).order_by(t.nudge.c.due_at).limit(most))
    return each_alone(
        bot.store,
        due,
        lambda connection, row: _fire(bot, connection, row, live),
        lambda connection, row: _put_off(connection, row, now + PUT_OFF),
        else_says="not nudged",
    )


def _fire(bot: Bot, connection: Connection, due: Row[Any], live: Library) -> None:
    now = bot.clock()
    # Her conversation first, as her own turns lock it: the other way round the two could wait for each other.
    her = reaching.locked(connection, due.learner_id)
    if her is None or her.turn != due.turn:
        connection.execute(delete(t.nudge).where(_same(due)))
        return
    session = Session.from_json(her.session)
    library = bot.archive.holding(live, session)
    purpose = "lesson" if brings_lesson(session, library) else "nudge"
    by = reaching.way(bot, connection, her, purpose, now)
    if isinstance(by, datetime):
        _put_off(connection, due, by)
        return
    one_way = by is not None and not by.channel.profile.two_way
    tries = purpose == "nudge" and by is not None and not one_way
    later = trying.waits_until(bot, connection, her, session, library) if tries else None
    if later is not None:
        _put_off(connection, due, later)
        return
    if not connection.execute(delete(t.nudge).where(_same(due))).rowcount:
        return
    if purpose == "nudge" and session.nudged == ENOUGH:
        ringing.open_ring(connection, due.learner_id, ringing.UNANSWERED, library.held(session), now)
    words = trying.words(bot, connection, her, session, library) if tries else ""
    step = advance(session, f.WentQuiet(now, one_way, words), library)
    _write(bot, connection, due, her, (session, step, by, purpose))


def _write(bot: Bot, connection: Connection, due: Row[Any], her: reaching.Her, decided: _Decided) -> None:
    """The rows of what was decided: what is said, the nudge after it, her session."""
    session, step, by, purpose = decided
    now = bot.clock()
    for effect in step.effects:
        match effect:
            case f.NudgeAfter(hours=hours):
                later = policy.next_opening(now + timedelta(hours=hours), bot.zone)
                connection.execute(insert(t.nudge).values(learner_id=due.learner_id, turn=due.turn, due_at=later))
            case f.Say() if by is not None:
                asks = step.session.state != session.state
                connection.execute(insert(t.outbound_message), reaching.rows(bot, her, effect, by, purpose, asks=asks))
            case f.Enrol(course=course, version=version):
                connection.execute(
                    update(t.enrolment)
                    .where(t.enrolment.c.learner_id == due.learner_id, t.enrolment.c.course == course)
                    .values(version=version)
                )
    connection.execute(
        update(t.conversation)
        .where(t.conversation.c.learner_id == due.learner_id)
        .values(session=step.session.to_json(), shown="")  # a call begins where she is now
    )


def _put_off(connection: Connection, due: Row[Any], until: datetime) -> None:
    connection.execute(update(t.nudge).where(_same(due)).values(due_at=until))


def _same(due: Row[Any]) -> ColumnElement[bool]:
    return and_(t.nudge.c.learner_id == due.learner_id, t.nudge.c.turn == due.turn, t.nudge.c.due_at == due.due_at)

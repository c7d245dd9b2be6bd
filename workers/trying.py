"""What an experiment on nudges says of one learner: which words she gets, or how long she is left in peace before the first.

Where none is on, no query is made.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from bot import policy
from bot.experiments import NUDGE_HOURS, NUDGE_TEXT, arm_for
from bot.store import tables as t
from bot.wiring import Bot
from flows.lessons.nudge import first_hours, place, said
from flows.session import Library, Session
from workers.reaching import Her


def words(bot: Bot, connection: Connection, her: Her, session: Session, library: Library) -> str:
    """The name of the text that she was drawn to hear; "" where she gets what everybody gets.

    Asked in the transaction that writes the nudge. On a phone that several share nothing is tried: what is said there names no
    lesson, whatever its author wrote.
    """
    now = bot.clock()
    experiment = bot.experiments.on(NUDGE_TEXT, session.course, now)
    if experiment is None or session.person or said(session, library) is None:
        return ""
    arm = arm_for(connection, experiment, her.learner_id, now)
    return experiment.arm(arm).variant if arm else ""


def waits_until(bot: Bot, connection: Connection, her: Her, session: Session, library: Library) -> datetime | None:
    """Until when her first nudge is put off, where hours are tried; None where it goes now.

    She is drawn when the soonest of the arms would nudge her and another would not yet: who came back before that, and who
    is late for all of them (the night, an outage, LATER), counts in none.
    """
    now = bot.clock()
    experiment = bot.experiments.on(NUDGE_HOURS, session.course, now)
    if experiment is None or place(session):
        return None
    usual = first_hours(session, library)
    a = t.address.c
    wrote = connection.execute(select(func.max(a.last_inbound_at)).where(a.learner_id == her.learner_id)).scalar()
    if wrote is None or now >= wrote + timedelta(hours=max(usual, *(arm.hours for arm in experiment.arms))):
        return None
    arm = arm_for(connection, experiment, her.learner_id, now)
    hours = (experiment.arm(arm).hours if arm else 0) or usual
    until = policy.next_opening(wrote + timedelta(hours=hours), bot.zone)
    return until if until > now else None

"""What is known of a learner, and how the database is asked for it: every leaf of a description as a condition.

Each is true or false and never unknown, so that "not" is the other learners.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple, assert_never
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, FromClause, Select, and_, exists, func, literal, or_, select, true

from bot.segments import described as d
from bot.store import tables as t

_L = t.learner.c


class When(NamedTuple):
    """What days are counted from, and where they begin."""

    now: datetime
    zone: ZoneInfo

    def day(self, ago: int) -> date:
        """The day that is so many days before today there."""
        return self.now.astimezone(self.zone).date() - timedelta(days=ago)

    def begins(self, day: date) -> datetime:
        """Midnight at the beginning of a day there."""
        return datetime.combine(day, time(0), self.zone)


Leaf = (
    d.Everybody
    | d.District
    | d.Language
    | d.Enrolled
    | d.AboutCourse
    | d.Active
    | d.Silent
    | d.Channel
    | d.About
    | d.Answered
    | d.Reached
    | d.Tagged
    | d.Joined
)


def leaf(of: Leaf, when: When) -> ColumnElement[bool]:
    """Whether it holds for the learner of the query around it."""
    match of:
        case d.Everybody():
            return true()
        case d.District(names=names):
            return and_(_L.district.is_not(None), _among(_L.district, names))
        case d.Language(names=names):
            return _among(_L.locale, names)
        case d.Joined(since=since, before=before):
            if since is not None:
                return _L.created_at >= when.begins(since)
            assert before is not None
            return _L.created_at < when.begins(before)
        case d.Active(days=days):
            return and_(_L.heard_on.is_not(None), _L.heard_on > when.day(days))
        case d.Silent(days=days):
            quiet = or_(_L.heard_on.is_(None), _L.heard_on <= when.day(days))
            return and_(_L.created_at < when.begins(when.day(days - 1)), quiet)
        case d.Enrolled() | d.Stands() | d.Passed() | d.AtLesson():
            return _learning(of)
        case d.Channel(kinds=kinds):
            return _last_word_by(kinds)
        case d.Reached(way=way):
            return _reached(way)
        case d.About() | d.Answered() | d.Tagged():
            said = rows_that_say(of)
            return said.where(said.selected_columns.learner_id == _L.id).exists()
    assert_never(of)


def not_stopped() -> ColumnElement[bool]:
    """Whether an address is left that reaches her: kept in her own row, and part of what the index of learners is about."""
    return _L.stopped.is_(False)


def _among(column: ColumnElement[Any], names: Sequence[str]) -> ColumnElement[bool]:
    """With one name an equality: rows of an index are then in the order of what comes after it."""
    return column == names[0] if len(names) == 1 else column.in_(names)


def _learning(of: d.Enrolled | d.AboutCourse) -> ColumnElement[bool]:
    hers = t.enrolment.alias("hers")
    courses = of.courses or ()
    within = [hers.c.learner_id == _L.id, *([_among(hers.c.course, courses)] if courses else [])]
    match of:
        case d.Enrolled() | d.Passed(least=0, most=None):
            return exists().where(*within)
        case d.Stands(state="finished"):
            return exists().where(*within, hers.c.completed_at.is_not(None))
        case d.Stands(state="unfinished"):
            return exists().where(*within, hers.c.completed_at.is_(None))
        case d.Stands():
            asked = [hers.c.completed_at.is_(None), ~_passed_any(hers), ~_answered_any(hers)]
            return exists().where(*within, *asked)
        case d.Passed(least=least, most=most):
            if least:
                return _L.id.in_(select(_passes(courses, least, most).c.learner_id))
            more = _passes(courses, (most or 0) + 1, None)
            return exists().where(*within, ~_same(more, hers).exists())
        case d.AtLesson(place=1):
            return exists().where(*within, hers.c.completed_at.is_(None), ~_passed_any(hers))
        case d.AtLesson(place=place):
            before = _passes(courses, place - 1, place - 1)
            return exists().where(*within, hers.c.completed_at.is_(None), _same(before, hers).exists())
    assert_never(of)


def _passes(courses: d.Names, least: int, most: int | None) -> FromClause:
    """Who passed so many lessons of a course; read from one index, a course at a time.

    OFFSET keeps it whole: else every worker of a count would go through all of it.
    """
    passed = t.lesson_pass.alias("passed").c
    enough = func.count() >= least
    enough = enough if most is None else and_(enough, func.count() <= most)
    if len(courses) == 1:  # then each learner comes once, and in order, which the planner sees only so
        query = select(passed.learner_id, literal(courses[0]).label("course")).where(passed.course == courses[0])
        return query.group_by(passed.learner_id).having(enough).offset(0).subquery()
    query = select(passed.learner_id, passed.course).group_by(passed.learner_id, passed.course)
    if courses:
        query = query.where(passed.course.in_(courses))
    return query.having(enough).subquery()


def _same(counted: FromClause, hers: FromClause) -> Select[Any]:
    return select(1).where(counted.c.learner_id == hers.c.learner_id, counted.c.course == hers.c.course)


def _passed_any(hers: FromClause) -> ColumnElement[bool]:
    passed = t.lesson_pass.alias("passed_any").c
    return exists().where(passed.learner_id == hers.c.learner_id, passed.course == hers.c.course)


def _answered_any(hers: FromClause) -> ColumnElement[bool]:
    given = t.answer.alias("given").c
    return exists().where(given.learner_id == hers.c.learner_id, given.course == hers.c.course)


def _last_word_by(kinds: d.Names) -> ColumnElement[bool]:
    """Whether the address that something last came from is of such a channel. SMS and calls come from the same address."""
    last, newer = t.address.alias("last"), t.address.alias("newer")
    call = last.c.last_channel.contains("ussd")
    is_of = {
        "whatsapp": last.c.kind == "whatsapp",
        "ussd": and_(last.c.kind == "tel", call),
        "sms": and_(last.c.kind == "tel", ~call),
    }
    later = exists().where(
        newer.c.learner_id == last.c.learner_id,
        newer.c.last_inbound_at > last.c.last_inbound_at,
    )
    return exists().where(
        last.c.learner_id == _L.id, last.c.last_inbound_at.is_not(None), or_(*(is_of[kind] for kind in kinds)), ~later
    )


def _reached(way: d.Way) -> ColumnElement[bool]:
    """As `reach.of` has it of one address, but for what only a receipt would tell: who never wrote is receive-only."""
    at = t.address.alias("at")
    gone = and_(
        at.c.unreachable_at.is_not(None),
        or_(at.c.last_inbound_at.is_(None), at.c.last_inbound_at <= at.c.unreachable_at),
    )
    alive = exists().where(at.c.learner_id == _L.id, at.c.opted_out_at.is_(None), ~gone)
    wrote = alive.where(at.c.last_inbound_at.is_not(None))
    if way == "reachable":
        return wrote
    return ~alive if way == "unreachable" else and_(alive, ~wrote)


def rows_that_say(of: d.About | d.Answered | d.Tagged) -> Select[Any]:
    """The ids of those of whom it is said, from the table that says it.

    Of an answer, several options are kept with "+" between them, and a number as it is.
    """
    match of:
        case d.About(what=what, keys=keys):
            told = t.background.alias("told").c
            return select(told.learner_id).where(_among(told[what], keys))
        case d.Tagged(names=names):
            tag = t.tag.alias("carried").c
            return select(tag.learner_id).where(_among(tag.name, names))
        case d.Answered(survey=survey, question=question, options=options):
            kept = t.survey_answer.alias("kept").c
            around = literal("+") + kept.option + literal("+")
            chosen = or_(
                _among(kept.option, options), *(around.contains(f"+{each}+", autoescape=True) for each in options)
            )
            return select(kept.learner_id).where(kept.survey == survey, kept.question == question, chosen)

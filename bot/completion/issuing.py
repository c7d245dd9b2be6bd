"""The rows of a certificate: a code drawn, all that it will say, as it is at this moment, and a line in the audit."""

import calendar
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bot import codes
from bot.completion.records import Her
from bot.store import audit, statements
from bot.store.ids import new_id
from bot.store.statements import Write
from flows.completion import Programme, Record
from flows.course import Course
from flows.text import Localized

BY_TURN: Final = "the bot"  # who issued it, in the audit, where an answer of hers completed the course


@dataclass(frozen=True, slots=True)
class Earned:
    """What was completed: a course or a programme, as a certificate will say it."""

    kind: str
    id: str
    version: str
    title: Localized
    minutes: int
    months: int
    assessed: Mapping[str, Any]  # what it took: see bot/web/verify.py, which puts it into words


def course_earned(course: Course, record: Record) -> Earned:
    """A course that she completed, and how she was assessed in it."""
    rule = course.rule
    final = course.by_id.get(rule.final)
    assessed: dict[str, Any] = {"lessons": len(rule.lessons or course.by_id)}
    if rule.pass_mark:
        assessed |= {"score": record.score, "pass_mark": rule.pass_mark}
    if final is not None:
        assessed["final"] = dict(final.title.words)
    tasks = {lesson.id for lesson in course.lessons if lesson.task} & frozenset(rule.lessons or course.by_id)
    if rule.witnessed or tasks:
        assessed["witnessed"] = len(tasks.union(rule.witnessed))
    return Earned("course", course.id, course.version, course.title, course.minutes, rule.months, assessed)


def programme_earned(programme: Programme) -> Earned:
    """A programme that she completed; its rule is kept with it, for the day one of its parts is revoked."""
    assessed = {"courses": list(programme.courses), "least": programme.least or len(programme.courses)}
    made = (programme.id, programme.version, programme.title, programme.minutes, programme.months)
    return Earned("programme", *made, assessed)


def rows(earned: Earned, her: Her, by: str, *, now: datetime) -> tuple[str, tuple[Write, Write]]:
    """The code as it is written, the row that issues the certificate, and the one that tells the audit of it; no name in that."""
    code = codes.draw(secrets.randbelow)
    assessed = dict(earned.assessed)
    if her.asked is not None:  # she had done everything then, and waited for the issuer's word
        assessed["completed"] = her.asked.isoformat()
    values = {
        "id": new_id(now),
        "learner_id": her.learner_id,
        "course": earned.id,
        "version": earned.version,
        "code": code,
        "title": json.dumps(dict(earned.title.words), ensure_ascii=False),
        "minutes": earned.minutes,
        "issued_at": now,
        "kind": earned.kind,
        "name": her.name,
        "level": her.level,
        "assessed": json.dumps(assessed, ensure_ascii=False),
        "attested_by": her.attested_by,
        "expires_at": months_after(now, earned.months) if earned.months else None,
        "tell_at": None,
    }
    told = {"code": codes.written(code), "of": earned.id, "kind": earned.kind, "level": her.level}
    noted = audit.noted(by, audit.ISSUED, told, now=now)
    return codes.written(code), (Write(statements.CERTIFIED, values), noted)


def told_later(writes: Iterable[Write], *, now: datetime) -> tuple[Write, ...]:
    """The same rows, for where no answer of hers brings the certificates among them: a worker tells her."""
    return tuple(
        Write(each.statement, each.values | {"tell_at": now}) if each.statement is statements.CERTIFIED else each
        for each in writes
    )


def months_after(day: datetime, months: int) -> datetime:
    """The same day so many months later, or the last of that month.

    >>> months_after(datetime(2026, 8, 31), 6).date().isoformat()
    '2027-02-28'
    """
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return day.replace(year=year, month=month, day=min(day.day, calendar.monthrange(year, month)[1]))

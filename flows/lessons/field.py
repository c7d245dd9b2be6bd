"""Lessons that follow a day in the field, a planting or a market, instead of the day she enrolled."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from flows.course import Course, Lesson
from flows.reading.answers import Reading
from flows.reading.keywords import Heard
from flows.session import Library, Session
from flows.states import Ask, Describe, Route, State
from flows.text import T, Words, invite
from flows.types import DayFound, FindDay, Follow

_NUMERIC: Final = re.compile(r"(\d{1,2})\s*[/.\- ]\s*(\d{1,2})(?:\s*[/.\- ]\s*\d{2,4})?")
_NAMED: Final = re.compile(r"(\d{1,2})\s*(?:hb|th|st|nd|rd)?\s*([a-z]{3,9})(?:\s*\d{2,4})?")
_MONTHS: Final = (
    ("jan",), ("feb",), ("mac", "mar"), ("apr",), ("mei", "may"), ("jun",),
    ("jul",), ("ogo", "aug", "ogs"), ("sep",), ("okt", "oct"), ("nov",), ("dis", "dec"),
)  # fmt: skip
_NEAR: Final[Mapping[str, str]] = {
    "hari ini": "today", "harini": "today", "today": "today", "semalam": "yesterday", "kelmarin": "yesterday",
    "yesterday": "yesterday", "esok": "tomorrow", "besok": "tomorrow", "bisuk": "tomorrow", "tomorrow": "tomorrow",
}  # fmt: skip


def is_due(session: Session, course: Course) -> bool:
    """Whether she is to be asked for the day that the course follows."""
    enrolment = session.enrolment(course.id)
    return course.follows is not None and enrolment is not None and not enrolment.began


def ask(session: Session, library: Library) -> State:
    """The author's question for the day, and how to write one."""
    course = library.course(session.course)
    if course is None or course.follows is None:
        return Route("lesson.next", ("lesson.next",))
    how = invite(T("Send the day and month, like 15/12. Not known yet? Send SKIP."))
    return Ask(body=(course.follows, how), reads=_day, next="field.finding")


def finding(session: Session, library: Library) -> State:
    """Find the day she means; it follows."""
    among = ("field.wait", "lesson.next")
    course = library.course(session.course)
    if course is None or course.follows is None:
        return Route("lesson.next", among)
    return Route("field.wait", among, (FindDay(session.course, session.answer),))


def wait(session: Session, library: Library) -> State:
    """A day is being worked out."""
    course = library.course(session.course)
    if course is None or course.follows is None:
        return Route("lesson.next", ("lesson.next",))
    return Ask(body=(), reads=_day, next="field.finding")


def known(session: Session, library: Library) -> State:
    """The day is known: on with the first lesson."""
    return Route("lesson.next", ("lesson.next",))


def unknown(session: Session, library: Library) -> State:
    """She does not know it yet: the lessons come at her pace."""
    return Route("lesson.next", ("lesson.next",), (Follow(session.course, "-"),))


def noted(event: DayFound) -> tuple[Words, ...]:
    """The day as it was understood, or that there is none."""
    if not event.day:
        return (invite(T("There is no such day. Send the day and month, like 15/12."), T("There is no such day.")),)
    return (T("Noted: {day}. The lessons come when you need them.", day=event.written),)


def due(session: Session, lesson: Lesson, at: datetime) -> int | None:
    """In how many days the lesson is due by the day that its course follows; None where it follows none."""
    enrolment = session.enrolment()
    if lesson.day is None or enrolment is None or len(enrolment.began) != len("2026-12-15"):
        return None
    return (date.fromisoformat(enrolment.began) - at.date()).days + lesson.day


def _day(heard: Heard, text: str) -> Reading:
    """A day and month, in figures or with the month's name in either language, or a day near today: as "12-15" or "today"."""
    words = " ".join(text.casefold().split()).strip(" .!")
    if near := _NEAR.get(heard.plain):
        return Reading(near, sure=True)
    if match := _NUMERIC.fullmatch(words):
        day, month = int(match[1]), int(match[2])
    elif match := _NAMED.fullmatch(words):
        named = [place for place, names in enumerate(_MONTHS, start=1) if match[2].startswith(names)]
        day, month = int(match[1]), named[0] if named else 0
    else:
        return Reading()
    return Reading(f"{month:02}-{day:02}", sure=True) if 1 <= month <= 12 and 1 <= day <= 31 else Reading()


STATES: Final[Mapping[str, Describe]] = {
    "ask": ask,
    "finding": finding,
    "wait": wait,
    "known": known,
    "unknown": unknown,
}

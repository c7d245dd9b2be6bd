"""When she has gone quiet: a short message that names the course and the one next step, or the next lesson itself."""

from datetime import datetime
from typing import Final

from flows.course import Course, Lesson
from flows.lessons import field
from flows.lessons.standing import is_open, up_next, where
from flows.session import Library, Session
from flows.text import T, Text, Words, invite
from flows.types import NudgeAfter

QUIET_HOURS: Final = 24  # half of those who answer do so within the hour; before a day is over a reminder only nags

# Hours to the next nudge after each one sent; then no more until she writes. Day 1, day 3, day 10 of silence.
TAPER: Final = (48, 168)

USUAL_PACE: Final = 3  # lessons a week: they taught more than one, and five taught no more (Cortes et al. 2021)
WEEK: Final = 7 * 24


def said(session: Session, library: Library) -> tuple[Words, ...]:
    """What to say to her now, or nothing where there is no course to go on with."""
    course, lesson = library.held(session), _lesson(session, library)
    if course is None or lesson is None:
        return ()
    at = _named(course, lesson)
    if session.person:  # whoever has the phone reads it: no title, and the way to whom it is for
        hers = at | {"person": session.person}
        words = invite(
            T(
                "Person {person}: {course}, lesson {place} of {total} is waiting. Send PENGGUNA {person} or STOP.",
                **hers,
            ),
            T("Person {person}: {course}, lesson {place} of {total} is with your coordinator.", **hers),
        )
        return (words,)
    words = T(
        '{course}: lesson {place} of {total}, "{title}", is waiting for you, 3 minutes only. Send CONTINUE, LATER or STOP.',
        title=lesson.title,
        **at,
    )
    return (invite(words, comes(course, lesson)),)


def comes(course: Course, lesson: Lesson) -> Text:
    """What to say of that lesson where she cannot reply."""
    return T(
        "{course}: lesson {place} of {total} comes to you soon. The quiz is on paper with your coordinator.",
        **_named(course, lesson),
    )


def _named(course: Course, lesson: Lesson) -> dict[str, Words | str | int]:
    return {"course": course.title, "place": course.places.get(lesson.id, 1), "total": len(course.lessons)}


def hours(session: Session, library: Library, at: datetime) -> int | None:
    """After how many quiet hours she is to hear from us: a day where a question waits, else by her pace or the day her course follows.

    None where there is no lesson to go on with.
    """
    lesson = _lesson(session, library)
    if lesson is None:
        return None
    if session.lesson == lesson.id and session.state not in RESTS:
        return QUIET_HOURS
    days = field.due(session, lesson, at)
    if days is not None and days > 0:
        return days * 24
    return WEEK // (session.pace or USUAL_PACE)


def brings_lesson(session: Session, library: Library) -> bool:
    """Whether the next lesson itself is what she should hear: she has finished one, and rests."""
    at = where(session, library)
    if session.person:  # another may hold the phone, and would answer
        return False
    return session.state in RESTS and not is_open(session, at) and _lesson(session, library) is not None


def following(session: Session) -> tuple[NudgeAfter, ...]:
    """The next nudge after this one, if there is to be one."""
    return (NudgeAfter(TAPER[session.nudged]),) if session.nudged < len(TAPER) else ()


def _lesson(session: Session, library: Library) -> Lesson | None:
    if session.enrolment() is None or session.stopped:
        return None
    return up_next(session, library)


RESTS: Final = frozenset({"lesson.offer", "survey.question", "survey.meant", "survey.consent", "survey.rest"})

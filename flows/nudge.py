"""When she has gone quiet: one short message that names the course and the one next step."""

from typing import Final

from flows.course import Lesson
from flows.lesson import up_next
from flows.session import Library, Session
from flows.text import T, Words
from flows.types import NudgeAfter

QUIET_HOURS: Final = 24  # half of those who answer do so within the hour; before a day is over a reminder only nags

# Hours to the next nudge after each one sent; then no more until she writes. Day 1, day 3, day 10 of silence.
TAPER: Final = (48, 168)


def said(session: Session, library: Library) -> tuple[Words, ...]:
    """What to say to her now, or nothing where there is no course to go on with."""
    course = library.course(session.course)
    lesson = _lesson(session, library)
    if course is None or lesson is None:
        return ()
    return (
        T(
            '{course}: lesson {place} of {total}, "{title}", is waiting for you, 3 minutes only. Send CONTINUE, LATER or STOP.',
            course=course.title,
            place=course.place_of(lesson),
            total=len(course.lessons),
            title=lesson.title,
        ),
    )


def waiting(session: Session, library: Library) -> bool:
    """Whether there is a lesson to remind her of."""
    return _lesson(session, library) is not None


def _lesson(session: Session, library: Library) -> Lesson | None:
    course = library.course(session.course)
    if course is None or session.enrolment() is None or session.stopped:
        return None
    return up_next(session, course)


def following(session: Session) -> tuple[NudgeAfter, ...]:
    """The next nudge after this one, if there is to be one."""
    return (NudgeAfter(TAPER[session.nudged]),) if session.nudged < len(TAPER) else ()

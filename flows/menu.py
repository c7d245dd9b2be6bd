"""The main menu, the list of courses, progress, and the way out of a call."""

from collections.abc import Mapping
from typing import Final

from flows.course import Course
from flows.session import Library, Session
from flows.states import PLACE, Choice, Describe, Menu, Route, State, Tell
from flows.text import T, Text
from flows.types import Enrol, NudgeAfter

REST_HOURS: Final = 72
MOST_COURSES: Final = 5  # one keypress each, and a USSD screen holds no more


def home(session: Session, library: Library) -> State:
    """Five things to do; 1 always goes on with the course."""
    return Menu(
        body=(T("MENU"),),
        choices=(
            Choice(T("Go on learning"), "lesson.resume", means=frozenset({"yes"})),
            Choice(T("Courses"), "menu.courses"),
            Choice(T("My progress"), "menu.progress"),
            Choice(T("My certificates"), "certificate.mine"),
            Choice(T("Language"), "language.choose"),
        ),
    )


def courses(session: Session, library: Library) -> State:
    """The courses there are; choosing one begins it, or goes on with it."""
    offered = tuple(library.courses.values())[:MOST_COURSES]
    return Menu(
        body=(T("Which course?"),),
        choices=tuple(
            Choice(course.title, "lesson.resume", does=(Enrol(course.id, course.version),)) for course in offered
        ),
    )


def enrol(session: Session, library: Library) -> State:
    """DAFTAR and the name of a course: straight into it; without a name that we know, the list."""
    among = ("lesson.resume", "menu.courses")
    course = library.course(session.answer.strip().lower())
    return Route(among[0], among, (Enrol(course.id, course.version),)) if course else Route(among[1], among)


def progress(session: Session, library: Library) -> State:
    """How far she is in each course she follows."""
    followed = [
        _progress_in(course, enrolment.passed)
        for enrolment in session.enrolments
        if (course := library.course(enrolment.course))
    ]
    return Tell(tuple(followed) or (T("You have not started a course yet."),), "about.aside")


def bye(session: Session, library: Library) -> State:
    """End the call; everything is kept."""
    return Tell((T("See you again. Your place is kept. Send CONTINUE when you have time."),), PLACE, ends=True)


def rest(session: Session, library: Library) -> State:
    """She wants to go on later: no reminder for three days."""
    words = T("All right. Your place is kept. Send CONTINUE when you have time.")
    return Tell((words,), PLACE, (NudgeAfter(REST_HOURS),), ends=True)


def onward(session: Session, library: Library) -> State:
    """Where somebody belongs who is nowhere in particular: in her lesson, or at the course list."""
    among = ("lesson.resume", "menu.courses")
    return Route(among[0] if library.course(session.course) else among[1], among)


def _progress_in(course: Course, passed: tuple[str, ...]) -> Text:
    return T(
        "{course}: {done}/{total} done.",
        course=course.title,
        done=course.count_passed(passed),
        total=len(course.lessons),
    )


STATES: Final[Mapping[str, Describe]] = {
    "home": home,
    "courses": courses,
    "enrol": enrol,
    "progress": progress,
    "bye": bye,
    "rest": rest,
    "onward": onward,
}

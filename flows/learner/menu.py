"""The main menu, the list of courses, progress, and the way out of a call."""

from collections.abc import Mapping
from typing import Final

from flows.course import Course
from flows.learner import prefer
from flows.lessons.standing import up_next
from flows.session import Enrolment, Library, Session
from flows.states import PLACE, Choice, Describe, Menu, Route, State, Tell
from flows.surveys import asked
from flows.text import T, Text, invite
from flows.types import Enrol, FindMissing, NudgeAfter

LATER_HOURS: Final = 72
REST_HOURS: Final = 7 * 24
KEPT: Final = T("Your place is kept.")
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


def returned(session: Session, library: Library) -> State:
    """She dials again after a while: 1 takes her to the very screen she was at, 2 to the main menu."""
    course = library.course(session.course)
    lesson = up_next(session, library) if course and session.place.startswith("lesson.") else None
    where = (
        (
            T(
                "{course}: lesson {place} of {total}.",
                course=course.title,
                place=course.place_of(lesson),
                total=len(course.lessons),
            ),
        )
        if course and lesson
        else ()
    )
    return Menu(
        body=(T("Welcome back."), *where),
        choices=(
            Choice(T("Go on"), PLACE, means=frozenset({"yes", "next", "repeat"})),
            Choice(T("Main menu"), "menu.home"),
        ),
        back=PLACE,
        aside=True,
        covers=True,
    )


def courses(session: Session, library: Library) -> State:
    """The courses there are; choosing one begins it, or goes on with it."""
    offered = tuple(library.courses.values())[:MOST_COURSES]
    return Menu(
        body=(invite(T("Which course?")),),
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
        _progress_in(course, enrolment)
        for enrolment in session.enrolments
        if (course := library.course(enrolment.course))
    ]
    told = tuple(followed) or (T("You have not started a course yet."),)
    asks_more = tuple(
        each.course
        for each in session.enrolments
        if (course := library.course(each.course)) and (course.rule.asks_more or course.id in library.approving)
    )
    return Tell((*told, *prefer.reached(session)), "about.aside", (FindMissing(asks_more),) if asks_more else ())


def bye(session: Session, library: Library) -> State:
    """End the call; everything is kept."""
    return Tell(
        (invite(T("See you again. Your place is kept. Send CONTINUE when you have time."), KEPT),), PLACE, ends=True
    )


def later(session: Session, library: Library) -> State:
    """She wants to go on later: after a lesson the next one comes at her pace; a question left waits three days."""
    words = invite(T("All right. Your place is kept. Send CONTINUE when you have time."), KEPT)
    return Tell((words,), PLACE, () if session.place == "lesson.offer" else (NudgeAfter(LATER_HOURS),), ends=True)


def rest(session: Session, library: Library) -> State:
    """REHAT: nothing from us for a week."""
    words = invite(
        T("All right, rest. We will not write for a week. Your place is kept. Send CONTINUE when you have time."),
        T("All right, rest. We will not write for a week."),
    )
    return Tell((words,), PLACE, (NudgeAfter(REST_HOURS),), ends=True)


def onward(session: Session, library: Library) -> State:
    """Where somebody belongs who is nowhere in particular: in her lesson, or at the course list."""
    among = ("lesson.resume", "menu.courses", "survey.question")
    if asked.waits(session, library):
        return Route("survey.question", among)
    return Route(among[0] if library.course(session.course) else among[1], among)


def _progress_in(course: Course, enrolment: Enrolment) -> Text:
    return T(
        "{course}: {done}/{total} done, {hours} of {whole} hours.",
        course=course.title,
        done=course.count_passed(enrolment.passed),
        total=len(course.lessons),
        hours=f"{course.minutes_passed(enrolment.passed) / 60:.1f}",
        whole=f"{course.minutes / 60:.1f}",
    )


STATES: Final[Mapping[str, Describe]] = {
    "home": home,
    "returned": returned,
    "courses": courses,
    "enrol": enrol,
    "progress": progress,
    "bye": bye,
    "later": later,
    "rest": rest,
    "onward": onward,
}

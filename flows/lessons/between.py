"""Between two lessons: what follows one, the next one offered, the end of the course, and a look back."""

from collections.abc import Mapping
from typing import Final

from flows.lessons import field, placement
from flows.lessons.standing import passed, waits_for_witness, where
from flows.session import Library, Session
from flows.states import Choice, Describe, Menu, Route, State, Tell
from flows.surveys import survey
from flows.text import T
from flows.types import CompleteCourse

NOW_OR_LATER: Final = (
    Choice(T("Go on"), "lesson.next", means=frozenset({"yes", "next", "resume", "start_lesson", "quiz"})),
    Choice(T("Later"), "menu.later", means=frozenset({"no", "pause"})),
)


def onward(session: Session, library: Library) -> State:
    """After a lesson: its task, the next lesson, or the course is complete."""
    among = ("lesson.complete", "task.do", "lesson.offer", "menu.courses", "survey.herself")
    course = library.course(session.course)
    at = where(session, library)
    if at is not None and waits_for_witness(session, at[1]):
        return Route("task.do", among)
    if course is None:
        return Route("menu.courses", among)
    if course.is_complete(passed(session)):
        return Route("lesson.complete", among)
    return Route("survey.herself" if survey.is_due(session, library) else "lesson.offer", among)


def offer(session: Session, library: Library) -> State:
    """How far she is, and the next lesson, now or later."""
    course = library.course(session.course)
    if course is None or course.is_complete(passed(session)):
        return Route("lesson.resume", ("lesson.resume",))
    done = T("{done}/{total} done.", done=course.count_passed(passed(session)), total=len(course.lessons))
    return Menu(
        body=(done,),
        choices=NOW_OR_LATER,
    )


def complete(session: Session, library: Library) -> State:
    """All lessons are passed: the completion tracker is told, and she rests at the end of the course."""
    course = library.course(session.course)
    if course is None:
        return Route("menu.courses", ("menu.courses", "lesson.done"))
    return Route("lesson.done", ("menu.courses", "lesson.done"), (CompleteCourse(course.id, course.version),))


def done(session: Session, library: Library) -> State:
    """The end of a course."""
    course = library.course(session.course)
    if course is None:
        return Route("menu.courses", ("menu.courses",))
    return Menu(
        body=(T('You have finished "{course}". Well done!', course=course.title),),
        choices=(
            Choice(T("My certificates"), "certificate.mine"),
            Choice(T("Courses"), "menu.courses"),
            *survey.feedback(session, library),
        ),
    )


def skip(session: Session, library: Library) -> State:
    """Leave this lesson for later and go to the next one; or begin without being asked what comes before the first."""
    among = ("lesson.next", "placement.over", "field.unknown")
    course = library.course(session.course)
    if course and placement.is_due(session, course):
        return Route("placement.over", among)
    if course and field.is_due(session, course):
        return Route("field.unknown", among)
    return Route("lesson.next", among)


def before(session: Session, library: Library) -> State:
    """Read the lesson before this one again; then back to her place."""
    among = ("menu.home", "about.aside")
    at = where(session, library)
    place = at[0].place_of(at[1]) if at else 1
    if at is None or place == 1:
        return Route("menu.home", among)
    course, lesson = at[0], at[0].lessons[place - 2]
    first = T("{place}/{total} {idea}", place=place - 1, total=len(course.lessons), idea=lesson.ideas[0])
    return Tell((first, *lesson.ideas[1:]), "about.aside")


STATES: Final[Mapping[str, Describe]] = {
    "onward": onward,
    "offer": offer,
    "complete": complete,
    "done": done,
    "skip": skip,
    "before": before,
}

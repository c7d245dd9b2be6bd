"""A route that carries no reply: the lessons go on without her answers, each as it stands on the paper slip."""

from collections.abc import Iterator
from datetime import datetime

from flows.course import Course, Lesson
from flows.lessons import field, nudge, placement
from flows.lessons.standing import is_open, passed, where
from flows.session import Library, Session
from flows.text import T, Words
from flows.trip import Trip
from flows.types import Effect, Enrol, Follow, NudgeAfter, PutQuestion, Say, SetLevel, StartLesson, Step


def went_quiet(trip: Trip) -> Step:
    """The next lesson, at her pace though nothing was answered; it counts as sent and not as passed.

    Before the first of them she is told how it goes on, and after the last where the quiz is. No lesson comes twice.
    """
    session, library = trip.session, trip.library
    course = library.course(session.course)
    if course is None or session.enrolment() is None or not session.consented or session.stopped:
        return Step(session, ())
    if course.is_complete(passed(session)):
        return Step(session, ())
    lesson = up_next(session, library)
    if lesson is None:
        told = T(
            "{course}: all {total} lessons have come to you. The quiz is on paper with your coordinator.",
            course=course.title,
            total=len(course.lessons),
        )
        return _tells(session, told)
    wait = hours(session, library, trip.at)
    if _was_asked(session, library):
        later = max(nudge.QUIET_HOURS, wait - nudge.QUIET_HOURS)  # a day has passed
        return _tells(session, nudge.comes(course, lesson), NudgeAfter(later))
    return _sends(trip, course, lesson)


def up_next(session: Session, library: Library) -> Lesson | None:
    """The lesson to send after the one she is at; None where there is none that she has neither passed nor been sent."""
    course, enrolment = library.course(session.course), session.enrolment()
    if course is None or enrolment is None:
        return None
    done = {*enrolment.passed, *enrolment.sent}
    return next((each for each in course.lessons[course.places.get(session.lesson, 0) :] if each.id not in done), None)


def hours(session: Session, library: Library, at: datetime) -> int:
    """After how many hours the next thing comes: by the day that her course follows, or at her pace."""
    lesson = up_next(session, library)
    days = field.due(session, lesson, at) if lesson else None
    return days * 24 if days is not None and days > 0 else nudge.WEEK // (session.pace or nudge.USUAL_PACE)


def _was_asked(session: Session, library: Library) -> bool:
    """Whether a question that was put in a conversation still waits for her, and she has not been told how it goes on."""
    at, enrolment = where(session, library), session.enrolment()
    if at is None or enrolment is None or session.nudged:
        return False
    return is_open(session, at) and at[1].id not in enrolment.sent and session.state not in nudge.RESTS


def _tells(session: Session, words: Words, *more: NudgeAfter) -> Step:
    return Step(session.but(nudged=session.nudged + 1), (*more, Say((words,))))


def _sends(trip: Trip, course: Course, lesson: Lesson) -> Step:
    for effect in _begins(trip.session, course, lesson):
        trip.does(effect)
    held = trip.session.enrolment()
    if held is not None:
        trip.session = trip.session.with_enrolment(held._replace(sent=(*held.sent, lesson.id)))
    trip.enter("lesson.question")
    trip.effects.append(NudgeAfter(hours(trip.session, trip.library, trip.at)))
    return trip.step()


def _begins(session: Session, course: Course, lesson: Lesson) -> Iterator[Effect]:
    """What begins the lesson: nobody can be asked for a level or a day, and the question is the slip's."""
    enrolment = session.enrolment()
    if placement.is_due(session, course):
        yield SetLevel(course.id, "middle")
    if field.is_due(session, course):
        yield Follow(course.id, "-")
    if enrolment is not None and enrolment.version != course.version:
        yield Enrol(course.id, course.version)
    yield StartLesson(lesson.id)
    yield PutQuestion(lesson.on_paper.id)

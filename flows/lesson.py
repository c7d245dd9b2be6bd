"""A lesson: one idea, one question, two tries, a kind word, and the next one offered."""

from collections.abc import Mapping
from typing import Final

from flows.course import Course, Lesson, Option
from flows.session import Library, Session
from flows.states import Choice, Describe, Menu, Route, State, Tell
from flows.text import T, Words
from flows.types import CompleteCourse, PassLesson, RecordAnswer, StartLesson

MOST_TRIES: Final = 2  # then the answer is shown, and the lesson comes round again


def resume(session: Session, library: Library) -> State:
    """Back into the course: to the question she left, or to the next lesson."""
    among = ("lesson.question", "lesson.next", "menu.courses")
    course = library.course(session.course)
    if course is None:
        return Route("menu.courses", among)
    return Route("lesson.question" if _is_open(session, course) else "lesson.next", among)


def next_one(session: Session, library: Library) -> State:
    """Begin the next lesson not yet passed; the course is done when there is none."""
    among = ("lesson.question", "lesson.complete", "menu.courses")
    course = library.course(session.course)
    if course is None:
        return Route("menu.courses", among)
    lesson = course.next_lesson(_passed(session), session.lesson)
    if lesson is None:  # once more, or for the first time where an edit has taken the last one she lacked
        return Route("lesson.complete", among)
    return Route("lesson.question", among, (StartLesson(lesson.id),))


def question(session: Session, library: Library) -> State:
    """The idea, and the question about it."""
    at = _where(session, library)
    if at is None:
        return Route("lesson.next", ("lesson.next",))
    course, lesson = at
    first = T("{place}/{total} {idea}", place=course.place_of(lesson), total=len(course.lessons), idea=lesson.ideas[0])
    return _asking(lesson, (first, *lesson.ideas[1:]))


def again(session: Session, library: Library) -> State:
    """The same question once more, after a wrong answer."""
    at = _where(session, library)
    if at is None:
        return Route("lesson.next", ("lesson.next",))
    return _asking(at[1], ())


def hint(session: Session, library: Library) -> State:
    """A hint for the question she is at."""
    at = _where(session, library)
    if at is None or at[1].id in _passed(session):
        return Route("lesson.resume", ("lesson.resume",))
    words = at[1].question.hint or T("There is no hint here. Choose the answer you think is best.")
    return Tell((words,), "lesson.again")


def marked(session: Session, library: Library) -> State:
    """Grade her answer, record it, and go on by what it was."""
    among = ("lesson.right", "lesson.wrong", "lesson.shown", "lesson.next")
    at = _where(session, library)
    chosen = _chosen(session, at)
    if at is None or chosen is None:  # an edit took the question away while she was answering
        return Route("lesson.next", among)
    course, lesson = at
    attempt = session.attempt + 1
    record = RecordAnswer(course.id, course.version, lesson.id, lesson.question.id, chosen.key, chosen.right, attempt)
    if chosen.right:
        return Route("lesson.right", among, (record, PassLesson(course.id, course.version, lesson.id)))
    return Route("lesson.wrong" if attempt < MOST_TRIES else "lesson.shown", among, (record,))


def right(session: Session, library: Library) -> State:
    """Say that it is right, and why."""
    at = _where(session, library)
    if at is None:
        return Route("lesson.onward", ("lesson.onward",))
    return Tell((T("Correct!"), at[1].question.because), "lesson.onward")


def wrong(session: Session, library: Library) -> State:
    """Say kindly that it is not right yet, and ask again."""
    at = _where(session, library)
    chosen = _chosen(session, at)
    return Tell((T("Not yet."), *_because(chosen)), "lesson.again")


def shown(session: Session, library: Library) -> State:
    """Show the right answer after the last try; the lesson comes round again later."""
    at = _where(session, library)
    if at is None:
        return Route("lesson.onward", ("lesson.onward",))
    asked = at[1].question
    answer = next(option.says for option in asked.options if option.right)
    told = T("The answer: {answer}.", answer=answer)
    return Tell((told, asked.because, T("We will ask again later.")), "lesson.onward")


def onward(session: Session, library: Library) -> State:
    """After a lesson: offer the next one, or the course is complete."""
    among = ("lesson.complete", "lesson.offer", "menu.courses")
    course = library.course(session.course)
    if course is None:
        return Route("menu.courses", among)
    if course.is_complete(_passed(session)):
        return Route("lesson.complete", among)
    return Route("lesson.offer", among)


def offer(session: Session, library: Library) -> State:
    """How far she is, and the next lesson, now or later."""
    course = library.course(session.course)
    if course is None or course.is_complete(_passed(session)):
        return Route("lesson.resume", ("lesson.resume",))
    done = T("{done}/{total} done.", done=course.count_passed(_passed(session)), total=len(course.lessons))
    return Menu(
        body=(done,),
        choices=(
            Choice(T("Go on"), "lesson.next", means=frozenset({"yes", "next", "resume", "start_lesson", "quiz"})),
            Choice(T("Later"), "menu.rest", means=frozenset({"no", "pause"})),
        ),
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
        choices=(Choice(T("My certificates"), "certificate.mine"), Choice(T("Courses"), "menu.courses")),
    )


def skip(session: Session, library: Library) -> State:
    """Leave this lesson for later and go to the next one."""
    return Route("lesson.next", ("lesson.next",))


def up_next(session: Session, course: Course) -> Lesson | None:
    """The lesson that going on leads to: the one she is at, or the next; None when all are passed."""
    if _is_open(session, course):
        return course.by_id[session.lesson]
    return course.next_lesson(_passed(session), session.lesson)


def _is_open(session: Session, course: Course) -> bool:
    """Whether her question still waits for her answer: not passed, and not just shown to her."""
    return session.lesson in course.by_id and session.lesson not in _passed(session) and session.attempt < MOST_TRIES


def _where(session: Session, library: Library) -> tuple[Course, Lesson] | None:
    """The course and lesson she is at, or None where an edit has taken either away."""
    course = library.course(session.course)
    lesson = course.by_id.get(session.lesson) if course else None
    return (course, lesson) if course and lesson else None


def _passed(session: Session) -> tuple[str, ...]:
    enrolment = session.enrolment()
    return enrolment.passed if enrolment else ()


def _asking(lesson: Lesson, before: tuple[Words, ...]) -> Menu:
    asked = lesson.question
    return Menu(
        body=(*before, asked.asks),
        choices=tuple(
            Choice(option.says, "lesson.marked", option.key, _TRUTH.get(option.key, frozenset()))
            for option in asked.options
        ),
        lettered=True,
        hint=asked.hint,
    )


def _chosen(session: Session, at: tuple[Course, Lesson] | None) -> Option | None:
    return at[1].question.option(session.answer) if at else None


def _because(chosen: Option | None) -> tuple[Words, ...]:
    return (chosen.because,) if chosen and chosen.because else ()


# Options named so by their author are also chosen by saying so.
_TRUTH: Final[Mapping[str, frozenset[str]]] = {
    "true": frozenset({"answer_true", "yes"}),
    "false": frozenset({"answer_false", "no"}),
}

STATES: Final[Mapping[str, Describe]] = {
    "resume": resume,
    "next": next_one,
    "question": question,
    "again": again,
    "hint": hint,
    "marked": marked,
    "right": right,
    "wrong": wrong,
    "shown": shown,
    "onward": onward,
    "offer": offer,
    "complete": complete,
    "done": done,
    "skip": skip,
}

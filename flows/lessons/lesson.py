"""A lesson: one idea, questions from its bank until she has passed, a kind word, and the next lesson offered."""

from collections.abc import Mapping
from typing import Final

from flows.course import SHOWN_KINDS, Course, Lesson, Question
from flows.lessons import between, field, placement, standing
from flows.lessons.asking import asked_back, asking, told, unread, why_not
from flows.lessons.standing import (
    At,
    as_put,
    is_open,
    lacks_more,
    may_still_pass,
    needed,
    passed,
    waits_for_witness,
    where,
)
from flows.session import Enrolment, Library, Session
from flows.states import Ask, Describe, Route, State, Tell
from flows.text import T, Words
from flows.types import (
    Effect,
    Enrol,
    KeepReply,
    PassLesson,
    ProveLesson,
    PutQuestion,
    RecordAnswer,
    ReviewAfter,
    StartLesson,
)

FIRST_REVIEW: Final = 2  # days after a question was answered right


def resume(session: Session, library: Library) -> State:
    """Back into the course: to the question or task she left, or to the next lesson."""
    among = ("lesson.question", "task.do", "lesson.next", "menu.courses")
    if library.held(session) is None:
        return Route("menu.courses", among)
    at = where(session, library)
    if at is not None and waits_for_witness(session, at[1]):
        return Route("task.do", among)
    return Route("lesson.question" if is_open(session, at) else "lesson.next", among)


def next_one(session: Session, library: Library) -> State:
    """Begin the next lesson not yet passed, in the course as it is now; the course is done when there is none."""
    among = ("lesson.question", "task.do", "lesson.complete", "menu.courses", "placement.question", "field.ask")
    course = library.course(session.course)
    if course is None:
        return Route("menu.courses", among)
    if placement.is_due(session, course):
        return Route("placement.question", among)
    if field.is_due(session, course):
        return Route("field.ask", among)
    lesson = course.next_lesson(passed(session), session.lesson)
    if lesson is None:  # once more, or for the first time where an edit has taken the last one she lacked
        return Route("lesson.complete", among)
    enrolment = session.enrolment() or Enrolment(course.id, "")
    moves = () if enrolment.version == course.version else (Enrol(course.id, course.version),)
    if lesson.task is not None and lesson.id in enrolment.proven:
        return Route("task.do", among, (*moves, StartLesson(lesson.id), PutQuestion(lesson.bank[0].id)))
    put = PutQuestion(standing.another(session, lesson, current="").id)
    return Route("lesson.question", among, (*moves, StartLesson(lesson.id), put))


def question(session: Session, library: Library) -> State:
    """The idea, and a question about it."""
    at = where(session, library)
    if at is None:
        return Route("lesson.next", ("lesson.next",))
    course, lesson, _ = at
    first = T("{place}/{total} {idea}", place=course.place_of(lesson), total=len(course.lessons), idea=lesson.ideas[0])
    return _asking(session, at, (first, *lesson.ideas[1:]))._replace(picture=lesson.picture)


def again(session: Session, library: Library) -> State:
    """The question alone: after a wrong answer, or when another one of the bank is put."""
    at = where(session, library)
    return _asking(session, at, ()) if at else Route("lesson.next", ("lesson.next",))


def another(session: Session, library: Library) -> State:
    """Put another question of the same bank."""
    among = ("lesson.again", "lesson.next")
    at = where(session, library)
    if at is None:
        return Route("lesson.next", among)
    return Route("lesson.again", among, (PutQuestion(standing.another(session, at[1], current=session.question).id),))


def meant(session: Session, library: Library) -> State:
    """Her answer was not sure: ask back. She says yes or no, or answers anew."""
    at = where(session, library)
    if at is None:
        return Route("lesson.next", ("lesson.next",))
    put = asked_back(at[2], as_put(session, at[1]), then="lesson.marked", unsure="lesson.meant", back="lesson.again")
    return put._replace(unread=unread(at[0], session))


def hint(session: Session, library: Library) -> State:
    """A hint for the question she is at."""
    at = where(session, library)
    if at is None or not is_open(session, at):
        return Route("lesson.resume", ("lesson.resume",))
    words = at[2].hint or T("There is no hint here. Choose the answer you think is best.")
    return Tell((words,), "lesson.again")


def marked(session: Session, library: Library) -> State:
    """Grade her answer, record it, and go on by what it was."""
    among = ("lesson.right", "lesson.wrong", "lesson.shown", "lesson.again", "lesson.next")
    at = where(session, library)
    if at is None or not _still_there(at[2], session.answer):  # an edit took it away while she was answering
        return Route("lesson.next" if session.answer else "lesson.again", among)
    if not session.answer:  # she said no when her answer was asked back
        return Route("lesson.again", among)
    course, lesson, asked = at
    right, attempt = asked.grades(session.answer), session.attempt + 1
    record: Effect = RecordAnswer(course.id, course.version, lesson.id, asked.id, session.answer, right, attempt)
    if asked.kind == "open":
        record = KeepReply(course.id, course.version, lesson.id, asked.id, "open", session.answer)
    if right and session.won + 1 >= needed(lesson):
        return Route("lesson.right", among, (record, *_passing(course, lesson, asked)))
    if right:
        return Route("lesson.right", among, (record,))
    kept = () if asked.kind != "text" or asked.option(session.answer) else (_unlisted(at, session),)
    return Route("lesson.wrong" if attempt < asked.tries else "lesson.shown", among, (record, *kept))


def right(session: Session, library: Library) -> State:
    """Say that it is right, and why."""
    at = where(session, library)
    if at is None:
        return Route("lesson.onward", ("lesson.onward", "lesson.another"))
    praise = T("Thank you, noted.") if at[2].kind == "open" else T("Correct!")
    return Tell((praise, at[2].because), "lesson.another" if lacks_more(session, at[1]) else "lesson.onward")


def wrong(session: Session, library: Library) -> State:
    """Say kindly that it is not right yet, and ask again."""
    at = where(session, library)
    return Tell((T("Not yet."), *(why_not(at[2], session.answer) if at else ())), "lesson.again")


def shown(session: Session, library: Library) -> State:
    """Show the right answer after the last try. Another question follows at once, or the lesson comes round again."""
    at = where(session, library)
    if at is None:
        return Route("lesson.onward", ("lesson.onward",))
    _, lesson, asked = at
    said = (T("The answer: {answer}.", answer=told(asked)), asked.because)
    if may_still_pass(session, lesson):
        return Tell((*said, T("Try another question:")), "lesson.another")
    return Tell((*said, T("We will ask again later.")), "lesson.onward")


def _passing(course: Course, lesson: Lesson, asked: Question) -> tuple[Effect, ...]:
    """What follows from the answer with which she passes: a task to prove it, or the lesson is hers; and its first review."""
    review = () if asked.kind == "open" else (ReviewAfter(course.id, lesson.id, asked.id, FIRST_REVIEW, 0),)
    if lesson.task is not None:
        return (ProveLesson(course.id, lesson.id), *review)
    return (PassLesson(course.id, course.version, lesson.id), *review)


def _unlisted(at: At, session: Session) -> KeepReply:
    """A word the author did not think of: counted as not right, and shown to the author, who may know better."""
    course, lesson, asked = at
    return KeepReply(course.id, course.version, lesson.id, asked.id, "unread", session.answer)


def _asking(session: Session, at: At, first: tuple[Words, ...]) -> Ask:
    return asking(
        at[2],
        as_put(session, at[1]),
        first,
        then="lesson.marked",
        unsure="lesson.meant",
        unread=unread(at[0], session),
        back="lesson.before",
    )


def _still_there(asked: Question, answer: str) -> bool:
    """Whether an answer read earlier still means something to the question."""
    if asked.kind not in SHOWN_KINDS:
        return True
    return all(asked.option(key) for key in answer.replace(">", "+").split("+"))


STATES: Final[Mapping[str, Describe]] = {
    **between.STATES,
    "resume": resume,
    "next": next_one,
    "question": question,
    "again": again,
    "another": another,
    "meant": meant,
    "hint": hint,
    "marked": marked,
    "right": right,
    "wrong": wrong,
    "shown": shown,
}

"""A whole quiz in one text, "1A 2C 3B": for a route or a purse that carries few replies. Graded as in the lessons."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from flows.course import Course, Lesson, Option, Question
from flows.lessons.standing import as_put, is_open, passed, where
from flows.reading.answers import quiz, read
from flows.reading.keywords import Keywords
from flows.session import Library, Session
from flows.states import Describe, Route, State, Tell
from flows.text import T, Words
from flows.types import Effect, KeepReply, PassLesson, RecordAnswer


@dataclass(frozen=True, slots=True)
class Marked:
    """One answer of a quiz: the lesson it is about, the question, and what was read; `answer` is "" where it was not sure."""

    place: int
    lesson: Lesson
    question: Question
    answer: str
    right: bool
    said: str


def marked(session: Session, library: Library) -> State:
    """Grade every answer that could be read, and pass the lessons whose pass mark is one."""
    among = ("quiz.told", "menu.courses")
    course = library.course(session.course)
    if course is None:
        return Route("menu.courses", among)
    effects = [effect for each in _by_phone(session, course, library) for effect in kept(each, course, "quiz")]
    return Route("quiz.told", among, tuple(effects))


def told(session: Session, library: Library) -> State:
    """How each answer did, in one line a verdict; then on with the course."""
    course = library.course(session.course)
    answers = list(_by_phone(session, course, library)) if course else []
    return Tell(summary(answers), "lesson.onward")


def summary(answers: list[Marked]) -> tuple[Words, ...]:
    """What became of the answers, by the numbers of their lessons."""
    right = [str(each.place) for each in answers if each.right]
    wrong = [str(each.place) for each in answers if each.answer and not each.right]
    unread = [str(each.place) for each in answers if not each.answer]
    said: list[Words] = []
    if right:
        said.append(T("Correct: {places}.", places=", ".join(right)))
    if wrong:
        said.append(T("Not yet: {places}. We will ask again later.", places=", ".join(wrong)))
    if unread:
        said.append(T("Not clear to me: {places}.", places=", ".join(unread)))
    return tuple(said) or (T("There is no lesson of these numbers."),)


def on_paper(course: Course, answers: str, keywords: Keywords) -> Iterator[Marked]:
    """The answers of a paper slip: of each lesson the question that fits on one, its options in the order they are written in."""
    for place, said in quiz(answers):
        if 0 < place <= len(course.lessons):
            lesson = course.lessons[place - 1]
            yield _read((place, lesson, lesson.on_paper), lesson.on_paper.options, said, keywords)


def kept(each: Marked, course: Course, purpose: str) -> tuple[Effect, ...]:
    """What follows from one answer: a record, a lesson passed, or words for the author's list."""
    named = (course.id, course.version, each.lesson.id, each.question.id)
    if not each.answer:
        return (KeepReply(*named, "unread", each.said),)
    record = RecordAnswer(*named, each.answer, each.right, 1, purpose)
    passes = each.right and each.lesson.pass_mark == 1 and each.lesson.task is None
    return (record, PassLesson(course.id, course.version, each.lesson.id)) if passes else (record,)


def _by_phone(session: Session, course: Course, library: Library) -> Iterator[Marked]:
    """The questions as they were sent to her: the one she is at, and in other lessons the first of hers, or of the slip."""
    at = where(session, library)
    enrolment = session.enrolment()
    level = enrolment.level if enrolment else ""
    for place, said in quiz(session.answer):
        if not 0 < place <= len(course.lessons):
            continue
        lesson = course.lessons[place - 1]
        shows = as_put(session, lesson)
        asked = lesson.question_after("", seed=session.seed, level=level) if shows is session else lesson.on_paper
        if at is not None and at[1].id == lesson.id and (is_open(session, at) or lesson.id in passed(session)):
            asked = lesson.question(at[2].id) or asked
        yield _read((place, lesson, asked), asked.shown(shows.seed), said, library.keywords)


def _read(at: tuple[int, Lesson, Question], shown: tuple[Option, ...], said: str, keywords: Keywords) -> Marked:
    place, lesson, asked = at
    reading = read(asked, shown, keywords.hear(said), said)
    answer = reading.answer if reading.sure else ""
    return Marked(place, lesson, asked, answer, bool(answer) and asked.grades(answer), said)


STATES: Final[Mapping[str, Describe]] = {"marked": marked, "told": told}

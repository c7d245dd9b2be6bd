"""A question she has passed, asked again before it is forgotten: one message, one reply, and back to her place."""

from collections.abc import Mapping
from typing import Final

from flows.course import Question
from flows.lessons.asking import asked_back, asking, told
from flows.session import Library, Session
from flows.states import PLACE, Describe, Route, State, Tell
from flows.text import T
from flows.types import RecordAnswer, ReviewAfter

# Days from one right answer to the next asking; then it is known. A wrong answer begins anew.
# (Growing gaps hold best over half a year: Cepeda 2008, Kang 2014; the days are for a goal of six months.)
GAPS: Final = (2, 7, 21, 60)


def asked(session: Session, library: Library) -> Question | None:
    """The question under review, or None where an edit has taken it away."""
    course, lesson, question = (*session.review.split(" "), "", "", "")[:3]
    found = library.course(course)
    within = found.by_id.get(lesson) if found else None
    return within.question(question) if within else None


def question(session: Session, library: Library) -> State:
    """The question alone: with a greeting it would often be two SMS, and cost twice."""
    due = asked(session, library)
    if due is None:
        return Route("menu.onward", ("menu.onward",))
    put = asking(due, session, (), then="review.marked", unsure="review.meant", back=PLACE)
    return put._replace(aside=True)


def meant(session: Session, library: Library) -> State:
    """Her answer was not sure: ask back."""
    due = asked(session, library)
    if due is None:
        return Route("menu.onward", ("menu.onward",))
    put = asked_back(due, session, then="review.marked", unsure="review.meant", back="review.question")
    return put._replace(aside=True)


def marked(session: Session, library: Library) -> State:
    """Grade it, and decide when it comes again: later after a right answer, soon after a wrong one."""
    among = ("review.right", "review.wrong", "review.question", "menu.onward")
    due = asked(session, library)
    course_id, lesson_id, question_id, step = _named(session)
    course = library.course(course_id)
    if due is None or course is None:
        return Route("menu.onward", among)
    if not session.answer:  # she said no when her answer was asked back
        return Route("review.question", among)
    right = due.grades(session.answer)
    step = step + 1 if right else 0
    days = GAPS[step] if step < len(GAPS) else 0
    record = RecordAnswer(course_id, course.version, lesson_id, question_id, session.answer, right, 1, "review")
    again_later = ReviewAfter(course_id, lesson_id, question_id, days, step)
    return Route("review.right" if right else "review.wrong", among, (record, again_later))


def right(session: Session, library: Library) -> State:
    """Still known."""
    due = asked(session, library)
    return Tell((T("Correct! You still remember it."), *((due.because,) if due else ())), "about.aside")


def wrong(session: Session, library: Library) -> State:
    """The answer and why; it comes again soon."""
    due = asked(session, library)
    if due is None:
        return Route("menu.onward", ("menu.onward", "about.aside"))
    return Tell((T("The answer: {answer}.", answer=told(due)), due.because), "about.aside")


def _named(session: Session) -> tuple[str, str, str, int]:
    course, lesson, question_id, step = (*session.review.split(" "), "", "", "", "0")[:4]
    return course, lesson, question_id, int(step or 0)


STATES: Final[Mapping[str, Describe]] = {
    "question": question,
    "meant": meant,
    "marked": marked,
    "right": right,
    "wrong": wrong,
}

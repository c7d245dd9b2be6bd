"""A few questions before the first lesson, so that a beginner is not lost and a hand with experience is not bored."""

from collections.abc import Mapping
from typing import Final

from flows.course import Course, Question
from flows.lessons.asking import asked_back, asking
from flows.session import Library, Session
from flows.states import Describe, Route, State, Tell
from flows.text import T, invite
from flows.types import RecordAnswer, SetLevel

EASY_UP_TO: Final = 1 / 3  # the share of right answers up to which she is asked the easy questions


def is_due(session: Session, course: Course) -> bool:
    """Whether her level in the course is to be found before she begins."""
    enrolment = session.enrolment(course.id)
    return bool(course.placement) and enrolment is not None and not enrolment.level and not enrolment.passed


def question(session: Session, library: Library) -> State:
    """The next question of the placement."""
    put = _asked(session, library)
    if put is None:
        return Route("placement.over", ("placement.over",))
    before = (
        invite(
            T(
                "First {total} short questions, to find where to begin. Not sure? Send SKIP.",
                total=_total(session, library),
            )
        ),
    )
    return asking(put, session, () if session.asked else before, then="placement.marked", unsure="placement.meant")


def meant(session: Session, library: Library) -> State:
    """Her answer was not sure: ask back."""
    put = _asked(session, library)
    if put is None:
        return Route("placement.over", ("placement.over",))
    return asked_back(put, session, then="placement.marked", unsure="placement.meant", back="placement.question")


def marked(session: Session, library: Library) -> State:
    """Count her answer; nothing is said about it, and nobody fails here."""
    among = ("placement.question", "placement.over")
    course, put = library.course(session.course), _asked(session, library)
    if course is None or put is None:
        return Route("placement.over", among)
    if not session.answer:
        return Route("placement.question", among)
    lesson = course.placement[session.asked][0]
    right = put.grades(session.answer)
    record = RecordAnswer(course.id, course.version, lesson, put.id, session.answer, right, 1, "placement")
    return Route("placement.question", among, (record,))


def over(session: Session, library: Library) -> State:
    """Her level is known: easy, hard, or in between."""
    course = library.course(session.course)
    total = len(course.placement) if course else 0
    share = session.won / total if total else 0.5
    whole = session.asked >= total > 0
    level = ("easy" if share <= EASY_UP_TO else "hard" if share == 1 else "middle") if whole else "middle"
    return Tell((T("Thank you. Let us begin."),), "lesson.next", (SetLevel(session.course, level),))


def _asked(session: Session, library: Library) -> Question | None:
    course = library.course(session.course)
    if course is None or not is_due(session, course) or session.asked >= len(course.placement):
        return None
    lesson, question_id = course.placement[session.asked]
    within = course.by_id.get(lesson)
    return within.question(question_id) if within else None


def _total(session: Session, library: Library) -> int:
    course = library.course(session.course)
    return len(course.placement) if course else 0


STATES: Final[Mapping[str, Describe]] = {"question": question, "meant": meant, "marked": marked, "over": over}

"""Where she stands in a lesson: which question waits, whether she has passed, what she would be asked next."""

from flows.course import PAPER, Course, Lesson, Question
from flows.session import Library, Session

At = tuple[Course, Lesson, Question]


def passed(session: Session) -> tuple[str, ...]:
    """The lessons she has passed in the course she is in."""
    enrolment = session.enrolment()
    return enrolment.passed if enrolment else ()


def where(session: Session, library: Library) -> At | None:
    """The course, lesson and question she is at, as they were when she began; None where they are not to be had."""
    course = library.held(session)
    lesson = course.by_id.get(session.lesson) if course else None
    asked = lesson.question(session.question) if lesson else None
    return (course, lesson, asked) if course and lesson and asked else None


def is_open(session: Session, at: At | None) -> bool:
    """Whether her question still waits for her answer: its lesson not passed, and its answer not just shown to her."""
    if at is None:
        return False
    return at[1].id not in passed(session) and session.attempt < at[2].tries and not waits_for_witness(session, at[1])


def waits_for_witness(session: Session, lesson: Lesson) -> bool:
    """Whether she has passed the lesson's questions, and its task is what she lacks."""
    if lesson.task is None:
        return False
    enrolment = session.enrolment()
    return enrolment is not None and lesson.id in enrolment.proven


def needed(lesson: Lesson) -> int:
    """How many right answers pass it: a bank cannot ask for more than it holds."""
    return min(lesson.pass_mark, len(lesson.bank))


def lacks_more(session: Session, lesson: Lesson) -> bool:
    """Whether she needs another right answer, and the bank has a question that was not put since the lesson began."""
    return session.won < needed(lesson) and session.asked < len(lesson.bank)


def may_still_pass(session: Session, lesson: Lesson) -> bool:
    """Whether another question may lead to a pass now: one more than the pass mark is put in all, so that one slip is no lost evening."""
    return lacks_more(session, lesson) and session.won + lesson.pass_mark + 1 - session.asked >= needed(lesson)


def another(session: Session, lesson: Lesson, *, current: str) -> Question:
    """The question of the lesson's bank to put next."""
    enrolment = session.enrolment()
    level, seen = (enrolment.level, enrolment.seen) if enrolment else ("", ())
    put = [each.partition("/")[2] for each in seen if each.startswith(f"{lesson.id}/")]
    return lesson.question_after(current, seed=session.seed, level=level, seen=put)


def as_put(session: Session, lesson: Lesson) -> Session:
    """Her session with the seed by which this lesson's options were shown: where it was sent one way, as on the paper slip."""
    enrolment = session.enrolment()
    return session.but(seed=PAPER) if enrolment and lesson.id in enrolment.sent else session


def up_next(session: Session, library: Library) -> Lesson | None:
    """The lesson that going on leads to: the one she is at, or the next; None when all are passed."""
    at = where(session, library)
    if at is not None and (is_open(session, at) or waits_for_witness(session, at[1])):
        return at[1]
    course = library.course(session.course)
    return course.next_lesson(passed(session), session.lesson) if course else None

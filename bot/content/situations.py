"""Every moment in which a learner reads an author's words: what the flows say then, the longest way it can turn out."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

from bot.content.source import Path
from flows.course import Course, Lesson, Option, Question
from flows.learner import certificate
from flows.lessons import field, nudge
from flows.lessons.standing import needed
from flows.reading.keywords import Keywords
from flows.session import Enrolment, Library, Session
from flows.states import Ask
from flows.text import Localized
from flows.trip import Trip
from flows.types import CertificateChecked, CertificateIssued, CertificatesCame, CertificatesFound, Say

SOME_DAY: Final = datetime(2026, 12, 31, tzinfo=UTC)
CODE: Final = "SR7K-3M9Q-XT2Y"
DAY: Final = "31/12/2026"

_HOLDS: Final = {"text": "accept", "truth": "answer", "number": "answer"}  # the field with the right answer


class Moment(NamedTuple):
    """What is said at one moment, in words when that is, and which lesson, question and part of it it comes from."""

    when: str
    say: Say
    lesson: str = ""
    question: str = ""
    part: Path = ()
    is_ours: bool = False  # our own sentence, with an author's title in it


def moments(course: Course) -> Iterator[Moment]:
    """Everything that can be said with the words of a course."""
    library = Library({course.id: course}, Keywords({}))
    passed = tuple(lesson.id for lesson in course.lessons)
    start = Session(
        state="lesson.question", consented=True, course=course.id, enrolments=(Enrolment(course.id, course.version),)
    )
    yield from _of_course(course, start, library)
    for place, lesson in enumerate(course.lessons):
        here = start.but(lesson=lesson.id, place="lesson.offer", asked=1)
        done = here.with_enrolment(Enrolment(course.id, course.version, passed[: place + 1]))
        yield from _of_lesson(lesson, here.but(asked=0), library)
        for question in lesson.bank:
            name = question.id
            for when, part, session, state in _of_question(course, (lesson, question), here.but(question=name), done):
                yield Moment(when, _entered(session, library, state), lesson.id, name, part)


def _of_question(
    course: Course, at: tuple[Lesson, Question], session: Session, done: Session
) -> Iterator[tuple[str, Path, Session, str]]:
    """The moments of one question: when, which part of it is at fault if it does not fit, the session, and the state.

    `done` is the same session once its lesson is passed.
    """
    lesson, question = at
    yield "In the lesson", ("ask",), session, "lesson.question"
    if question.tries > 1:
        for option in dict.fromkeys(_wordiest(question, language) for language in ("ms", "en")):
            part = _part(question, option)
            answered = session.but(answer=option.key if option else "", attempt=1)
            yield "After a wrong answer", part, answered, "lesson.wrong"
    elif question.hint is not None:
        yield "When she asks for a hint", ("hint",), session, "lesson.hint"
    if question.kind != "open":
        answer = (_HOLDS.get(question.kind, "options"),)
        yield "When the answer is shown", answer, session.but(attempt=question.tries), "lesson.shown"
        named = f"{course.id} {lesson.id} {question.id} 0"
        review = done.but(question=question.id, review=named, state="lesson.offer")
        yield "When it is asked again", ("ask",), review, "review.question"
        yield "When it is asked again", ("because",), review, "review.right"
        yield "When her answer is asked back", answer, session.but(meant=_longest(question)), "lesson.meant"
    yield "After a right answer", ("because",), done.but(question=question.id, won=needed(lesson)), "lesson.right"


def _of_lesson(lesson: Lesson, session: Session, library: Library) -> Iterator[Moment]:
    yield from _nudges(lesson, session._replace(question=lesson.bank[0].id), library)
    if lesson.task is not None:
        proven = session.with_enrolment(Enrolment(session.course, session.enrolments[0].version, proven=(lesson.id,)))
        proven = proven._replace(question=lesson.bank[0].id)
        yield Moment("When the task is given", _entered(proven, library, "task.do"), lesson.id, part=("task", "ask"))
        yield Moment(
            "When the task is done", _entered(proven, library, "task.confirmed"), lesson.id, part=("task", "because")
        )


def _nudges(lesson: Lesson, session: Session, library: Library) -> Iterator[Moment]:
    """Every way to nudge her to this lesson: an author's own text stands where it is written, ours at the title in it."""
    course = library.courses[session.course]
    for place, way in enumerate(nudge.ways_to_say(session, library)):
        say = Say((way.words,))
        if course.nudges.texts:
            yield Moment(f"In a reminder of lesson {lesson.id}", say, part=("nudges", "texts", place))
        else:
            yield Moment("In a reminder", say, lesson.id, part=("title",), is_ours=True)


def _of_course(course: Course, session: Session, library: Library) -> Iterator[Moment]:
    """Our own sentences around the course's title: its place in lists, how far she is, its end, its certificate."""
    whole = Enrolment(course.id, course.version, tuple(lesson.id for lesson in course.lessons))
    finished = session.with_enrolment(whole)
    lines: list[tuple[str, Say]] = [
        ("In the list of courses", _entered(session, library, "menu.courses")),
        ("When she asks how far she is", _entered(finished, library, "menu.progress")),
        ("At the end of the course", _entered(finished, library, "lesson.done")),
        (
            "With her certificate",
            Say(certificate.told(CertificateIssued(course.id, CODE, SOME_DAY), finished)),
        ),
        (
            "When her certificate comes by itself",
            Say(certificate.came(CertificatesCame(SOME_DAY, issued=((course.title, CODE),)), finished)),
        ),
        (
            "When her certificate is corrected",
            Say(certificate.came(CertificatesCame(SOME_DAY, corrected=((course.title, CODE),)), finished)),
        ),
        (
            "In her certificates",
            Say(certificate.told(CertificatesFound(((course.title, CODE),), SOME_DAY), finished)),
        ),
        (
            "In her certificates, where it was revoked",
            Say(certificate.told(CertificatesFound((), SOME_DAY, (), ((course.title, CODE),)), finished)),
        ),
        ("When a certificate is checked", Say(certificate.told(_valid(course), finished))),
    ]
    for when, say in lines:
        yield Moment(when, say, part=("title",), is_ours=True)
    if course.follows is not None:
        asked = field.ask(session, library)
        if isinstance(asked, Ask):
            yield Moment("When she is asked for the day", Say(asked.body), part=("follows",))
    if course.placement:
        new = session._replace(asked=0, enrolments=(Enrolment(course.id, course.version),))
        yield Moment("In the placement", _entered(new, library, "placement.question"), part=("placement",))


def _valid(course: Course) -> CertificateChecked:
    return CertificateChecked("valid", CODE, SOME_DAY, course.title, DAY)


def _entered(session: Session, library: Library, state: str) -> Say:
    """What is said on the way from a state to the next one that waits, as one message."""
    trip = Trip(session, library, SOME_DAY)
    trip.enter(state)
    return Say(tuple(trip.body), trip.shown, trip.lettered)


def _wordiest(question: Question, language: str) -> Option | None:
    """The wrong answer after which most is said in that language; None where that is the hint."""
    wrong = () if question.kind == "order" else tuple(option for option in question.options if not option.right)
    chosen = max(wrong, key=lambda option: _length(option.because, language), default=None)
    return chosen if chosen and _length(chosen.because, language) >= _length(question.hint, language) else None


def _length(words: Localized | None, language: str) -> int:
    return len(words.within(language)) if words else 0


def _part(question: Question, option: Option | None) -> Path:
    """Where what is said after this wrong answer stands in its question."""
    if option is None:
        return ("hint",)
    number = question.options.index(option)
    return ("wrong", number - 1, "because") if question.kind == "text" else ("options", number, "because")


def _longest(question: Question) -> str:
    """The answer, in recorded form, that takes the most room when it is asked back."""
    match question.kind:
        case "number":
            return question.right_answer
        case "several":
            return "+".join(option.key for option in question.options)
        case "order":
            return question.right_answer
        case _:
            return max(question.options, key=lambda option: max(len(words) for _, words in option.says.words)).key

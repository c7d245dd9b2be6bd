"""Made-up learners: what each of them writes, message by message, found by playing the course through the real machine."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bot.content.library import load
from flows import types as f
from flows.course import Lesson, Question
from flows.machine import advance
from flows.session import Library, Session

ROOT: Final = Path(__file__).resolve().parent.parent
NOW: Final = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
LANGUAGES: Final = ("1", "2")


def shipped() -> Library:
    """The library as it is shipped."""
    return load(ROOT / "content")


def widened(library: Library, courses: int) -> Library:
    """The library with so many courses, each a copy of the first under an id of its own; the first stays what it is."""
    first = next(iter(library.courses.values()))
    copies = (replace(first, id=f"{first.id}x{number}") for number in range(1, courses))
    return Library({course.id: course for course in (first, *copies)}, library.keywords)


def deepened(library: Library, times: int) -> Library:
    """The library with so many times the questions in every bank; those that are shipped come first."""
    courses = {
        course.id: replace(course, lessons=tuple(_deepened(lesson, times) for lesson in course.lessons))
        for course in library.courses.values()
    }
    return replace(library, courses=courses)


def _deepened(lesson: Lesson, times: int) -> Lesson:
    copies = (replace(each, id=f"{each.id}x{number}") for number in range(1, times) for each in lesson.bank)
    return replace(lesson, bank=(*lesson.bank, *copies))


def sessions(library: Library, *, learner: int = 0, never: int = 0, seed: int = 0) -> Iterator[tuple[Session, str]]:
    """Each session of a learner and what she writes in it, without an end; she never passes the last `never` lessons.

    Learners differ: in language, and in which questions they get wrong at first.
    """
    session = Session(seed=seed)
    for number in range(1_000_000):
        text = _text(session, library, learner, number, never)
        yield session, text
        session = after(session, text, library)


def after(session: Session, text: str, library: Library) -> Session:
    """The session after she has written `text`, with the certificate that a completed course leads to."""
    step = advance(session, f.Replied(text, NOW), library)
    for effect in step.effects:
        if isinstance(effect, f.CompleteCourse):
            step = advance(step.session, f.CertificateIssued(effect.course, "ABCD-EFGH-JKMN", NOW), library)
    return step.session


def script(library: Library, learner: int, messages: int, *, seed: int) -> list[str]:
    """The first messages of a learner whose `seed` shuffles the options so."""
    return [text for (_, text), _ in zip(sessions(library, learner=learner, seed=seed), range(messages), strict=False)]


def _text(session: Session, library: Library, learner: int, number: int, never: int) -> str:
    match session.state:
        case "":
            return ("hai", "Mula", "hello", "MULA 1")[learner % 4]
        case "onboarding.hello":
            return LANGUAGES[learner % 2]
        case "lesson.question" | "lesson.again":
            return _answer(session, library, learner, number, never)
        case "lesson.done":
            return ("status", "sijil", "menu")[number % 3]
        case _:
            return ("1", "Ya", "sambung")[(learner + number) % 3] if session.state == "lesson.offer" else "1"


def _answer(session: Session, library: Library, learner: int, number: int, never: int) -> str:
    """The right answer two times in three, as it is typed; never in the lessons she is not to pass."""
    course = library.courses[session.course]
    lesson = course.by_id[session.lesson]
    asked = lesson.question(session.question)
    assert asked is not None
    passes = course.place_of(lesson) <= len(course.lessons) - never and (learner + number) % 3 != 0
    return reply(asked, session.seed, right=passes)


def reply(asked: Question, seed: int, *, right: bool) -> str:
    """What somebody writes who knows the answer, or who does not."""
    if asked.amount is not None:
        return f"{float(asked.amount.right + (0 if right else 1000)):g}"
    shown = asked.shown(seed)
    if asked.kind == "text":
        return asked.options[0].says.within("ms") if right else "entah"
    if asked.kind == "order":
        places = [shown.index(option) + 1 for option in asked.options]
        return " ".join(map(str, places if right else reversed(places)))
    letters = ["abcde"[place] for place, option in enumerate(shown) if option.right is right]
    return " ".join(letters) if asked.kind == "several" else letters[0]

"""Made-up learners: what each of them writes, message by message, found by playing the course through the real machine."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bot.content.library import load
from flows import types as f
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


def sessions(library: Library, *, learner: int = 0, never: int = 0) -> Iterator[tuple[Session, str]]:
    """Each session of a learner and what she writes in it, without an end; she never passes the last `never` lessons.

    Learners differ: in language, and in which questions they get wrong at first.
    """
    session = Session()
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


def script(library: Library, learner: int, messages: int) -> list[str]:
    """The first messages of a learner."""
    return [text for (_, text), _ in zip(sessions(library, learner=learner), range(messages), strict=False)]


def _text(session: Session, library: Library, learner: int, number: int, never: int) -> str:
    match session.state:
        case "":
            return ("hai", "Mula", "hello", "MULA 1")[learner % 4]
        case "onboarding.hello":
            return LANGUAGES[learner % 2]
        case "lesson.question" | "lesson.again":
            return _letter(session, library, learner, number, never)
        case "lesson.done":
            return ("status", "sijil", "menu")[number % 3]
        case _:
            return ("1", "Ya", "sambung")[(learner + number) % 3] if session.state == "lesson.offer" else "1"


def _letter(session: Session, library: Library, learner: int, number: int, never: int) -> str:
    """The right letter two times in three, as it is typed; never in the lessons she is not to pass."""
    course = library.courses[session.course]
    lesson = course.by_id[session.lesson]
    right = lesson.question.right_letter
    if course.place_of(lesson) > len(course.lessons) - never or (learner + number) % 3 == 0:
        return next(letter for letter in "ab" if letter.upper() != right)
    return right.lower() if learner % 2 else right

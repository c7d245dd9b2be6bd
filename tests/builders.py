"""Small things that tests are made of: a course, a library, learners at every place in it."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Final

from bot import settings
from bot.content import load
from bot.content.keywords import read_keywords
from bot.content.library import KEYWORDS
from flows.course import Course, Lesson, Option, Question
from flows.machine import advance
from flows.reading.keywords import Keywords
from flows.session import Library, Session
from flows.surveys.questionnaire import Item, Survey
from flows.text import Localized, localized
from flows.types import CertificateIssued, CompleteCourse, Replied, Say, Step

NOW: Final = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
CODE: Final = "SR7K-3M9Q-XT2Y"
CONTENT: Final = settings.ROOT / "content"
AGREED: Final = Session(state="menu.home", consented=True)


@cache
def phrases() -> Mapping[str, Sequence[str]]:
    """The words of content/keywords.csv, by intent."""
    found, problems = read_keywords(CONTENT / KEYWORDS, KEYWORDS)
    assert problems == []
    return found


@cache
def keywords() -> Keywords:
    """Those words, compiled."""
    return Keywords.compile(phrases())


@cache
def real_library() -> Library:
    """What Titian comes with."""
    return load(CONTENT)


def lesson(name: str, *, right: str = "two") -> Lesson:
    """A lesson with one question of three options."""
    options = tuple(
        Option(
            key,
            localized({"ms": f"{name} {malay}", "en": f"{name} {key}"}),
            key == right,
            _words(f"sebab {key}", f"because {key}"),
        )
        for key, malay in (("one", "kesatu"), ("two", "kedua-dua"), ("three", "ketiga-tiga"))
    )
    asks = _words(f"Soalan {name}?", f"Question {name}?")
    asked = Question(
        f"{name}-1", asks, options, _words("memang begitu", "it is so"), _words("fikir", "think"), keeps_order=True
    )
    return Lesson(
        name, _words(f"Tajuk {name}", f"Title {name}"), (_words(f"Idea {name}.", f"An idea of {name}."),), (asked,)
    )


def right_letter(asked: Question, seed: int = 0) -> str:
    """The letter under which she sees the right option: "A" for the first."""
    return "ABCDE"[[option.right for option in asked.shown(seed)].index(True)]


def course(id: str = "kursus1", *names: str, version: str = "v1") -> Course:  # noqa: A002
    """A course with a lesson for each name; two of them where none is given."""
    lessons = tuple(lesson(name) for name in names or ("satu1", "dua2"))
    return Course(id, version, _words(f"Kursus {id}", f"Course {id}"), _words("tentang", "about"), 10, lessons)


def survey(id: str = "tinjau", kind: str = "survey") -> Survey:  # noqa: A002
    """A survey of one question with two answers."""
    yes_no = (Option("yes", localized({"ms": "Ya", "en": "Yes"})), Option("no", localized({"ms": "Tidak", "en": "No"})))
    asked = Question("pilih", _words("Mahu?", "Would you?"), yes_no, _words("sebab", "because"), keeps_order=True)
    return Survey(id, "v1", kind, _words("Tinjauan", "Survey"), (_words("Setuju?", "Agree?"),), (Item(asked),))


def library(*courses: Course) -> Library:
    """A library with these courses, or with one small one."""
    return Library({each.id: each for each in courses or (course(),)}, keywords())


def says(session: Session, *texts: str, within: Library) -> Step:
    """One message after the other; the step that the last one led to."""
    step = Step(session, ())
    for text in texts:
        step = advance(step.session, Replied(text, NOW), within)
    return step


def said(step: Step) -> Say:
    """All that a step says. It is always one thing."""
    (say,) = [effect for effect in step.effects if isinstance(effect, Say)]
    return say


def without(courses: Library, *, course: str = "", lesson: str = "", option: str = "") -> Library:
    """The library after an educator has taken a course, a lesson or an option of every question away."""
    kept = {
        each.id: replace(each, lessons=tuple(_edited(part, option) for part in each.lessons if part.id != lesson))
        for each in courses.courses.values()
        if each.id != course
    }
    return replace(courses, courses=kept)


def everywhere(
    within: Library,
    *,
    texts: Sequence[str],
    most: int = 5000,
    like: Callable[[Session], Hashable] = lambda session: session,
) -> Iterator[tuple[Session, str, Step]]:
    """Every session that a learner can reach with these texts, each text she sends there, and where it leads.

    Of sessions that `like` makes the same of, one is walked through.
    """
    waiting, known = [Session()], {like(Session())}
    while waiting:
        session = waiting.pop()
        for text in texts:
            step = with_certificate(advance(session, Replied(text, NOW), within), within)
            yield session, text, step
            # What was said last decides nothing.
            met = step.session._replace(answer="", misses=min(step.session.misses, 1))
            if like(met) not in known:
                known.add(like(met))
                waiting.append(met)
                assert len(known) <= most, "there are too many sessions to walk through"


def with_certificate(step: Step, within: Library) -> Step:
    """The step, and the one that follows in the same turn where a course was completed."""
    for effect in step.effects:
        if isinstance(effect, CompleteCourse):
            after = advance(step.session, CertificateIssued(effect.course, CODE, NOW), within)
            kept = tuple(each for each in step.effects if not isinstance(each, Say))
            say = replace(said(after), body=(*said(step).body, *said(after).body))
            return Step(after.session, (*kept, say))
    return step


def _edited(lesson: Lesson, option: str) -> Lesson:
    bank = tuple(
        replace(asked, options=tuple(each for each in asked.options if each.key != option)) for asked in lesson.bank
    )
    return replace(lesson, bank=bank)


def _words(malay: str, english: str) -> Localized:
    return localized({"ms": malay, "en": english})

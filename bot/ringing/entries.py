"""One name as a coordinator reads it: the number, why, how far she came, what she got wrong, and three lines to say."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, select

from bot.content.archive import Archive
from bot.i18n import Catalogues
from bot.ringing.cases import UNANSWERED
from bot.store import tables as t
from bot.store.database import Store
from flows.course import Course, Lesson, Question
from flows.lessons.asking import told
from flows.session import Enrolment, Library, Session
from flows.text import T, Text, Words, invite

MOST_MISSED: Final = 3
_LOOKED_AT: Final = 40  # her newest answers in the course: what she got wrong before them is not what keeps her

_answer = t.answer.c


@dataclass(frozen=True, slots=True)
class Missed:
    """A question whose last answer of hers was wrong: of which lesson, what it asks, and what is right, in words."""

    lesson: str
    asks: str
    right: str
    because: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A learner to ring. `number` is for her coordinator alone; `place` is hers on the list of the week, from 1.

    `why`, `course`, `progress` and `missed` are in the coordinator's language; the three lines of `script` in the learner's.
    `outcome` is "" while nobody has said what came of it. `person` is her place among those who share the phone, or 0.
    """

    ring_id: int
    place: int
    number: str
    person: int
    language: str
    district: str
    course: str
    progress: str
    why: str
    missed: tuple[Missed, ...]
    script: tuple[str, ...]
    outcome: str


@dataclass(frozen=True, slots=True)
class Teller:
    """Who can tell of a learner how far she came and what she missed: from her courses as she knew them."""

    store: Store
    library: Library
    archive: Archive
    catalogues: Catalogues

    def entry(self, row: Row[Any], name: str, locale: str, now: datetime) -> Entry:
        """One row of a list as the coordinator called `name` reads it, in `locale`."""

        def say(words: Words) -> str:
            return self.catalogues.say(words, locale)

        course = self._course(row.course or "", row.version or "")
        passed = self._passed(row)
        missed = self._missed(row)
        lesson = course.next_lesson(passed) if course else None
        done = (
            T("{done}/{total} lessons", done=course.count_passed(passed), total=len(course.lessons)) if course else None
        )
        return Entry(
            row.id,
            row.place,
            row.number or "",
            row.person or 0,
            row.locale,
            row.district,
            say(course.title) if course else row.course or "",
            say(done) if done else "",
            say(_why(row, now)),
            tuple(
                Missed(say(at.title), say(each.asks), _says(told(each), say), say(each.because)) for at, each in missed
            ),
            script(name, course, lesson, missed[:1], lambda words: self.catalogues.say(words, row.locale)),
            row.outcome or "",
        )

    def _course(self, course: str, version: str) -> Course | None:
        """The course as it was in that version, or as it is now where that one is not to be had."""
        met = Session(course=course, lesson="-", enrolments=(Enrolment(course, version),))
        return self.archive.holding(self.library, met).held(met)

    def _passed(self, row: Row[Any]) -> list[str]:
        passes = t.lesson_pass.c
        query = select(passes.lesson).where(passes.learner_id == row.learner_id, passes.course == (row.course or ""))
        return [each.lesson for each in self.store.look(query)]

    def _missed(self, row: Row[Any]) -> list[tuple[Lesson, Question]]:
        """The questions of which her last answer was wrong, the latest first; a placement comes before there is anything to know."""
        hers = (
            _answer.learner_id == row.learner_id,
            _answer.course == (row.course or ""),
            _answer.purpose != "placement",
        )
        newest = self.store.look(select(t.answer).where(*hers).order_by(_answer.id.desc()).limit(_LOOKED_AT))
        last = {(each.lesson, each.question): each for each in reversed(newest)}
        found: list[tuple[Lesson, Question]] = []
        for each in sorted(last.values(), key=lambda each: each.id, reverse=True):
            course = None if each.correct else self._course(each.course, each.version)
            lesson = course.by_id.get(each.lesson) if course else None
            question = lesson.question(each.question) if lesson else None
            if lesson and question and len(found) < MOST_MISSED:
                found.append((lesson, question))
        return found


def script(
    name: str,
    course: Course | None,
    lesson: Lesson | None,
    missed: Sequence[tuple[Lesson, Question]],
    say: Callable[[Words], str],
) -> tuple[str, str, str]:
    """Three lines to say on the telephone: ask, teach the one thing, agree on the next step."""
    if course is None:
        asked = T("Hello, this is {name} from your lessons. How are you, and what has kept you?", name=name)
        return say(asked), say(T("Which course would be of use to you?")), say(invite(T("To begin, just send START.")))
    ask = T(
        "Hello, this is {name}. I am ringing about {course}. How are you, and what has kept you?",
        name=name,
        course=course.title,
    )
    if lesson is None:
        agree = invite(T("You have passed every lesson. For your certificate, just send CERTIFICATE."))
    else:
        at = {"place": course.place_of(lesson), "total": len(course.lessons)}
        agree = invite(
            T("When will you do lesson {place} of {total}: today or tomorrow? To go on, just send CONTINUE.", **at)
        )
    return say(ask), say(_teach(course, lesson, missed)), say(agree)


def _teach(course: Course, lesson: Lesson | None, missed: Sequence[tuple[Lesson, Question]]) -> Text:
    if missed:
        at, question = missed[0]
        return T(
            'One thing about "{lesson}": {question} The answer: {answer}. {because}',
            lesson=at.title,
            question=question.asks,
            answer=told(question),
            because=question.because,
        )
    if lesson is None or not lesson.ideas:
        return T("What of {course} have you been able to use?", course=course.title)
    return T('The next lesson is "{title}". It begins: {idea}', title=lesson.title, idea=lesson.ideas[0])


def _why(row: Row[Any], now: datetime) -> Text:
    days = (now - (row.wrote_at or row.created_at)).days
    if row.why == UNANSWERED:
        return T("two reminders unanswered, silent for {days} days", days=days)
    return T("{why}, silent for {days} days", why=row.why, days=days)


def _says(words: Words | str, say: Callable[[Words], str]) -> str:
    return words if isinstance(words, str) else say(words)

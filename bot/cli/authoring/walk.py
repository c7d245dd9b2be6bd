"""A lesson walked through as a learner would: each of its questions answered right, and answered wrong, by the real machine."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bot import gsm
from bot.render import ONE_SCREEN, ONE_SMS, Voice
from flows.course import SHOWN_KINDS, Course, Lesson, Question
from flows.machine import advance
from flows.session import Enrolment, Library, Session
from flows.trip import Trip
from flows.types import Effect, Replied, Say

AT: Final = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
PHONE: Final = "+60111000001"
LETTERS: Final = "ABCDE"
AMISS: Final = "lain"  # written where the author has thought of no wrong word


@dataclass(frozen=True, slots=True)
class Message:
    """One text or screen, and how full it is: `length` of at most `room`, 0 where nothing limits it."""

    text: str
    length: int
    room: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """What she sends ("" where the lesson begins), and all that comes back, further screens too.

    `picture` is what the picture above it shows, where one comes along.
    """

    typed: str
    messages: tuple[Message, ...]
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """One way through a question: what it shows, and the exchanges on it."""

    shows: str
    exchanges: tuple[Exchange, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of a lesson, or its task, and the ways through it."""

    lesson: str
    question: str
    kind: str
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Walk:
    """How to walk: among which courses, in which voice and language, on which kind of channel."""

    library: Library
    voice: Voice
    locale: str
    channel: str

    def through(self, course: Course, lesson: Lesson) -> Iterator[Asked]:
        """Every question of the lesson in turn, the ideas before the first; then its task."""
        for place, question in enumerate(lesson.bank):
            state = "lesson.again" if place else "lesson.question"
            begun, exchange = self._entered(course, lesson, question, state)
            ways = [Way("the question" if place else "the lesson begins", (exchange,))]
            ways.append(Way("a right answer", (self._said(begun, self._keyed(right_reply(question)))[1],)))
            if question.kind != "open":
                ways.append(Way("a wrong answer", tuple(self._wrong(begun, question))))
            yield Asked(lesson.id, question.id, question.kind, tuple(ways))
        if lesson.task is not None:
            _, exchange = self._entered(course, lesson, lesson.bank[0], "task.do")
            yield Asked(lesson.id, lesson.task.id, "task", (Way("the task", (exchange,)),))

    def _wrong(self, begun: Session, question: Question) -> Iterator[Exchange]:
        """As often as she may try."""
        for _ in range(question.tries):
            begun, exchange = self._said(begun, self._keyed(wrong_reply(question)))
            yield exchange

    def _keyed(self, reply: str) -> str:
        """The reply as that kind of phone sends it: on USSD options have numbers."""
        if self.channel == "ussd" and all(part in LETTERS for part in reply.split(" ")):
            return " ".join(str(LETTERS.index(part) + 1) for part in reply.split(" "))
        return reply

    def _entered(self, course: Course, lesson: Lesson, question: Question, state: str) -> tuple[Session, Exchange]:
        before = tuple(each.id for each in course.lessons[: course.place_of(lesson) - 1])
        proven = (lesson.id,) if state == "task.do" else ()
        # Her level is known and her day is passed over, so that nothing comes before the lesson.
        enrolment = Enrolment(course.id, course.version, before, level="middle", proven=proven, began="-")
        session = Session(
            locale=self.locale,
            consented=True,
            course=course.id,
            lesson=lesson.id,
            question=question.id,
            asked=1,
            enrolments=(enrolment,),
        )
        trip = Trip(session, self.library, AT)
        trip.enter(state)
        step = trip.step()
        return step.session, self._exchange("", step.effects)

    def _said(self, session: Session, words: str) -> tuple[Session, Exchange]:
        step = advance(session, Replied(words, AT), self.library)
        return step.session, self._exchange(words, step.effects)

    def _exchange(self, typed: str, effects: tuple[Effect, ...]) -> Exchange:
        say = next(effect for effect in effects if isinstance(effect, Say))
        rendered = self.voice.render(say, self.locale, self.channel, PHONE)
        messages = tuple(self._measured(text) for text in (*rendered.texts, *rendered.unread))
        return Exchange(typed, messages, rendered.picture.words if rendered.picture else "")

    def _measured(self, text: str) -> Message:
        room = {"sms": ONE_SMS, "ussd": ONE_SCREEN}.get(self.channel, 0)
        return Message(text, gsm.septets(text) if room else len(text), room)


def right_reply(question: Question) -> str:
    """What she would write to be right."""
    if question.kind in SHOWN_KINDS:
        keys = question.right_answer.replace(">", "+").split("+")
        letters = [_letter(question, key) for key in keys]
        return " ".join(letters if question.kind == "order" else sorted(letters))
    if question.amount is not None:
        return f"{float(question.amount.right):g}"
    right = next((option for option in question.options if option.right), None)
    return right.also[0] if right and right.also else "ya"


def wrong_reply(question: Question) -> str:
    """What she would write to be wrong."""
    if question.kind == "order":
        return " ".join(reversed(right_reply(question).split(" ")))
    wrong = next((option for option in question.options if not option.right), None)
    if question.kind in SHOWN_KINDS and wrong is not None:
        return _letter(question, wrong.key)
    if question.amount is not None:
        return f"{float(question.amount.right + question.amount.tolerance + 1):g}"
    return wrong.also[0] if wrong and wrong.also else AMISS


def _letter(question: Question, key: str) -> str:
    return LETTERS[[option.key for option in question.shown(0)].index(key)]

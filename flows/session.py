"""What is remembered between two messages, and what there is to speak of: the session and the library."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flows.completion import Programme
from flows.course import Course
from flows.reading.keywords import Keywords
from flows.surveys.questionnaire import Survey


class Enrolment(NamedTuple):
    """One course a learner follows: the version her present lesson is from, and the lessons she has passed in it.

    `level` is "easy", "middle", "hard" or "" where nobody knows; `proven` are the lessons whose questions she has passed and whose
    task still waits for a witness; `seen` are the questions put to her in lessons not passed yet, as "lesson/question";
    `began` is the day her course follows, as an ISO date, or "-" where she named none; `sent` are the lessons not passed yet
    that went to her by a route that carries no answer.
    """

    course: str
    version: str
    passed: tuple[str, ...] = ()
    level: str = ""
    proven: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    began: str = ""
    sent: tuple[str, ...] = ()

    def kept(self) -> tuple[Any, ...]:
        """What is written down: what is as it was at the beginning is left out."""
        return self if any(self[3:]) else self[:3]


class Session(NamedTuple):
    """What is remembered between two messages. Its size depends on the courses she follows, never on her history.

    A tuple with names, since every message makes several of it: `_replace` takes a third of what a dataclass would.
    """

    state: str = ""  # "" until the first message: nobody has been greeted yet
    locale: str = "ms"
    consented: bool = False
    stopped: bool = False
    seed: int = 0  # hers alone: it shuffles options, so that neighbours cannot copy letters
    course: str = ""
    lesson: str = ""
    question: str = ""  # of the lesson's bank
    answer: str = ""
    meant: str = ""  # an answer that was not sure, asked back
    attempt: int = 0  # at this question
    won: int = 0  # questions of this lesson answered right since it began
    asked: int = 0  # questions of this lesson put since it began
    misses: int = 0
    nudged: int = 0  # times in a row, without a word of hers between
    nudges: int = 0  # since she last went on with a lesson: they come the more seldom
    nudge: str = ""  # the name of the words of the last one
    pace: int = 0  # lessons a week that she asked for; 0 = she never said
    prefers: str = ""  # the kind of channel she likes best, "sms" or "whatsapp"; "" where she never said
    review: str = ""  # the question asked again: "course lesson question"
    place: str = ""  # where an aside hands her back to
    person: int = 0  # her place among those who share her phone; 0 = it is hers alone
    guarded: bool = False  # whether she has four digits of her own
    asker: str = (
        ""  # who would like to see the name on a certificate of hers: the question's id, and what they call themselves
    )
    surveys: str = ""  # what she was asked besides lessons, in a few words (see `flows.surveys.asked`)
    enrolments: tuple[Enrolment, ...] = ()

    def enrolment(self, course: str = "") -> Enrolment | None:
        """Her enrolment in `course`, or in the course she is in now."""
        wanted = course or self.course
        for each in self.enrolments:
            if each.course == wanted:
                return each
        return None

    def but(self, **changes: Any) -> "Session":
        """The session with these changes: `_replace` at half the cost, since every message makes several."""
        values = list(self)
        for name, value in changes.items():
            values[_PLACES[name]] = value
        return tuple.__new__(Session, values)

    def with_enrolment(self, changed: Enrolment) -> "Session":
        """The session with that enrolment added, or put in the place of the old one."""
        others = tuple(each for each in self.enrolments if each.course != changed.course)
        return self.but(enrolments=(*others, changed))

    def to_json(self) -> str:
        """The session as compact JSON; what is as it was at the beginning is left out."""
        kept = {name: value for name, value, beginning in zip(_NAMES, self, _VALUES) if value != beginning}  # noqa: B905
        if self.enrolments:
            kept["enrolments"] = [each.kept() for each in self.enrolments]
        return _compact(kept)

    @classmethod
    def from_json(cls, text: str) -> "Session":
        """The session that `to_json` wrote. Names it does not know are passed over, so a roll-back can read it."""
        kept = _read(text)
        kept["enrolments"] = tuple([_enrolment(each) for each in kept.get("enrolments", ())])
        try:
            return cls(**kept)
        except TypeError:
            return cls(**{name: value for name, value in kept.items() if name in cls._fields})


def _enrolment(kept: list[Any]) -> Enrolment:
    course, version, passed, *more = kept
    level, proven, seen, began, *sent = more or ("", (), (), "")
    sent_to_her = tuple(sent[0]) if sent else ()
    return Enrolment(course, version, tuple(passed), level, tuple(proven), tuple(seen), began, sent_to_her)


_read = json.JSONDecoder().decode
_compact = json.JSONEncoder(separators=(",", ":")).encode
_PLACES: Mapping[str, int] = {name: place for place, name in enumerate(Session._fields)}
_NAMES, _VALUES = Session._fields, tuple(Session())


@dataclass(frozen=True, slots=True)
class Library:
    """Everything the machine may speak of: the courses as they are now, and the words it understands."""

    courses: Mapping[str, Course]
    keywords: Keywords
    archive: Mapping[str, Course] = field(
        default_factory=dict
    )  # earlier versions that somebody is still in, by version
    surveys: Mapping[str, Survey] = field(default_factory=dict)
    sooner: Mapping[str, int] = field(
        default_factory=dict
    )  # quiet hours by course, where a nudge is tried earlier than usual
    programmes: Mapping[str, Programme] = field(default_factory=dict)
    approving: frozenset[str] = frozenset()  # courses and programmes whose issuer approves each certificate first

    def course(self, wanted: str) -> Course | None:
        """The course with that id as it is taught now, or None where it has been taken away."""
        return self.courses.get(wanted)

    def held(self, session: Session) -> Course | None:
        """The course she is in as it was when her lesson began; as it is now where that version is not to be had."""
        now = self.courses.get(session.course)
        enrolment = session.enrolment()
        if enrolment is None or (now is not None and enrolment.version == now.version):
            return now
        return self.archive.get(enrolment.version, now)

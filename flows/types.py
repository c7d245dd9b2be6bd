"""What is remembered, what happened, and what should happen: the session, the events and the effects."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flows.text import Words

if TYPE_CHECKING:
    from flows.course import Course
    from flows.keywords import Keywords


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One course a learner follows: the version she last met, and the lessons she has passed in it."""

    course: str
    version: str
    passed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Session:
    """What is remembered between two messages. Its size depends on the courses she follows, never on her history."""

    state: str = ""  # "" until the first message: nobody has been greeted yet
    locale: str = "ms"
    consented: bool = False
    stopped: bool = False
    course: str = ""
    lesson: str = ""
    answer: str = ""
    attempt: int = 0
    misses: int = 0
    nudged: int = 0
    place: str = ""  # where an aside hands her back to
    enrolments: tuple[Enrolment, ...] = ()

    def enrolment(self, course: str = "") -> Enrolment | None:
        """Her enrolment in `course`, or in the course she is in now."""
        wanted = course or self.course
        return next((each for each in self.enrolments if each.course == wanted), None)

    def with_enrolment(self, changed: Enrolment) -> "Session":
        """The session with that enrolment added, or put in the place of the old one."""
        others = tuple(each for each in self.enrolments if each.course != changed.course)
        return replace(self, course=changed.course, enrolments=(*others, changed))

    def to_json(self) -> str:
        """The session as compact JSON; what is as it was at the beginning is left out."""
        kept: dict[str, Any] = {}
        for name, beginning in _BEGINNING.items():
            value = getattr(self, name)
            if value != beginning:
                kept[name] = value
        if self.enrolments:
            kept["enrolments"] = [(each.course, each.version, each.passed) for each in self.enrolments]
        return json.dumps(kept, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Session":
        """The session that `to_json` wrote. Names it does not know are passed over, so a roll-back can read it."""
        kept = json.loads(text)
        known = {name: kept[name] for name in _BEGINNING if name in kept}
        known["enrolments"] = tuple(
            Enrolment(course, version, tuple(passed)) for course, version, passed in kept.get("enrolments", ())
        )
        return cls(**known)


_BEGINNING: Mapping[str, Any] = {
    name: getattr(Session(), name)
    for name in (
        "state",
        "locale",
        "consented",
        "stopped",
        "course",
        "lesson",
        "answer",
        "attempt",
        "misses",
        "nudged",
        "place",
    )
}


@dataclass(frozen=True, slots=True)
class Library:
    """Everything the machine may speak of: the courses as they are now, and the words it understands."""

    courses: Mapping[str, "Course"]
    keywords: "Keywords"

    def course(self, wanted: str) -> "Course | None":
        """The course with that id, or None where it has been taken away."""
        return self.courses.get(wanted)


# --- Events: what happened ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Arrived:
    """She opened the line without a word: a USSD code dialled."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Replied:
    """She wrote something, or sent something without words (`text` is then empty)."""

    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WentQuiet:
    """A nudge fell due: she has said nothing since the message it was made for."""

    at: datetime


@dataclass(frozen=True, slots=True)
class CertificateIssued:
    """The completion tracker issued a certificate, in this same transaction or after an approval."""

    course: str
    code: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CertificateChecked:
    """Somebody's code was looked up. `verdict` is valid, mistyped, unknown or revoked; `day` is written out for people."""

    verdict: str
    code: str
    at: datetime
    title: Words | None = None
    day: str = ""


@dataclass(frozen=True, slots=True)
class CertificatesFound:
    """Her own valid certificates: (course title, code), newest first."""

    held: tuple[tuple[Words, str], ...]
    at: datetime


Event = Arrived | Replied | WentQuiet | CertificateIssued | CertificateChecked | CertificatesFound


# --- Effects: what should happen ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Say:
    """All that one step says: one message, however the channel carries it."""

    body: tuple[Words, ...]
    choices: tuple[Words, ...] = ()
    lettered: bool = False
    ends: bool = False


@dataclass(frozen=True, slots=True)
class SetLocale:
    """Speak this language with her from now on."""

    locale: str


@dataclass(frozen=True, slots=True)
class GiveConsent:
    """She agreed to the notice; her own words are kept with it, since the burden of proof is ours (PDPA 2010, s.6)."""


@dataclass(frozen=True, slots=True)
class OptOut:
    """She wants no more messages from us, on any channel, from now."""


@dataclass(frozen=True, slots=True)
class OptIn:
    """She wants our messages again."""


@dataclass(frozen=True, slots=True)
class Detach:
    """The person at this address is not our learner: let go of the address, keep the learner's progress."""


@dataclass(frozen=True, slots=True)
class Enrol:
    """She starts, or comes back to, a course."""

    course: str
    version: str


@dataclass(frozen=True, slots=True)
class StartLesson:
    """Her next question is this lesson's."""

    lesson: str


@dataclass(frozen=True, slots=True)
class RecordAnswer:
    """A graded answer, kept for her, the author and the association."""

    course: str
    version: str
    lesson: str
    question: str
    option: str
    right: bool
    attempt: int


@dataclass(frozen=True, slots=True)
class PassLesson:
    """She has passed a lesson of the course she is in."""

    course: str
    version: str
    lesson: str


@dataclass(frozen=True, slots=True)
class CompleteCourse:
    """She has passed all of a course: the completion tracker decides about a certificate."""

    course: str
    version: str


@dataclass(frozen=True, slots=True)
class NudgeAfter:
    """If she stays quiet for `hours` from now, tell the machine so."""

    hours: int


@dataclass(frozen=True, slots=True)
class CheckCertificate:
    """Look this code up: a `CertificateChecked` follows."""

    code: str


@dataclass(frozen=True, slots=True)
class FindCertificates:
    """Look up her own certificates: a `CertificatesFound` follows."""


@dataclass(frozen=True, slots=True)
class AskPerson:
    """Something only a coordinator can do: a call, a problem, a request about her data."""

    about: str


@dataclass(frozen=True, slots=True)
class SetDistrict:
    """She lives in this district."""

    district: str


@dataclass(frozen=True, slots=True)
class SetSlot:
    """She has time in this part of the day: morning, noon, afternoon or evening."""

    slot: str


Effect = (
    Say
    | SetLocale
    | GiveConsent
    | OptOut
    | OptIn
    | Detach
    | Enrol
    | StartLesson
    | RecordAnswer
    | PassLesson
    | CompleteCourse
    | NudgeAfter
    | CheckCertificate
    | FindCertificates
    | AskPerson
    | SetDistrict
    | SetSlot
)


@dataclass(frozen=True, slots=True)
class Step:
    """What one event led to: the session as it is now, and what should happen."""

    session: Session
    effects: tuple[Effect, ...]

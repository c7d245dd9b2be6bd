"""What happened, and what should happen: the events and the effects."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from flows.session import Session
from flows.text import Words

if TYPE_CHECKING:
    pass


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

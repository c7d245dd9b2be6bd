"""What happened: the events."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flows.learner.certifying import CertificateEvent
from flows.learner.sharing import PeopleEvent


@dataclass(frozen=True, slots=True)
class Arrived:
    """She opened the line without a word: a USSD code dialled, so long after her last message (None: it is her first)."""

    at: datetime
    away: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Replied:
    """She wrote something, or sent something `wordless` (`text` is then empty): a picture, a voice note, a sticker.

    `late` means that she pressed a button under an older message: what it says answers nothing that is asked now.
    """

    text: str
    at: datetime
    late: bool = False
    wordless: bool = False


@dataclass(frozen=True, slots=True)
class WentQuiet:
    """A nudge fell due: she has said nothing since the message it was made for; nor can she where the way to her is `one_way`.

    `words` names the text of her course that she was drawn to be nudged with; "" where no experiment says so.
    """

    at: datetime
    one_way: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True)
class ReviewDue:
    """A question she has passed is to be asked again."""

    course: str
    lesson: str
    question: str
    step: int
    at: datetime


@dataclass(frozen=True, slots=True)
class DayFound:
    """The day she meant, as an ISO date and as it is written for people; "" where there is no such day."""

    course: str
    day: str
    written: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SlipEntered:
    """A coordinator entered the answers of a paper slip, such as "1A 2C 3B", for a course."""

    course: str
    answers: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WitnessChecked:
    """A witness's code was looked up. `verdict` is confirmed, unknown or used."""

    verdict: str
    at: datetime


Event = (
    Arrived | Replied | WentQuiet | ReviewDue | WitnessChecked | DayFound | SlipEntered | CertificateEvent | PeopleEvent
)

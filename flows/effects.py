"""What should happen: the effects."""

from dataclasses import dataclass

from flows.course import Picture
from flows.learner.certifying import CertificateEffect
from flows.learner.reaching import SetPreferred
from flows.learner.sharing import PeopleEffect
from flows.surveys.surveying import SurveyEffect
from flows.text import Words


@dataclass(frozen=True, slots=True)
class Say:
    """All that one step says: one message, however the channel carries it."""

    body: tuple[Words, ...]
    choices: tuple[Words, ...] = ()
    lettered: bool = False
    ends: bool = False
    picture: Picture | None = None  # for those who can see one; no word of the rest leans on it
    one_of: bool = False  # she answers with ONE of the lettered choices, so buttons may show them


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
    """She starts, or comes back to, a course; or only follows it on paper, and stays in the one she is in."""

    course: str
    version: str
    on_paper: bool = False


@dataclass(frozen=True, slots=True)
class StartLesson:
    """She begins this lesson."""

    lesson: str


@dataclass(frozen=True, slots=True)
class PutQuestion:
    """Her next question is this one of her lesson's bank."""

    question: str


@dataclass(frozen=True, slots=True)
class RecordAnswer:
    """A graded answer, kept for her, the author and the association."""

    course: str
    version: str
    lesson: str
    question: str
    option: str  # the answer in recorded form (see `flows.reading.answers`)
    right: bool
    attempt: int
    purpose: str = "lesson"  # or "review", "placement", "quiz", "paper"


@dataclass(frozen=True, slots=True)
class KeepReply:
    """Words of hers that nobody grades: an open answer ("open"), or what could not be read ("unread") for the author's list."""

    course: str
    version: str
    lesson: str
    question: str
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class ProveLesson:
    """She has passed a lesson's questions, and its task still waits for a witness."""

    course: str
    lesson: str


@dataclass(frozen=True, slots=True)
class CheckWitness:
    """Look up a witness's code and, where it is good, use it for this task: a `WitnessChecked` follows."""

    code: str
    course: str
    lesson: str


@dataclass(frozen=True, slots=True)
class ReviewAfter:
    """Ask this question again after so many days; `step` counts how often it was right in a row. 0 days: never again."""

    course: str
    lesson: str
    question: str
    days: int
    step: int


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


@dataclass(frozen=True, slots=True)
class SetPace:
    """She wants this many lessons a week: 1, 3 or 5."""

    lessons: int


@dataclass(frozen=True, slots=True)
class FindDay:
    """Work out which day she means by these words ("12-15", "today"): a `DayFound` follows."""

    course: str
    words: str


@dataclass(frozen=True, slots=True)
class Follow:
    """The lessons of this course are counted from this day (an ISO date), or from no day at all ("-")."""

    course: str
    day: str


@dataclass(frozen=True, slots=True)
class SetLevel:
    """Her level in a course: "easy", "middle" or "hard"."""

    course: str
    level: str


Effect = (
    Say
    | PeopleEffect
    | CertificateEffect
    | SurveyEffect
    | PutQuestion
    | KeepReply
    | ProveLesson
    | CheckWitness
    | ReviewAfter
    | SetPace
    | SetLevel
    | FindDay
    | Follow
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
    | AskPerson
    | SetDistrict
    | SetSlot
    | SetPreferred
)

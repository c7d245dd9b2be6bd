"""What is asked and told about certificates: her own, what she lacks for one, and anybody's code checked."""

from dataclasses import dataclass, field
from datetime import datetime

from flows.completion import Lack
from flows.text import Words

Missing = tuple[tuple[Words, tuple[Lack, ...]], ...]  # of each title, what is missing


@dataclass(frozen=True, slots=True)
class CheckCertificate:
    """Look this code up: a `CertificateChecked` follows."""

    code: str


@dataclass(frozen=True, slots=True)
class FindCertificates:
    """Look up her own certificates: a `CertificatesFound` follows.

    `passed` are the courses whose lessons she has passed: where time or a coordinator was all that was missing, the
    certificate may be due by now.
    """

    passed: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class SendPaper:
    """Send her the newest certificates that she holds as files, where she writes from can carry them: a `PaperAsked` follows."""


@dataclass(frozen=True, slots=True)
class FindMissing:
    """Look up what she lacks in these courses, whose rules ask for more than lessons: a `CertificateLacking` follows for each."""

    courses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnswerAsker:
    """She was asked whether somebody may see the name on a certificate of hers, and this is her answer."""

    question: str  # the id of what was asked
    agrees: bool


CertificateEffect = CheckCertificate | FindCertificates | SendPaper | FindMissing | AnswerAsker


@dataclass(frozen=True, slots=True)
class CertificateIssued:
    """The completion tracker issued a certificate of a course, or of a `programme`, in this same transaction."""

    course: str
    code: str
    at: datetime
    programme: Words | None = None


@dataclass(frozen=True, slots=True)
class CertificateLacking:
    """What she lacks for the certificates of these courses."""

    missing: Missing
    at: datetime


@dataclass(frozen=True, slots=True)
class CertificateChecked:
    """Somebody's code was looked up. `day` is written out for people: when it was issued, or when it ended.

    `verdict` is valid, mistyped, unknown, revoked, expired or replaced; or later, where too many were asked for in vain.
    """

    verdict: str
    code: str
    at: datetime
    title: Words | None = None
    day: str = ""


@dataclass(frozen=True, slots=True)
class CertificatesFound:
    """Her own certificates that are not revoked: (title, code), newest first; what is missing for those that wait; and those
    that were revoked.

    `files` where the channel she writes from could carry them as files.
    """

    held: tuple[tuple[Words, str], ...]
    at: datetime
    missing: Missing = ()
    revoked: tuple[tuple[Words, str], ...] = ()
    files: bool = False


@dataclass(frozen=True, slots=True)
class PaperAsked:
    """She asked for her certificates as files: how many `come`, of how many that she has. None come by a channel without files."""

    come: int
    held: int
    at: datetime


@dataclass(frozen=True, slots=True)
class NameAsked:
    """Somebody with the code of a certificate of hers would like to see the name on it."""

    question: str  # its id
    asker: str  # as they call themselves
    at: datetime


@dataclass(frozen=True, slots=True)
class CertificatesCame:
    """Certificates that no answer of hers brought, as (title, code); those that correct another; and titles refused by the issuer."""

    at: datetime
    issued: tuple[tuple[Words, str], ...] = ()
    corrected: tuple[tuple[Words, str], ...] = ()
    declined: tuple[Words, ...] = ()


CertificateEvent = (
    CertificatesCame
    | CertificateIssued
    | CertificateLacking
    | CertificateChecked
    | CertificatesFound
    | PaperAsked
    | NameAsked
)

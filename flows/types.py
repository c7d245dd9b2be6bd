"""What happened, and what should happen: the front of `flows.events` and `flows.effects`."""

from dataclasses import dataclass

from flows.effects import (
    AskPerson as AskPerson,
    CheckWitness as CheckWitness,
    CompleteCourse as CompleteCourse,
    Detach as Detach,
    Effect as Effect,
    Enrol as Enrol,
    FindDay as FindDay,
    Follow as Follow,
    GiveConsent as GiveConsent,
    KeepReply as KeepReply,
    NudgeAfter as NudgeAfter,
    OptIn as OptIn,
    OptOut as OptOut,
    PassLesson as PassLesson,
    ProveLesson as ProveLesson,
    PutQuestion as PutQuestion,
    RecordAnswer as RecordAnswer,
    ReviewAfter as ReviewAfter,
    Say as Say,
    SetDistrict as SetDistrict,
    SetLevel as SetLevel,
    SetLocale as SetLocale,
    SetPace as SetPace,
    SetSlot as SetSlot,
    StartLesson as StartLesson,
)
from flows.events import (
    Arrived as Arrived,
    DayFound as DayFound,
    Event as Event,
    Replied as Replied,
    ReviewDue as ReviewDue,
    SlipEntered as SlipEntered,
    WentQuiet as WentQuiet,
    WitnessChecked as WitnessChecked,
)
from flows.learner.certifying import (
    AnswerAsker as AnswerAsker,
    CertificateChecked as CertificateChecked,
    CertificateIssued as CertificateIssued,
    CertificateLacking as CertificateLacking,
    CertificatesCame as CertificatesCame,
    CertificatesFound as CertificatesFound,
    CheckCertificate as CheckCertificate,
    FindCertificates as FindCertificates,
    FindMissing as FindMissing,
    NameAsked as NameAsked,
    PaperAsked as PaperAsked,
    SendPaper as SendPaper,
)
from flows.session import Session


@dataclass(frozen=True, slots=True)
class Step:
    """What one event led to: the session as it is now, and what should happen."""

    session: Session
    effects: tuple[Effect, ...]

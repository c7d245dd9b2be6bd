"""Effects about certificates, carried out: a course completed, codes checked, her own found, and what is missing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from babel.dates import format_date

from bot import certificates, codes, completion, disclosures
from bot.completion import standing
from bot.misses import Misses
from bot.pushes import REPLIES
from bot.store import statements as s
from bot.store.database import Store
from bot.store.statements import Write
from flows import types as f
from flows.completion import APPROVAL
from flows.learner.certifying import CertificateEffect, Missing
from flows.session import Library
from flows.text import localized

MOST_FILES: Final = 3  # at once: her data is dear


class Turn(Protocol):
    """What of a turn is needed here."""

    learner_id: int
    sender: str
    address_id: int
    channel: str
    documents: bool
    now: datetime
    zone: ZoneInfo
    library: Library
    writes: list[Write]
    misses: Misses | None


def carry_out(effect: CertificateEffect, turn: Turn, store: Store) -> list[f.Event]:
    """Look up what is asked for; the events that follow, in order."""
    match effect:
        case f.CheckCertificate(code=code):
            return [_checked(_check(code, turn, store), turn)]
        case f.FindMissing(courses=courses):
            missing = _missing(courses, turn, store)
            return [f.CertificateLacking(missing, turn.now)] if missing else []
        case f.FindCertificates(passed=passed):
            return _found(passed, turn, store)
        case f.SendPaper():
            return [_paper(turn, store)]
        case f.AnswerAsker(question=question, agrees=agrees):
            until = turn.now + disclosures.SHOWN_FOR if agrees else None
            answer = {"of": turn.learner_id, "which": int(question or 0), "answered_at": turn.now, "until": until}
            turn.writes.append(Write(s.DISCLOSED, answer))
            return []


def completed(course_id: str, turn: Turn, store: Store) -> list[f.Event]:
    """The completion tracker: certificates in this same turn, the one she has where she completes once more, or what she lacks."""
    course = turn.library.course(course_id)
    if course is None:
        return []
    library = turn.library
    outcome = completion.complete(
        store,
        course,
        turn.learner_id,
        programmes=library.programmes,
        pending=tuple(turn.writes),
        approving=library.approving,
        now=turn.now,
    )
    turn.writes.extend(outcome.writes)
    if outcome.lacks:
        return [f.CertificateLacking(((course.title, outcome.lacks),), turn.now)]
    waits: Missing = tuple((title, (APPROVAL,)) for title in outcome.waits)
    return [
        *(
            f.CertificateIssued(course_id, each.code, turn.now, each.title if each.kind == "programme" else None)
            for each in outcome.issued
        ),
        *((f.CertificateLacking(waits, turn.now),) if waits else ()),
    ]


def _found(passed: tuple[str, ...], turn: Turn, store: Store) -> list[f.Event]:
    """Her certificates; first those that became due without an answer of hers: after so many days, or by a coordinator's word."""
    held = certificates.held_by(store, turn.learner_id)
    lost = tuple((localized(each.title), each.code) for each in certificates.lost_by(store, turn.learner_id))
    waiting = [each for each in passed if each not in {one.course for one in held if one.kind == "course"}]
    events: list[f.Event] = []
    missing: Missing = ()
    for each in waiting:
        for event in completed(each, turn, store):
            if isinstance(event, f.CertificateLacking):
                missing = (*missing, *event.missing)
            else:
                events.append(event)
    if events and not held and not lost:
        return events
    shown = tuple((localized(each.title), each.code) for each in held)
    return [*events, f.CertificatesFound(shown, turn.now, missing, lost, files=turn.documents)]


def _paper(turn: Turn, store: Store) -> f.PaperAsked:
    """Ask for the files of her newest certificates; a worker makes them, and sends them to where she writes from."""
    held = certificates.held_by(store, turn.learner_id)
    held = tuple(each for each in held if certificates.check(store, each.code, now=turn.now).verdict == "valid")
    come = held[:MOST_FILES] if turn.documents else ()
    where = {"address_id": turn.address_id, "channel": turn.channel}
    for each in come:
        asked = {"code": codes.read(each.code), "form": "a4", "lane": REPLIES, "asked_at": turn.now}
        turn.writes.append(Write(s.PAPER_WANTED, asked | where))
    return f.PaperAsked(len(come), len(held), turn.now)


def _missing(courses: tuple[str, ...], turn: Turn, store: Store) -> Missing:
    known = [course for each in courses if (course := turn.library.course(each))]
    found = [
        standing.in_course(store, course, turn.learner_id, approving=turn.library.approving, now=turn.now)
        for course in known
    ]
    besides = [(each.title, tuple(lack for lack in each.lacks if lack.what != "lessons")) for each in found]
    return tuple((title, lacks) for title, lacks in besides if lacks)  # how many lessons she has passed is told anyway


def _check(code: str, turn: Turn, store: Store) -> certificates.CheckedCertificate:
    """Look a code up, unless this number has asked for too many that do not exist."""
    if turn.misses is None:
        return certificates.check(store, code, now=turn.now)
    return turn.misses.guarded(f"tel:{turn.sender}", lambda: certificates.check(store, code, now=turn.now))


def _checked(result: certificates.CheckedCertificate, turn: Turn) -> f.CertificateChecked:
    """What an employer is told by message: the verdict, the course and the day, as written in Malaysia."""
    at = result.expires_at if result.verdict == "expired" else result.issued_at
    day = format_date(at.astimezone(turn.zone), "d/M/y", locale="ms") if at else ""
    title: Mapping[str, str] | None = result.title
    return f.CertificateChecked(result.verdict, result.code, turn.now, localized(title) if title else None, day)

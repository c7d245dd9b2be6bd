"""What an answer that may complete a course leads to: certificates in the same turn, or what is still missing."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select

from bot.completion import issuing, records
from bot.completion.records import Her
from bot.store import statements as s, tables as t
from bot.store.database import Store
from bot.store.statements import Write
from flows.completion import Lack, Programme
from flows.course import Course
from flows.text import Localized

_COURSES_HELD: Final = select(t.certificate.c.course).where(
    t.certificate.c.learner_id == bindparam("of"),
    t.certificate.c.kind == "course",
    t.certificate.c.replaced_by.is_(None),
    t.certificate.c.revoked_at.is_(None),
)


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate of hers: of what, and its code as it is written."""

    kind: str
    id: str
    title: Localized
    code: str
    new: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of looking: certificates, the rows to write, or what is still missing.

    `waits` are the programmes that are complete too, and wait for their issuer's word.
    """

    issued: tuple[Issued, ...] = ()
    writes: tuple[Write, ...] = ()
    lacks: tuple[Lack, ...] = ()
    waits: tuple[Localized, ...] = ()


def complete(
    store: Store,
    course: Course,
    learner_id: int,
    *,
    programmes: Mapping[str, Programme],
    passed: Iterable[str] | None = None,
    pending: Sequence[Write] = (),
    approving: Collection[str] = (),
    by: str = issuing.BY_TURN,
    now: datetime,
) -> Outcome:
    """Decide about a certificate for a learner who has passed what a course asks for.

    Where the issuer approves it first (`approving`), the rows say that it waits, and the word is what she lacks.
    A learner who completes once more has the code she has, and no row; one whose certificate was revoked has neither.
    The table allows one certificate for a learner and course, so two completions at once issue one. `passed` is None
    where her turn knows that she has passed all the lessons; `pending` are rows of that turn. `by` is who issues it, for
    the audit's line among the writes. Costs one query, up to two more for a rule, and two where it is part of a programme.
    """
    who = records.her(store, learner_id, course.id)
    if who.revoked:
        return Outcome()
    if who.code:
        return Outcome((Issued("course", course.id, course.title, who.code, new=False),))
    lessons = course.rule.lessons or tuple(course.by_id) if passed is None else passed
    record = records.record(store, course, who, lessons, pending=pending, now=now)
    lacks = course.rule.lacks(record, course.by_id)
    if lacks:
        return Outcome(lacks=lacks)
    if word := records.word(who, course.id, approving):
        return Outcome(lacks=word, writes=_asked("course", course.id, who, now))
    code, rows = issuing.rows(issuing.course_earned(course, record), who, by, now=now)
    done = _completed(course.id, who, who.asked or now)
    part = Outcome((Issued("course", course.id, course.title, code),), (done, *rows))
    wholes = [each for each in programmes.values() if course.id in each.courses]
    if not wholes:
        return part
    has = held(store, who.learner_id) | {course.id} | _pending(pending)
    return _stacked(store, wholes, part, who, has, approving=approving, by=by, now=now)


def programme(
    store: Store,
    whole: Programme,
    learner_id: int,
    held: Iterable[str],
    *,
    approving: Collection[str] = (),
    by: str = issuing.BY_TURN,
    now: datetime,
) -> Outcome:
    """Decide about the certificate of a programme for a learner who holds those of these courses; one query."""
    who = records.her(store, learner_id, whole.id, "programme")
    if who.code or who.revoked:
        return Outcome()
    lacks = whole.lacks(held, who.level)
    if lacks:
        return Outcome(lacks=lacks)
    if word := records.word(who, whole.id, approving):
        return Outcome(lacks=word, writes=_asked("programme", whole.id, who, now))
    code, rows = issuing.rows(issuing.programme_earned(whole), who, by, now=now)
    return Outcome((Issued("programme", whole.id, whole.title, code),), rows)


def held(store: Store, learner_id: int) -> frozenset[str]:
    """The courses of which she holds a certificate that stands."""
    return frozenset(row.course for row in store.look(_COURSES_HELD, {"of": learner_id}))


def _asked(kind: str, which: str, who: Her, now: datetime) -> tuple[Write, ...]:
    """The row that waits for the issuer's word; none where one is there."""
    if who.asked is not None:
        return ()
    row = Write(s.APPROVAL_ASKED, {"learner_id": who.learner_id, "course": which, "kind": kind, "asked_at": now})
    return (_completed(which, who, now), row) if kind == "course" else (row,)


def _completed(course: str, who: Her, at: datetime) -> Write:
    return Write(s.COMPLETED, {"of": who.learner_id, "which": course, "completed_at": at})


def _pending(pending: Sequence[Write]) -> frozenset[str]:
    """The courses whose certificates this same turn issues."""
    rows = [each.values for each in pending if each.statement is s.CERTIFIED]
    return frozenset(row["course"] for row in rows if row["kind"] == "course")


def _stacked(
    store: Store,
    wholes: Sequence[Programme],
    part: Outcome,
    who: Her,
    has: frozenset[str],
    *,
    approving: Collection[str],
    by: str,
    now: datetime,
) -> Outcome:
    """The course's certificate, and those of the programmes that it completes."""
    for whole in wholes:
        if whole.lacks(has, who.level):
            continue
        more = programme(store, whole, who.learner_id, has, approving=approving, by=by, now=now)
        waits = (whole.title,) if more.lacks else ()
        part = Outcome(part.issued + more.issued, part.writes + more.writes, waits=part.waits + waits)
    return part

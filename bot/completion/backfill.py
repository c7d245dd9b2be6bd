"""Everybody looked at again: certificates for those who had met a rule before it was there, or by time, or by a coordinator's word."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.exc import IntegrityError

from bot.completion import tracker
from bot.completion.issuing import told_later
from bot.completion.tracker import Issued, Outcome
from bot.store import audit, tables as t
from bot.store.database import Store
from flows.course import Course
from flows.session import Library

BY: Final = "backfill"

_done = (
    select(t.lesson_pass.c.learner_id)
    .where(
        t.lesson_pass.c.course == bindparam("course"),
        t.lesson_pass.c.lesson.in_(bindparam("lessons", expanding=True)),
    )
    .group_by(t.lesson_pass.c.learner_id)
    .having(func.count() == bindparam("all"))
    .subquery("done")
)
# Who has passed all that counts, and has no certificate of it, not even one that was revoked.
_DUE: Final = (
    select(_done.c.learner_id)
    .select_from(
        _done.outerjoin(
            t.certificate,
            and_(
                t.certificate.c.learner_id == _done.c.learner_id,
                t.certificate.c.course == bindparam("course"),
                t.certificate.c.kind == "course",
                t.certificate.c.replaced_by.is_(None),
            ),
        )
    )
    .where(t.certificate.c.id.is_(None))
    .order_by(_done.c.learner_id)
)
_HELD: Final = (
    select(t.certificate.c.learner_id, t.certificate.c.course)
    .where(
        t.certificate.c.kind == "course",
        t.certificate.c.course.in_(bindparam("courses", expanding=True)),
        t.certificate.c.replaced_by.is_(None),
        t.certificate.c.revoked_at.is_(None),
    )
    .order_by(t.certificate.c.learner_id)
)


@dataclass(frozen=True, slots=True)
class Filled:
    """One learner looked at, and what was issued to her."""

    learner_id: int
    issued: tuple[Issued, ...]


def due(store: Store, course: Course) -> list[int]:
    """The learners who have passed all that a course's rule counts, and have no certificate of it; what else it asks is not looked at."""
    lessons = course.rule.lessons or tuple(course.by_id)
    asked = {"course": course.id, "lessons": list(lessons), "all": len(lessons)}
    return [row.learner_id for row in store.look(_DUE, asked)]


def fill(store: Store, course: Course, library: Library, learners: Iterable[int], *, now: datetime) -> Iterator[Filled]:
    """Issue what is due to these learners, each in a transaction of her own; looked at twice, nobody gets two.

    It takes no turn of hers: where she completes the course by her own answer at the same moment, one of the two finds
    the certificate there. A worker tells her (workers/telling.py). Where the issuer approves first, it waits for that.
    """
    for learner_id in learners:
        outcome = tracker.complete(
            store,
            course,
            learner_id,
            programmes=library.programmes,
            passed=_passed(course),
            approving=library.approving,
            by=BY,
            now=now,
        )
        yield Filled(learner_id, write(store, outcome, now=now))


def wholes(store: Store, library: Library, *, now: datetime, of: int | None = None) -> Iterator[Filled]:
    """Issue programmes to those who hold what they ask for, or to one learner; the same holds for two at once."""
    query = _HELD if of is None else _HELD.where(t.certificate.c.learner_id == of)
    for whole in library.programmes.values():
        rows = store.look(query, {"courses": list(whole.courses)})
        for learner_id, held in groupby(rows, key=lambda row: int(row.learner_id)):
            has = frozenset(row.course for row in held)
            if len(has) >= (whole.least or len(whole.courses)):
                outcome = tracker.programme(store, whole, learner_id, has, approving=library.approving, by=BY, now=now)
                yield Filled(learner_id, write(store, outcome, now=now))


def _passed(course: Course) -> frozenset[str]:
    return frozenset(course.rule.lessons or course.by_id)


def write(store: Store, outcome: Outcome, *, why: str = "", now: datetime) -> tuple[Issued, ...]:
    """Write what was decided; returns what is new: nothing where somebody was first."""
    if not outcome.writes:
        return ()
    try:
        with store.begin() as connection:
            writes = told_later(outcome.writes, now=now)
            store.add(connection, audit.because(writes, why) if why else writes)
    except IntegrityError:
        return ()
    return tuple(each for each in outcome.issued if each.new)

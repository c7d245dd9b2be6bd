"""What is known of a learner in a course: read once, in the turn that may complete it, and counted by the database."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, bindparam, case, func, or_, select

from bot import codes
from bot.store import statements as s, tables as t
from bot.store.database import Store
from bot.store.statements import Write
from flows.completion import APPROVAL, DECLINED, PHONE, Lack, Record, Rule
from flows.course import Course

_ASSESSES: Final = ("lesson", "quiz", "paper", "review")  # a placement finds her level, and assesses nothing


@dataclass(frozen=True, slots=True)
class Her:
    """A learner as the tracker sees her in one course: who she is, and the certificate she has of it."""

    learner_id: int
    name: str | None
    level: int
    since: datetime | None  # when she enrolled
    code: str | None  # of her certificate, as it is written
    revoked: bool
    asked: datetime | None = None  # when her certificate began to wait for its issuer's word
    approved: bool | None = None  # what it said; none while it has said nothing
    attested_by: str | None = None  # who said who she is


_held = t.certificate.alias("held")
_HER: Final = (
    select(
        t.identity.c.name,
        t.identity.c.level,
        t.identity.c.checked_by,
        t.enrolment.c.started_at,
        _held.c.code,
        _held.c.revoked_at,
        t.approval.c.asked_at,
        t.approval.c.approved,
    )
    .select_from(
        t.learner.outerjoin(t.identity, t.identity.c.learner_id == t.learner.c.id)
        .outerjoin(
            t.enrolment,
            and_(t.enrolment.c.learner_id == t.learner.c.id, t.enrolment.c.course == bindparam("course")),
        )
        .outerjoin(
            _held,
            and_(
                _held.c.learner_id == t.learner.c.id,
                _held.c.course == bindparam("course"),
                _held.c.kind == bindparam("kind"),
                _held.c.replaced_by.is_(None),
            ),
        )
        .outerjoin(
            t.approval,
            and_(
                t.approval.c.learner_id == t.learner.c.id,
                t.approval.c.course == bindparam("course"),
                t.approval.c.kind == bindparam("kind"),
            ),
        )
    )
    .where(t.learner.c.id == bindparam("of"))
)
_question: Final = t.answer.c.lesson + "/" + t.answer.c.question
_knew: Final = and_(t.answer.c.correct, or_(t.answer.c.attempt == 1, t.answer.c.purpose == "review"))
_QUESTIONS: Final = (
    select(_question.label("question"), func.max(case((_knew, 1), else_=0)).label("knew"))
    .where(
        t.answer.c.learner_id == bindparam("of"),
        t.answer.c.course == bindparam("course"),
        t.answer.c.purpose.in_(_ASSESSES),
        t.answer.c.lesson.in_(bindparam("lessons", expanding=True)),
    )
    .group_by(_question)
)
_SEEN: Final = select(t.task_done.c.lesson).where(
    t.task_done.c.learner_id == bindparam("of"), t.task_done.c.course == bindparam("course")
)
_PASSED: Final = select(t.lesson_pass.c.lesson).where(
    t.lesson_pass.c.learner_id == bindparam("of"), t.lesson_pass.c.course == bindparam("course")
)


def her(store: Store, learner_id: int, course: str, kind: str = "course") -> Her:
    """Who she is, when she enrolled, the certificate she has, and what its issuer said of it; one query."""
    found = store.look(_HER, {"of": learner_id, "course": course, "kind": kind})
    if not found:
        return Her(learner_id, None, PHONE, None, None, revoked=False)
    row = found[0]
    code = codes.written(row.code) if row.code else None
    said = (row.asked_at, row.approved, row.checked_by)
    return Her(learner_id, row.name, row.level or PHONE, row.started_at, code, row.revoked_at is not None, *said)


def word(who: Her, which: str, approving: Collection[str]) -> tuple[Lack, ...]:
    """What of its issuer's word is missing for a certificate; a no stands also where the issuer approves no more."""
    if who.approved is False:
        return (DECLINED,)
    return (APPROVAL,) if which in approving and not who.approved else ()


def passed(store: Store, learner_id: int, course: str) -> frozenset[str]:
    """The lessons of a course that she has passed."""
    return frozenset(row.lesson for row in store.look(_PASSED, {"of": learner_id, "course": course}))


def record(
    store: Store, course: Course, who: Her, lessons: Iterable[str], *, pending: Sequence[Write] = (), now: datetime
) -> Record:
    """What is known of her in a course whose `lessons` she has passed; `pending` are rows of this turn, not written yet.

    Costs a query where the rule has a pass mark, and one where it wants a witness.
    """
    rule = course.rule
    minutes = (now - who.since) // timedelta(minutes=1) if who.since else 0
    known = Record(frozenset(lessons), minutes=max(0, minutes), level=who.level)
    if rule.pass_mark:
        put, right = _score(store, course, who.learner_id, pending)
        known = replace(known, put=put, right=right)
    if rule.witnessed:
        seen = {row.lesson for row in store.look(_SEEN, {"of": who.learner_id, "course": course.id})}
        seen |= {each.values["lesson"] for each in _of(pending, s.TASK_DONE.table, course.id)}
        known = replace(known, witnessed=frozenset(seen))
    return known


def counted(rule: Rule, course: Course) -> tuple[str, ...]:
    """The lessons whose questions the pass mark is about: the final one, or all that count."""
    return (rule.final,) if rule.final else rule.lessons or tuple(course.by_id)


def _score(store: Store, course: Course, learner_id: int, pending: Sequence[Write]) -> tuple[int, int]:
    """The questions put to her, and how many she knew at once, or when they came again."""
    lessons = counted(course.rule, course)
    asked = {"of": learner_id, "course": course.id, "lessons": list(lessons)}
    known = {row.question: bool(row.knew) for row in store.look(_QUESTIONS, asked)}
    for values in (each.values for each in _of(pending, s.ANSWERED.table, course.id)):
        if values["lesson"] in lessons and values["purpose"] in _ASSESSES:
            knew = bool(values["correct"]) and (values["attempt"] == 1 or values["purpose"] == "review")
            named = f"{values['lesson']}/{values['question']}"
            known[named] = known.get(named, False) or knew
    return len(known), sum(known.values())


def _of(pending: Sequence[Write], table: str, course: str) -> list[Write]:
    return [each for each in pending if each.statement.table == table and each.values.get("course") == course]

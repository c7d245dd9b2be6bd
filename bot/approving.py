"""An issuer's word on certificates: what waits for it, a yes to many at once, a no that can be taken back."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, bindparam, exists, func, select, update
from sqlalchemy.exc import IntegrityError

from bot import coordinators
from bot.completion import Issued, Outcome, records, tracker
from bot.completion.issuing import told_later
from bot.completion.standing import in_district
from bot.coordinators import Refused as Refused
from bot.store import audit, tables as t
from bot.store.addresses import latest_of
from bot.store.database import Store
from flows.completion import PHONE, Lack, Record
from flows.session import Library

RIGHT: Final = "certify"
_a: Final = t.approval.c


@dataclass(frozen=True, slots=True)
class Waiting:
    """A learner whose certificate waits: who she is, since when, what she did, and what she lacks by the rule as it is now."""

    learner_id: int
    of: str  # the course, or the programme
    name: str | None
    level: int
    number: str
    asked_at: datetime
    record: Record | None  # of a course
    lacks: tuple[Lack, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of a yes: certificates, or what she lacks by now; neither where somebody had decided already."""

    learner_id: int
    issued: tuple[Issued, ...] = ()
    lacks: tuple[Lack, ...] = ()


_HELD: Final = and_(
    t.certificate.c.learner_id == _a.learner_id,
    t.certificate.c.course == _a.course,
    t.certificate.c.kind == _a.kind,
    t.certificate.c.replaced_by.is_(None),
)
# Without those who have one by now: it came another way while its issuer approved nothing.
_WAITING: Final = (
    select(_a.learner_id, _a.course, _a.asked_at, t.identity.c.name, t.identity.c.level, t.address.c.identifier)
    .select_from(
        t.approval.outerjoin(t.certificate, _HELD)
        .join(t.learner, t.learner.c.id == _a.learner_id)
        .outerjoin(t.identity, t.identity.c.learner_id == _a.learner_id)
        .outerjoin(t.address, t.address.c.id == latest_of(_a.learner_id, shared=True))
    )
    .where(_a.course == bindparam("of"), _a.decided_at.is_(None), t.certificate.c.id.is_(None))
    .order_by(_a.asked_at, _a.learner_id)
)


def waiting(
    store: Store, library: Library, of: str, *, district: str | None = None, most: int | None = None, now: datetime
) -> Iterator[Waiting]:
    """Who waits for the issuer's word in a course or programme, the longest first; a query or two for each of them."""
    query = _WAITING.where(in_district(district)) if district else _WAITING
    for row in store.look(query.limit(most) if most else query, {"of": of}):
        record, lacks = _state(store, library, row.learner_id, of, now)
        who = (row.name, PHONE if row.level is None else row.level, row.identifier or "")
        yield Waiting(row.learner_id, of, *who, row.asked_at, record, lacks)


def counted(store: Store, district: str | None = None) -> dict[str, int]:
    """How many wait, by course and programme; of those with none nothing is told."""
    query = (
        select(_a.course, func.count().label("many"))
        .select_from(t.approval.outerjoin(t.certificate, _HELD))
        .where(_a.decided_at.is_(None), t.certificate.c.id.is_(None))
        .group_by(_a.course)
        .order_by(_a.course)
    )
    if district:
        query = query.join(t.learner, t.learner.c.id == _a.learner_id).where(in_district(district))
    return {row.course: row.many for row in store.look(query)}


def within(store: Store, learners: Iterable[int], district: str | None) -> list[int]:
    """Those of these learners who are in a district; all of them where there is none to keep to."""
    known = select(t.learner.c.id).where(t.learner.c.id.in_(list(learners)))
    rows = store.look(known.where(in_district(district)) if district else known)
    return [row.id for row in rows]


def approve(
    store: Store, library: Library, of: str, learners: Iterable[int], who: str, *, now: datetime
) -> Iterator[Decided]:
    """Issue to these learners what waits for the issuer's word, each in a transaction of her own, and note who said yes.

    Killed in the middle, it is run again: who has hers waits no more. Of two at once one issues. The rule is looked at as
    it is now: who lacks something by it keeps waiting. A worker tells each of them. Raises Refused where `who` may not.
    """
    by = _may(store, who)
    for learner_id in learners:
        yield _approved(store, library, of, learner_id, by, now=now)


def decline(store: Store, library: Library, of: str, learner_id: int, who: str, *, why: str, now: datetime) -> None:
    """Say no to one that waits; a worker tells her, without the reason. Raises Refused where nothing waits, or `who` may not."""
    by = _may(store, who)
    values = {"decided_at": now, "decided_by": by, "approved": False, "why": why[:200], "tell_at": now}
    with store.begin() as connection:
        waits = (*_one(library, of, learner_id), _a.decided_at.is_(None), ~exists().where(_HELD))
        if not connection.execute(update(t.approval).where(*waits).values(values)).rowcount:
            raise Refused(f"Nothing of hers waits in {of}: titian certificates waiting lists who does.")
        told = json.dumps({"learner": learner_id, "of": of, "why": why}, ensure_ascii=False)
        audit.note(connection, by, "decline certificate", told, now=now)


def take_back(store: Store, library: Library, of: str, learner_id: int, who: str, *, now: datetime) -> None:
    """Take a no back: it waits again, as long as before. Raises Refused where there is no no, or `who` may not."""
    by = _may(store, who)
    values: dict[str, Any] = dict.fromkeys(("decided_at", "decided_by", "approved", "why", "tell_at"))
    with store.begin() as connection:
        declined = (*_one(library, of, learner_id), _a.approved.is_(False))
        if not connection.execute(update(t.approval).where(*declined).values(values)).rowcount:
            raise Refused(f"Nothing of hers was declined in {of}.")
        told = json.dumps({"learner": learner_id, "of": of})
        audit.note(connection, by, "take back a declined", told, now=now)


def _may(store: Store, who: str) -> str:
    """The name of the coordinator as she was entered."""
    return str(coordinators.entitled(store, who, RIGHT).name)


def _approved(store: Store, library: Library, of: str, learner_id: int, by: str, *, now: datetime) -> Decided:
    found = _row(store, library, of, learner_id)
    if found is None:
        return Decided(learner_id)
    outcome = _outcome(store, library, learner_id, of, by, now=now)
    if outcome.lacks or not outcome.issued:  # not issued either where it was revoked
        return Decided(learner_id, lacks=outcome.lacks)
    try:
        with store.begin() as connection:
            yes = {"decided_at": now, "decided_by": by, "approved": True}
            waits = (*_one(library, of, learner_id), _a.decided_at.is_(None))
            if not connection.execute(update(t.approval).where(*waits).values(yes)).rowcount:
                return Decided(learner_id)
            store.add(connection, told_later(outcome.writes, now=now))
            codes = [each.code for each in outcome.issued]
            told = json.dumps({"learner": learner_id, "of": of, "codes": codes})
            audit.note(connection, by, "approve certificate", told, now=now)
    except IntegrityError:  # it came another way at this moment; or she was deleted
        return Decided(learner_id)
    return Decided(learner_id, tuple(each for each in outcome.issued if each.new))


def _outcome(store: Store, library: Library, learner_id: int, of: str, by: str, *, now: datetime) -> Outcome:
    """What the tracker says, were the issuer's word not asked for here; of a programme that follows, it still is."""
    approving = library.approving - {of}
    course = library.course(of)
    if course is None:
        whole = library.programmes[of]
        held = tracker.held(store, learner_id)
        return tracker.programme(store, whole, learner_id, held, approving=approving, by=by, now=now)
    passed = records.passed(store, learner_id, of)
    programmes = library.programmes
    return tracker.complete(
        store, course, learner_id, programmes=programmes, passed=passed, approving=approving, by=by, now=now
    )


def _state(
    store: Store, library: Library, learner_id: int, of: str, now: datetime
) -> tuple[Record | None, tuple[Lack, ...]]:
    course = library.course(of)
    if course is None:
        whole = library.programmes[of]
        level = records.her(store, learner_id, of, "programme").level
        return None, whole.lacks(tracker.held(store, learner_id), level)
    who = records.her(store, learner_id, of)
    record = records.record(store, course, who, records.passed(store, learner_id, of), now=now)
    return record, course.rule.lacks(record, course.by_id)


def _row(store: Store, library: Library, of: str, learner_id: int) -> Row[Any] | None:
    query = select(t.approval).where(*_one(library, of, learner_id), _a.decided_at.is_(None))
    return next(iter(store.look(query)), None)


def _one(library: Library, of: str, learner_id: int) -> Sequence[ColumnElement[bool]]:
    kind = "course" if library.course(of) else "programme"
    return _a.learner_id == learner_id, _a.course == of, _a.kind == kind

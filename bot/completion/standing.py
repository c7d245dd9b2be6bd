"""What is still missing: of one learner in all she follows, or of everybody in a course."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, bindparam, or_, select

from bot.completion import records, tracker
from bot.store import tables as t
from bot.store.addresses import latest_of
from bot.store.database import Store
from flows.completion import PHONE, Lack
from flows.course import Course
from flows.session import Library
from flows.text import Localized

BATCH: Final = 500  # learners of a course looked up at a time

_FOLLOWED = select(t.enrolment.c.course).where(t.enrolment.c.learner_id == bindparam("of")).order_by("started_at")
_IN_COURSE = (
    select(t.enrolment.c.learner_id)
    .where(t.enrolment.c.course == bindparam("course"), t.enrolment.c.learner_id > bindparam("after"))
    .order_by(t.enrolment.c.learner_id)
    .limit(BATCH)
)
_e = t.enrolment.c
_KNOWN = (
    select(_e.learner_id, t.identity.c.name, t.identity.c.level, t.address.c.identifier)
    .select_from(
        t.enrolment.join(t.learner, t.learner.c.id == _e.learner_id)
        .outerjoin(t.identity, t.identity.c.learner_id == _e.learner_id)
        .outerjoin(t.address, t.address.c.id == latest_of(_e.learner_id, shared=True))
    )
    .where(_e.course == bindparam("course"), _e.learner_id > bindparam("after"))
    .order_by(_e.learner_id)
    .limit(bindparam("most"))
)
_LEVEL = select(t.identity.c.level).where(t.identity.c.learner_id == bindparam("of"))


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a learner stands in a course or a programme: her certificate, or what she lacks."""

    learner_id: int
    id: str
    title: Localized
    code: str | None
    revoked: bool
    lacks: tuple[Lack, ...]


def in_course(
    store: Store, course: Course, learner_id: int, *, approving: Collection[str] = (), now: datetime
) -> Standing:
    """Where she stands in one course; two queries, and up to two more by the rule."""
    who = records.her(store, learner_id, course.id)
    if who.code:
        return Standing(learner_id, course.id, course.title, who.code, who.revoked, ())
    lessons = records.passed(store, learner_id, course.id)
    record = records.record(store, course, who, lessons, now=now)
    lacks = course.rule.lacks(record, course.by_id) or records.word(who, course.id, approving)
    return Standing(learner_id, course.id, course.title, None, revoked=False, lacks=lacks)


def of(store: Store, library: Library, learner_id: int, *, now: datetime) -> list[Standing]:
    """Where she stands in each course she follows, and in the programmes these are part of."""
    followed = [row.course for row in store.look(_FOLLOWED, {"of": learner_id})]
    courses = [course for each in followed if (course := library.course(each))]
    found = [in_course(store, course, learner_id, approving=library.approving, now=now) for course in courses]
    held = tracker.held(store, learner_id)
    level = next((row.level for row in store.look(_LEVEL, {"of": learner_id})), PHONE)
    for whole in library.programmes.values():
        if frozenset(followed) & frozenset(whole.courses):
            who = records.her(store, learner_id, whole.id, "programme")
            lacks = () if who.code else whole.lacks(held, level) or records.word(who, whole.id, library.approving)
            found.append(Standing(learner_id, whole.id, whole.title, who.code, who.revoked, lacks))
    return found


def in_district(district: str) -> ColumnElement[bool]:
    """Whether a learner is of a district's coordinators; one who named none is everybody's."""
    return or_(t.learner.c.district == district, t.learner.c.district.is_(None))


class Known(NamedTuple):
    """A learner of a course as a coordinator knows her."""

    learner_id: int
    name: str | None
    level: int
    number: str


def page(store: Store, course: str, district: str | None, *, after: int = 0, most: int) -> Iterator[Known]:
    """Up to `most` who follow a course, in a district or anywhere, behind that learner; in the order in which they came to us."""
    query = _KNOWN.where(in_district(district)) if district else _KNOWN
    for row in store.look(query, {"course": course, "after": after, "most": most}):
        yield Known(row.learner_id, row.name, PHONE if row.level is None else row.level, row.identifier or "")


def everybody(store: Store, course: Course, *, approving: Collection[str] = (), now: datetime) -> Iterator[Standing]:
    """Where everybody stands who follows a course, in the order in which they came to us."""
    after = 0
    while rows := store.look(_IN_COURSE, {"course": course.id, "after": after}):
        for row in rows:
            yield in_course(store, course, row.learner_id, approving=approving, now=now)
        after = rows[-1].learner_id

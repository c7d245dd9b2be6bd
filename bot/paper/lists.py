"""Certificates of a course, a district, or since a day: whose paper is printed together, and what a list says of them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, select

from bot import certificates, codes
from bot.certificates import Verdict
from bot.store import tables as t
from bot.store.database import Store

PAGE: Final = 1000
_c: Final = t.certificate.c


@dataclass(frozen=True, slots=True)
class Listed:
    """A certificate as a list has it. `name` is "" where no coordinator has written one down."""

    code: str
    name: str
    course: str
    title: Mapping[str, str]
    level: int
    minutes: int
    issued_at: datetime
    expires_at: datetime | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which certificates: of a course or programme, of learners in a district, issued since a moment. None: of all."""

    course: str | None = None
    district: str | None = None
    since: datetime | None = None


def listed(store: Store, wanted: Wanted, *, now: datetime) -> Iterator[Listed]:
    """Those that are wanted, the oldest first, a thousand at a time: a list may be long."""
    query = select(t.certificate).order_by(_c.id).limit(PAGE)
    if wanted.course is not None:
        query = query.where(_c.course == wanted.course)
    if wanted.since is not None:
        query = query.where(_c.issued_at >= wanted.since)
    if wanted.district is not None:
        query = query.join(t.learner, t.learner.c.id == _c.learner_id).where(t.learner.c.district == wanted.district)
    after = 0
    while rows := store.look(query.where(_c.id > after)):
        yield from (_listed(row, now) for row in rows)
        after = rows[-1].id


def coded(store: Store, wanted: Sequence[str], *, now: datetime) -> list[Listed]:
    """Those with these codes, as `codes.read` gives them; what is nobody's is left out."""
    found: list[Row[Any]] = []
    for first in range(0, len(wanted), PAGE):
        found += store.look(select(t.certificate).where(_c.code.in_(wanted[first : first + PAGE])))
    return [_listed(row, now) for row in found]


def by_name(those: Sequence[Listed]) -> list[Listed]:
    """In the order in which they are called up: by name, and those without one at the end."""
    return sorted(those, key=lambda each: (not each.name, each.name.casefold(), each.code))


def _listed(row: Row[Any], now: datetime) -> Listed:
    verdict = certificates.verdict_of(row._asdict(), now)
    title = json.loads(row.title)
    about = (row.level, row.minutes, row.issued_at, row.expires_at, verdict)
    return Listed(codes.written(row.code), row.name or "", row.course, title, *about)

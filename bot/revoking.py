"""Many certificates revoked for one reason: whom it would be, and then one after the other, so that it may be broken off and go on."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, func, select

from bot import certificates, codes, coordinators
from bot.completion import changes
from bot.coordinators import Refused as Refused
from bot.store import audit, tables as t
from bot.store.database import Store
from bot.store.ids import earliest_id

RIGHT: Final = "approve"
ALONE: Final = 20  # one person revokes so many; for more a second one stands beside her
CHUNK: Final = 200  # codes read at a time
MOST_CODES: Final = 10_000  # in one file: each is a parameter of the query
SHOWN: Final = 10  # codes that are shown before

_c: Final = t.certificate.c


@dataclass(frozen=True, slots=True)
class Which:
    """Which certificates are meant: all that fit everything that is said here."""

    attested_by: str | None = None
    course: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    codes: tuple[str, ...] | None = None  # as they are stored


@dataclass(frozen=True, slots=True)
class Found:
    """How many stand that are meant, and the first of their codes as they are written."""

    count: int
    first: tuple[str, ...]
    learners: int


def find(store: Store, which: Which) -> Found:
    """What revoking these would mean. Raises Refused where too little is said: a slip must not revoke everything."""
    if which.codes is None and which.attested_by is None and not (which.course and which.since):
        raise Refused("Say whose they are: --attested-by, --codes, or --course with --since.")
    if which.codes is not None and len(which.codes) > MOST_CODES:
        raise Refused(f"A file has at most {MOST_CODES} codes: make several of it.")
    query = select(func.count().label("many"), func.count(_c.learner_id.distinct()).label("learners")).select_from(
        t.certificate
    )
    counted = store.look(query.where(*_meant(which)))[0]
    first = store.look(select(_c.code).where(*_meant(which)).order_by(_c.id).limit(SHOWN))
    return Found(int(counted.many), tuple(codes.written(row.code) for row in first), int(counted.learners))


def spelt(store: Store, name: str) -> str:
    """A coordinator's name as certificates have it, however it is typed, also of one who has left. Raises Refused."""
    known = coordinators.named(store, name)
    if known is not None and store.look(select(_c.id).where(_c.attested_by == known.name).limit(1)):
        return str(known.name)
    wanted = " ".join(name.casefold().split())
    there = store.look(select(_c.attested_by).where(_c.attested_by.is_not(None)).distinct())
    found = [row.attested_by for row in there if " ".join(row.attested_by.casefold().split()) == wanted]
    if found:
        return str(found[0])
    if known is not None:
        return str(known.name)
    raise Refused(f"No certificate says that {name} vouched for its learner.")


def may(store: Store, who: str, second: str | None, count: int) -> tuple[str, ...]:
    """The names of those who answer for it: one, and from 21 on two. Raises Refused where they may not."""
    people = [who, *([second] if second else [])]
    names = tuple(dict.fromkeys(str(coordinators.entitled(store, each, RIGHT).name) for each in people))
    if count > ALONE and len(names) < 2:
        raise Refused(f"More than {ALONE} take two: name another who may {RIGHT}, with --with.")
    return names


def reissue(store: Store, code: str, why: str, who: str, *, now: datetime) -> str:
    """Issue a certificate again that should not have been revoked; the new code. Raises Refused where `who` may not, or it stands."""
    (by,) = may(store, who, None, 1)
    try:
        return changes.reissue(store, code, why, by, now=now)
    except changes.Refused as refused:
        raise Refused(str(refused)) from refused


def revoke(
    store: Store, which: Which, why: str, names: Sequence[str], *, count: int, clock: Callable[[], datetime]
) -> Iterator[tuple[str, ...]]:
    """Revoke them one after the other, each in a transaction with its own audit; gives the codes each time.

    The audit of the whole comes first: what was meant, why, how many, and who. Broken off at any moment, each certificate is
    revoked with its programmes or stands; run again, it goes on with those that stand. Two at once revoke each of them once.
    """
    who = " & ".join(names)[:80]
    told = {name: value for name, value in asdict(which).items() if value is not None and name != "codes"}
    told |= {"why": why, "count": count} | ({"codes": len(which.codes)} if which.codes is not None else {})
    with store.begin() as connection:
        audit.note(connection, who, "revoke many", json.dumps(told, ensure_ascii=False, default=str), now=clock())
    after = 0
    while rows := _next(store, which, after):
        for row in rows:
            gone = certificates.revoke(store, row.code, why, who, now=clock())
            if gone:
                yield gone
        after = rows[-1].id


def _next(store: Store, which: Which, after: int) -> Sequence[Row[Any]]:
    return store.look(select(_c.id, _c.code).where(*_meant(which), _c.id > after).order_by(_c.id).limit(CHUNK))


def _meant(which: Which) -> list[Any]:
    """Those that stand. Ids are in the order of time, so a day is found by them; its very moment is looked at too."""
    meant: list[Any] = [_c.revoked_at.is_(None)]
    if which.codes is not None:
        meant.append(_c.code.in_(which.codes))
    if which.attested_by is not None:
        meant.append(_c.attested_by == which.attested_by)
    if which.course is not None:
        meant.append(_c.course == which.course)
    if which.since is not None:
        meant += [_c.id >= earliest_id(which.since), _c.issued_at >= which.since]
    if which.until is not None:
        meant += [_c.id < earliest_id(which.until), _c.issued_at < which.until]
    return meant

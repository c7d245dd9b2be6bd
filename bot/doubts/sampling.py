"""Whom to ring by lot: a share of each coordinator's certificates, and all with open doubts; drawn once and kept.

The lot is public: certificates in the order of SHA-256 over "<seed>/<id>", the first ones of each coordinator. The seed is drawn
by the machine and kept, so nobody chooses it and anybody can draw again and see. Drawing again adds only what is missing to
the share, so that nobody draws until the list pleases.
"""

import hashlib
import heapq
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import ceil
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select

from bot.doubts.settling import may_decide
from bot.store import audit, tables as t
from bot.store.database import Store
from bot.store.ids import earliest_id

CHUNK: Final = 5_000  # certificates read at a time
SEED_BITS: Final = 64

_c, _d, _s = t.certificate.c, t.doubt.c, t.sampled.c
# Of two who draw at once the second finds what the first has drawn.
_ONE_AT_A_TIME: Final = select(t.coordinator.c.id).order_by(t.coordinator.c.id).with_for_update()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of which certificates, and which share of each coordinator's."""

    share: Fraction
    since: datetime
    course: str | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn just now, and with which seed."""

    seed: str
    by_lot: int
    with_doubts: int
    of: int  # certificates there were to draw from


def draw(store: Store, wanted: Wanted, who: str, chance: Callable[[int], int], *, now: datetime) -> Drawn:
    """Draw whom to ring, and write it down, with the audit, in one transaction. Twice, the second time adds nothing.

    Whoever has any certificate in it is looked at: of each coordinator's at least one is drawn. `chance` gives so many random
    bits. Programmes are not drawn, for their courses are. Memory is that of the sample. Raises Refused for who may not.
    """
    name = may_decide(store, who)
    seed = f"{chance(SEED_BITS):016x}"
    with store.begin() as connection:
        connection.execute(_ONE_AT_A_TIME)
        there = _counted(connection, wanted, drawn=False)
        had = _counted(connection, wanted, drawn=True)
        room = {of: ceil(count * wanted.share) - had[of] for of, count in there.items()}
        lot = _lot(_undrawn(connection, wanted), room, seed)
        doubted = [row.id for row in connection.execute(_of_doubts(wanted)) if row.id not in lot]
        known = {"seed": seed, "drawn_by": name, "drawn_at": now}
        by_lot = _written(connection, lot, known | {"why": "lot"})
        with_doubts = _written(connection, doubted, known | {"why": "doubt"})
        if by_lot + with_doubts:
            told: dict[str, Any] = {"seed": seed, "share": str(wanted.share), "since": wanted.since.isoformat()}
            told |= {"course": wanted.course, "drawn": by_lot, "with doubts": with_doubts, "of": there.total()}
            audit.note(connection, name, "draw sample", json.dumps(told), now=now)
    return Drawn(seed, by_lot, with_doubts, there.total())


def place(seed: str, certificate_id: int) -> bytes:
    """Where a certificate stands in the lot."""
    return hashlib.sha256(f"{seed}/{certificate_id}".encode()).digest()


def _lot(rows: Iterable[tuple[int, str | None]], room: dict[str | None, int], seed: str) -> set[int]:
    """The first of each coordinator's in the lot, as many as there is room for."""
    kept: defaultdict[str | None, list[tuple[int, int]]] = defaultdict(list)
    for certificate_id, of in rows:
        most, heap = room.get(of, 0), kept[of]
        if most > 0:
            behind = (
                -int.from_bytes(place(seed, certificate_id), "big"),
                certificate_id,
            )  # the last in the lot on top, to be put out
            (heapq.heappush if len(heap) < most else heapq.heappushpop)(heap, behind)
    return {certificate_id for heap in kept.values() for _, certificate_id in heap}


def _among(wanted: Wanted) -> tuple[Any, ...]:
    """Certificates that stand; by their ids, which are in the order of time."""
    of_course = (_c.course == wanted.course,) if wanted.course else ()
    return (_c.id >= earliest_id(wanted.since), _c.kind == "course", _c.revoked_at.is_(None), *of_course)


def _counted(connection: Connection, wanted: Wanted, *, drawn: bool) -> Counter[str | None]:
    query = select(_c.attested_by, func.count()).where(*_among(wanted)).group_by(_c.attested_by)
    if drawn:
        query = query.join(t.sampled, _s.certificate_id == _c.id).where(_s.why == "lot")
    return Counter(dict(map(tuple, connection.execute(query))))


def _undrawn(connection: Connection, wanted: Wanted) -> Iterator[tuple[int, str | None]]:
    query = select(_c.id, _c.attested_by).outerjoin(t.sampled, _s.certificate_id == _c.id)
    query = query.where(*_among(wanted), _s.certificate_id.is_(None)).order_by(_c.id).limit(CHUNK)
    after = 0
    while rows := connection.execute(query.where(_c.id > after)).all():
        yield from ((row.id, row.attested_by) for row in rows)
        after = rows[-1].id


def _of_doubts(wanted: Wanted) -> Any:
    open_ = select(_d.certificate_id).where(_d.settled_at.is_(None))
    drawn = select(_s.certificate_id).where(_s.certificate_id == _c.id).exists()
    return select(_c.id).where(_c.id.in_(open_), *_among(wanted), ~drawn).order_by(_c.id)


def _written(connection: Connection, which: Iterable[int], known: dict[str, Any]) -> int:
    rows = [known | {"certificate_id": each} for each in sorted(which)]
    if rows:
        connection.execute(insert(t.sampled), rows)
    return len(rows)

"""The check of the whole audit, cut into pieces of a few hundred rows: each says what it found and where the next one begins."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Row, bindparam, func, select

from bot.auditing import certificates, held_heads, issuer_keys
from bot.auditing.chain import BEGINNING, Finding, Link, faults
from bot.auditing.linking import event_of
from bot.credentials.issuers import Issuers
from bot.store import tables as t
from bot.store.database import Store

PIECE: Final = 1000  # rows
TOLD: Final = 50  # findings that are kept in words; more are only counted
SOON: Final = timedelta(hours=1)  # in which an event has its place, where a worker runs
Stage = Literal["links", "events", "heads", "certificates", "done"]
STAGES: Final[tuple[Stage, ...]] = ("links", "events", "heads", "certificates", "done")

_e, _l, _w = t.audit_event.c, t.audit_link.c, t.audit_waiting.c
_LINKS: Final = (
    select(_l.place, _l.event_id, _l.hash, _l.code, t.audit_event)
    .outerjoin_from(t.audit_link, t.audit_event, _e.id == _l.event_id)
    .where(_l.place > bindparam("after"))
    .order_by(_l.place)
    .limit(PIECE)
)
_piece = select(_e.id, _e.at).where(_e.id > bindparam("after")).order_by(_e.id).limit(PIECE).subquery("piece")
_EVENTS: Final = (
    select(_piece.c.id, _piece.c.at, _l.place, _w.event_id.label("waiting"))
    .outerjoin_from(_piece, t.audit_link, _l.event_id == _piece.c.id)
    .outerjoin(t.audit_waiting, _w.event_id == _piece.c.id)
    .order_by(_piece.c.id)
)
_GONE: Final = (
    select(_w.event_id).outerjoin(t.audit_event, _e.id == _w.event_id).where(_e.id.is_(None)).order_by(_w.event_id)
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is checked, with what, and how thoroughly: of the signatures of credentials all, or those whose turn it is."""

    store: Store
    issuers: Issuers
    every_signature: bool
    now: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a check is, and what it has found. Small enough to be written down after each piece."""

    stage: Stage = "links"
    after: int = 0
    hash: str = BEGINNING
    seen: int = 0  # rows looked at, of all kinds
    changed: int = 0
    untold: int = 0
    told: tuple[Finding, ...] = ()

    def found(self, findings: list[Finding]) -> "Progress":
        """The same, with more that was found; the worst of it first among what is kept in words."""
        kept = sorted((*self.told, *findings), key=lambda each: ("changed", "untold", "remark").index(each.how))
        return replace(
            self,
            changed=self.changed + sum(each.how == "changed" for each in findings),
            untold=self.untold + sum(each.how == "untold" for each in findings),
            told=tuple(kept[:TOLD]),
        )

    def _next(self) -> "Progress":
        stage = STAGES[STAGES.index(self.stage) + 1]
        return replace(self, stage=stage, after=-(2**63) if stage == "events" else 0, hash="")


def piece(progress: Progress, asked: Asked) -> Progress:
    """Check the next piece. It only reads, so doing one twice is harmless, and nothing is held while it runs."""
    work: Mapping[str, Callable[[Progress, Asked], Progress]] = {
        "links": _links,
        "events": _events,
        "heads": _heads,
        "certificates": _certificates,
    }
    return work[progress.stage](progress, asked) if progress.stage in work else progress


def rows_in_all(store: Store) -> int:
    """How many rows a check looks at, to say how far it is."""
    tables = (t.audit_link, t.audit_event, t.audit_head, t.certificate)
    return sum(int(store.look(select(func.count()).select_from(table))[0][0]) for table in tables)


def _links(progress: Progress, asked: Asked) -> Progress:
    rows = asked.store.look(_LINKS, {"after": progress.after})
    if not rows:
        return progress._next()
    links = [_link_of(row) for row in rows]
    found = faults(progress.hash or None, progress.after, links)
    found += held_heads.late(asked.store, links) + certificates.gone(asked.store, links)
    on = replace(progress, after=rows[-1].place, hash=rows[-1].hash, seen=progress.seen + len(rows))
    return on.found(found)


def _link_of(row: Row[Any]) -> Link:
    return Link(row.place, row.event_id, row.hash, row.code, event_of(row) if row.id is not None else None)


def _events(progress: Progress, asked: Asked) -> Progress:
    """Every event has a place, or waits for one since a short while; nothing waits that is gone."""
    rows = asked.store.look(_EVENTS, {"after": progress.after})
    if not rows:
        gone = [
            f"event {row.event_id}: taken out before it had a place." for row in asked.store.look(_GONE.limit(TOLD))
        ]
        return progress.found([Finding("changed", says) for says in gone])._next()
    placeless = [row for row in rows if row.place is None]
    found = [
        Finding("changed", f"event {row.id}: put in beside the chain; it has no place and waits for none.")
        for row in placeless
        if row.waiting is None and not _has_place(asked.store, row.id)
    ]
    late = [row for row in placeless if row.waiting is not None and row.at < asked.now - SOON]
    if late:
        says = (
            f"{len(late)} events wait for their place, the first from {late[0].at:%Y-%m-%d %H:%M}: is a worker running?"
        )
        found.append(Finding("untold", says))
    return replace(progress, after=rows[-1].id, seen=progress.seen + len(rows)).found(found)


def _has_place(store: Store, event: int) -> bool:
    """Look once more: on PostgreSQL it is one statement, so what is linked meanwhile is seen wholly; a second look costs nothing."""
    return bool(store.look(select(_l.place).where(_l.event_id == event)))


def _heads(progress: Progress, asked: Asked) -> Progress:
    end, found, seen = held_heads.checked(asked.store, asked.issuers, progress.after, now=asked.now)
    on = replace(progress, after=end, seen=progress.seen + seen).found(found)
    if seen:
        return on
    doubted = list(issuer_keys.checked(asked.store))  # looked at again, since a key may be given up between two queries
    return on.found(list(issuer_keys.checked(asked.store)) if doubted else [])._next()


def _certificates(progress: Progress, asked: Asked) -> Progress:
    end, found, seen = certificates.checked(
        asked.store, asked.issuers, progress.after, every=asked.every_signature, now=asked.now
    )
    on = replace(progress, after=end, seen=progress.seen + seen).found(found)
    return on if seen else on._next()

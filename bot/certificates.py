"""What a certificate code turns out to be, whose certificates are whose, and certificates revoked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Literal

from sqlalchemy import Connection, Select, bindparam, select, update

from bot import codes
from bot.store import audit, checking, moment, papers, tables as t
from bot.store.database import Store

# "later": somebody has asked for too many codes that do not exist, so nothing was looked up.
Verdict = Literal["valid", "mistyped", "unknown", "revoked", "expired", "replaced", "later"]


@dataclass(frozen=True, slots=True)
class CheckedCertificate:
    """What is known of a code: the verdict, and what an employer may see. Nothing to find her by; her name is shown masked.

    `assessed` is what completing it asked for: `bot/completion/issuing.py` writes it.
    """

    verdict: Verdict
    code: str  # as it is written on paper, where it could be read
    title: Mapping[str, str] | None = None
    minutes: int = 0
    issued_at: datetime | None = None
    revoked_at: datetime | None = None
    kind: str = "course"
    name: str | None = None  # in full: whoever shows it masks it first
    level: int = 0
    assessed: Mapping[str, Any] = field(default_factory=dict)
    expires_at: datetime | None = None
    learner_id: int = 0
    course: str = ""  # its id, or the programme's


@dataclass(frozen=True, slots=True)
class Held:
    """One of a learner's own certificates."""

    course: str
    code: str
    title: Mapping[str, str]
    kind: str = "course"


_c: Final = t.certificate.c
_OF_LEARNER = (
    select(_c.course, _c.code, _c.title, _c.kind)
    .where(_c.learner_id == bindparam("of"), _c.replaced_by.is_(None), _c.revoked_at.is_(None))
    .order_by(_c.issued_at.desc(), _c.id.desc())
)
_LOST = (
    select(_c.course, _c.code, _c.title, _c.kind)
    .where(_c.learner_id == bindparam("of"), _c.replaced_by.is_(None), _c.revoked_at.is_not(None))
    .order_by(_c.issued_at.desc(), _c.id.desc())
)
_WHOLES = (
    select(_c.id, _c.code, _c.course, _c.assessed)
    .where(_c.learner_id == bindparam("of"), _c.kind == "programme", _c.revoked_at.is_(None))
    .where(
        _c.replaced_by.is_(None)
    )  # as no replaced one stands, nothing is lost by it; and so the index of hers is used
    .order_by(_c.id)
)
_PARTS = select(_c.course).where(
    _c.learner_id == bindparam("of"), _c.kind == "course", _c.replaced_by.is_(None), _c.revoked_at.is_(None)
)


def check(store: Store, text: str, *, now: datetime) -> CheckedCertificate:
    """Look a code up as somebody typed it. One that its check symbol refuses is mistyped and costs no query."""
    code = codes.read(text)
    if code is None:
        return CheckedCertificate("mistyped", text.strip()[:20])
    found = store.quick_look(checking.CHECKED, {"code": code})
    if not found:
        return CheckedCertificate("unknown", codes.written(code))
    row = found[0]
    row = row._replace(
        issued_at=moment.read(row.issued_at),
        revoked_at=moment.read(row.revoked_at),
        expires_at=moment.read(row.expires_at),
    )
    return CheckedCertificate(
        verdict_of(row._asdict(), now),
        codes.written(code),
        _says(row.title),
        row.minutes,
        row.issued_at,
        row.revoked_at,
        row.kind,
        row.name,
        row.level,
        _says(row.assessed or "{}"),
        row.expires_at,
        row.learner_id,
        row.course,
    )


@lru_cache(maxsize=4096)
def _says(kept: str) -> Mapping[str, Any]:
    """What a column of a certificate says: the same for a whole class."""
    says: Mapping[str, Any] = json.loads(kept)
    return says


def verdict_of(row: Mapping[str, Any], now: datetime) -> Verdict:
    """What the row of a certificate says of it now."""
    if row["replaced_by"]:
        return "replaced"
    if row["revoked_at"]:
        return "revoked"
    return "expired" if row["expires_at"] and row["expires_at"] <= now else "valid"


def held_by(store: Store, learner_id: int) -> tuple[Held, ...]:
    """A learner's certificates that are not revoked, newest first."""
    return _hers(store, _OF_LEARNER, learner_id)


def lost_by(store: Store, learner_id: int) -> tuple[Held, ...]:
    """A learner's certificates that were revoked, and not replaced by corrected ones."""
    return _hers(store, _LOST, learner_id)


def _hers(store: Store, query: Select[Any], learner_id: int) -> tuple[Held, ...]:
    return tuple(
        Held(row.course, codes.written(row.code), json.loads(row.title), row.kind)
        for row in store.look(query, {"of": learner_id})
    )


def revoke(store: Store, code: str, why: str, who: str, *, now: datetime) -> tuple[str, ...]:
    """Revoke a certificate and write it to the audit, with its paper forgotten; returns the codes revoked, as they are written: none where it was not valid.

    A programme whose certificate rests on this course's is revoked with it, for that reason, unless what else she holds
    is still enough for it.
    """
    with store.begin() as connection:
        return revoked_in(connection, code, why, who, now=now)


def revoked_in(connection: Connection, code: str, why: str, who: str, *, now: datetime) -> tuple[str, ...]:
    """The same within a transaction that is open. What people still had to ask about it is settled with it."""
    if not _gone(connection, code, why, who, now):
        return ()
    part = connection.execute(select(_c.learner_id, _c.kind).where(_c.code == code)).one()
    more = _wholes_that_fall(connection, part.learner_id) if part.kind == "course" else []
    for whole in more:
        _gone(connection, whole, f"its part {codes.written(code)} was revoked: {why}", who, now)
    return (codes.written(code), *map(codes.written, more))


def _gone(connection: Connection, code: str, why: str, who: str, now: datetime) -> bool:
    """Revoke this one alone; False where it did not stand."""
    still = update(t.certificate).where(_c.code == code, _c.revoked_at.is_(None))
    if not connection.execute(still.values(revoked_at=now, revoked_why=why[:200])).rowcount:
        return False
    d = t.doubt.c
    its = d.certificate_id == select(_c.id).where(_c.code == code).scalar_subquery()
    settled = {"settled_at": now, "settled_by": who, "outcome": "revoked", "why": why[:200]}
    connection.execute(update(t.doubt).where(its, d.settled_at.is_(None)).values(settled))
    told = json.dumps({"code": code, "why": why}, ensure_ascii=False)
    audit.note(connection, who, audit.REVOKED, told, now=now)
    papers.drop(connection, [code])
    return True


def _wholes_that_fall(connection: Connection, learner_id: int) -> list[str]:
    """The codes of her programmes that what she still holds is not enough for, by the rule each was issued under."""
    held = {row.course for row in connection.execute(_PARTS, {"of": learner_id})}
    fall = []
    for whole in connection.execute(_WHOLES, {"of": learner_id}):
        rule = json.loads(whole.assessed or "{}")
        courses = frozenset(rule.get("courses", ()))
        if len(courses & held) < rule.get("least", len(courses)):
            fall.append(whole.code)
    return fall

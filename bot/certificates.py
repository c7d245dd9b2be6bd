"""The completion tracker, and what a certificate code turns out to be."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Row, bindparam, select, update

from bot import codes
from bot.store import audit, statements, tables as t
from bot.store.database import Store
from bot.store.ids import new_id
from bot.store.statements import Write
from flows.course import Course

Verdict = Literal["valid", "mistyped", "unknown", "revoked"]


@dataclass(frozen=True, slots=True)
class CheckedCertificate:
    """What is known of a code: the verdict, and what an employer may see. No name, and nothing to find her by."""

    verdict: Verdict
    code: str  # as it is written on paper, where it could be read
    title: Mapping[str, str] | None = None
    minutes: int = 0
    issued_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """One of a learner's own certificates."""

    course: str
    code: str
    title: Mapping[str, str]


_BY_CODE = select(t.certificate).where(t.certificate.c.code == bindparam("code"))
_OF_LEARNER = (
    select(t.certificate.c.course, t.certificate.c.code, t.certificate.c.title)
    .where(t.certificate.c.learner_id == bindparam("of"), t.certificate.c.revoked_at.is_(None))
    .order_by(t.certificate.c.issued_at.desc(), t.certificate.c.id.desc())
)
_FOR_COURSE = select(t.certificate.c.code, t.certificate.c.revoked_at).where(
    t.certificate.c.learner_id == bindparam("of"), t.certificate.c.course == bindparam("course")
)


def check(store: Store, text: str) -> CheckedCertificate:
    """Look a code up as somebody typed it. One that its check symbol refuses is mistyped and costs no query."""
    code = codes.read(text)
    if code is None:
        return CheckedCertificate("mistyped", text.strip()[:20])
    found: Row[tuple[object, ...]] | None = next(iter(store.look(_BY_CODE, {"code": code})), None)
    if found is None:
        return CheckedCertificate("unknown", codes.written(code))
    row = found._mapping
    verdict: Verdict = "revoked" if row["revoked_at"] else "valid"
    return CheckedCertificate(
        verdict, codes.written(code), json.loads(row["title"]), row["minutes"], row["issued_at"], row["revoked_at"]
    )


def held_by(store: Store, learner_id: int) -> tuple[Held, ...]:
    """A learner's valid certificates, newest first."""
    return tuple(
        Held(row.course, codes.written(row.code), json.loads(row.title))
        for row in store.look(_OF_LEARNER, {"of": learner_id})
    )


def complete(store: Store, course: Course, learner_id: int, *, now: datetime) -> tuple[str | None, Write | None]:
    """What completing a course leads to: the certificate's code as it is written, and the row that issues it.

    A learner who completes once more has the code she has, and no row; one whose certificate was revoked has
    neither. The table allows one certificate for a learner and course, so two completions at once issue one.
    """
    held = next(iter(store.look(_FOR_COURSE, {"of": learner_id, "course": course.id})), None)
    if held is not None:
        return (None if held.revoked_at else codes.written(held.code)), None
    return _issue(course, learner_id, now=now)


def _issue(course: Course, learner_id: int, *, now: datetime) -> tuple[str, Write]:
    code = codes.draw(secrets.randbelow)
    row = Write(
        statements.CERTIFIED,
        {
            "id": new_id(now),
            "learner_id": learner_id,
            "course": course.id,
            "version": course.version,
            "code": code,
            "title": json.dumps(dict(course.title.words), ensure_ascii=False),
            "minutes": course.minutes,
            "issued_at": now,
        },
    )
    return codes.written(code), row


def revoke(store: Store, code: str, why: str, who: str, *, now: datetime) -> bool:
    """Revoke a certificate and write it to the audit; False where there is no such valid one."""
    with store.begin() as connection:
        done = connection.execute(
            update(t.certificate)
            .where(t.certificate.c.code == code, t.certificate.c.revoked_at.is_(None))
            .values(revoked_at=now, revoked_why=why[:200])
        )
        if done.rowcount:
            told = json.dumps({"code": code, "why": why}, ensure_ascii=False)
            audit.note(connection, who, "revoke", told, now=now)
        return done.rowcount == 1

"""The ledger of a learner's hours: every certificate she was ever given, what each took, and what they come to."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select

from bot import certificates, codes
from bot.store import tables as t
from bot.store.database import Store

_c = t.certificate.c
_ALL: Final = select(t.certificate).where(_c.learner_id == bindparam("of")).order_by(_c.issued_at, _c.id)
_NAME: Final = select(t.identity.c.name).where(t.identity.c.learner_id == bindparam("of"))


@dataclass(frozen=True, slots=True)
class Line:
    """One certificate in the ledger. Of a programme only the minutes count that are in none of its courses."""

    code: str
    kind: str
    id: str
    title: Mapping[str, str]
    minutes: int
    counts: int  # of these minutes
    level: int
    issued_at: datetime
    verdict: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Transcript:
    """A learner's ledger."""

    name: str | None
    lines: tuple[Line, ...]

    @property
    def minutes(self) -> int:
        """What she has learnt in all, no minute counted twice."""
        return sum(line.counts for line in self.lines)


def of(store: Store, learner_id: int, *, now: datetime) -> Transcript:
    """Her ledger; what was revoked, replaced or has expired is in it, and counts nothing."""
    rows = store.look(_ALL, {"of": learner_id})
    verdicts = [certificates.verdict_of(dict(row._mapping), now) for row in rows]
    held = {
        row.course: row.minutes
        for row, verdict in zip(rows, verdicts, strict=True)
        if row.kind == "course" and verdict == "valid"
    }
    lines = []
    for row, verdict in zip(rows, verdicts, strict=True):
        parts = json.loads(row.assessed or "{}").get("courses", ()) if row.kind == "programme" else ()
        counts = max(0, row.minutes - sum(held.get(part, 0) for part in parts)) if verdict == "valid" else 0
        what = (codes.written(row.code), row.kind, row.course, json.loads(row.title), row.minutes, counts)
        lines.append(Line(*what, row.level, row.issued_at, verdict, row.name))
    name = next((row.name for row in store.look(_NAME, {"of": learner_id})), None)
    return Transcript(name, tuple(lines))

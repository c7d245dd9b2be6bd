"""Open doubts, the worst first, and what people decided: fine, or revoked."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Select, func, select, update

from bot import certificates, codes, coordinators
from bot.coordinators import Refused as Refused
from bot.doubts.rules import in_words
from bot.store import audit, tables as t
from bot.store.database import Store

RIGHT: Final = "approve"
OUTCOMES: Final = ("fine", "revoked")
_c, _d = t.certificate.c, t.doubt.c
_OPEN: Final = _d.settled_at.is_(None)


@dataclass(frozen=True, slots=True)
class Asked:
    """A certificate that people should ask about, and all that was seen."""

    code: str  # as it is written
    learner_id: int
    course: str
    issued_at: datetime
    level: int
    attested_by: str | None
    score: int  # of all its doubts together
    seen: tuple[tuple[str, str], ...]  # kind, and what was seen in words


def waiting(store: Store, course: str | None = None, *, most: int) -> tuple[list[Asked], int]:
    """Up to `most` certificates with open doubts, the worst first, and how many there are in all.

    It costs as much as there are open doubts, and not as there are certificates.
    """
    score = func.sum(_d.score).label("score")
    of_course = (_c.course == course,) if course else ()
    each = select(_d.certificate_id, score).where(_OPEN).group_by(_d.certificate_id)
    if of_course:
        each = each.join(t.certificate, _c.id == _d.certificate_id).where(*of_course)
    count = int(store.look(select(func.count()).select_from(each.subquery()))[0][0])
    worst = each.order_by(score.desc(), _d.certificate_id).limit(most).subquery("worst")
    query = select(t.certificate, worst.c.score).join(worst, worst.c.certificate_id == _c.id)
    rows = store.look(query.order_by(worst.c.score.desc(), _c.id))
    seen = store.look(_seen(row.id for row in rows)) if rows else ()
    return [_asked(row, [one for one in seen if one.certificate_id == row.id]) for row in rows], count


def may_decide(store: Store, who: str) -> str:
    """The name of a coordinator who may decide about certificates. Raises Refused for anybody else."""
    return str(coordinators.entitled(store, who, RIGHT).name)


def settle(store: Store, code: str, outcome: str, why: str, who: str, *, now: datetime) -> tuple[str, ...]:
    """Keep what people decided about a certificate, for all that was open; returns the codes revoked, none where it is fine.

    Whoever vouched for her does not decide: that would be to answer for oneself. Raises Refused.
    """
    name = may_decide(store, who)
    with store.begin() as connection:
        found = connection.execute(select(t.certificate).where(_c.code == code)).one_or_none()
        if found is None:
            raise Refused(f"There is no certificate {codes.written(code)}.")
        not_her_own(found, name)
        its = (_d.certificate_id == found.id, _OPEN)
        settled = {"settled_at": now, "settled_by": name, "outcome": outcome, "why": why[:200]}
        if not connection.execute(update(t.doubt).where(*its).values(settled)).rowcount:
            raise Refused(f"Nothing is open about {codes.written(code)}.")
        told = json.dumps({"code": code, "outcome": outcome, "why": why}, ensure_ascii=False)
        audit.note(connection, name, "settle doubts", told, now=now)
        return certificates.revoked_in(connection, code, why, name, now=now) if outcome == "revoked" else ()


def not_her_own(certificate: Row[Any], name: str) -> None:
    """Raises Refused where this very coordinator vouched for the learner."""
    if certificate.attested_by and certificate.attested_by.casefold() == name.casefold():
        raise Refused(f"{name} vouched for this learner herself: somebody else asks and decides.")


def _seen(certificate_ids: Any) -> Select[Any]:
    query = select(_d.certificate_id, _d.kind, _d.seen).where(_OPEN, _d.certificate_id.in_(list(certificate_ids)))
    return query.order_by(_d.score.desc(), _d.id)


def _asked(row: Row[Any], seen: Sequence[Row[Any]]) -> Asked:
    said = tuple((each.kind, in_words(each.kind, json.loads(each.seen))) for each in seen)
    known = (codes.written(row.code), row.learner_id, row.course, row.issued_at, row.level, row.attested_by)
    return Asked(*known, int(row.score), said)

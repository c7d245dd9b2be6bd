"""The audit as people read it: what was done, by whom, and where it stands in the chain."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, or_, select

from bot.auditing.chain import Event
from bot.auditing.linking import event_of
from bot.store import tables as t
from bot.store.database import Store

_e, _l = t.audit_event.c, t.audit_link.c
_EVENTS: Final = select(t.audit_event, _l.place).outerjoin_from(t.audit_event, t.audit_link, _l.event_id == _e.id)


@dataclass(frozen=True, slots=True)
class Placed:
    """An event and its place; None where it has none yet."""

    event: Event
    place: int | None


def newest(
    store: Store, *, since: datetime | None = None, code: str | None = None, who: str | None = None, most: int
) -> Sequence[Placed]:
    """The newest events, up to `most`, the oldest of them first; those since a moment, about a certificate, by somebody."""
    query = _EVENTS
    if since is not None:
        query = query.where(_e.at >= since)
    if who is not None:
        query = query.where(_e.who == who)
    if code is not None:
        waits = _e.id.in_(select(t.audit_waiting.c.event_id))
        written = f"{code[:4]}-{code[4:8]}-{code[8:]}"
        about = or_(_e.about.contains(code, autoescape=True), _e.about.contains(written, autoescape=True))
        query = query.where(or_(_e.id.in_(select(_l.event_id).where(_l.code == code)), and_(waits, about)))
    rows = store.look(query.order_by(_e.id.desc()).limit(most))
    return [Placed(event_of(row), row.place) for row in reversed(rows)]

"""What learners asked of a person: calls, problems, their rights over their data; open until somebody closes it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, func, or_, select, update

from bot.announcements.replies import UNREAD
from bot.store import audit, tables as t
from bot.store.addresses import latest_of
from bot.store.database import Store

OPEN: Final = (
    select(
        t.request,
        t.address.c.identifier,
        t.profile.c.place,
        t.learner.c.district,
        t.learner.c.locale,
        t.inbound_message.c.text,
    )
    .select_from(
        t.request.join(t.learner, t.learner.c.id == t.request.c.learner_id)
        .outerjoin(t.address, t.address.c.id == latest_of(t.request.c.learner_id, shared=True))
        .outerjoin(t.profile, t.profile.c.learner_id == t.request.c.learner_id)
        .outerjoin(t.inbound_message, t.inbound_message.c.id == t.request.c.inbound_id)
    )
    .where(t.request.c.closed_at.is_(None))
    .order_by(t.request.c.due_at)
)


def still_open(store: Store, *, most: int) -> Sequence[Row[Any]]:
    """The open requests, the one due first at the top, each with the number to ring, her place where she shares it, and what she wrote.

    Words that nothing understood ask nothing of anybody: they are in the inbox alone.
    """
    return store.look(OPEN.where(t.request.c.about != UNREAD).limit(most))


def close(store: Store, request_id: int, who: str, *, now: datetime) -> bool:
    """Close a request, noting who did; False where none is open under this id."""
    with store.begin() as connection:
        closed = connection.execute(
            update(t.request).where(t.request.c.id == request_id, t.request.c.closed_at.is_(None)).values(closed_at=now)
        )
        if closed.rowcount:
            audit.note(connection, who, "close request", str(request_id), now=now)
        return closed.rowcount == 1


def count(store: Store, district: str | None, *, without: Collection[str]) -> dict[str, int]:
    """How many requests are open, by what they are about; of a district and of those who named none, or of all."""
    hers = t.request.join(t.learner, t.learner.c.id == t.request.c.learner_id)
    query = select(t.request.c.about, func.count()).select_from(hers)
    query = query.where(t.request.c.closed_at.is_(None), t.request.c.about.not_in(without))
    if district is not None:
        query = query.where(or_(t.learner.c.district == district, t.learner.c.district.is_(None)))
    return dict(map(tuple, store.look(query.group_by(t.request.c.about))))

"""What learners asked of a person: calls, problems, their rights over their data; open until somebody closes it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, insert, select, update

from bot.store import tables as t
from bot.store.database import Store
from bot.store.ids import new_id

_LATEST: Final = (
    select(t.address.c.identifier)
    .where(t.address.c.learner_id == t.request.c.learner_id)
    .order_by(t.address.c.last_inbound_at.desc().nulls_last())
    .limit(1)
    .scalar_subquery()
    .label("identifier")
)
_OPEN: Final = (
    select(t.request, _LATEST, t.learner.c.district, t.inbound_message.c.text)
    .select_from(
        t.request.join(t.learner, t.learner.c.id == t.request.c.learner_id).outerjoin(
            t.inbound_message, t.inbound_message.c.id == t.request.c.inbound_id
        )
    )
    .where(t.request.c.closed_at.is_(None))
    .order_by(t.request.c.due_at)
)


def still_open(store: Store, *, most: int) -> Sequence[Row[Any]]:
    """The open requests, the one due first at the top, each with the number to ring and what she wrote."""
    return store.look(_OPEN.limit(most))


def close(store: Store, request_id: int, who: str, *, now: datetime) -> bool:
    """Close a request, noting who did; False where none is open under this id."""
    with store.begin() as connection:
        closed = connection.execute(
            update(t.request).where(t.request.c.id == request_id, t.request.c.closed_at.is_(None)).values(closed_at=now)
        )
        if closed.rowcount:
            connection.execute(
                insert(t.audit_event).values(
                    id=new_id(now), at=now, who=who, did="close request", about=str(request_id)
                )
            )
        return closed.rowcount == 1

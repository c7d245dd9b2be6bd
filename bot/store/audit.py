"""Who did what, appended in the transaction of the deed and never changed."""

from datetime import datetime

from sqlalchemy import Connection, insert

from bot.store import tables as t
from bot.store.ids import new_id


def note(connection: Connection, who: str, did: str, about: str, *, now: datetime) -> None:
    """Write one deed down: who, what, and about which thing; stands or falls with the transaction it is in."""
    connection.execute(insert(t.audit_event).values(id=new_id(now), at=now, who=who, did=did, about=about))

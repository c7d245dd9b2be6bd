"""Events get their places in the chain once they are committed, a batch at a time: no deed waits for another."""

from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select
from sqlalchemy.exc import IntegrityError

from bot.auditing.chain import BEGINNING, Event, chained
from bot.store import tables as t
from bot.store.database import Store

BATCH: Final = 500  # some 20 ms; more wait for the next ring of the bell

_e, _l, _w = t.audit_event.c, t.audit_link.c, t.audit_waiting.c
_LAST: Final = select(_l.place, _l.hash).order_by(_l.place.desc()).limit(1)
_WAITING: Final = (
    select(t.audit_event, _l.place)
    .join(t.audit_waiting, _w.event_id == _e.id)
    .outerjoin(t.audit_link, _l.event_id == _e.id)
    .order_by(_e.id)
    .limit(BATCH)
)
_ANY: Final = select(_w.event_id).limit(1)


def link(store: Store) -> int:
    """Give a batch of events their places, in the order of their ids; how many.

    An event whose transaction committed late comes after others that are younger: the order of the chain is that of linking.
    Harmless twice: two at once want the same places, the table lets one have them, and the other does nothing. Harmless
    never, but for this: until an event is linked, who has the database may change it unseen. A killed one has written nothing.
    """
    if not store.look(_ANY):
        return 0
    try:
        with store.begin() as connection:
            return _link(connection)
    except IntegrityError:  # another worker has linked them
        return 0


def last(store: Store) -> tuple[int, str]:
    """Where the chain ends now: its last place and the hash there."""
    rows = store.look(_LAST)
    return (rows[0].place, rows[0].hash) if rows else (0, BEGINNING)


def is_behind(store: Store) -> bool:
    """Whether more wait than one batch: then how the chain ends says little, and is not signed yet."""
    return len(store.look(select(_w.event_id).limit(BATCH + 1))) > BATCH


def event_of(row: Row[Any]) -> Event:
    """A row of audit_event."""
    return Event(row.id, row.at, row.who, row.did, row.about)


def _link(connection: Connection) -> int:
    end = connection.execute(_LAST).one_or_none()
    rows = connection.execute(_WAITING).all()
    # One that has a place, and was written among those that wait by hand, must not keep the others from theirs.
    events = [event_of(row) for row in rows if row.place is None]
    links = chained(end.hash if end else BEGINNING, end.place if end else 0, events)
    if links:
        connection.execute(
            insert(t.audit_link),
            [{"place": each.place, "event_id": each.event_id, "hash": each.hash, "code": each.code} for each in links],
        )
    if rows:
        connection.execute(delete(t.audit_waiting).where(_w.event_id.in_([row.id for row in rows])))
    return len(links)

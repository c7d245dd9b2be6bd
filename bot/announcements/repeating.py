"""An announcement that comes every week: a copy of it waits for the same hour seven days later."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert

from bot.store import tables as t
from bot.store.ids import new_id

WEEK = timedelta(days=7)


def again(connection: Connection, ours: Row[Any], now: datetime) -> int:
    """Write the copy that waits for next week, approved as this one was, and return its id.

    In the transaction in which this one begins, so there is one copy for each week. Weeks that were missed, with every
    process down, are not made up for. That it went beyond the weekly cap was said of this week, and holds for no other.
    """
    due = ours.due_at or now
    while due <= now:
        due += WEEK  # Malaysia has no summer time: the same hour there is the same hour here
    kept = ("author", "words", "course", "district", "segment", "urgent", "size", "every_week")
    row = {name: getattr(ours, name) for name in (*kept, "rehearsed_at", "approved_by", "approved_at")}
    row |= {"id": new_id(now), "status": "waiting", "due_at": due, "after": 0, "created_at": now}
    connection.execute(insert(t.broadcast).values(row))
    return int(row["id"])

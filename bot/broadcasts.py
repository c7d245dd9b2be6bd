"""Announcements as the workers and other commands use them: checked, planned, begun at once, spread, stopped, watched."""

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import insert

from bot.announcements import moves, spreading, stopping
from bot.announcements.planning import Plan as Plan, plan as plan
from bot.announcements.progress import Progress as Progress, progress as progress
from bot.announcements.texts import Unfit as Unfit, check as check
from bot.audience import Audience
from bot.pushes import Pushes
from bot.store import audit, tables as t
from bot.store.database import Store
from bot.store.ids import new_id

BY_COMMAND = "titian broadcast cancel"  # who cancelled it, where nobody gave a name


def approve(store: Store, author: str, words: Mapping[str, str], audience: Audience, *, now: datetime) -> int:
    """Begin sending an announcement without a draft, and return its id; the workers spread it from here on. In the audit too."""
    made = new_id(now)
    begun = {"status": "sending", "after": 0, "created_at": now, "joined_by": now, "due_at": now}
    with store.begin() as connection:
        connection.execute(
            insert(t.broadcast).values(
                id=made,
                author=author,
                words=json.dumps(dict(words), ensure_ascii=False),
                course=audience.course,
                district=audience.district,
                segment=audience.segment,
                approved_by=author,
                approved_at=now,
                **begun,
            )
        )
        audit.note(connection, author, "broadcast", json.dumps({"id": made}), now=now)
    return made


def cancel(store: Store, broadcast_id: int, *, now: datetime, who: str = BY_COMMAND) -> int:
    """Stop an announcement in the middle and return how many learners it will not reach; what is being sent goes out.

    Raises moves.Refused where it is done.
    """
    moves.cancel(store, broadcast_id, who, now=now)
    return stopping.settle(store, broadcast_id, now=now)


def spread(store: Store, sender: Pushes, *, now: datetime, most: int = 0) -> int:
    """Do the next piece of what announcements need: rows of `most` learners, or rows that are to be stopped or let go on.

    Returns how many learners or rows that were, 0 where nothing is left to do. May run twice or never.
    """
    return stopping.tidy(store, now=now) + spreading.spread(store, sender, now=now, most=most)

"""An announcement before anything of it goes out: written, looked at, changed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from bot.announcements.moves import Refused, moved
from bot.audience import Audience
from bot.store import audit, tables as t
from bot.store.database import Store
from bot.store.ids import new_id

_b = t.broadcast.c


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to announce: the text in each language, for whom, and when it is to go (None: once it is approved)."""

    author: str
    words: Mapping[str, str]
    audience: Audience = Audience()  # noqa: RUF009 - nothing changes it
    at: datetime | None = None
    every_week: bool = False
    urgent: bool = False


def write(store: Store, draft: Draft, *, now: datetime) -> int:
    """Keep a draft and return its id. Nobody gets it before it is approved."""
    made = new_id(now)
    with store.begin() as connection:
        row = {"id": made, "author": draft.author, "status": "draft", "after": 0, "created_at": now}
        connection.execute(insert(t.broadcast).values(row | _kept(draft)))
        audit.note(connection, draft.author, "announcement drafted", json.dumps({"id": made}), now=now)
    return made


def change(store: Store, announcement: int, draft: Draft, *, now: datetime) -> None:
    """Write a draft anew; it has to be rehearsed again. Raises Refused where it is no draft any more."""
    with store.begin() as connection:
        values = _kept(draft) | {"rehearsed_at": None}
        if not moved(connection, announcement, ("draft",), values):
            raise Refused("it is no draft any more: take it back first, or write another one")
        audit.note(connection, draft.author, "announcement changed", json.dumps({"id": announcement}), now=now)


def look(store: Store, announcement: int) -> Row[Any]:
    """One announcement as it stands. Raises LookupError where there is none with this id."""
    found = store.look(select(t.broadcast).where(_b.id == announcement))
    if not found:
        raise LookupError(f"there is no announcement {announcement}")
    return found[0]


def newest(store: Store, *, most: int) -> Sequence[Row[Any]]:
    """The newest announcements, the newest first."""
    return store.look(select(t.broadcast).order_by(_b.id.desc()).limit(most))


def audience_of(row: Row[Any]) -> Audience:
    """For whom an announcement is."""
    return Audience(row.course, row.district, row.segment)


def rehearsed(store: Store, announcement: int, who: str, *, now: datetime) -> None:
    """Note that its author has read it on her own phone."""
    with store.begin() as connection:
        connection.execute(update(t.broadcast).where(_b.id == announcement).values(rehearsed_at=now))
        audit.note(connection, who, "announcement rehearsed", json.dumps({"id": announcement}), now=now)


def _kept(draft: Draft) -> dict[str, Any]:
    return {
        "words": json.dumps(dict(draft.words), ensure_ascii=False),
        "course": draft.audience.course,
        "district": draft.audience.district,
        "segment": draft.audience.segment,
        "urgent": draft.urgent,
        "every_week": draft.every_week,
        "due_at": draft.at,
    }

"""That certificates are deleted with a learner's data, because she asked for it: written down first, so that nobody misses them."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from bot import codes
from bot.store import audit, tables as t
from bot.store.database import Store


def certificates_of(store: Store, learner_id: int) -> list[str]:
    """The codes of all her certificates, as they are written, whatever became of them."""
    rows = store.look(select(t.certificate.c.code).where(t.certificate.c.learner_id == learner_id))
    return sorted(codes.written(row.code) for row in rows)


def write_down(store: Store, held: Sequence[str], who: str, *, now: datetime) -> None:
    """Write one event for each of these certificates."""
    with store.begin() as connection:
        for code in held:
            audit.note(connection, who, audit.ERASED, json.dumps({"code": code}), now=now)

"""Certificates looked at for doubts, once each, an hour after they were issued."""

import json
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot import codes
from bot.doubts import known, rules
from bot.doubts.rules import Doubt
from bot.store import tables as t
from bot.store.database import Store
from bot.store.ids import earliest_id, new_id

BATCH: Final = 20
WAITS: Final = timedelta(hours=1)  # so that what came around it is there too: the rest of a night, or of a burst

log = logging.getLogger(__name__)
_c: Final = t.certificate.c
_WAITING: Final = (
    select(_c.id, _c.learner_id, _c.course, _c.minutes, _c.issued_at, _c.attested_by, _c.kind, _c.revoked_at)
    .where(_c.looked_at.is_(None), _c.id <= bindparam("until"))
    .order_by(_c.id)
    .limit(bindparam("most"))
)


def look(store: Store, zone: ZoneInfo, *, now: datetime, most: int = BATCH) -> int:
    """Look at up to `most` certificates that nobody has looked at; how many there were.

    Harmless twice: a certificate has one doubt of each kind. Harmless never: the row waits. A worker that dies has written
    all about a certificate or nothing. One that cannot be looked at is told to the log and keeps the others waiting no longer.
    """
    rows = store.look(_WAITING, {"until": earliest_id(now - WAITS), "most": most})
    for row in rows:
        try:
            found = _found(store, row, zone)
        except Exception as error:
            log.error("not looked at for doubts", extra={"certificate": row.id}, exc_info=error)
            found = []
        with store.begin() as connection:
            done = update(t.certificate).where(_c.id == row.id, _c.looked_at.is_(None)).values(looked_at=now)
            if connection.execute(done).rowcount:
                for each in found:
                    raise_doubt(connection, row.id, each, now=now)
    return len(rows)


def raise_doubt(connection: Connection, certificate_id: int, each: Doubt, *, now: datetime) -> None:
    """Write a doubt down, in the transaction of what led to it. One of a kind that was there before stays as it was."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    seen = json.dumps(dict(each.seen), ensure_ascii=False)
    row = {"id": new_id(now), "certificate_id": certificate_id, "kind": each.kind, "seen": seen, "score": each.score}
    connection.execute(insert(t.doubt).values(row | {"found_at": now}).on_conflict_do_nothing())


def _found(store: Store, row: Row[Any], zone: ZoneInfo) -> Sequence[Doubt]:
    """What is worth asking; of a programme nothing, since its courses are looked at, and of what is revoked nothing any more."""
    if row.kind != "course" or row.revoked_at is not None:
        return []
    found = rules.doubts(known.of(store, row), zone)
    return [_with_code(each) for each in found]


def _with_code(each: Doubt) -> Doubt:
    """A code as people write it."""
    written = {"code": codes.written(each.seen["code"])} if "code" in each.seen else {}
    return Doubt(each.kind, each.score, {**each.seen, **written})

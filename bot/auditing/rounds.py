"""The check of the whole audit, once a day, a piece at a time: how far it is is a row, so that any worker may go on with it."""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.auditing import pieces
from bot.auditing.chain import Finding
from bot.auditing.pieces import Asked, Progress
from bot.store import tables as t
from bot.store.database import Store

EVERY: Final = timedelta(days=1)
THE_ONE: Final = 1

log = logging.getLogger(__name__)
_r: Final = t.audit_round.c
_ROUND: Final = select(t.audit_round).where(_r.id == THE_ONE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the last check that ran to its end found."""

    ended_at: datetime
    seen: int
    changed: int
    untold: int
    told: tuple[Finding, ...]


def go_on(asked: Asked) -> int:
    """Check the next piece, or begin where a day is over; the rows looked at, 0 where there is nothing to do.

    Harmless twice: pieces only read, and of two that checked the same one alone is written down. Harmless never, but that
    nobody is told of a change before somebody asks. A killed one begins its piece anew.
    """
    rows = asked.store.look(_ROUND)
    begun = rows[0] if rows else None
    if begun is None or begun.progress is None:
        return _begin(asked, begun)
    before = progress_in(begun.progress)
    after = pieces.piece(before, asked)
    values: dict[str, Any] = {"progress": as_json(after)}
    if after.stage == "done":
        values = {"progress": None, "ended_at": asked.now, "told": as_json(after)}
    same = update(t.audit_round).where(_r.id == THE_ONE, _r.progress == begun.progress)
    with asked.store.begin() as connection:
        ours = connection.execute(same.values(values)).rowcount == 1
    if ours and after.stage == "done":
        _report(after)
    return max(after.seen - before.seen, 1) if after.stage != "done" else 0


def last(store: Store) -> Outcome | None:
    """What the last one found; None where none has ended yet."""
    rows = store.look(_ROUND)
    if not rows or rows[0].told is None:
        return None
    ended = progress_in(rows[0].told)
    return Outcome(rows[0].ended_at, ended.seen, ended.changed, ended.untold, ended.told)


def as_json(progress: Progress) -> str:
    """How far a check is, to be written down."""
    return json.dumps(asdict(progress), ensure_ascii=False)


def progress_in(text: str) -> Progress:
    """How far it was, as it was written down."""
    kept: Mapping[str, Any] = json.loads(text)
    return replace(Progress(**{**kept, "told": ()}), told=tuple(Finding(**each) for each in kept["told"]))


def _begin(asked: Asked, before: Any) -> int:
    """Begin a check, where the last began a day ago (or in the future, by a clock that was wrong); 1 where it did."""
    if before is not None and asked.now - EVERY < before.began_at <= asked.now:
        return 0
    fresh = {"began_at": asked.now, "progress": as_json(Progress())}
    try:
        with asked.store.begin() as connection:
            if before is None:
                connection.execute(insert(t.audit_round).values(id=THE_ONE, **fresh))
                return 1
            idle = update(t.audit_round).where(_r.id == THE_ONE, _r.progress.is_(None), _r.began_at == before.began_at)
            return connection.execute(idle.values(fresh)).rowcount
    except IntegrityError:  # another worker has begun
        return 0


def _report(ended: Progress) -> None:
    told = {"seen": ended.seen, "changed": ended.changed, "untold": ended.untold}
    if ended.changed:
        log.error("audit changed", extra=told | {"first": ended.told[0].says})
    elif ended.untold:
        log.warning("audit not wholly checked", extra=told | {"first": ended.told[0].says})
    else:
        log.info("audit checked", extra=told)

"""Who did what, appended in the transaction of the deed and never changed: the database refuses it (migration 0016).

So nothing personal may be in it. Learners and messages are named by their ids, certificates by their codes: whose they were
cannot be told any more once a learner's rows are deleted.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, insert

from bot.store import statements, tables as t
from bot.store.ids import new_id
from bot.store.statements import Write

# What may be done to a certificate; bot/auditing/certificates.py holds every certificate against these.
ISSUED: Final = "issue certificate"
FOUND: Final = "found certificate"  # it was there when the audit's chain began
REVOKED: Final = "revoke"
CORRECTED: Final = "correct certificate"
ERASED: Final = "erase certificate"  # its learner's data was deleted, because she asked for it

# Somebody's reason may hold a number all the same: a telephone's, or that of a MyKad.
_numbers: Final = re.compile(r"(?<!\d)(?:\+?6?0[\d -]{8,12}\d|\d{6}[ -]?\d{2}[ -]?\d{4})(?!\d)")


def note(connection: Connection, who: str, did: str, about: str, *, now: datetime) -> None:
    """Write one deed down: who, what, and about which thing; stands or falls with the transaction it is in.

    What reads like somebody's telephone or MyKad number in `about` is left out, for it could never be deleted.
    """
    connection.execute(insert(t.audit_event).values(_event(who, did, about, now)))


def noted(who: str, did: str, about: Mapping[str, Any], *, now: datetime) -> Write:
    """The same as a write of a turn."""
    return Write(statements.NOTED, _event(who, did, json.dumps(about, ensure_ascii=False), now))


def because(writes: Iterable[Write], why: str) -> tuple[Write, ...]:
    """The same writes, whose lines in the audit say why."""

    def told(about: str) -> str:
        return _numbers.sub("(number)", json.dumps(json.loads(about) | {"why": why}, ensure_ascii=False))

    return tuple(
        Write(each.statement, each.values | {"about": told(each.values["about"])})
        if each.statement is statements.NOTED
        else each
        for each in writes
    )


def _event(who: str, did: str, about: str, now: datetime) -> dict[str, Any]:
    return {"id": new_id(now), "at": now, "who": who, "did": did, "about": _numbers.sub("(number)", about)}

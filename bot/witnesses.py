"""Witnesses: who may say that a task was done, and the slips of paper with a code that they hand out."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import insert, select

from bot.store import tables as t
from bot.store.database import Store

DIGITS: Final = 8  # digits alone, since she types them on a keypad; a guess meets a slip in use once in 100 000 tries


def make_codes(
    store: Store, witness: str, count: int, *, now: datetime, randbelow: Callable[[int], int]
) -> tuple[str, ...]:
    """New codes for one witness, each good for one task of one learner."""
    codes: set[str] = set()
    while len(codes) < count:
        codes.add(f"{randbelow(10**DIGITS):0{DIGITS}}")
    rows = [{"code": code, "witness": witness, "made_at": now} for code in sorted(codes)]
    with store.begin() as connection:
        connection.execute(insert(t.witness_code), rows)
    return tuple(written(code) for code in sorted(codes))


def verdict(store: Store, code: str) -> str:
    """What a code is worth: "confirmed" where it may be used now, "used", or "unknown"."""
    found = store.look(
        select(t.task_done.c.code)
        .select_from(t.witness_code.outerjoin(t.task_done, t.task_done.c.code == t.witness_code.c.code))
        .where(t.witness_code.c.code == code)
    )
    if not found:
        return "unknown"
    return "confirmed" if found[0].code is None else "used"


def written(code: str) -> str:
    """A code as people see it.

    >>> written("40221937")
    '4022-1937'
    """
    return f"{code[:4]}-{code[4:]}"

"""Ids drawn before anything is written: in order of time, so that indexes grow at their end, and never asked of the database."""

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_BEGINNING = datetime(2025, 1, 1, tzinfo=UTC)
_RANDOM_BITS = 22

_drawing = threading.Lock()
_drawn = 0  # the id this process drew last
_chance: Callable[[int], int] = secrets.randbits  # so many random bits


@contextmanager
def drawn_by(chance: Callable[[int], int]) -> Iterator[None]:
    """Draw all ids of this process from another source of random bits meanwhile, so that what is played twice is the same."""
    global _drawn, _chance
    kept = _drawn, _chance
    with _drawing:
        _drawn, _chance = 0, chance
    try:
        yield
    finally:
        with _drawing:
            _drawn, _chance = kept


def new_id(now: datetime) -> int:
    """An id for a row made at `now`: milliseconds since 2025, then 22 random bits; 63 bits hold it until 2094.

    Within one process and one millisecond each id is the one after the last, so none comes twice and their order is
    that of drawing. Two processes that draw in the same millisecond meet once in four million draws; the primary key
    then refuses the row and the turn is tried again.
    """
    global _drawn
    first = earliest_id(now)
    with _drawing:
        of_this_millisecond = 0 <= _drawn - first < 1 << _RANDOM_BITS
        _drawn = _drawn + 1 if of_this_millisecond else first | _chance(_RANDOM_BITS)
        return _drawn


def earliest_id(moment: datetime) -> int:
    """The smallest id that a row made at that moment may have: what was made since can be found by its id."""
    milliseconds = int((moment - _BEGINNING).total_seconds() * 1000)
    return milliseconds << _RANDOM_BITS


def run_of_ids(now: datetime, count: int) -> int:
    """The first of `count` ids one after the other, for rows that the database numbers itself; at most 4 million.

    All later ids of this process follow them. They lie within one millisecond, so another process that draws in the same one
    meets them once in (4 million / count) draws: the primary key then refuses, and whoever came second tries again.
    """
    global _drawn
    most = 1 << _RANDOM_BITS
    if not 0 <= count <= most:
        raise ValueError(f"a run has at most {most} ids")
    first = earliest_id(now)
    with _drawing:
        begins = _drawn + 1 if 0 <= _drawn - first < most else first + secrets.randbelow(most - count + 1)
        if begins + count > first + most:  # this millisecond has not so many left
            begins = max(first + most, _drawn + 1)
        _drawn = begins + count - 1
        return begins

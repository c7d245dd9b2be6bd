"""Ids drawn before anything is written: in order of time, so that indexes grow at their end, and never asked of the database."""

import secrets
from datetime import UTC, datetime

_BEGINNING = datetime(2025, 1, 1, tzinfo=UTC)
_RANDOM_BITS = 22


def new_id(now: datetime) -> int:
    """An id for a row made at `now`: milliseconds since 2025, then 22 random bits; 63 bits hold it until 2094.

    Two processes that draw in the same millisecond meet once in four million draws; the primary key then
    refuses the row and the turn is tried again.
    """
    return earliest_id(now) | secrets.randbits(_RANDOM_BITS)


def earliest_id(moment: datetime) -> int:
    """The smallest id that a row made at that moment may have: what was made since can be found by its id."""
    milliseconds = int((moment - _BEGINNING).total_seconds() * 1000)
    return milliseconds << _RANDOM_BITS

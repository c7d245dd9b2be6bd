"""Circuits: a channel that fails rests, for all processes at once, until one message that is tried goes through again."""

import logging
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.channels.base import ChannelError, Refusal
from bot.store import tables as t
from bot.store.database import Store

log = logging.getLogger(__name__)

ENOUGH: Final = 3  # failures of a channel in a row: then it rests
SHORTEST: Final = timedelta(minutes=1)  # of a rest; doubled for each one in a row
LONGEST: Final = timedelta(minutes=15)
PROBED_WITHIN: Final = timedelta(minutes=3)  # a message is being tried: longer than the slowest send
_BLAMES: Final = (Refusal.CONFIGURATION, Refusal.NOT_REACHED)

_row = t.circuit.c

Heard = Sequence[ChannelError | None]


@dataclass(frozen=True, slots=True)
class Circuit:
    """How it stands with a channel that has failed. Where all is well there is none."""

    channel: str
    failures: int
    rests: int
    opened_at: datetime | None
    until: datetime | None
    refusal: Refusal
    why: str  # the provider's own code

    @property
    def is_open(self) -> bool:
        """Whether nothing goes by it but one message that is tried now and then."""
        return self.opened_at is not None

    def rests_at(self, now: datetime) -> bool:
        """Whether nothing at all goes by it now."""
        return self.until is not None and self.until > now

    def __str__(self) -> str:
        """What an operator is told."""
        if not self.is_open or self.opened_at is None or self.until is None:
            return f"{self.failures} failures in a row: {self.why} ({self.refusal})"
        return f"rests since {self.opened_at:%Y-%m-%d %H:%M} UTC: {self.why} ({self.refusal}); tried at {self.until:%H:%M} UTC"


def look(store: Store) -> dict[str, Circuit]:
    """Every channel that has failed since something went through."""
    return {
        row.channel: Circuit(**dict(row._mapping) | {"refusal": Refusal(row.refusal)})
        for row in store.look(select(t.circuit).order_by(_row.channel))
    }


def blames_channel(error: ChannelError) -> bool:
    """Whether another message would fail there just as well: key, credit, network, a server of theirs, or too many at once."""
    return error.ambiguous or error.retry_after is not None or error.refusal in _BLAMES


def try_one(store: Store, circuit: Circuit, *, now: datetime) -> bool:
    """Whether it is for us to try one message on a channel that has rested; only one process may."""
    with store.begin() as connection:
        ours = connection.execute(
            update(t.circuit)
            .where(_row.channel == circuit.channel, _row.until == circuit.until, _row.until <= now)
            .values(until=now + PROBED_WITHIN)
        )
    return ours.rowcount == 1


def leave(store: Store, circuit: Circuit) -> None:
    """Let another process try one, or ourselves again: the message that was to be tried did not get as far as the provider."""
    with store.begin() as connection:
        connection.execute(update(t.circuit).where(_row.channel == circuit.channel).values(until=circuit.until))


def note(
    store: Store, heard: Mapping[str, Heard], known: Mapping[str, Circuit], *, tried: Sequence[str] = (), now: datetime
) -> dict[str, datetime]:
    """Remember how channels fared: for each message an error, or None for one that got an answer of its own.

    Returns the channels that rest now, and until when. `known` is how things stood before; `tried` names those on which
    one message was tried. Where all is well nothing is written.
    """
    resting: dict[str, datetime] = {}
    for channel, errors in heard.items():
        blames = [error for error in errors if error is not None and blames_channel(error)]
        slower = [error for error in blames if error.retry_after is not None]
        if slower or (blames and len(blames) == len(errors)):
            until = _failed(store, channel, slower or blames, again=channel in tried, now=now)
            resting |= {channel: until} if until else {}
        elif channel in known:
            close(store, channel)
    return resting


def close(store: Store, channel: str) -> bool:
    """Let everything go by a channel again; False where nothing was wrong with it."""
    with store.begin() as connection:
        was = connection.execute(delete(t.circuit).where(_row.channel == channel).returning(_row.opened_at)).first()
    if was is not None and was.opened_at is not None:
        log.warning("channel works again", extra={"channel": channel})
    return was is not None


def _failed(
    store: Store, channel: str, errors: Sequence[ChannelError], *, again: bool, now: datetime
) -> datetime | None:
    """Count failures, and let the channel rest where there are enough; returns until when it rests."""
    last = errors[-1]
    told = {"refusal": last.refusal, "why": last.code[:200]}
    made = (sqlite.insert if store.on_sqlite else postgresql.insert)(t.circuit)
    counted = made.values(channel=channel, failures=len(errors), rests=0, **told).on_conflict_do_update(
        index_elements=[_row.channel], set_={"failures": _row.failures + made.excluded.failures, **told}
    )
    asked = max((error.retry_after for error in errors if error.retry_after is not None), default=None)
    with store.begin() as connection:
        connection.execute(counted)
        row = connection.execute(select(t.circuit).where(_row.channel == channel)).one()
        if row.until is not None and row.until > now and not again:  # another process was first
            return row.until  # type: ignore[no-any-return]
        if asked is None and row.failures < ENOUGH and not again:
            return None
        until = now + (timedelta(seconds=asked) if asked is not None else _rest(row.rests))
        opened = func.coalesce(_row.opened_at, now)
        values = {"opened_at": opened, "until": until, "rests": _row.rests + 1}
        connection.execute(update(t.circuit).where(_row.channel == channel).values(values))
    log.warning("channel rests", extra={"channel": channel, "why": last.code, "status": str(last.refusal)})
    return until


def _rest(rests: int) -> timedelta:
    """Longer each time, and never quite as long, so that not all processes and channels come back in the same moment."""
    doubled: timedelta = SHORTEST * 2 ** min(rests, 10)
    return min(LONGEST, doubled) * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret

"""Rows delivered: claimed in batches with a lease, sent side by side, recorded together; no channel faster than its rate."""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.exc import SQLAlchemyError

from bot import circuits, gsm, policy
from bot.channels.base import ChannelError, Outgoing, Shown, Status
from bot.circuits import Circuit
from bot.pushes import BULK
from bot.wiring import Bot
from workers.claiming import BATCH as BATCH, LEASE as LEASE, claim, give_back, waiting_for
from workers.recording import Result as Result, after, expire as expire, record as record, record_surely

log = logging.getLogger(__name__)

MOST_IDLE: Final = 0.5  # seconds in all that one call may wait for channels that had their share; no reply waits longer


@dataclass(frozen=True, slots=True)
class Tried:
    """A message that a provider was asked to take, and what it said: its own id for it, or why not."""

    row: Row[Any]
    provider_id: str | None = None
    error: ChannelError | None = None


def deliver(
    bot: Bot, lane: int, pool: ThreadPoolExecutor, *, most: int, stop: Callable[[], bool] = lambda: False
) -> int:
    """Send up to `most` due messages of a lane, or until told to `stop`, and return how many were dealt with.

    May run twice or never: a row is claimed by one conditional UPDATE, and one nobody claims stays queued.
    """
    delivery, done, idle = _Delivery(bot, lane, pool), 0, 0.0
    while done < most and not stop():
        tired = bot.throttle.tired(bulk=lane == BULK)
        count = delivery.batch(without=tired)
        done += count
        if count:
            continue
        wait = min(tired.values(), default=MOST_IDLE)
        if idle + wait >= MOST_IDLE:
            break
        idle += wait
        threading.Event().wait(wait)
    return done


@dataclass
class _Delivery:
    """One call of `deliver`: channels that had nothing for it, or that another process tries, are left alone."""

    bot: Bot
    lane: int
    pool: ThreadPoolExecutor
    left_alone: set[str] = field(default_factory=set)
    known: Mapping[str, Circuit] = field(default_factory=dict)  # how it stands with channels that fail

    def batch(self, *, without: Collection[str]) -> int:
        """Claim a batch, send it side by side, and write down what became of it; returns how many rows it had."""
        store, now = self.bot.store, self.bot.clock()
        self.known = circuits.look(store)
        resting = {name for name, circuit in self.known.items() if circuit.rests_at(now)}
        out_of_it = self.left_alone | resting | set(without)
        names = [name for name in waiting_for(store, self.lane) if name not in out_of_it]
        rows = [row for name in names for row in self._claimed(name, max(1, BATCH // len(names)))]
        if rows:
            outcomes = list(self.pool.map(lambda row: _send_safely(self.bot, row), rows))
            resting_until = self._noted([each for each in outcomes if isinstance(each, Tried)], rows)
            record_surely(self.bot, list(_results(outcomes, resting_until, self.bot.clock())))
        return len(rows)

    def _claimed(self, channel: str, count: int) -> Sequence[Row[Any]]:
        """Rows of a channel that may go now: one where it is tried after a rest, and no more than its rate allows."""
        store, now, circuit = self.bot.store, self.bot.clock(), self.known.get(channel)
        tries = circuit is not None and circuit.is_open
        claimed = claim(store, self.lane, channel, now=now, most=1 if tries else count)
        if not claimed:
            self.left_alone.add(channel)
            return ()
        segments = [gsm.segments(row.text) if self._is_sms(channel) else 1 for row in claimed]
        granted = self.bot.throttle.grant(channel, segments, bulk=self.lane == BULK)
        if granted and tries and circuit is not None and not circuits.try_one(store, circuit, now=now):
            self.left_alone.add(channel)  # another process tries one
            granted = 0
        give_back(store, claimed[granted:])
        return claimed[:granted]

    def _is_sms(self, name: str) -> bool:
        channel = self.bot.channels.get(name)
        return channel is not None and channel.profile.kind == "sms"

    def _noted(self, tried: Sequence[Tried], rows: Sequence[Row[Any]]) -> Mapping[str, datetime]:
        """Which channels rest after this batch, and until when. Where that cannot be written down, none does."""
        heard = defaultdict[str, list[ChannelError | None]](list)
        for each in tried:
            heard[each.row.channel].append(each.error)
        was_open = {name: circuit for name, circuit in self.known.items() if circuit.is_open}
        try:
            for name in {row.channel for row in rows} & was_open.keys() - heard.keys():
                circuits.leave(self.bot.store, was_open[name])  # the one to be tried did not get so far
            return circuits.note(self.bot.store, heard, self.known, tried=list(was_open), now=self.bot.clock())
        except (SQLAlchemyError, TimeoutError) as error:
            log.warning("circuit not noted", extra={"why": type(error).__name__})
            return {}


def _results(outcomes: Sequence[Result | Tried], resting: Mapping[str, datetime], now: datetime) -> Iterator[Result]:
    for each in outcomes:
        if isinstance(each, Result):
            yield each
        elif each.error is None:
            yield Result(each.row.id, Status.SENT, provider_id=each.provider_id)
        else:
            until = resting.get(each.row.channel)
            yield after(each.row.id, each.row.attempts, each.error, rests_until=until, now=now)


def _send_safely(bot: Bot, row: Row[Any]) -> Result | Tried:
    """What became of one message, whatever happens: an error nobody thought of must not take the batch with it."""
    try:
        return _send(bot, row)
    except Exception as error:
        log.error("sending failed", extra={"outbound": row.id}, exc_info=error)
        return Result(row.id, Status.UNDETERMINED, error=type(error).__name__)


def _send(bot: Bot, row: Row[Any]) -> Result | Tried:
    channel = bot.channels.get(row.channel)
    if channel is None:
        return Result(row.id, Status.FAILED, error=f"channel {row.channel} is not set up")
    if row.turn is not None and row.turn != row.turn_now:
        return Result(row.id, Status.CANCELLED, error="she has written since")
    profile, consented = channel.profile, row.consented_at is not None
    opted_out, wrote = row.opted_out_at is not None, row.last_inbound_at
    reach = policy.Reach(profile.address, consented, opted_out, wrote, profile.template, bool(row.told))
    match policy.may_send(row.purpose, reach, now=bot.clock(), zone=bot.zone, off=bot.calendar.off):
        case policy.No(why=why):
            return Result(row.id, Status.CANCELLED, error=why)
        case policy.Later(until=until, why=why):
            return Result(row.id, Status.QUEUED, error=why, due_at=until, counts=False)
    template = profile.template and not policy.window_open(wrote, bot.clock())
    message = Outgoing(row.id, row.identifier, row.text, Shown.read(row.picture), template)
    try:
        return Tried(row, provider_id=channel.send(message))
    except ChannelError as error:
        return Tried(row, error=error)

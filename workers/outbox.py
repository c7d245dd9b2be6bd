"""Rows delivered: claimed in batches with a lease, sent side by side, recorded together; no channel faster than its rate."""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.exc import SQLAlchemyError

from bot import circuits
from bot.announcements import stopping
from bot.channels import line
from bot.channels.base import ChannelError, Status
from bot.circuits import Circuit
from bot.money.prices import segments_of
from bot.pushes import BULK, REPLIES
from bot.wiring import Bot
from workers import sending
from workers.claiming import BATCH as BATCH, LARGEST as LARGEST, LEASE as LEASE, claim, give_back, waiting_for
from workers.recording import Result as Result, after, expire as expire, record as record, record_surely
from workers.sending import Outcome, Tried

log = logging.getLogger(__name__)

MOST_IDLE: Final = 0.5  # seconds in all that one call may wait for channels that had their share; no reply waits longer
QUICK: Final = 0.5  # seconds in which a batch is sent that the next may be larger than: replies wait for its end
REQUESTS: Final = 6  # side by side to a provider that takes many numbers in one

Run = Callable[[Coroutine[Any, Any, list[Outcome]]], list[Outcome]]


def deliver(bot: Bot, lane: int, *, most: int, run: Run = line.run, stop: Callable[[], bool] = lambda: False) -> int:
    """Send up to `most` due messages of a lane, or until told to `stop`, and return how many were dealt with.

    May run twice or never: a row is claimed by one conditional UPDATE, and one nobody claims stays queued. Between two
    batches of what may wait, the replies that have come meanwhile go first. `run` runs what sends a batch.
    """
    delivery, replies = _Delivery(bot, lane, run), _Delivery(bot, REPLIES, run)
    done, idle = 0, 0.0
    while done < most and not stop():
        if lane == BULK:
            while replies.batch(without=bot.throttle.tired(bulk=False)) and not stop():
                pass
            replies = replies.anew()
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
    run: Run
    left_alone: set[str] = field(default_factory=set)
    known: Mapping[str, Circuit] = field(default_factory=dict)  # how it stands with channels that fail
    waiting: list[str] = field(
        default_factory=list
    )  # channels that something waits for: asked when there was nothing left
    sizes: dict[str, int] = field(default_factory=dict)  # of the next batch of a channel

    def batch(self, *, without: Collection[str]) -> int:
        """Claim a batch, send it side by side, and write down what became of it; returns how many rows it had."""
        store, now = self.bot.store, self.bot.clock()
        if not self.waiting:
            self.waiting = waiting_for(store, self.lane)
            if not self.waiting:
                return 0
        self.known = circuits.look(store)
        resting = {name for name, circuit in self.known.items() if circuit.rests_at(now)}
        spent_out = self.bot.budgets.spent_out(now) if self.lane == BULK else frozenset[str]()
        out_of_it = self.left_alone | resting | spent_out | set(without)
        names = [name for name in self.waiting if name not in out_of_it]
        rows = [row for name in names for row in self._claimed(name, len(names))]
        if rows:
            began = time.monotonic()
            outcomes = self.run(sending.send(self.bot, rows))
            quick = time.monotonic() - began < QUICK
            tried = [each for each in outcomes if isinstance(each, Tried)]
            resting_until = self._noted(tried, rows)
            self._grow(tried, quick=quick)
            record_surely(self.bot, list(self._results(outcomes, resting_until)))
        else:
            self.waiting = []
        return len(rows)

    def anew(self) -> "_Delivery":
        """As it is when `deliver` is called, but for the sizes of batches."""
        return _Delivery(self.bot, self.lane, self.run, sizes=self.sizes)

    def _claimed(self, name: str, channels: int) -> Sequence[Row[Any]]:
        """Rows of a channel that may go now: one where it is tried after a rest, and no more than its rate allows."""
        store, now, circuit = self.bot.store, self.bot.clock(), self.known.get(name)
        tries = circuit is not None and circuit.is_open
        claimed = claim(
            store, self.lane, name, now=now, most=1 if tries else max(1, self.sizes.get(name, BATCH) // channels)
        )
        if not claimed:
            self.left_alone.add(name)
            return ()
        claimed = stopping.let_go(store, claimed, now=now)
        granted = self.bot.throttle.grant(name, [self._segments(row) for row in claimed], bulk=self.lane == BULK)
        if granted and tries and circuit is not None and not circuits.try_one(store, circuit, now=now):
            self.left_alone.add(name)  # another process tries one
            granted = 0
        give_back(store, claimed[granted:])
        return claimed[:granted]

    def _grow(self, tried: Sequence[Tried], *, quick: bool) -> None:
        """A channel by which all went well, and quickly, gets twice as much next time; any other begins anew."""
        failed = {each.row.channel for each in tried if each.error and circuits.blames_channel(each.error)}
        for name in {each.row.channel for each in tried}:
            channel = self.bot.channels.get(name)
            many = channel.profile.many if channel and self.lane == BULK else 1
            largest = LARGEST if many == 1 else many * REQUESTS
            self.sizes[name] = BATCH if name in failed or not quick else min(largest, 2 * self.sizes.get(name, BATCH))

    def _segments(self, row: Row[Any]) -> int:
        channel = self.bot.channels.get(row.channel)
        return segments_of(row.text) if channel is not None and channel.profile.kind == "sms" else 1

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

    def _results(self, outcomes: Sequence[Outcome], resting: Mapping[str, datetime]) -> Iterator[Result]:
        now = self.bot.clock()
        for each in outcomes:
            if isinstance(each, Result):
                yield each
            elif each.error is None:
                yield self._priced(Result(each.row.id, Status.SENT, each.provider_id), each, now)
            else:
                until = resting.get(each.row.channel)
                became = after(each.row.id, each.row.attempts, each.error, rests_until=until, now=now)
                yield self._priced(became, each, now) if became.status is Status.UNDETERMINED else became

    def _priced(self, result: Result, tried: Tried, now: datetime) -> Result:
        """With what it costs, and as what: what may have been sent may have to be paid for."""
        row, channel = tried.row, self.bot.channels.get(tried.row.channel)
        if channel is None:
            return result
        paid = self.bot.ledger.prices.of(channel, row.identifier, row.text, at=now, template=tried.template)
        return result._replace(segments=paid.segments, cost=paid.cost, template=tried.template or None)

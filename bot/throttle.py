"""The rate of each channel: so many messages and segments a second, counted for all processes together, in Redis."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

from bot.channels.base import Rate
from bot.limiters import Limiters

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.strategies import MovingWindowRateLimiter

BULK_SHARE: Final = 0.8  # of a channel's rate: the rest is kept for replies
SHORTEST_PAUSE: Final = 0.05  # seconds before a channel that has had its share is asked again
LONGEST_PAUSE: Final = 60.0
PREFIX: Final = "titian-rate"


class _Limit(NamedTuple):
    """So many of something in a while. Items of `limits` are made once, since making one costs more than asking."""

    item: "RateLimitItem"
    key: str
    of: str  # messages, segments
    only_bulk: bool


class Throttle:
    """Who may send how much now. Without Redis each process counts for itself, so together they may send more."""

    def __init__(self, url: str, rates: Mapping[str, Rate], *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._limiters = Limiters(url, PREFIX, seconds=seconds)
        self._rates = {channel: rate for channel, rate in rates.items() if rate != Rate()}
        self._limits: dict[str, list[_Limit]] = {}
        self._seconds = seconds
        self._tired: dict[tuple[str, bool], float] = {}  # who has had its share, of bulk or at all, and until when

    def grant(self, channel: str, segments: Sequence[int], *, bulk: bool) -> int:
        """How many of these messages may leave now, from the first on; `segments` says how many SMS each of them is.

        What is granted counts as sent. A channel that gets less than it asked for is `tired` for a moment.
        """
        if channel not in self._rates or not segments:
            return len(segments)
        limits = [limit for limit in self._of(channel) if bulk or not limit.only_bulk]
        granted = self._limiters.ask(lambda limiter: _granted(limiter, limits, segments))
        if granted < len(segments):
            rate = self._rates[channel]
            slowest = min(each for each in rate if each is not None)
            self._tired[channel, bulk] = self._seconds() + min(max(1 / slowest, SHORTEST_PAUSE), LONGEST_PAUSE)
        return granted

    def tired(self, *, bulk: bool) -> dict[str, float]:
        """The channels that have had their share, and for how many seconds they need not be asked again."""
        now = self._seconds()
        self._tired = {who: until for who, until in self._tired.items() if until > now}
        return {channel: until - now for (channel, of), until in self._tired.items() if of == bulk}

    def allows(self, what: str, *, most: int, minutes: int) -> bool:
        """Whether this may be done once more, `most` times in so many minutes; where it may, that counts as done."""
        from limits import RateLimitItemPerMinute

        return self._limiters.ask(lambda limiter: limiter.hit(RateLimitItemPerMinute(most, minutes), what))

    def _of(self, channel: str) -> list[_Limit]:
        if channel not in self._limits:
            made = []
            for of, rate in self._rates[channel]._asdict().items():
                if rate is not None:
                    made.append(_Limit(_item(rate * BULK_SHARE), f"{channel}:bulk", of, only_bulk=True))
                    made.append(_Limit(_item(rate), f"{channel}:all", of, only_bulk=False))
            self._limits[channel] = made
        return self._limits[channel]


def _item(rate: float) -> "RateLimitItem":
    """A rate as so many in so many whole seconds: 80 in one, or one in ten."""
    from limits import RateLimitItemPerSecond

    return RateLimitItemPerSecond(math.floor(rate)) if rate >= 1 else RateLimitItemPerSecond(1, math.ceil(1 / rate))


def _granted(limiter: "MovingWindowRateLimiter", limits: Sequence[_Limit], segments: Sequence[int]) -> int:
    """As many as every limit has room for. Where another process takes that room meanwhile, half as many are tried."""
    costs = {"messages": range(1, len(segments) + 1), "segments": list(accumulate(segments))}
    count = len(segments)
    for limit in limits:
        room = limiter.get_window_stats(limit.item, limit.key, limit.of).remaining
        if room >= limit.item.amount:  # a message longer than the limit has to leave some time: alone
            count = min(count, max(1, _fit(costs[limit.of], room)))
        else:
            count = min(count, _fit(costs[limit.of], room))
    while count:
        cost = {of: costs[of][count - 1] for of in costs}
        if all(limiter.hit(e.item, e.key, e.of, cost=min(cost[e.of], e.item.amount)) for e in limits):
            return count
        count //= 2
    return 0


def _fit(costs: Sequence[int], room: int) -> int:
    return sum(cost <= room for cost in costs)

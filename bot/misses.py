"""Codes asked for in vain: who has too many is told to come later, and nothing is looked up for them meanwhile."""

import time
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Final

from bot.certificates import CheckedCertificate
from bot.limiters import Limiters

if TYPE_CHECKING:
    from limits import RateLimitItem

PREFIX: Final = "titian-misses"
EVERYBODY: Final = "all"
# Misses alone count, so whoever holds real certificates checks as many as there are. At five a second in all it takes
# about 230 years to find one of a million codes (55 bits of chance in each).
PER_ADDRESS: Final = (10, 600)  # so many in so many seconds
PER_NUMBER: Final = (5, 86_400)
IN_ALL: Final = (5, 1)
PER_CODE: Final = (10, 600)  # wrong names: whoever guesses one from many addresses is slowed down all the same
PER_ASKER: Final = (3, 86_400)  # questions to learners
BARRED_FOR: Final = (
    60.0  # seconds in which nothing is looked up; then one more is, and bars anew where it is a miss too
)
# Where a proxy may be.
INSIDE: Final = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))
MOST_HELD: Final = 10_000  # of those who are barred, in memory


class Misses:
    """Counts what was asked for in vain. A code that exists costs nothing here: only a miss is told to Redis."""

    def __init__(self, url: str, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._limiters = Limiters(url, PREFIX, seconds=seconds)
        self._seconds = seconds
        self._barred: dict[str, float] = {}
        self._items: dict[tuple[int, int], RateLimitItem] = {}

    def guarded(self, who: str, look: Callable[[], CheckedCertificate]) -> CheckedCertificate:
        """What `look` finds for somebody: "tel:+60…" or "web:1.2.3.4"; "later" where they, or all together, miss too often."""
        if self.barred(who):
            return CheckedCertificate("later", "")
        found = look()
        if found.verdict == "unknown" and not self.missed(who):
            return CheckedCertificate("later", "")
        return found

    def barred(self, who: str) -> bool:
        """Whether nothing is looked up for them now; costs nothing but a look into a table."""
        if not self._barred:
            return False
        now = self._seconds()
        return any(self._barred.get(each, 0.0) > now for each in (who, EVERYBODY))

    def missed(self, who: str) -> bool:
        """Count a miss of theirs; False where it is one too many, and they are barred for a while."""
        limit = PER_NUMBER if who.startswith("tel:") else PER_ADDRESS
        within = self._counts(who, limit, BARRED_FOR)
        return self._counts(EVERYBODY, IN_ALL, float(IN_ALL[1])) and within

    def wrong_name(self, who: str, code: str) -> bool:
        """Count a wrong name typed for a code; False where it is one too many, from there or for that code."""
        within = self._counts(who, PER_ADDRESS, BARRED_FOR)
        return self._counts(f"name:{code}", PER_CODE, BARRED_FOR) and within

    def name_barred(self, code: str) -> bool:
        """Whether no name is compared for this code now."""
        return self.barred(f"name:{code}")

    def may_ask(self, who: str) -> bool:
        """Count a question to a learner from there; False where it is one too many."""
        return self._counts(f"ask:{who}", PER_ASKER, BARRED_FOR)

    def _counts(self, who: str, limit: tuple[int, int], barred_for: float) -> bool:
        item = self._item(limit)
        if self._limiters.ask(lambda limiter: limiter.hit(item, who)):
            return True
        now = self._seconds()
        if len(self._barred) >= MOST_HELD:
            self._barred = {each: until for each, until in self._barred.items() if until > now}
        if len(self._barred) < MOST_HELD:
            self._barred[who] = now + barred_for
        return False

    def _item(self, limit: tuple[int, int]) -> "RateLimitItem":
        if limit not in self._items:
            from limits import RateLimitItemPerSecond

            self._items[limit] = RateLimitItemPerSecond(*limit)
        return self._items[limit]


@lru_cache(maxsize=4096)
def visitor(peer: str, forwarded: str = "") -> str:
    """Whom a request stands for: an address, or the network that one household has, where it is IPv6.

    `forwarded` is what stands in X-Forwarded-For. Its last part is believed where the peer is a proxy beside us, which
    appends it; the parts before it are whatever the asker wrote.

    >>> visitor("192.0.2.7", "203.0.113.9"), visitor("127.0.0.1", "10.9.9.9, 203.0.113.9"), visitor("2001:470:1:2:3::4")
    ('web:192.0.2.7', 'web:203.0.113.9', 'web:2001:470:1:2::')
    """
    known = _address(peer)
    if known is None or known.is_loopback or any(known in network for network in INSIDE):
        known = _address(forwarded.rpartition(",")[2].strip()) or known
    if isinstance(known, IPv6Address):
        known = IPv6Address(int(known) >> 64 << 64)
    return f"web:{known}"


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:  # a socket in the file system has none
        return None

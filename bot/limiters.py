"""Counting together: so many of something in a while, for all processes in Redis; alone while Redis is away."""

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from redis.exceptions import RedisError

from bot.wake import SILENCE, connect

if TYPE_CHECKING:
    from limits.strategies import MovingWindowRateLimiter

log = logging.getLogger(__name__)

R = TypeVar("R")


class Limiters:
    """A limiter that all processes share, and one of this process for while they cannot. Both are made when first asked for."""

    def __init__(self, url: str, prefix: str, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._prefix = prefix
        self._seconds = seconds
        self._shared: MovingWindowRateLimiter | None = None
        self._local: MovingWindowRateLimiter | None = None
        self._away_until = 0.0

    def ask(self, question: Callable[["MovingWindowRateLimiter"], R]) -> R:
        """Ask the shared limiter; where Redis does not answer, this process's own, and Redis again after a while."""
        if self._seconds() >= self._away_until:
            try:
                return question(self._in_redis())
            except RedisError as error:
                self._away_until = self._seconds() + SILENCE
                log.warning("counted alone", extra={"of": self._prefix, "why": type(error).__name__})
        return question(self._alone())

    def _in_redis(self) -> "MovingWindowRateLimiter":
        if self._shared is None:
            from limits.storage import RedisStorage
            from limits.strategies import MovingWindowRateLimiter

            pool = connect(self._url).connection_pool
            storage = RedisStorage("redis://", connection_pool=pool, key_prefix=self._prefix)
            self._shared = MovingWindowRateLimiter(storage)
        return self._shared

    def _alone(self) -> "MovingWindowRateLimiter":
        if self._local is None:
            from limits.storage import MemoryStorage
            from limits.strategies import MovingWindowRateLimiter

            self._local = MovingWindowRateLimiter(MemoryStorage())
        return self._local

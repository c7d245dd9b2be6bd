"""The bell: it tells the workers to look now. Rows are the queue; a bell that nobody hears loses nothing."""

import logging
import time
from collections.abc import Callable
from typing import Final

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

log = logging.getLogger(__name__)

QUEUES: Final = ("replies", "clock", "bulk")  # in the order in which a worker empties them
ENOUGH: Final = 20  # jobs already waiting: one more would look at the same rows
SILENCE: Final = 5.0  # seconds without trying, after Redis could not be reached


def connect(url: str) -> Redis:
    """A connection for enqueuing: short time-outs, and no command tried twice.

    redis-py's own defaults wait five seconds and try ten times, while a learner waits.
    """
    return Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 0))


class Bell:
    """Enqueues a job by its name, best effort."""

    def __init__(self, url: str, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._redis = connect(url)
        self._seconds = seconds
        self._quiet_until = 0.0

    def ring(self, queue: str, job: str, *arguments: object) -> bool:
        """Ask a worker to run `job`; False where Redis is away. The clock looks again within seconds anyway."""
        if self._seconds() < self._quiet_until:
            return False
        try:
            waiting = Queue(queue, connection=self._redis, serializer=JSONSerializer)
            if waiting.count < ENOUGH:
                # No time-out: it would cut a batch in two, sent but not recorded. Whatever a job waits for has one of its own.
                waiting.enqueue(job, args=arguments, result_ttl=0, failure_ttl=3600, job_timeout=-1)
        except RedisError as error:
            self._quiet_until = self._seconds() + SILENCE
            log.warning("bell not heard", extra={"why": type(error).__name__})
            return False
        return True

    def answers(self) -> bool:
        """Whether Redis can be reached now."""
        try:
            return bool(self._redis.ping())
        except RedisError:
            return False

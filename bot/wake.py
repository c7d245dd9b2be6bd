"""The bell: it tells the workers to look now. Rows are the queue; a bell that nobody hears loses nothing."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, Worker
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


class Failed(NamedTuple):
    """A job that ended with an error."""

    id: str
    job: str
    at: datetime | None
    why: str


class Jobs(NamedTuple):
    """One of RQ's queues: how many jobs wait, since when the first of them, and which have failed in the last hour."""

    queue: str
    waiting: int
    since: datetime | None
    failed: Sequence[Failed]


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

    def jobs(self) -> tuple[int, list[Jobs]]:
        """How many workers there are, and how the queues stand. Raises RedisError where Redis cannot be reached."""
        found = []
        for name in QUEUES:
            queue = Queue(name, connection=self._redis, serializer=JSONSerializer)
            first = next(iter(queue.get_jobs(0, 1)), None)
            failed = [_failed(queue, each) for each in queue.failed_job_registry.get_job_ids()]
            kept = [each for each in failed if each is not None]
            found.append(Jobs(name, queue.count, first.enqueued_at if first else None, kept))
        return Worker.count(connection=self._redis), found


def _failed(queue: Queue, job_id: str) -> Failed | None:
    job = queue.fetch_job(job_id)
    if job is None:  # forgotten meanwhile
        return None
    result = job.latest_result()
    said = [line for line in ((result and result.exc_string) or "").splitlines() if line.strip()]
    return Failed(job.id, job.func_name or "", job.ended_at, said[-1].strip() if said else "no reason was kept")


# What a failed job's last line tells, and what is to be done about it. Jobs carry no rows, so a failed one has lost nothing.
ADVICE: Final[Mapping[str, str]] = {
    "jobs run inside": "something other than `titian worker` takes our jobs: stop it, and start `titian worker`",
    "AbandonedJobError": "a worker was killed in the middle; what it was sending is settled within 3 minutes",
    "has no attribute": "a worker is of another version than what rang: restart every part of Titian",
    "No module named": "a worker is of another version than what rang: restart every part of Titian",
    "OperationalError": "the database was away: bring it back, and the clock has the work done again",
}
OTHERWISE: Final = "look for `work failed` in the worker's log and tell us; the clock has the work done again meanwhile"


def advice(failed: Failed) -> str:
    """What to do about a failed job, in words."""
    return next((told for sign, told in ADVICE.items() if sign in failed.why), OTHERWISE)

"""The jobs, by the names under which the bell enqueues them, and the process that runs them."""

import gc
import logging
import signal
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from types import FrameType
from typing import Final

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from bot import broadcasts
from bot.channels import line
from bot.logs import set_up
from bot.pushes import BULK, REPLIES
from bot.wake import QUEUES
from bot.wiring import Bot
from workers import outbox, printing
from workers.parts import AUDITED, FIRST, KEPT, PUSHED, SIGNED, Part

log = logging.getLogger(__name__)

A_TURN: Final = 20_000  # messages of one lane in one job
A_WHILE: Final = 1.0  # seconds of one job, after which a worker looks what else there is to do
SOON: Final = 2.0  # seconds, in which the clock looks again anyway
WORKER_TTL: Final = 25  # seconds; RQ waits 15 s less for a job, and 10 s less than it for an answer from Redis
AGAIN: Final = 1.0  # seconds until a worker that lost its queue looks for it again

_bot: Bot | None = None  # the worker's own; jobs carry names and numbers, never objects
_exchange: line.Exchange | None = None  # where its connections to providers stay open
_stop: Final = threading.Event()


def deliver(lane: int) -> int:
    """Send what is due in a lane. Harmless twice, since rows are claimed; harmless never, since the clock looks again."""
    bot, until = _running(), time.monotonic() + A_WHILE

    def over() -> bool:
        return _stop.is_set() or time.monotonic() > until

    done = _part("deliver", lambda: outbox.deliver(bot, lane, most=A_TURN, run=_lines().run, stop=over))
    tired = bot.throttle.tired(bulk=lane == BULK).values()
    if done >= A_TURN or over() or min(tired, default=SOON) < SOON:
        bot.bell.ring("bulk" if lane == BULK else "replies", "workers.jobs.deliver", lane)
    return done


def look() -> dict[str, int]:
    """Everything that time alone sets off. Harmless twice: each part takes its rows by condition.

    What is wrong with one part must not keep the others from being looked at.
    """
    found = _done(FIRST)
    found["replies"] = deliver(REPLIES)
    found |= _done(PUSHED)
    found["spread"] = spread()
    found |= _done(KEPT)
    _running().bell.ring("bulk", "workers.jobs.deliver", BULK)
    return found


def spread() -> int:
    """Go on spreading announcements, a chunk at a time, so that replies may come between. Harmless twice or never."""
    bot = _running()
    done = _part("spread", lambda: broadcasts.spread(bot.store, bot.pushes, now=bot.clock()))
    if done:
        bot.bell.ring("bulk", "workers.jobs.spread")
        bot.bell.ring("bulk", "workers.jobs.deliver", BULK)
    return done


def sign() -> int:
    """Go on signing certificates, a batch at a time, and publish the status lists that are due. Harmless twice or never."""
    return _done(SIGNED)["sign"]


def press() -> int:
    """Go on making paper for a second, so that replies may come between. Harmless twice or never."""
    bot, until, done = _running(), time.monotonic() + A_WHILE, 0
    while _part("print", lambda: printing.press(bot)):
        done += 1
        if _stop.is_set() or time.monotonic() > until:
            bot.bell.ring("bulk", "workers.jobs.press")
            break
    return done


def audit() -> int:
    """Go on chaining the audit and checking it, a piece at a time, and sign the head that is due. Harmless twice or never."""
    return _done(AUDITED)["audit link"]


def _done(parts: Sequence[Part]) -> dict[str, int]:
    """Do these, and ring once for each job that goes on with what they found; how many there were, by name."""
    bot = _running()
    found = {part.name: _part(part.name, partial(part.work, bot)) for part in parts}
    for job in sorted({part.goes_on for part in parts if part.goes_on and found[part.name]}):
        bot.bell.ring("bulk", job)
    return found


def _part(name: str, work: Callable[[], int]) -> int:
    """Do one part of the work. What goes wrong is told to the log, not to Redis, and the clock looks again."""
    try:
        return work()
    except Exception as error:
        log.error("work failed", extra={"job": name}, exc_info=error)
        return 0


class Worker(SimpleWorker):
    """Runs jobs in this process, no forking: a job is a batch, and loading the bot costs more than it."""

    max_connection_wait_time = 2.0  # RQ would let it grow to a minute

    def subscribe(self) -> None:
        """Nobody commands our workers through Redis, so no thread listens for that."""

    def unsubscribe(self) -> None:
        """Nothing was subscribed to."""

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """End after what is being sent now."""
        _stop.set()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]


def run_worker(bot: Bot) -> None:
    """Run jobs until told to stop. A queue that cannot be reached is looked for again; the rows wait meanwhile."""
    global _bot
    _bot = bot
    set_up()
    gc.freeze()  # what was loaded stays: to look at it again and again took a fifth of the time in which messages are sent
    # Nothing is tried twice by redis-py itself: RQ's own loop tries again, or ours.
    redis: Redis = Redis.from_url(bot.settings.queue_url, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0))
    queues = [Queue(name, connection=redis, serializer=JSONSerializer) for name in QUEUES]
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: _stop.set())
    while not _stop.is_set():
        try:
            worker = Worker(queues, connection=redis, serializer=JSONSerializer, worker_ttl=WORKER_TTL)
            worker.work(logging_level="ERROR")
        except RedisError as error:
            log.warning("queue not reached", extra={"why": type(error).__name__})
        _stop.wait(AGAIN)
    if _exchange is not None:
        _exchange.close()


def _lines() -> line.Exchange:
    global _exchange
    _exchange = _exchange or line.Exchange()
    return _exchange


def _running() -> Bot:
    if _bot is None:
        raise RuntimeError("jobs run inside `titian worker`, which makes the bot")
    return _bot

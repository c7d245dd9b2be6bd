"""The jobs, by the names under which the bell enqueues them, and the process that runs them."""

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from bot import broadcasts
from bot.wake import QUEUES
from bot.wiring import Bot
from workers import nudges, outbox

log = logging.getLogger(__name__)

REPLIES: Final = 0
BULK: Final = 1
A_TURN: Final = 320  # messages of bulk, or rows of a broadcast's spreading, before a worker looks for replies again

_bot: Bot | None = None  # the worker's own; jobs carry names and numbers, never objects
_pool: Final = ThreadPoolExecutor(outbox.BATCH, thread_name_prefix="send")


def deliver(lane: int) -> int:
    """Send what is due in a lane. Harmless twice, since rows are claimed; harmless never, since the clock looks again."""
    bot = _running()
    done = outbox.deliver(bot, lane, _pool, most=A_TURN if lane == BULK else 100_000)
    if lane == BULK and done >= A_TURN:
        bot.bell.ring("bulk", "workers.jobs.deliver", BULK)
    return done


def look() -> dict[str, int]:
    """Everything that time alone sets off. Harmless twice: each part takes its rows by condition."""
    bot = _running()
    found = {
        "expired": outbox.expire(bot.store, now=bot.clock()),
        "nudged": nudges.fire(bot),
        "spread": broadcasts.spread(bot.store, bot.pushes, now=bot.clock()),
        "replies": deliver(REPLIES),
    }
    if found["spread"]:
        bot.bell.ring("bulk", "workers.jobs.spread")
    bot.bell.ring("bulk", "workers.jobs.deliver", BULK)
    return found


def spread() -> int:
    """Go on spreading announcements, a chunk at a time, so that replies may come between."""
    bot = _running()
    done = broadcasts.spread(bot.store, bot.pushes, now=bot.clock())
    if done:
        bot.bell.ring("bulk", "workers.jobs.spread")
        bot.bell.ring("bulk", "workers.jobs.deliver", BULK)
    return done


def run_worker(bot: Bot) -> None:
    """Run jobs until told to stop. One process, no forking: a job is a batch, and loading the bot costs more than it."""
    global _bot
    _bot = bot
    # Blocking for a job must outlive redis-py's default time-out of 5 s, and an idle worker must hear of a new server soon.
    redis: Redis = Redis.from_url(bot.settings.queue_url, socket_timeout=30, socket_connect_timeout=2)
    queues = [Queue(name, connection=redis, serializer=JSONSerializer) for name in QUEUES]
    worker = SimpleWorker(queues, connection=redis, serializer=JSONSerializer, default_worker_ttl=60)
    worker.max_connection_wait_time = 2
    worker.work(logging_level="WARNING")


def _running() -> Bot:
    if _bot is None:
        raise RuntimeError("jobs run inside `titian worker`, which makes the bot")
    return _bot

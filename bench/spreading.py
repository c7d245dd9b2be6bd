"""An announcement to a million learners, each with her week, becomes rows on PostgreSQL: how many a second, in how much memory."""

import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, create_engine, text

from bench import servers
from bench.table import Result, at_least, at_most
from bot import arbiter, broadcasts, wiring
from bot.announcements.planning import plan
from bot.announcements.spreading import BATCH
from bot.audience import Audience
from bot.cli.db import bring_up_to_date
from bot.wiring import Bot
from tests.bots import made_settings

LEARNERS: Final = 1_000_000
FEWER: Final = 100_000
FLOOR: Final = 100_000  # rows a second
WORKERS: Final = 2  # that spread at once, as two processes of `titian worker` do
FLAT: Final = 1.2  # times the memory after the first batch
MEMORY: Final = "2GB"  # as docs/segments.md asks for with so many learners
WORDS: Final = {
    "ms": "Kelas pada hari Sabtu, pukul 9 pagi, di dewan kampung. Bawa buku dan pen.",
    "en": "Class on Saturday, nine o'clock, in the village hall. Bring a book and a pen.",
}

# Nine in ten have written in the last ninety days, one in seven also by WhatsApp; some have stopped, or never agreed.
_WROTE: Final = "now() - interval '1 hour' * ((CAST(i AS bigint) * 7919) % 2400)"
PEOPLE: Final = (
    "SET session_replication_role = replica",  # foreign keys hold by themselves here
    (
        "INSERT INTO learner (id, locale, district, prefers, consented_at, created_at) SELECT i, CASE WHEN i % 5 = 0 THEN 'en'"
        " ELSE 'ms' END, 'Ranau', CASE WHEN i % 30 = 0 THEN 'sms' END, CASE WHEN i % 50 > 0 THEN now() END,"
        " now() - interval '1 day' * (i % 400) FROM generate_series(1, :n) AS i"
    ),
    (
        "INSERT INTO address (id, kind, identifier, learner_id, opted_out_at, last_inbound_at, last_channel, created_at)"
        " SELECT i, 'tel', '+60111' || lpad(CAST(i AS text), 7, '0'), i, CASE WHEN i % 25 = 1 THEN now() END,"
        f" {_WROTE}, 'twilio_sms', now() - interval '1 day' * (i % 400) FROM generate_series(1, :n) AS i"
    ),
    (
        "INSERT INTO address (id, kind, identifier, learner_id, opted_out_at, last_inbound_at, last_channel, created_at)"
        " SELECT 10000000 + i, 'whatsapp', '+60111' || lpad(CAST(i AS text), 7, '0'), i, CASE WHEN i % 25 = 1 THEN now() END,"
        " now() - interval '1 hour' * (i % 100), 'twilio_whatsapp', now() FROM generate_series(1, :n, 7) AS i"
    ),
    (
        "INSERT INTO consent (id, learner_id, address_id, words, notice, channel, given_at) SELECT i, i, i, 'ya', '1', 'twilio_sms',"
        " now() - interval '1 day' * (i % 400) FROM generate_series(1, :n) AS i WHERE i % 50 > 0"
    ),
)
# What they have had: one answer and about two pushes a learner, as they come, day after day; one learner in twenty had five.
_WEEK: Final = (
    (6, 1, "nudge"),
    (5, 1, "reply"),
    (4, 2, "lesson"),
    (3, 5, "lesson"),
    (2, 10, "nudge"),
    (1, 20, "lesson"),
)
HAD: Final = tuple(
    "INSERT INTO outbound_message (id, learner_id, address_id, channel, purpose, lane, text, status, rank, due_at, attempts,"
    f" created_at, settled_at, provider_id) SELECT {place} * 100000000 + i, h.id, h.id, 'twilio_sms', '{purpose}', 1, :text,"
    f" 'sent', 3, d.at, 1, d.at, d.at, 'SM' || md5(CAST(i AS text)) FROM generate_series(1, :n / {of}) AS i,"
    f" LATERAL (SELECT 1 + (CAST(i AS bigint) * 7919 * {of}) % :n AS id) AS h, (SELECT now() - interval '{days} days' AS at) AS d"
    for place, (days, of, purpose) in enumerate(_WEEK, 1)
)
# As many rows of the same size, with nothing to decide: what the database itself takes to write them.
PLAIN: Final = (
    "INSERT INTO outbound_message (id, learner_id, address_id, channel, purpose, lane, text, status, rank, due_at, attempts,"
    " broadcast_id, created_at) SELECT 9000000000 + id, id, id, 'twilio_sms', 'broadcast', 1, :text, 'queued', 0, now(), 0, 1, now()"
    " FROM learner WHERE id > :after AND id <= :last"
)


def measure(*, quick: bool = False) -> list[Result]:
    """The same rows written with nothing to decide, then a plan, then an announcement batch by batch."""
    learners = FEWER if quick else LEARNERS
    with tempfile.TemporaryDirectory(prefix="titian-bench-") as made, ExitStack() as stack:
        directory = Path(made)
        cluster = stack.enter_context(servers.postgres(directory, shared_buffers=MEMORY))
        if cluster is None:
            return []
        url = cluster.url(cluster.create())
        bring_up_to_date(url)
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        stack.callback(engine.dispose)
        _run(engine, PEOPLE, learners)
        _run(engine, (*HAD, "VACUUM ANALYZE", "CHECKPOINT"), learners)
        server = int((cluster.directory / "data" / "postmaster.pid").read_text().split()[0])
        plain = _plainly(engine, learners)
        _run(engine, ("TRUNCATE outbound_message CASCADE", *HAD, "VACUUM ANALYZE", "CHECKPOINT"), learners)
        bot = wiring.build(made_settings(url, directory, simulator=False))
        stack.callback(bot.store.engine.dispose)
        return _announced(bot, learners, server, plain)


def _run(engine: Engine, statements: Sequence[str], learners: int) -> None:
    given = {"n": learners, "text": f"RM0.00 TITIAN: {WORDS['ms']}"}
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(
                text(statement), {name: value for name, value in given.items() if f":{name}" in statement}
            )


def _plainly(engine: Engine, learners: int) -> float:
    began = time.perf_counter()
    for after in range(0, learners, BATCH):
        with engine.connect() as connection:
            connection.execute(
                text(PLAIN), {"text": f"RM0.00 TITIAN: {WORDS['ms']}", "after": after, "last": after + BATCH}
            )
    return learners / (time.perf_counter() - began)


def _announced(bot: Bot, learners: int, server: int, plain: float) -> list[Result]:
    began = time.perf_counter()
    planned = plan(bot.store, bot.pushes, WORDS, Audience(), now=datetime.now(UTC))
    plan_took = time.perf_counter() - began
    made = broadcasts.approve(bot.store, "bench", WORDS, Audience(), now=datetime.now(UTC))

    def work(_: int) -> None:
        while broadcasts.spread(bot.store, bot.pushes, now=datetime.now(UTC)):
            pass

    began, worked = time.perf_counter(), servers.cpu_seconds(server)
    broadcasts.spread(bot.store, bot.pushes, now=datetime.now(UTC))
    first = _megabytes()
    with ThreadPoolExecutor(WORKERS) as workers:
        list(workers.map(work, range(WORKERS)))
    took, worked = time.perf_counter() - began, servers.cpu_seconds(server) - worked
    reached = broadcasts.progress(bot.store, made)
    if reached.rows != learners or reached.skipped != planned.skipped or not reached.skipped[arbiter.FULL]:
        raise RuntimeError(f"{learners} learners, {planned}, {reached}")
    return [
        at_least(
            f"recipients of an announcement to {learners:,}, {WORKERS} workers", round(learners / took), "/s", FLOOR
        ),
        Result("that / the same rows, nothing to decide, one worker", round(learners / took / plain, 2), "x"),
        Result("the database's own work for each of them", round(1e6 * worked / learners, 1), "us"),
        at_most("memory at the end / after the first batch", round(_megabytes() / first, 2), "x", FLAT),
        Result(f"its plan: who, who not, in how many SMS, of {learners:,}", round(plan_took, 1), "s"),
    ]


def _megabytes() -> float:
    """What this process holds now."""
    rolled = Path("/proc/self/smaps_rollup").read_text()
    return int(rolled.partition("Rss:")[2].split()[0]) / 1024

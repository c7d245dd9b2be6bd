"""An announcement to a million learners becomes rows on PostgreSQL: how many a second, and in how much memory."""

import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, create_engine, text

from bench import servers
from bench.table import Result, at_least, at_most
from bot import broadcasts, wiring
from bot.announcements.planning import plan
from bot.announcements.spreading import BATCH
from bot.audience import Audience
from bot.cli.db import bring_up_to_date
from tests.bots import made_settings

LEARNERS: Final = 1_000_000
FEWER: Final = 100_000
FLOOR: Final = 100_000  # rows a second
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
# As many rows of the same size, with nothing to decide: what the database itself takes to write them.
PLAIN: Final = (
    "INSERT INTO outbound_message (id, learner_id, address_id, channel, purpose, lane, text, status, rank, due_at, attempts,"
    " broadcast_id, created_at) SELECT id, id, id, 'twilio_sms', 'broadcast', 1, :text, 'queued', 0, now(), 0, 1, now()"
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
        with engine.connect() as connection:
            for statement in (*PEOPLE, "VACUUM ANALYZE", "CHECKPOINT"):
                connection.execute(text(statement), {"n": learners} if ":n" in statement else {})
        plain = _plainly(engine, learners)
        with engine.connect() as connection:
            for statement in ("TRUNCATE outbound_message CASCADE", "CHECKPOINT"):
                connection.execute(text(statement))
        return _announced(url, directory, learners, plain)


def _plainly(engine: Engine, learners: int) -> float:
    began = time.perf_counter()
    for after in range(0, learners, BATCH):
        with engine.connect() as connection:
            connection.execute(
                text(PLAIN), {"text": f"RM0.00 TITIAN: {WORDS['ms']}", "after": after, "last": after + BATCH}
            )
    return learners / (time.perf_counter() - began)


def _announced(url: str, directory: Path, learners: int, plain: float) -> list[Result]:
    bot = wiring.build(made_settings(url, directory, simulator=False))
    began = time.perf_counter()
    planned = plan(bot.store, bot.pushes, WORDS, Audience(), now=datetime.now(UTC))
    plan_took = time.perf_counter() - began
    broadcasts.approve(bot.store, "bench", WORDS, Audience(), now=datetime.now(UTC))
    began, first = time.perf_counter(), 0.0
    while broadcasts.spread(bot.store, bot.pushes, now=datetime.now(UTC)):
        first = first or _megabytes()
    took = time.perf_counter() - began
    with bot.store.engine.connect() as connection:
        rows = connection.execute(text("SELECT count(*) FROM outbound_message")).scalar_one()
    bot.store.engine.dispose()
    if rows != learners or planned.recipients + sum(planned.skipped.values()) != learners:
        raise RuntimeError(f"{learners} learners, {rows} rows, {planned}")
    return [
        at_least(f"recipients of an announcement to {learners:,}", round(rows / took), "/s", FLOOR),
        Result("that / the same rows with nothing to decide", round(rows / took / plain, 2), "x"),
        at_most("memory at the end / after the first batch", round(_megabytes() / first, 2), "x", FLAT),
        Result(f"its plan: who, who not, in how many SMS, of {learners:,}", round(plan_took, 1), "s"),
    ]


def _megabytes() -> float:
    """What this process holds now."""
    rolled = Path("/proc/self/smaps_rollup").read_text()
    return int(rolled.partition("Rss:")[2].split()[0]) / 1024

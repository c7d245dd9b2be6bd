"""The same turn in a village and in a state: PostgreSQL with few learners, and with many and their history."""

import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from sqlalchemy import create_engine, text

from bench import servers
from bench.table import Result, at_most
from bench.turn import Rung, one_round, written
from bot.cli.db import bring_up_to_date

FEW: Final = 1_000
MANY: Final = 200_000
HISTORY: Final = 5  # messages of each learner, and as many replies
MOST_GROWTH: Final = 1.2
LEARNERS: Final = 60  # who write in a round

# Ids below those of learners who come later. The digits of a number are those of its learner.
PEOPLE: Final = (
    "INSERT INTO learner (id, locale, created_at) SELECT i, 'ms', now() FROM generate_series(1, :learners) AS i",
    (
        "INSERT INTO address (id, kind, identifier, learner_id, created_at)"
        " SELECT i, 'tel', '+601101' || lpad(CAST(i AS text), 6, '0'), i, now() FROM generate_series(1, :learners) AS i"
    ),
    (
        "INSERT INTO conversation (learner_id, session, turn, dialogue, typed, unread)"
        " SELECT i, '{}', :history, '', 0, '[]' FROM generate_series(1, :learners) AS i"
    ),
    (
        "INSERT INTO nudge (learner_id, turn, due_at)"
        " SELECT i, :history, now() + interval '1 day' FROM generate_series(1, :learners) AS i"
    ),
    (
        "INSERT INTO inbound_message (id, channel, provider_id, address_id, learner_id, turn, text, reply, received_at)"
        " SELECT i * 100 + n, 'twilio_sms', 'SMold' || i || '-' || n, i, i, n, 'A', '[[], false]', now()"
        " FROM generate_series(1, :learners) AS i, generate_series(1, :history) AS n"
    ),
    (
        "INSERT INTO outbound_message (id, learner_id, address_id, channel, purpose, lane, text, status, rank, due_at,"
        " attempts, created_at) SELECT i * 100 + n, i, i, 'twilio_sms', 'reply', 0, repeat('x', 120), 'sent', 3, now(), 0, now()"
        " FROM generate_series(1, :learners) AS i, generate_series(1, :history) AS n"
    ),
)


def measure(*, quick: bool = False) -> list[Result]:
    """Rounds in turn on both databases; the ratio of their times."""
    with tempfile.TemporaryDirectory(prefix="titian-bench-") as made, ExitStack() as stack:
        directory = Path(made)
        cluster = stack.enter_context(servers.postgres(directory))
        if cluster is None:
            return []
        few, many = (_peopled(directory, cluster.url(cluster.create()), learners) for learners in (FEW, MANY))
        for number in range(3 if quick else 7):
            warming = written(directory / "warming", 1_000 * (number + 1), LEARNERS)
            requests = written(directory / "requests", 100_000 + 1_000 * number, LEARNERS)
            for rung in (few, many) if number % 2 else (many, few):
                one_round(rung, directory, warming, requests)
    growth = statistics.median(ours / theirs for ours, theirs in zip(few.rates, many.rates, strict=True))
    return [at_most(f"turn with {MANY:,} learners / with {FEW:,}", round(growth, 2), "x", MOST_GROWTH)]


def _peopled(directory: Path, url: str, learners: int) -> Rung:
    bring_up_to_date(url)
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in PEOPLE:
            values = {"learners": learners, "history": HISTORY}
            connection.execute(text(statement), values)
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("VACUUM ANALYZE"))
        connection.execute(text("CHECKPOINT"))
    engine.dispose()
    home = directory / f"with-{learners}"
    home.mkdir()
    return Rung(f"{learners} learners", "bot.app:create_app()", servers.bot_settings(home, url), url)

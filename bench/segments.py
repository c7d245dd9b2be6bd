"""How long a coordinator waits for the number of learners in a group, at a million of them on PostgreSQL."""

import statistics
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import create_engine, text

from bench import servers
from bench.table import Result, at_most
from bot import segments
from bot.cli.db import bring_up_to_date
from bot.store.database import Store

LEARNERS: Final = 1_000_000
FEWER: Final = 100_000
ROUNDS: Final = 10
MEMORY: Final = "2GB"  # as docs/segments.md asks for with so many learners
SLOWEST: Final = 300  # milliseconds, at the 95th percentile of all of them together

# What coordinators ask, from nearly everybody to a handful.
ASKED: Final[Mapping[str, str]] = {
    "a language": "bahasa melayu",
    "two districts": "daerah Ranau atau Pitas",
    "the one in the issue": "daerah Ranau atau Pitas, kursus sayur1, belum tamat, senyap 14 hari, bukan tag ujian",
    "gone quiet": "senyap 30 hari",
    "women who are active": "perempuan, umur 18-29 atau 30-44, aktif 30 hari, di Kudat",
    "progress": "kursus sayur1, lulus sekurang-kurangnya 3 pelajaran, belum tamat",
    "not begun": "kursus buku1, belum mula, di Ranau",
    "by WhatsApp": "whatsapp, bahasa inggeris, kursus layan1",
    "a survey's answer or a tag": "(undian undian1.when=evening atau tag ketua), boleh dihubungi",
    "joined lately": "sertai sejak 2026-11-01, bukan kursus sayur1 atau buku1",
}

# A number in 0..99 that is the same each time, and has nothing to do with that of another question put to the learner.
_CHANCE: Final = "((hashint8(CAST(i AS bigint) * 64 + {0}) & 65535) * 100 / 65536)"
_AGO: Final = "timestamptz '2026-11-24 01:00+00' - interval '1 day' * "
PEOPLE: Final = (
    "SET session_replication_role = replica",  # foreign keys hold by themselves here
    (
        "INSERT INTO address (id, kind, identifier, learner_id, opted_out_at, unreachable_at, last_inbound_at, last_channel,"
        " created_at) SELECT i, 'tel', '+60111' || lpad(CAST(i AS text), 7, '0'), i, CASE WHEN i % 25 = 1 THEN now() END,"
        f" CASE WHEN i % 33 = 2 THEN {_AGO} 5 END,"
        f" CASE WHEN i % 10 <> 3 THEN {_AGO} ({_CHANCE.format(2)} * {_CHANCE.format(2)} / 50.0) END,"
        " CASE WHEN i % 10 <> 3 THEN CASE WHEN i % 4 = 0 THEN 'africastalking_ussd' ELSE 'gateway_one' END END,"
        f" {_AGO} (i % 400) FROM generate_series(1, :n) AS i"
    ),
    (
        "INSERT INTO address (id, kind, identifier, learner_id, opted_out_at, last_inbound_at, last_channel, created_at)"
        " SELECT 10000000 + i, 'whatsapp', '+60111' || lpad(CAST(i AS text), 7, '0'), i, CASE WHEN i % 25 = 1 THEN now() END,"
        f" {_AGO} ({_CHANCE.format(3)} * 1.8), 'whatsapp', {_AGO} (i % 400) FROM generate_series(1, :n, 7) AS i"
    ),
    (
        "INSERT INTO learner (id, locale, district, consented_at, created_at, stopped, heard_on) SELECT i,"
        " CASE WHEN i % 5 = 0 THEN 'en' ELSE 'ms' END,"
        f" CASE WHEN {_CHANCE.format(1)} < 40 THEN 'Ranau' WHEN {_CHANCE.format(1)} < 70 THEN 'Kudat'"
        f" WHEN {_CHANCE.format(1)} < 90 THEN 'Pitas' END, CASE WHEN i % 20 > 0 THEN {_AGO} (i % 400) END, {_AGO} (i % 400),"
        " i % 25 = 1,"
        " (SELECT CAST(max(last_inbound_at) AT TIME ZONE 'Asia/Kuching' AS date) FROM address WHERE learner_id = i)"
        " FROM generate_series(1, :n) AS i"
    ),
    (
        "INSERT INTO enrolment (learner_id, course, version, started_at, completed_at) SELECT i, course, '0123456789abcdef',"
        f" {_AGO} (i % 300), CASE WHEN (i * 31 + k) % 10 < 3 THEN now() END FROM generate_series(1, :n) AS i, (VALUES (4, 'sayur1',"
        f" 35), (5, 'buku1', 30), (6, 'layan1', 25), (7, 'selamat1', 20), (8, 'cerita1', 10)) AS v(k, course, share)"
        f" WHERE {_CHANCE.format('k')} < share"
    ),
    (
        "INSERT INTO lesson_pass (learner_id, course, lesson, version, passed_at) SELECT learner_id, course, 'lesson' || n,"
        " version, now() FROM enrolment, generate_series(1, 6) AS n WHERE n <= CASE WHEN completed_at IS NOT NULL THEN 6"
        " ELSE learner_id * 7 % 11 % 6 END"
    ),
    (
        "INSERT INTO answer (id, learner_id, course, version, lesson, question, option, correct, attempt, answered_at)"
        " SELECT row_number() OVER (), learner_id, course, version, lesson, 'q1', 'a', true, 1, now() FROM lesson_pass"
        " WHERE lesson = 'lesson1'"
    ),
    (
        "INSERT INTO background (learner_id, gender, age, education, work) SELECT i, CASE WHEN i % 3 > 0 THEN 'female' ELSE"
        " 'male' END, (ARRAY['under18', 'age18', 'age30', 'age45', 'age60'])[1 + i % 5], 'spm', 'self'"
        " FROM generate_series(1, :n) AS i WHERE i % 10 < 6"
    ),
    (
        "INSERT INTO survey_answer (learner_id, survey, about, question, version, option, answered_at) SELECT i, 'undian1', '',"
        " 'when', 'v', CASE WHEN i % 20 = 1 THEN 'evening' ELSE 'morning' END, now() FROM generate_series(1, :n, 5) AS i"
    ),
    "INSERT INTO tag (name, learner_id) SELECT 'ketua', i FROM generate_series(1, :n, 50) AS i",
    "INSERT INTO tag (name, learner_id) SELECT 'ujian', i FROM generate_series(3, :n, 1000) AS i",
)
NOW: Final = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def measure(*, quick: bool = False) -> list[Result]:
    """Each description counted in turn, ten times over; the slowest of twenty of each, and of all."""
    with tempfile.TemporaryDirectory(prefix="titian-bench-") as made, ExitStack() as stack:
        directory = Path(made)
        cluster = stack.enter_context(servers.postgres(directory, shared_buffers=MEMORY))
        if cluster is None:
            return []
        url = cluster.url(cluster.create())
        learners = FEWER if quick else LEARNERS
        settle(url, learners)
        store = Store(url)
        stack.callback(store.engine.dispose)
        return counted(store, learners)


def settle(url: str, learners: int) -> None:
    """Make a database with so many learners and what they have done."""
    bring_up_to_date(url)
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in PEOPLE:
            connection.execute(text(statement), {"n": learners} if ":n" in statement else {})
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("VACUUM ANALYZE"))
        connection.execute(text("CHECKPOINT"))
    engine.dispose()


def counted(store: Store, learners: int) -> list[Result]:
    """The times of counting, in milliseconds."""
    took: dict[str, list[float]] = {name: [] for name in ASKED}
    for number in range(ROUNDS + 1):
        for name, words in ASKED.items():
            began = time.perf_counter()
            segments.count(store, segments.parse(words), NOW)
            if number:  # the first round finds the tables on the disk
                took[name].append((time.perf_counter() - began) * 1000)
    everything = [each for times in took.values() for each in times]
    results = [Result(f"  {name}", round(_p95(times)), "ms") for name, times in took.items()]
    return [at_most(f"counting a group of {learners:,}, p95", round(_p95(everything)), "ms", SLOWEST), *results]


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20, method="inclusive")[-1]

"""An announcement on its way out: our workers beside one RQ job for each recipient, to a provider that takes 5 ms an answer."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

import psycopg
from redis import Redis
from rq import Queue
from sqlalchemy import create_engine, text

from bench import servers
from bench.play import ROOT
from bench.table import Result, at_least, at_most
from bot.cli.db import bring_up_to_date
from bot.wake import Bell
from tests.services import Valkey

WORKERS: Final = 2
MESSAGES: Final = 20_000
FAR_MORE: Final = 1_000_000
NAIVE: Final = 2_000  # it is slow, and its rate does not depend on how many there are
ALONE: Final = 30.0  # times the naive way
TOGETHER: Final = 100.0
FLAT: Final = 1.2
REPLIES: Final = 300
SLOWEST_REPLY: Final = 1000  # milliseconds
PATIENCE: Final = 300.0
ONE_EACH, MANY_EACH = "gateway_bench", "africastalking_sms"
GATEWAY: Final = """gateways:
  - name: bench
    preset: jasmin
    token: ${{BENCH_TOKEN}}
    sender: "22384"
    allow_private: true
    send: {{url: "http://127.0.0.1:{port}/send", form: {{username: bench, password: "${{BENCH_PASSWORD}}"}}}}
"""
PEOPLE: Final = (
    "INSERT INTO learner (id, locale, consented_at, created_at) SELECT i, 'ms', now(), now() FROM generate_series(1, :n) AS i",
    (
        "INSERT INTO address (id, kind, identifier, learner_id, last_inbound_at, last_channel, created_at)"
        " SELECT i, 'tel', '+60111' || lpad(CAST(i AS text), 7, '0'), i, now(), 'gateway_bench', now()"
        " FROM generate_series(1, :n) AS i"
    ),
    (
        "INSERT INTO conversation (learner_id, session, turn, dialogue, typed, unread)"
        " SELECT i, '{}', 0, '', 0, '[]' FROM generate_series(1, :n) AS i"
    ),
)
ANNOUNCED: Final = (
    "INSERT INTO broadcast (id, author, words, status, after, created_at)"
    " VALUES (1, 'bench', '{}', 'sending', 9223372036854775807, now()) ON CONFLICT DO NOTHING"
)
QUEUED: Final = (
    "INSERT INTO outbound_message (id, learner_id, address_id, channel, purpose, lane, text, status, rank, due_at, attempts,"
    " broadcast_id, created_at) SELECT (extract(epoch FROM now() - timestamptz '2025-01-01 00:00+00') * 1000)::bigint * 4194304"
    " + i, i, i, :channel, 'broadcast', 1,"
    " 'RM0.00 TITIAN: Kelas pada hari Sabtu, pukul 9 pagi, di dewan kampung. Bawa buku dan pen.',"
    " 'queued', 0, now(), 0, 1, now() FROM generate_series(1, :n) AS i"
)


@dataclass
class Field:
    """Where it is measured: a database with people in it, a queue, and the provider."""

    url: str
    valkey: Valkey
    directory: Path
    port: int

    def told(self, path: str = "/told") -> dict[str, Any]:
        """What the provider remembers."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", path)
        found: dict[str, Any] = json.loads(connection.getresponse().read())
        connection.close()
        return found

    def run(self, statement: str, **values: object) -> None:
        """Run a statement, and let the database see what has changed."""
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement), values)
        engine.dispose()

    def count(self, status: str) -> int:
        """How many messages have come so far."""
        with psycopg.connect(self.url.replace("+psycopg", "")) as connection:
            row = connection.execute("SELECT count(*) FROM outbound_message WHERE status = %s", [status]).fetchone()
        return int(row[0]) if row else 0


def measure(*, quick: bool = False) -> list[Result]:
    """The naive way, ours with a number a request, ours with many; then replies among them, and memory with far more."""
    messages = 5_000 if quick else MESSAGES
    with tempfile.TemporaryDirectory(prefix="titian-bench-") as made, ExitStack() as stack:
        directory = Path(made)
        cluster = stack.enter_context(servers.postgres(directory))
        if cluster is None:
            return []
        field = stack.enter_context(_field(directory, cluster.url(cluster.create()), messages if quick else FAR_MORE))
        base = _naively(field, 500 if quick else NAIVE)
        alone, memory = _ours(field, ONE_EACH, messages)
        together, _ = _ours(field, MANY_EACH, messages)
        results = [
            Result("one RQ job a recipient, 2 SimpleWorkers", round(base), "/s"),
            at_least("ours, a number a request / that", round(alone / base, 1), "x", ALONE),
            at_least("ours, 100 numbers a request / that", round(together / base, 1), "x", TOGETHER),
            Result("ours, a number a request", round(alone), "/s"),
            Result("ours, 100 numbers a request", round(together), "/s"),
            _replies(field, messages),
        ]
        if not quick:
            _, much = _ours(field, MANY_EACH, FAR_MORE)
            results.append(Result("a worker's memory after 20 000", round(memory), "MB"))
            results.append(at_most("a worker's memory, 1 000 000 / 20 000", round(much / memory, 2), "x", FLAT))
    return results


@contextmanager
def _field(directory: Path, url: str, people: int) -> Iterator[Field]:
    bring_up_to_date(url)
    valkey = Valkey(directory / "valkey", os.getpid())
    valkey.start()
    tells = directory / "port"
    provider = subprocess.Popen([sys.executable, "-m", "bench.provider", str(tells)], cwd=ROOT)
    try:
        until = time.monotonic() + servers.PATIENCE
        while not tells.exists() or not tells.read_text():
            if time.monotonic() > until:
                raise RuntimeError("the provider did not start")
            time.sleep(0.02)
        field = Field(url, valkey, directory, int(tells.read_text()))
        (directory / "gateways.yaml").write_text(GATEWAY.format(port=field.port))
        for statement in PEOPLE:
            field.run(statement, n=people)
        field.run(ANNOUNCED)
        field.run("VACUUM ANALYZE")
        yield field
    finally:
        provider.kill()
        provider.wait()
        valkey.stop()


@contextmanager
def _processes(words: list[str], field: Field, settings: Mapping[str, str]) -> Iterator[list[int]]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **settings}
    with (field.directory / "workers.log").open("ab") as log:
        started = [
            subprocess.Popen([sys.executable, *words], cwd=field.directory, env=environment, stdout=log, stderr=log)
            for _ in range(WORKERS)
        ]
    try:
        time.sleep(3)  # they have loaded what they need, and wait
        if any(process.poll() is not None for process in started):
            raise RuntimeError(f"a worker ended: {(field.directory / 'workers.log').read_text()[-2000:]}")
        yield [process.pid for process in started]
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(servers.PATIENCE)


def _naively(field: Field, messages: int) -> float:
    field.told("/forget")
    field.run("TRUNCATE outbound_message CASCADE")
    field.run(QUEUED, n=messages, channel=ONE_EACH)
    redis = Redis.from_url(field.valkey.url)
    settings = {"DATABASE_URL": field.url, "REDIS_URL": field.valkey.url}
    settings["PROVIDER"] = f"http://127.0.0.1:{field.port}/send"
    os.environ.update(settings)
    with psycopg.connect(field.url.replace("+psycopg", "")) as connection:
        ids = [row[0] for row in connection.execute("SELECT id FROM outbound_message ORDER BY id").fetchall()]
    queue = Queue("naive", connection=redis)
    queue.enqueue_many([Queue.prepare_data("bench.naive.send", args=(message,)) for message in ids])
    with _processes(["-m", "bench.naive"], field, settings):
        _until_sent(field, messages)
    return _rate(field)


def _ours(field: Field, channel: str, messages: int) -> tuple[float, float]:
    """Messages a second, and the memory of the larger worker, in megabytes."""
    _queue(field, channel, messages)
    with _processes(["-m", "bot.cli", "worker"], field, _settings(field)) as workers:
        _ring(field)
        _until_sent(field, messages)
        memory = max(_megabytes(pid) for pid in workers)
    return _rate(field), memory


def _replies(field: Field, messages: int) -> Result:
    """How long a reply waits that comes while an announcement goes out: from its commit to the provider."""
    _queue(field, ONE_EACH, messages)
    wrote: dict[str, float] = {}
    bell = Bell(field.valkey.url)
    numbers = [f"60119{n:07}" for n in range(REPLIES)]
    with psycopg.connect(field.url.replace("+psycopg", ""), autocommit=True) as connection:
        for place, number in enumerate(numbers):
            connection.execute(
                "INSERT INTO address (id, kind, identifier, learner_id, last_inbound_at, last_channel, created_at)"
                " VALUES (%s, 'tel', %s, 1, now(), 'gateway_bench', now()) ON CONFLICT DO NOTHING",
                [10_000_000 + place, f"+{number}"],
            )
        with _processes(["-m", "bot.cli", "worker"], field, _settings(field)):
            _ring(field)
            for place, number in enumerate(numbers):
                connection.execute(
                    "INSERT INTO outbound_message (id, learner_id, address_id, channel, purpose, lane, text, status, rank,"
                    " due_at, attempts, created_at) VALUES (%s, 1, %s, 'gateway_bench', 'reply', 0, 'Betul!', 'queued', 0,"
                    " now(), 0, now())",
                    [place + 1, 10_000_000 + place],
                )
                wrote[number] = time.monotonic()
                bell.ring("replies", "workers.jobs.deliver", 0)
                time.sleep(0.01)
            _until_sent(field, messages + REPLIES)
    told = field.told()
    end = max(told["arrived"])
    waited = sorted(told["replies"][number] - at for number, at in wrote.items() if at < end)
    among = sum(at < end - 0.05 for at in wrote.values())
    slowest = 1000 * waited[min(int(0.99 * len(waited)), len(waited) - 1)]
    return at_most(f"p99 of {among} replies during an announcement", round(slowest), "ms", SLOWEST_REPLY)


def _queue(field: Field, channel: str, messages: int) -> None:
    field.told("/forget")
    field.run("TRUNCATE outbound_message CASCADE")
    field.run(QUEUED, n=messages, channel=channel)


def _ring(field: Field) -> None:
    bell = Bell(field.valkey.url)
    for _ in range(WORKERS):
        bell.ring("bulk", "workers.jobs.deliver", 1)


def _settings(field: Field) -> dict[str, str]:
    return servers.bot_settings(field.directory, field.url) | {
        "REDIS_URL": field.valkey.url,
        "GATEWAYS": str(field.directory / "gateways.yaml"),
        "AT_USERNAME": "bench",
        "AT_API_KEY": "bench",
        "AT_TOKEN": "bench-token-0123456789abcdef",
        "AT_API_URL": f"http://127.0.0.1:{field.port}/version1",
        "BENCH_TOKEN": "bench-token-0123456789abcdef",
        "BENCH_PASSWORD": "bench",
        "HOLIDAYS": "",
        "TIMEZONE": _where_it_is_noon(),
    }


def _where_it_is_noon() -> str:
    """An announcement waits for the day, and this may run at night."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}"


def _until_sent(field: Field, messages: int) -> None:
    until = time.monotonic() + PATIENCE
    while field.count("sent") < messages:
        if time.monotonic() > until:
            raise RuntimeError(f"only {field.count('sent')} of {messages} were sent; see {field.directory}/workers.log")
        time.sleep(0.2)


def _rate(field: Field) -> float:
    arrived = field.told()["arrived"]
    return float((len(arrived) - 1) / (max(arrived) - min(arrived)))


def _megabytes(pid: int) -> float:
    share = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(share.partition("Pss:")[2].split()[0]) * 1024 / 1e6

"""The whole durable turn in requests a second, beside a view that checks the same signature and writes nothing."""

import json
import pickle
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from zlib import crc32

import psycopg
from sqlalchemy import create_engine, text
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bench import play, servers
from bench.table import Result, at_least, at_most
from bot.cli.db import bring_up_to_date
from tests.services import Postgres

CONNECTIONS: Final = 16
WARMING: Final = 64  # learners before each round: a server that has run for a minute is what is measured
MESSAGES: Final = 24  # of one learner: from the greeting through the whole course, with its certificate
PATH: Final = "/webhooks/twilio/sms"
ON_POSTGRES: Final = 0.33  # of the view without a database
ON_SQLITE: Final = 0.28
MOST_STATEMENTS: Final = 3
MOST_MEGABYTES: Final = 90
SLOWEST: Final = 50  # milliseconds, at four fifths of the peak


@dataclass
class Rung:
    """One of the things that are compared: how to serve it, and what came of each round."""

    name: str
    application: str
    settings: dict[str, str] = field(default_factory=dict)
    url: str = ""  # of its database
    rates: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    errors: int = 0
    sent: int = 0
    megabytes: float = 0.0
    cpu: list[float] = field(default_factory=list)  # microseconds of the web processes for a request

    @property
    def rate(self) -> float:
        """Requests a second: the median of its rounds."""
        return statistics.median(self.rates)

    def percentile(self, share: float) -> float:
        """The milliseconds within which that share of the answers came."""
        took = sorted(self.took)
        return 1000 * took[min(int(share * len(took)), len(took) - 1)]


def measure(*, quick: bool = False) -> list[Result]:
    """Every rung in turn, several rounds, each round with learners of its own."""
    rounds, learners = (2, 40) if quick else (5, 100)
    with tempfile.TemporaryDirectory(prefix="titian-bench-") as made, ExitStack() as stack:
        directory = Path(made)
        cluster = stack.enter_context(servers.postgres(directory))
        rungs = _rungs(directory, cluster)
        for number in range(rounds):
            warming = written(directory / "warming", WARMING * (number + 1), WARMING)
            requests = written(directory / "requests", 100_000 + number * learners, learners)
            for rung in rungs:
                one_round(rung, directory, warming, requests)
        for rung in rungs[1:]:
            check_rows(rung)
        results = _results(rungs)
        if cluster is not None:
            results += _at_four_fifths(rungs[-1], directory, 500_000, learners)
            results.append(_statements(cluster, rungs[-1], directory))
        return results


def written(path: Path, first: int, learners: int) -> Path:
    """A file with the signed requests of so many learners."""
    path.write_bytes(pickle.dumps(signed(first, learners)))
    return path


def signed(first: int, learners: int) -> list[list[bytes]]:
    """Whole HTTP requests as Twilio sends and signs them: for each learner her messages, in order."""
    library = play.shipped()
    validator = RequestValidator(servers.TOKEN)
    everybody = []
    for learner in range(first, first + learners):
        texts = play.script(library, learner, MESSAGES, seed=crc32(_sender(learner).encode()))
        everybody.append([_request(validator, learner, place, said) for place, said in enumerate(texts)])
    return everybody


def _sender(learner: int) -> str:
    return f"+6011{learner:08d}"


def _request(validator: Any, learner: int, place: int, said: str) -> bytes:
    sid = f"SM{learner:016x}{place:016x}"
    sender = _sender(learner)
    form = {
        **dict.fromkeys(("ToState", "ToCity", "FromZip", "FromState", "FromCity", "ToZip"), ""),
        **dict.fromkeys(("SmsMessageSid", "SmsSid", "MessageSid"), sid),
        "ToCountry": "MY",
        "FromCountry": "MY",
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsStatus": "received",
        "Body": said,
        "To": "+601110000009",
        "From": sender,
        "AccountSid": servers.ACCOUNT,
        "ApiVersion": "2010-04-01",
    }
    body = urlencode(form)
    signature = validator.compute_signature(servers.URL + PATH, form)
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: titian.example\r\nUser-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n"
        f"Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\nI-Twilio-Idempotency-Token: {sid}\r\n"
        f"X-Twilio-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


def _rungs(directory: Path, cluster: Postgres | None) -> list[Rung]:
    """The bare view, the bot on SQLite, and the bot on PostgreSQL where there is one."""
    rungs = [Rung("view without a database", "bench.bare:create_app()")]
    urls = {"SQLite": f"sqlite:///{directory}/sqlite/titian.db"}
    if cluster is not None:
        urls["Postgres"] = cluster.url(cluster.create())
    for name, url in urls.items():
        home = directory / name.lower()
        home.mkdir(exist_ok=True)
        bring_up_to_date(url)
        rungs.append(Rung(f"turn on {name}", "bot.app:create_app()", servers.bot_settings(home, url), url))
    return rungs


def one_round(rung: Rung, directory: Path, warming: Path, requests: Path) -> None:
    """One round: a fresh server, warmed up, then everything sent as fast as it is answered."""
    with servers.gunicorn(rung.application, directory, rung.settings) as (listens, server):
        warm = load(listens, warming)
        before = servers.cpu_seconds(server)
        came = load(listens, requests)
        rung.cpu.append(1e6 * (servers.cpu_seconds(server) - before) / len(came["took"]))
        rung.megabytes = max(rung.megabytes, servers.megabytes(server))
    rung.rates.append(len(came["took"]) / came["seconds"])
    rung.took += came["took"]
    rung.errors += warm["errors"] + came["errors"]
    rung.sent += len(warm["took"]) + len(came["took"])


def load(listens: Path, requests: Path, per_second: float = 0.0) -> dict[str, Any]:
    """Send the requests from a process of their own; as fast as they are answered, or so many a second."""
    words = [sys.executable, "-m", "bench.load", str(listens), str(requests), str(CONNECTIONS), str(per_second)]
    done = subprocess.run(words, cwd=play.ROOT, capture_output=True, check=True, timeout=300)
    came: dict[str, Any] = json.loads(done.stdout)
    return came


def _results(rungs: list[Rung]) -> list[Result]:
    bare = rungs[0]
    aims = {"turn on SQLite": ON_SQLITE, "turn on Postgres": ON_POSTGRES}
    results = [Result(rung.name, rung.rate, "req/s") for rung in rungs]
    for rung in rungs[1:]:
        shares = [ours / theirs for ours, theirs in zip(rung.rates, bare.rates, strict=True)]
        share = round(statistics.median(shares), 3)
        results.append(at_least(f"{rung.name} / view without a database", share, "x", aims[rung.name]))
    for rung in rungs:
        results.append(Result(f"{rung.name}: CPU of the web for a request", statistics.median(rung.cpu), "us"))
        results.append(Result(f"{rung.name}: p50, saturated", rung.percentile(0.5), "ms"))
        results.append(Result(f"{rung.name}: p99, saturated", rung.percentile(0.99), "ms"))
        results.append(at_most(f"{rung.name}: errors among {rung.sent}", rung.errors, "", 0))
    results.append(at_most("web process", max(rung.megabytes for rung in rungs), "MB", MOST_MEGABYTES))
    return results


def check_rows(rung: Rung) -> None:
    """Raise AssertionError unless every request is one message in the database, and nobody's turns have a gap."""
    engine = create_engine(rung.url)
    with engine.connect() as connection:
        heard = connection.execute(text("SELECT count(*) FROM inbound_message")).scalar_one()
        gaps = connection.execute(
            text(
                "SELECT count(*) FROM (SELECT m.learner_id FROM inbound_message m JOIN conversation c"
                " ON c.learner_id = m.learner_id GROUP BY m.learner_id, c.turn"
                " HAVING count(*) <> c.turn OR min(m.turn) <> 1 OR max(m.turn) <> c.turn) AS odd"
            )
        ).scalar_one()
        certificates = connection.execute(text("SELECT count(*) FROM certificate")).scalar_one()
    engine.dispose()
    assert heard == rung.sent, f"{rung.name}: {rung.sent} requests, but {heard} messages"
    assert gaps == 0, f"{rung.name}: {gaps} learners with a gap in their turns"
    assert certificates > 0, f"{rung.name}: nobody has completed the course"


def _at_four_fifths(rung: Rung, directory: Path, first: int, learners: int) -> list[Result]:
    """How long a learner waits when the machine is busy but not drowning."""
    warming = written(directory / "warming", first - WARMING, WARMING)
    requests = written(directory / "requests", first, learners)
    with servers.gunicorn(rung.application, directory, rung.settings) as (listens, _):
        load(listens, warming)
        came = load(listens, requests, 0.8 * rung.rate)
    slow = 1000 * came["took"][int(0.99 * len(came["took"]))]
    return [at_most(f"{rung.name}: p99 at 80 % of its peak", slow, "ms", SLOWEST)]


@contextmanager
def _counting(cluster: Postgres) -> Iterator[list[float]]:
    """Counts the statements that PostgreSQL is sent meanwhile, BEGIN and COMMIT among them; the count is in the list."""
    counted: list[float] = []
    with psycopg.connect(host=str(cluster.directory), user="postgres", dbname="postgres", autocommit=True) as db:
        db.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        db.execute("SELECT pg_stat_statements_reset()")
        yield counted
        row = db.execute(
            "SELECT sum(calls) FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid WHERE d.datname <> 'postgres'"
        ).fetchone()
        counted.append(float(row[0]) if row else 0.0)


def _statements(cluster: Postgres, rung: Rung, directory: Path) -> Result:
    """Round trips of a turn: the statements of a learner's messages after her first, without a new connection's own."""
    requests = directory / "requests-counted"
    everybody = signed(900_000, 4)
    with servers.gunicorn(rung.application, directory, rung.settings) as (listens, _):
        requests.write_bytes(pickle.dumps([each[:8] for each in everybody]))
        load(listens, requests)
        requests.write_bytes(pickle.dumps([each[8:16] for each in everybody]))
        with _counting(cluster) as counted:
            load(listens, requests)
    return at_most("turn on Postgres: statements sent", counted[0] / 32, "", MOST_STATEMENTS)

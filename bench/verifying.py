"""A code checked: pages a second with a thousand and with a million certificates, beside a view that returns a page and looks nothing up."""

import json
import pickle
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final

import psycopg

from bench import servers
from bench.table import Result, at_least
from bench.turn import Rung, one_round
from bot import codes
from bot.cli.db import bring_up_to_date

FEW: Final = 1_000
MANY: Final = 1_000_000
FLOOR: Final = 0.5  # of the view without a database
FLAT: Final = 0.9  # of the rate with few
WARMING: Final = 400
ACCEPTS: Final = {"page": "text/html,*/*;q=0.8", "JSON": "application/json"}
COLUMNS: Final = "id, learner_id, course, version, code, title, minutes, issued_at, kind, name, level, assessed"


def measure(*, quick: bool = False) -> list[Result]:
    """Each rung in turn, several rounds, each with other codes."""
    rounds, requests = (2, 2_000) if quick else (5, 6_000)
    with tempfile.TemporaryDirectory(prefix="titian-bench-") as made, ExitStack() as stack:
        directory = Path(made)
        cluster = stack.enter_context(servers.postgres(directory))
        if cluster is None:
            return []
        known: dict[str, list[str]] = {}
        rungs = [Rung("view without a database", "bench.bare:create_app()")]
        for many in (FEW, FEW * 10 if quick else MANY):
            url = cluster.url(cluster.create())
            bring_up_to_date(url)
            home = directory / str(many)
            home.mkdir()
            rung = Rung(f"{many:,} certificates", "bot.app:create_app()", servers.bot_settings(home, url), url)
            known[rung.name] = issued(url, many)
            rungs.append(rung)
        known[rungs[0].name] = known[rungs[1].name]
        return [
            result
            for kind, accepts in ACCEPTS.items()
            for result in _compared(kind, list(_rounds(rungs, known, directory, accepts, (rounds, requests))))
        ]


def issued(url: str, many: int) -> list[str]:
    """So many certificates in the database; returns some of their codes, drawn from everywhere among them."""
    chance = Random(many)
    drawn = [codes.draw(chance.randrange) for _ in range(many)]
    now, title = datetime(2026, 11, 1, tzinfo=UTC), json.dumps({"ms": "Elak penipuan", "en": "Staying safe"})
    with psycopg.connect(url.replace("+psycopg", "")) as db:
        db.execute("SET session_replication_role = replica")  # there are no learners behind these
        with db.cursor().copy(f"COPY certificate ({COLUMNS}) FROM STDIN") as copy:
            for place, code in enumerate(drawn):
                assessed = json.dumps({"lessons": 7, "score": 70 + place % 30, "pass_mark": 70})
                named = ("course", f"Nur Aisyah binti Ahmad {chr(65 + place % 26)}", place % 3, assessed)
                copy.write_row((place, place, f"kursus{place % 20}", "1", code, title, 95, now, *named))
        db.commit()
        db.autocommit = True
        db.execute("VACUUM ANALYZE certificate")
    return chance.sample(drawn, min(many, 100_000))


def _rounds(
    rungs: list[Rung], known: dict[str, list[str]], directory: Path, accepts: str, size: tuple[int, int]
) -> Iterator[Rung]:
    """The rungs after so many rounds of so many requests."""
    rounds, requests = size
    for rung in rungs:
        rung.rates, rung.took, rung.errors, rung.cpu = [], [], 0, []
    for number in range(rounds):
        for rung in rungs:
            chance = Random(number)
            warming, sent = (
                _written(directory / name, chance.choices(known[rung.name], k=many), accepts)
                for name, many in (("warming", WARMING), ("requests", requests))
            )
            one_round(rung, directory, warming, sent)
    yield from rungs


def _written(path: Path, wanted: list[str], accepts: str) -> Path:
    """A file with a request for each code."""
    path.write_bytes(pickle.dumps([[_request(code, accepts)] for code in wanted]))
    return path


def _request(code: str, accepts: str) -> bytes:
    return (
        f"GET /verify/{codes.written(code)} HTTP/1.1\r\nHost: titian.example\r\nAccept: {accepts}\r\n"
        "User-Agent: bench\r\n\r\n"
    ).encode()


def _compared(kind: str, rungs: list[Rung]) -> list[Result]:
    bare, few, many = rungs
    results = [Result(f"check a code, {kind}: {rung.name}", rung.rate, "req/s") for rung in rungs]
    results += [Result(f"{kind}: {rung.name}, CPU of the web", statistics.median(rung.cpu), "us") for rung in rungs]
    for rung, beside, aim in ((many, bare, FLOOR), (many, few, FLAT)):
        share = statistics.median(ours / theirs for ours, theirs in zip(rung.rates, beside.rates, strict=True))
        results.append(at_least(f"{kind}: {rung.name} / {beside.name}", round(share, 2), "x", aim))
    results.append(Result(f"{kind}: {many.name}, p99, saturated", many.percentile(0.99), "ms"))
    results.append(Result(f"{kind}: errors among all", sum(rung.errors for rung in rungs), ""))
    return results

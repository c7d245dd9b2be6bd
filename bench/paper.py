"""How long a certificate takes to lay out as a PDF, beside a page with one word; and a ceremony's hundred, by one worker and by two."""

import io
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pypdf
from sqlalchemy import delete

from bench import servers
from bench.table import Result, at_least, at_most
from bot import settings
from bot.certificates import CheckedCertificate
from bot.cli.db import bring_up_to_date
from bot.paper import asking, laying, rendering, sheets
from bot.paper.sheets import House, Sheet
from bot.pushes import BULK
from bot.store import tables as t
from bot.wiring import Bot, build
from tests.bots import made_settings
from tests.credentials import HOST, association, certificate
from workers import credentials, printing

NOW: Final = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
ROUNDS: Final = 40
PEOPLE: Final = 100
FLOOR: Final = 1.7  # of one worker's papers, by two on two cores
SLOWEST: Final = 250  # milliseconds
NAMES: Final = ("Nur Aisyah binti Ahmad", "Siva Kumar A/L Raju", "陳美玲 Tan Mei Ling", "முத்துலட்சுமி சுப்பிரமணியம்")
LONG: Final = "Sharifah Nurul Aisyah Maisarah binti Syed Muhammad Faizal Al-Haddad @ Mary-Ann Josephine Dayang Kumala"


def measure(*, quick: bool = False) -> list[Result]:
    """A4 with the credential attached, two halves on a page, and the empty page, in turn on one core of this process."""
    try:
        laying.engine()
    except laying.PaperUnavailable:
        return []
    credential = '{"@context": "' + "x" * 4300 + '"}'  # as long as one of ours
    usual = [_sheet(name, credential) for name in NAMES]
    longest = _sheet(LONG, credential)
    made = rendering.render([longest], "a4")
    assert pypdf.PdfReader(io.BytesIO(made)).attachments, "it carries its credential"
    works: dict[str, Callable[[int], object]] = {
        "an empty page": lambda _: laying.document("<p>Ada", "half", {}).write_pdf(pdf_variant=rendering.VARIANT),
        "a certificate on A4, its credential attached": lambda turn: rendering.render([usual[turn % 4]], "a4"),
        "the same, a name of 100 letters": lambda _: rendering.render([longest], "a4"),
        "two halves on a page": lambda turn: rendering.render([usual[turn % 4], usual[(turn + 1) % 4]], "half"),
    }
    took: dict[str, list[float]] = {what: [] for what in works}
    for turn in range(ROUNDS // 5 if quick else ROUNDS):
        for what, work in works.items():
            began = time.process_time()
            work(turn)
            took[what].append((time.process_time() - began) * 1000)
    medians = {what: round(statistics.median(each), 1) for what, each in took.items()}
    return [
        Result(what, value, "ms") if what == "an empty page" else at_most(what, value, "ms", SLOWEST)
        for what, value in medians.items()
    ] + _ceremony(quick=quick)


def _ceremony(*, quick: bool) -> list[Result]:
    """A hundred signed certificates on PostgreSQL, asked for at once and made by processes that are warm."""
    with tempfile.TemporaryDirectory(prefix="titian-bench-") as made, ExitStack() as stack:
        directory = Path(made)
        cluster = stack.enter_context(servers.postgres(directory))
        if cluster is None:
            return []
        url = cluster.url(cluster.create())
        bring_up_to_date(url)
        bot = stack.enter_context(association(url, directory / "bot", lambda: NOW))
        codes = [certificate(bot, f"+601110{number:05}", name=NAMES[number % 4]) for number in range(PEOPLE)]
        while credentials.sign(bot):
            pass
        house = asking.house_of(bot.settings, bot.zone)
        found = [sheets.of(bot.store, code, house, now=NOW) for code in codes]
        rates: dict[int, list[float]] = {1: [], 2: []}
        for _ in range(1 if quick else 3):
            for workers, each in rates.items():
                each.append(_made_by(workers, bot, found))
    alone, together = (statistics.median(each) for each in rates.values())
    return [
        Result(f"a ceremony of {PEOPLE}, one worker", round(alone, 1), "/s"),
        at_least("the same, two workers / one", round(together / alone, 2), "x", FLOOR),
    ]


def _made_by(workers: int, bot: Bot, found: Sequence[Sheet]) -> float:
    """Papers a second, from the moment that all are asked for until all are there."""
    with bot.store.begin() as connection:
        connection.execute(delete(t.paper))
    settings_of = (bot.settings.database_url, str(bot.settings.var_dir), str(bot.settings.content_dir))
    with ProcessPoolExecutor(workers, get_context("spawn"), _begin, settings_of) as pool:
        list(pool.map(_one, range(workers * 4)))  # each has come up, and has laid out one page
        for sheet in found:
            asking.ask(bot.store, sheet, "a4", now=NOW, lane=BULK)
        began = time.perf_counter()
        made = sum(pool.map(_all, range(workers)))
        took = time.perf_counter() - began
    assert made == len(found), f"{made} were made"
    return made / took


_bot: Bot | None = None


def _begin(database_url: str, var_dir: str, content_dir: str) -> None:
    """Be a worker."""
    global _bot
    _bot = build(
        made_settings(database_url, Path(var_dir), public_url=HOST, content_dir=Path(content_dir)), clock=lambda: NOW
    )
    _one(0)


def _one(_: int) -> None:
    rendering.render([_sheet(name, None) for name in NAMES], "a4")


def _all(_: int) -> int:
    assert _bot is not None
    return printing.press(_bot, most=PEOPLE)


def _sheet(name: str, credential: str | None) -> Sheet:
    checked = CheckedCertificate(
        "valid",
        "SR7K-3M9Q-XT2Y",
        {"ms": "Elak penipuan dalam talian", "en": "Staying safe from scams"},
        95,
        NOW,
        name=name,
        level=1,
        course="selamat1",
        assessed={"lessons": 8, "score": 85, "pass_mark": 70, "witnessed": 2},
    )
    house = House("TITIAN", "https://sijil.example.my", ZoneInfo("Asia/Kuching"), Path(settings.ROOT) / "content")
    return sheets.made(checked, house, credential)

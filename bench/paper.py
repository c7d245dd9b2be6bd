"""How long a certificate takes to lay out as a PDF, beside a page with one word on it laid out by the same library."""

import io
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pypdf

from bench.table import Result, at_most
from bot import settings
from bot.certificates import CheckedCertificate
from bot.paper import laying, rendering, sheets
from bot.paper.sheets import House, Sheet

ROUNDS: Final = 40
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
    ]


def _sheet(name: str, credential: str) -> Sheet:
    checked = CheckedCertificate(
        "valid",
        "SR7K-3M9Q-XT2Y",
        {"ms": "Elak penipuan dalam talian", "en": "Staying safe from scams"},
        95,
        datetime(2026, 11, 24, 1, 0, tzinfo=UTC),
        name=name,
        level=1,
        course="selamat1",
        assessed={"lessons": 8, "score": 85, "pass_mark": 70, "witnessed": 2},
    )
    house = House("TITIAN", "https://sijil.example.my", ZoneInfo("Asia/Kuching"), Path(settings.ROOT) / "content")
    return sheets.made(checked, house, credential)

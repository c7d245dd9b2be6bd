"""Sheets to look at: of somebody who does not exist, for a course that is made up, from an association with and without a logo."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from PIL import Image, ImageDraw

from bot.certificates import CheckedCertificate
from bot.paper import laying, rendering, sheets
from bot.paper.sheets import House, Sheet
from tests.credentials import ISSUERS

ISSUED: Final = datetime(2026, 10, 1, 2, 30, tzinfo=UTC)
CREDENTIAL: Final = '{"name": "Nur Aisyah", "kind": "a credential, to the byte — é 阿"}\n'


def lambang() -> bytes:
    """A small logo: a footbridge."""
    picture = Image.new("RGB", (240, 240), "white")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((8, 8, 232, 232), outline="#1f5f57", width=10)
    draw.arc((20, -60, 220, 150), 20, 160, fill="#1f5f57", width=10)
    draw.line((30, 160, 210, 160), fill="#b07a1e", width=12)
    kept = io.BytesIO()
    picture.save(kept, "PNG")
    return kept.getvalue()


@pytest.fixture
def house(tmp_path: Path) -> House:
    """An association with a logo."""
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "lambang.png").write_bytes(lambang())
    (tmp_path / "issuers.yaml").write_text(ISSUERS.rstrip() + "\n    logo: lambang.png\n", encoding="utf-8")
    return House("TITIAN", "https://sijil.example.my", ZoneInfo("Asia/Kuching"), tmp_path)


@pytest.fixture
def sheet(house: House) -> Callable[..., Sheet]:
    """Make a sheet; what is given takes the place of what it says otherwise."""

    def make(credential: str | None = CREDENTIAL, **more: Any) -> Sheet:
        about: dict[str, Any] = {
            "verdict": "valid",
            "code": "SR7K-3M9Q-XT2Y",
            "title": {"ms": "Asas penanaman rumpai laut", "en": "Seaweed farming basics"},
            "minutes": 140,
            "issued_at": ISSUED,
            "name": "Nur Aisyah binti Ahmad",
            "level": 1,
            "course": "selamat1",
            "assessed": {"lessons": 8},
        }
        return sheets.made(CheckedCertificate(**(about | more)), house, credential)

    return make


@pytest.fixture
def fonts() -> None:
    """What sheets are laid out with; without it there is nothing to look at."""
    try:
        lacking = rendering.lacking()
    except laying.PaperUnavailable as trouble:
        pytest.skip(str(trouble))
    if lacking:
        pytest.skip(f"needs fonts: apt-get install {' '.join(sorted(set(lacking.values())))}")

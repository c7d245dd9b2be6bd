"""Days off: Sabah's public holidays, and the coordinator's own calendar, which may be edited at any time."""

import os
from datetime import date
from pathlib import Path

import pytest

from bot import settings
from bot.calendar import Calendar, WrongCalendar, public_holidays, read

CHRISTMAS, KAAMATAN, A_TUESDAY = date(2026, 12, 25), date(2026, 5, 30), date(2026, 11, 24)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "calendar.yaml"


def write(file: Path, text: str) -> None:
    """Write it so that everybody sees that it has changed, however quick the test is."""
    before = file.stat().st_mtime_ns if file.exists() else 0
    file.write_text(text, encoding="utf-8")
    os.utime(file, ns=(before + 1_000_000_000, before + 1_000_000_000))


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (CHRISTMAS, "Christmas Day"),
        (date(2026, 12, 24), "Christmas Eve"),  # a holiday in Sabah alone
        (KAAMATAN, "Pesta Kaamatan"),
        (date(2026, 9, 16), "Malaysia Day"),
        (A_TUESDAY, ""),
    ],
)
def test_the_holidays_of_sabah_are_known_by_name(file, day, name):
    assert Calendar("MY-SBH", file).off(day) == name


def test_other_states_have_other_holidays_and_nobody_need_have_any(file):
    assert Calendar("MY-10", file).off(KAAMATAN) == ""
    assert Calendar("", file).off(CHRISTMAS) == ""


@pytest.mark.parametrize("place", ["XX", "MY-SBX"])
def test_a_place_nobody_knows_is_refused_at_once(place):
    with pytest.raises(WrongCalendar, match=f"holidays of {place} are not known"):
        public_holidays(place)


def test_the_coordinator_adds_days_and_takes_holidays_away(file):
    write(
        file,
        """
days_off:
  - {from: 2026-12-26, to: 2026-12-28, why: flood relief}
  - {from: 2026-11-24, why: the tamu besar}
working_days:
  - {from: 2026-12-24, why: the centre works until noon}
""",
    )
    calendar = Calendar("MY-SBH", file)

    assert [calendar.off(date(2026, 12, day)) for day in range(24, 30)] == [
        *("", "Christmas Day"),
        *["flood relief"] * 3,
        "",
    ]
    assert calendar.off(A_TUESDAY) == "the tamu besar"


def test_an_edit_counts_at_once_and_a_broken_one_does_not(file, caplog):
    calendar = Calendar("", file)
    assert calendar.off(A_TUESDAY) == ""
    write(file, "days_off: [{from: 2026-11-24, why: the tamu besar}]")
    assert calendar.off(A_TUESDAY) == "the tamu besar"

    write(file, "days_off: [{from: 2026-11-24}]")
    assert calendar.off(A_TUESDAY) == "the tamu besar"
    assert "content not loaded" in caplog.text

    file.unlink()
    assert calendar.off(A_TUESDAY) == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("days_off: [\n", "calendar.yaml:2: this is not YAML"),
        ("- 2026-11-24", "two lists, `days_off:` and `working_days:`"),
        ("dayoff: []", "two lists"),
        ("days_off: 2026-11-24", "days_off is not a list"),
        ("days_off: [2026-11-24]", "days_off, entry 1: write it like"),
        ("days_off: [{on: 2026-11-24, why: x}]", "entry 1: write it like"),
        ("days_off: [{from: 24 Nov, why: x}]", "days like 2026-12-26"),
        ("days_off: [{from: 2026-11-24 08:00:00, why: x}]", "days like 2026-12-26"),
        ("days_off: [{from: 2026-11-24}]", "`why` is missing"),
        ("days_off: [{from: 2026-11-24, why: ''}]", "`why` is missing"),
        ("working_days: [{from: 2026-11-24, to: 2026-11-23, why: x}]", "working_days, entry 1: `to` is before"),
        ("days_off: [{from: 2026-11-24, to: 2027-12-24, why: x}]", "more than a year"),
    ],
)
def test_a_mistake_is_told_in_words(file, text, told):
    write(file, text)

    with pytest.raises(WrongCalendar) as wrong:
        read(file)

    assert told in str(wrong.value)


@pytest.mark.parametrize("text", ["", "# nothing yet", "days_off:\nworking_days:"])
def test_an_empty_one_is_fine(file, text):
    write(file, text)

    assert read(file) == ({}, {})


def test_ours_is_fine():
    read(settings.ROOT / "content" / "calendar.yaml")

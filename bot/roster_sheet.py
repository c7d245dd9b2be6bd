"""A coordinator's list of learners as it comes from a spreadsheet: its rows, and what is wrong in them by row and column."""

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from bot import names
from bot.policy import SLOTS
from bot.slip_sheet import MOST, Trouble, day_of, grid_of_csv, number
from flows.learner.prefer import DISTRICTS

# Column -> what it may also be called.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "number": ("phone", "telefon", "no telefon", "nombor"),
    "language": ("bahasa",),
    "district": ("daerah",),
    "course": ("kursus",),
    "consented on": ("tarikh setuju", "tarikh persetujuan", "date"),
    "consent words": ("persetujuan", "kata persetujuan", "consent"),
    "time": ("masa",),
    "name": ("nama",),
}
NEEDED: Final = ("number", "language", "course", "consented on", "consent words")
LANGUAGES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("ms", "bm", "melayu", "malay", "bahasa malaysia"), "ms"),
    **dict.fromkeys(("en", "bi", "inggeris", "english"), "en"),
}
TIMES: Final[Mapping[str, str]] = {
    **{slot: slot for slot in SLOTS},
    "pagi": "morning",
    "tengah hari": "noon",
    "petang": "afternoon",
    "malam": "evening",
}
LARGEST: Final = 5_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One row that can be read: a learner who agreed on paper. `district` and `slot` are None where nothing stands there."""

    line: int
    number: str  # E.164
    locale: str
    district: str | None
    course: str
    consented_on: date
    words: str  # what she agreed to, or said, as it stands on the paper
    slot: str | None
    name: str | None = (
        None  # as it stands on her MyKad; it comes from this list or from a coordinator, and never by SMS
    )


def read_roster(file: Path, *, today: date) -> tuple[list[Entry], list[Trouble]]:
    """The rows of a .csv or .xlsx file, and what is wrong; a number that stands twice counts once, and is told."""
    grid = _grid(file)
    if isinstance(grid, Trouble):
        return [], [grid]
    headings = [_column(cell) for cell in grid[0]] if grid else []
    absent = [name for name in NEEDED if name not in headings]
    if absent:
        return [], [Trouble(1, "", f"These columns are missing: {', '.join(absent)}.")]
    if len(grid) > MOST:
        return [], [Trouble(MOST, "", f"A file may have {MOST} rows at most: cut it in two.")]
    entries: list[Entry] = []
    troubles: list[Trouble] = []
    seen: dict[str, int] = {}
    for line, cells in enumerate(grid[1:], start=2):
        if not any(cells):
            continue
        named = {name: cell for name, cell in zip(headings, cells, strict=False) if name}
        found = list(_troubles(line, named, today))
        phone = number(named.get("number", ""))
        if not found and phone in seen:
            found.append(Trouble(line, "number", f"The same number stands in row {seen[phone]}: remove one."))
        seen.setdefault(phone, line)
        troubles += found
        if not found:
            entries.append(_entry(line, named))
    return entries, troubles


def _grid(file: Path) -> list[list[str]] | Trouble:
    if file.stat().st_size > LARGEST:
        return Trouble(1, "", f"The file is larger than {LARGEST // 1_000_000} MB: cut it in two.")
    if file.suffix == ".xlsx":
        return _grid_of_xlsx(file)
    if file.suffix != ".csv":
        return Trouble(1, "", "Save the list as .xlsx (Excel Workbook) or as .csv (CSV UTF-8).")
    return grid_of_csv(file)


def _grid_of_xlsx(file: Path) -> list[list[str]] | Trouble:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        sheet = load_workbook(file, read_only=True, data_only=True).worksheets[0]
        return [[_text(cell) for cell in row] for row in sheet.iter_rows(max_row=MOST + 1, values_only=True)]
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError):
        return Trouble(1, "", "This cannot be opened as an Excel workbook: save it once more as .xlsx.")


def _text(cell: Any) -> str:
    """A cell as somebody would have typed it: a spreadsheet makes dates and numbers of what looks like them."""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()


def _column(heading: str) -> str:
    plain = " ".join(heading.casefold().replace("_", " ").split())
    return next((name for name, others in COLUMNS.items() if plain == name or plain in others), "")


def _troubles(line: int, row: Mapping[str, str], today: date) -> Iterator[Trouble]:
    for column in NEEDED:
        if not row.get(column):
            yield Trouble(line, column, "Nothing stands here.")
    if row.get("number") and not number(row["number"]):
        says = f'"{row["number"]}" is no phone number. Excel spoils long numbers: make the column text.'
        yield Trouble(line, "number", says)
    yield from _among(line, row, "language", LANGUAGES, "Write ms or en.")
    yield from _among(line, row, "district", [name.casefold() for name in DISTRICTS], f"Write {', '.join(DISTRICTS)}.")
    yield from _among(line, row, "time", TIMES, f"Write {', '.join(SLOTS)}, or leave it empty.")
    if row.get("name"):
        try:
            names.kept(row["name"])
        except names.NoName as wrong:
            yield Trouble(line, "name", f"{str(wrong)[:1].upper()}{str(wrong)[1:]}.")
    if row.get("consented on"):
        day = day_of(row["consented on"])
        if day is None:
            yield Trouble(line, "consented on", "Write the day like 24/11/2026.")
        elif day > today:
            yield Trouble(line, "consented on", "This day has not come yet.")


def _among(line: int, row: Mapping[str, str], column: str, known: Sequence[str] | Mapping[str, str], says: str) -> Any:
    if row.get(column) and row[column].casefold() not in known:
        yield Trouble(line, column, f'"{row[column]}" is not known. {says}')


def _entry(line: int, row: Mapping[str, str]) -> Entry:
    day = day_of(row["consented on"])
    assert day is not None
    return Entry(
        line,
        number(row["number"]),
        LANGUAGES[row["language"].casefold()],
        row["district"].title() if row.get("district") else None,
        row["course"],
        day,
        row["consent words"],
        TIMES[row["time"].casefold()] if row.get("time") else None,
        names.kept(row["name"]) if row.get("name") else None,
    )

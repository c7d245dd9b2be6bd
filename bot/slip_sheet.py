"""A sheet of paper slips as it comes from a spreadsheet: its rows, and what is wrong in them by row and column."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from bot.phone import NotANumber, e164
from flows.reading.answers import quiz

# Column -> what it may also be called.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "phone": ("telefon", "no telefon", "number"),
    "learner": ("learner_id", "pelajar"),
    "person": ("pengguna",),
    "course": ("kursus",),
    "answers": ("jawapan",),
    "date": ("tarikh",),
    "entered_by": ("oleh", "by", "entered by"),
}
NEEDED: Final = ("course", "answers", "date", "entered_by")
MOST: Final = 5_000  # rows of one file
LONGEST: Final = 200  # characters of one slip's answers
_DATES: Final = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y")  # the day first, as in Malaysia


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing to put right: the row of the sheet (the headings are row 1), its column, and what to write."""

    line: int
    column: str
    says: str

    def __str__(self) -> str:
        return f"row {self.line}, {self.column}: {self.says}" if self.column else f"row {self.line}: {self.says}"


@dataclass(frozen=True, slots=True)
class Written:
    """One row that can be read. `phone` is E.164 or "", `learner` an id or 0, `person` her place on a shared phone or 0."""

    line: int
    phone: str
    learner: int
    person: int
    course: str
    answers: str
    day: date
    by: str
    count: int  # of answers


def read_rows(file: Path, *, today: date) -> tuple[list[Written], list[Trouble]]:
    """The rows of a CSV file with the columns course, answers, date, entered_by, and phone or learner."""
    lines = grid_of_csv(file)
    if isinstance(lines, Trouble):
        return [], [lines]
    if not lines:
        return [], [Trouble(1, "", "The file is empty.")]
    headings = [_column(heading) for heading in lines[0]]
    absent = [name for name in NEEDED if name not in headings]
    if "phone" not in headings and "learner" not in headings:
        absent.insert(0, "phone")
    if absent:
        return [], [Trouble(1, "", f"These columns are missing: {', '.join(absent)}.")]
    if len(lines) > MOST:
        return [], [Trouble(MOST, "", f"A file may have {MOST} rows at most: cut it in two.")]
    rows: list[Written] = []
    troubles: list[Trouble] = []
    for line, cells in enumerate(lines[1:], start=2):
        if any(cells):
            named = {name: cell for name, cell in zip(headings, cells, strict=False) if name}
            found = list(_troubles(line, named, today))
            troubles += found
            if not found:
                rows.append(_written(line, named))
    return rows, troubles


def grid_of_csv(file: Path) -> list[list[str]] | Trouble:
    """The cells of a CSV file, parted as Excel parts them in whatever country; or why it cannot be read."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        return Trouble(1, "", 'This is not saved as UTF-8: in Excel, save it as "CSV UTF-8".')
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    return [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)]


def _column(heading: str) -> str:
    plain = heading.strip().casefold()
    return next((name for name, others in COLUMNS.items() if plain == name or plain in others), "")


def _troubles(line: int, row: Mapping[str, str], today: date) -> Iterator[Trouble]:
    for column in NEEDED:
        if not row.get(column):
            yield Trouble(line, column, "Nothing stands here.")
    if not row.get("phone") and not row.get("learner"):
        yield Trouble(line, "phone", "Write her phone number here, or her id in the column learner.")
    elif not row.get("learner") and not number(row["phone"]):
        yield Trouble(
            line, "phone", f'"{row["phone"]}" is no phone number. Excel spoils long numbers: make the column text.'
        )
    elif row.get("learner") and not row["learner"].isdecimal():
        yield Trouble(line, "learner", "A learner's id is a number. Excel spoils long numbers: make the column text.")
    if row.get("person") and row["person"] not in "12345":
        yield Trouble(line, "person", "Write 1 to 5 here: which of those who share the phone.")
    if row.get("answers") and (len(row["answers"]) > LONGEST or not quiz(row["answers"])):
        yield Trouble(line, "answers", "Write two answers or more like 1A 2C 3B: the lesson's number, then the letter.")
    if row.get("date"):
        day = day_of(row["date"])
        if day is None:
            yield Trouble(line, "date", "Write the day like 24/11/2026.")
        elif day > today:
            yield Trouble(line, "date", "This day has not come yet.")
    if len(row.get("entered_by", "")) > 80:
        yield Trouble(line, "entered_by", "Write a name of at most 80 characters.")


def number(text: str) -> str:
    """The number in E.164 form, or "". A spreadsheet drops the + and the first 0."""
    digits = text.replace(" ", "").replace("-", "")
    try:
        return e164("+" + digits if digits.startswith("60") else "0" + digits if digits.startswith("1") else digits)
    except NotANumber:
        return ""


def day_of(text: str) -> date | None:
    for form in _DATES:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day, wherever she is
        except ValueError:
            continue
    return None


def _written(line: int, row: Mapping[str, str]) -> Written:
    day = day_of(row["date"])
    assert day is not None
    learner = int(row["learner"]) if row.get("learner") else 0
    phone = "" if learner else number(row["phone"])
    person = int(row.get("person") or 0)
    answers = row["answers"]
    return Written(
        line, phone, learner, person, row["course"], answers, day, row["entered_by"], count=len(quiz(answers))
    )

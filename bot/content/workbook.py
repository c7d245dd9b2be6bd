"""The rows of a sheet in a file that a spreadsheet opens: .xlsx with lengths that count along, or .csv."""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, Final

from bot import gsm
from bot.content import sheet
from bot.content.cells import Value
from bot.content.rules import Limits
from bot.content.sheet import COLUMNS, LANGUAGES, LENGTHS, LIMIT, TEXT, Misplaced, Row

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

NAME: Final = "course"  # of the sheet with the rows
LARGEST: Final = 5_000_000  # bytes
MOST: Final = 5_000  # rows
KIND_OF: Final = {"course": "title", "lesson": "title", "idea": "idea", "about": "about", "option": "option"}
_ASKED: Final = (*sheet.KINDS, "task")
_FORMULA: Final = ("=", "+", "-", "@", "\t")  # what a spreadsheet takes for one in a .csv
_WIDE: Final = 44


class Unopened(Exception):
    """The file cannot be read as a sheet; the text says why and what to do."""


def write(file: FilePath, rows: Sequence[Row], limits: Limits) -> None:
    """Write the rows to a .xlsx or a .csv, each text with its length and the most it may have."""
    if file.suffix == ".csv":
        file.write_text(_csv_of(rows, limits), encoding="utf-8-sig", newline="")
    elif file.suffix == ".xlsx":
        _write_xlsx(file, rows, limits)
    else:
        raise Unopened(f"{file.name}: the name of a sheet ends in .xlsx or .csv.")


def read(file: FilePath) -> tuple[list[Row], list[Misplaced]]:
    """The rows of a file, and what is wrong with its cells. Raises Unopened."""
    if file.stat().st_size > LARGEST:
        raise Unopened(f"{file.name} is larger than a course can be ({LARGEST // 1_000_000} MB).")
    if file.suffix == ".csv":
        grid = _grid_of_csv(file)
    elif file.suffix == ".xlsx":
        grid = _grid_of_xlsx(file)
    else:
        raise Unopened(f"{file.name}: save the sheet as .xlsx (Excel Workbook) or as .csv (CSV UTF-8).")
    return _rows(grid)


def limit_of(row: Row, limits: Limits) -> int | None:
    """The most characters a row's text may have, a question's with all its options; None where nothing is said."""
    if row.type in _ASKED:
        return limits.of("question")
    return limits.of(KIND_OF[row.type]) if row.type in KIND_OF else None


def spans(rows: Sequence[Row]) -> Iterator[tuple[int, list[int]]]:
    """For each row the rows whose texts go out with it: a question's options; the places count from 0."""
    for place, row in enumerate(rows):
        span = [place]
        if row.type in _ASKED:
            for after in range(place + 1, len(rows)):
                if rows[after].type == "option":
                    span.append(after)
                elif rows[after].type not in ("ussd", "whatsapp", "unit", "wrong"):
                    break
        yield place, span


def length(rows: Sequence[Row], span: Sequence[int], language: str) -> int:
    """How many characters these texts have as they go out, "A) " and a line for each option."""
    said = [gsm.fold(str(rows[place].cells.get(TEXT[language], ""))) for place in span]
    return sum(map(gsm.septets, said)) + 4 * (len(span) - 1) if said[0] else 0


def _csv_of(rows: Sequence[Row], limits: Limits) -> str:
    made = io.StringIO(newline="")
    writer = csv.writer(made)
    writer.writerow(COLUMNS)
    for place, span in spans(rows):
        cells: dict[str, Any] = dict(rows[place].cells)
        cells |= {LENGTHS[each]: length(rows, span, each) or "" for each in LANGUAGES}
        cells[LIMIT] = limit_of(rows[place], limits) or ""
        writer.writerow([_safe(cells.get(column, "")) for column in COLUMNS])
    return made.getvalue()


def _safe(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula, with the ' before it that makes it a text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _write_xlsx(file: FilePath, rows: Sequence[Row], limits: Limits) -> None:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    book = Workbook()
    made = book.active
    assert isinstance(made, Worksheet)
    made.title = NAME
    made.append(list(COLUMNS))
    for place, span in spans(rows):
        _fill(made, rows, place, span, limit_of(rows[place], limits))
    _dress(made, len(rows) + 1)
    about = book.create_sheet("how to")
    for line in HOW_TO:
        about.append([line])
    about.column_dimensions["A"].width = 110
    book.save(file)


def _fill(made: "Worksheet", rows: Sequence[Row], place: int, span: Sequence[int], limit: int | None) -> None:
    """One row, its words as words even where they begin with =, its lengths as formulas."""
    line = place + 2
    for name, value in rows[place].cells.items():
        cell = made.cell(line, COLUMNS.index(name) + 1, value)
        if isinstance(value, str):
            cell.data_type = "s"
            cell.quotePrefix = value.startswith(_FORMULA)
    if limit is None:
        return
    made.cell(line, COLUMNS.index(LIMIT) + 1, limit)
    for language, column in TEXT.items():
        letter = _letter(COLUMNS.index(column))
        added = "+".join(f"LEN({letter}{each + 2})" for each in span)
        around = f"+{4 * (len(span) - 1)}" if len(span) > 1 else ""
        formula = f'=IF({letter}{line}="","",{added}{around})'
        made.cell(line, COLUMNS.index(LENGTHS[language]) + 1, formula)


def _dress(made: "Worksheet", last: int) -> None:
    """What makes it a sheet to work in: a heading that stays, columns wide enough, red where a text is too long."""
    from openpyxl.formatting.rule import FormulaRule
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.worksheet.datavalidation import DataValidation

    made.freeze_panes = "C2"
    for cell in made[1]:
        cell.font = Font(bold=True)
    for place, name in enumerate(COLUMNS):
        made.column_dimensions[_letter(place)].width = _WIDE if name in TEXT.values() else 14
        for line in range(2, last + 1) if "::" in name else ():
            made.cell(line, place + 1).alignment = Alignment(wrap_text=True, vertical="top")
    room = last + 500  # and rows that are still to be written
    red = PatternFill(bgColor="FFC7CE")
    limit = _letter(COLUMNS.index(LIMIT))
    for name in LENGTHS.values():
        letter = _letter(COLUMNS.index(name))
        too_long = f"AND(ISNUMBER({letter}2),ISNUMBER(${limit}2),{letter}2>${limit}2)"
        rule = FormulaRule(formula=[too_long], fill=red)  # type: ignore[no-untyped-call]
        made.conditional_formatting.add(f"{letter}2:{letter}{room}", rule)
    types = DataValidation(type="list", formula1=f'"{",".join(sheet.TYPES)}"', allow_blank=True)
    made.add_data_validation(types)
    types.add(f"A2:A{room}")


def _letter(place: int) -> str:
    from openpyxl.utils import get_column_letter

    return get_column_letter(place + 1)


def _grid_of_csv(file: FilePath) -> Iterator[tuple[Any, ...]]:
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unopened(f'{file.name} is not saved as UTF-8: in Excel, save it as "CSV UTF-8".') from None
    heading = text.partition("\n")[0]
    delimiter = max(",;\t", key=heading.count)
    for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        yield tuple(cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell for cell in cells)


def _grid_of_xlsx(file: FilePath) -> Iterator[tuple[Any, ...]]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(file, data_only=False)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise Unopened(f"{file.name} cannot be opened as an Excel workbook: save it once more as .xlsx.") from error
    made = book[NAME] if NAME in book.sheetnames else book.worksheets[0]
    for row in made.iter_rows():
        yield tuple(Formula() if cell.data_type == "f" else cell.value for cell in row)


class Formula:
    """A cell that holds a formula instead of words."""


def _rows(grid: Iterator[tuple[Any, ...]]) -> tuple[list[Row], list[Misplaced]]:
    headings = [str(each).strip() if each is not None else "" for each in next(grid, ())]
    if "type" not in headings or "name" not in headings:
        raise Unopened('The first row must hold the headings, "type" and "name" among them, as the export writes them.')
    wrong = [
        Misplaced(1, name, f'"{name}" is no column. There are: {", ".join(COLUMNS)}.')
        for name in headings
        if name and not name.startswith("#") and name not in COLUMNS
    ]
    rows: list[Row] = []
    for line, values in enumerate(grid, start=2):
        if line > MOST:
            raise Unopened(f"A sheet may have {MOST} rows at most.")
        cells = dict(_cells(headings, values, line, wrong))
        if any(name != LIMIT for name in cells):
            rows.append(Row(cells, line))
    return rows, wrong


def _cells(
    headings: Sequence[str], values: Sequence[Any], line: int, wrong: list[Misplaced]
) -> Iterator[tuple[str, Value]]:
    for name, value in zip(headings, values, strict=False):
        if name not in COLUMNS or name in LENGTHS.values() or value is None:
            continue
        if isinstance(value, Formula):
            wrong.append(Misplaced(line, name, "A formula stands here: write the words, with a ' before a = sign."))
        elif isinstance(value, date | datetime | time):
            wrong.append(Misplaced(line, name, "Excel has made a date of this: make the cell text and write it again."))
        elif isinstance(value, str) and not value.strip():
            continue
        else:
            yield name, value if isinstance(value, str | int | float | bool) else str(value)


HOW_TO: Final[Sequence[str]] = (
    "One row is one text; each language has its column. Rows belong to the lesson, question or option above them.",
    "course: name is its id, the text its title, and minutes what it takes. about: what it is good for.",
    "complete: when the course is complete, where that is not when every lesson is passed. Lessons with | between them.",
    "nudges: when learners who have gone quiet are reminded. nudge: a text of that, said in turn; name is its key.",
    "lesson: name is its id, the text its title. idea: one or two under a lesson. source: where the facts come from.",
    "choice, truth, several, order, number, text, open: a question; name is its id. option: one answer; name is its key.",
    "right: yes beside a right option; true or false beside a statement; the number beside a number.",
    "because: what is said after an answer. hint: for whoever asks. also: other ways to write it, with | between them.",
    "wrong: words under a text question that are wrong, in also, and what to say to them, in because.",
    "ussd, whatsapp: under a text, what one kind of channel says instead. unit: what a number is counted in.",
    "A length turns red where a text is too long. Characters such as [ ] count as two; the import tells.",
    "Never change a name: learners' progress is kept under it.",
)

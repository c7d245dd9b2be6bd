"""What stands in one cell of a sheet: words, several of them, a number, yes or no."""

import re
import unicodedata
from typing import Any, Final

BETWEEN: Final = " | "  # the words of one cell

Value = str | int | float | bool

WHOLE: Final = frozenset({"minutes", "pass_mark", "day", "then_every_days", "most", "days", "identity", "valid_months"})
_TRUE: Final = frozenset({"yes", "ya", "y", "true", "betul", "benar", "x", "1"})
_FALSE: Final = frozenset({"no", "tidak", "n", "false", "salah", "0", ""})
_NUMBER: Final = re.compile(r"-?\d+(?:[.,]\d+)?").fullmatch
_APART: Final = re.compile(r"\s*[|,;\s]\s*").split


def is_right(value: Value) -> bool | None:
    """Whether a cell says yes or no; None where it says neither."""
    if isinstance(value, bool):
        return value
    said = str(value).strip().casefold()
    return True if said in _TRUE else False if said in _FALSE else None


def number_in(value: Value) -> int | float | None:
    """The number in a cell; None where it holds none. A comma before the last digits is read as a point."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value) if float(value).is_integer() else value
    said = value.strip()
    if not _NUMBER(said):
        return None
    return number_in(float(said.replace(",", ".")))


def words_in(value: Value) -> str:
    """The words in a cell, composed as the course files hold them."""
    return unicodedata.normalize("NFC", str(value)).replace("\r\n", "\n").replace("\xa0", " ").strip()


def value_in(name: str, type_: str, given: Value) -> tuple[Any, str]:
    """The value of a cell, or what is wrong with it."""
    if name in ("right", "keep_order") or (name == "answer" and type_ == "truth"):
        right = is_right(given) if given != "" else None
        says = "Write true or false here." if name == "answer" else "Write yes here, or leave the cell empty."
        return right, "" if right is not None else says
    if name == "after_days":
        days = [number_in(each) for each in _APART(str(given).strip())]
        whole = all(isinstance(day, int) for day in days)
        return days, "" if whole else "Write the days here with | between them: 1 | 3 | 10."
    if name in ("lessons", "witnessed"):
        return [each for each in _APART(str(given).strip()) if each], ""
    if name in ("level", "final"):
        return str(given).strip(), ""
    number = number_in(given)
    if number is None or (name in WHOLE and not isinstance(number, int)):
        return None, f"Write a {'whole ' if name in WHOLE else ''}number here."
    return number, ""


def list_in(given: Value) -> list[str]:
    """The words in a cell that holds several."""
    return [words for part in str(given).split("|") if (words := words_in(part))]

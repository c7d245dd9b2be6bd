"""A number as an answer: its unit, the words around it, and when it is too doubtful to be graded."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Final

from flows.course import Question
from flows.reading.keywords import plain
from flows.reading.numerals import Figure, figures
from flows.reading.wording import BECAUSE, FILLERS, NEGATIONS, SHORT

# Every way to write a unit, by the unit. "hr" is hour or hari, "m" metre, minit or minggu: those two are never taken.
_UNITS: Final[Mapping[str, str]] = {
    word: unit
    for unit, spoken in {
        "rm": "rm ringgit myr",
        "sen": "sen cent cents",
        "kg": "kg kgs kilo kilos kilogram kilograms",
        "g": "g gm gram grams",
        "tan": "tan ton tonne tonnes",
        "l": "l lt liter liters litre litres",
        "ml": "ml mililiter milliliter millilitre",
        "km": "km kilometer kilometre",
        "metre": "meter meters metre metres",
        "cm": "cm sm sentimeter centimetre",
        "mm": "mm milimeter millimetre",
        "inci": "inci inch inches",
        "kaki": "kaki foot feet ft",
        "ekar": "ekar acre acres",
        "hektar": "hektar hectare hectares ha",
        "hari": "hari day days",
        "minggu": "minggu mgu week weeks",
        "bulan": "bulan bln month months",
        "tahun": "tahun thn year years",
        "jam": "jam hour hours",
        "minit": "minit minute minutes min mins",
        "saat": "saat second seconds",
        "kali": "kali time times x",
        "peratus": "peratus persen percent",
        "darjah": "darjah degree degrees celsius",
        "clock": "pukul pkl oclock",
        "pagi": "pagi am morning",
        "petang": "petang pm afternoon",
        "malam": "malam night evening",
        "?": "hr hrs m k",
    }.items()
    for word in spoken.split()
}
_PARTS_OF_DAY: Final = frozenset({"pagi", "petang", "malam"})
_NEARLY = re.compile(r"\b(?:lebih\s+kurang|lebih\s+krg|lbh\s+kurang|kira[ -]?2|kira[ -]kira|more\s+or\s+less)\b")
_AROUND: Final = FILLERS | frozenset(
    "dalam about around approx roughly anggaran jumlah jumlahnya total semua kira sama".split()
)
_LESS_OR_MORE: Final = frozenset("lebih kurang hampir paling over under less more than atau or".split())
_NUMBERED = re.compile(r"^\W*(?:soalan|soal|sln|question|ques|qn|q|s)\s?\d{1,2}(?![\d.,]*\d)\W*")
_CLOCK_TIME = re.compile(r"(?<!\d)\d{1,2}[.:]\d\d(?!\d)")
_PLAIN = re.compile(r"[1-9][0-9]{0,3}(?:[.,][0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class Counted:
    """The number a reply gives. `says` is how to ask it back, "" where that would be guessing."""

    value: Fraction
    sure: bool
    says: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a question counts in: the unit that is asked for, the units it speaks of, and its words."""

    unit: frozenset[str]
    spoken_of: frozenset[str]
    words: frozenset[str]


def decimal(value: Fraction) -> str:
    """The number as it is recorded and asked back: in decimals, at most six of them.

    >>> decimal(Fraction(25, 2)), decimal(Fraction(1500)), decimal(Fraction(1, 3))
    ('12.5', '1500', '0.333333')
    """
    millionths = round(value * 1_000_000)
    whole, part = divmod(abs(millionths), 1_000_000)
    return f"{'-' * (millionths < 0)}{whole}" + (f".{part:06d}".rstrip("0") if part else "")


def plainly(question: Question, text: str) -> str:
    """The number that stands alone and can be read in one way only, as most write it; "" for everything else, which `count` reads.

    "3,50" is plain in ringgit; "11.30" elsewhere may be a time.
    """
    if not _PLAIN.fullmatch(text):
        return ""
    if text.isdecimal():
        return text
    unit = question.amount.unit if question.amount else None
    if unit is None or unit.words[0][1] != "RM":
        return ""
    return text.replace(",", ".").rstrip("0").rstrip(".")


def count(question: Question, text: str) -> Counted | None:
    """The number that a reply gives to a question; None where it gives none, or none that is one number."""
    folded = _NEARLY.sub(" ", text.casefold())
    numbered = _NUMBERED.sub("", folded)
    worked_out = numbered.rpartition("=")[2]
    found = figures(worked_out if any(each.isalnum() for each in worked_out) else numbered)
    asked = _asked(question)
    found = _ringgit_and_sen(found, asked)
    numbers = [each for each in found if isinstance(each, Figure)]
    values = {each.value for each in numbers}
    if not numbers or None in values:
        return Counted(Fraction(0), False, "") if numbers else None
    value = numbers[0].value
    assert value is not None
    words = [word for each in found if isinstance(each, str) for word in SHORT.get(each, each).split()]
    words = words[: next((at for at, word in enumerate(words) if word in BECAUSE), len(words))]
    if len(values) > 1 or NEGATIONS.intersection(words) or _LESS_OR_MORE.intersection(words):
        return Counted(value, False, "")
    if not all(_fits(word, asked) for word in words) or _may_be_a_time(text, asked, words):
        unit_differs = any(word in _UNITS and not _fits(word, asked) for word in words)
        return Counted(value, False, "" if unit_differs else decimal(value))
    money = "rm" in asked.unit or "rm" in {_UNITS.get(word) for word in words}
    doubtful = {each.doubtful for each in numbers} - {""} - ({","} if money else set())
    if doubtful == {"-"} and question.amount is not None and question.amount.right < 0:
        doubtful = set()
    return Counted(value, not doubtful, decimal(value))


@lru_cache(maxsize=1024)
def _asked(question: Question) -> _Asked:
    unit = question.amount.unit if question.amount else None
    named = {word for _, said in (unit.words if unit else ()) for word in plain(said).split()}
    words = {word for _, said in question.asks.words for word in plain(said).split()}
    return _Asked(
        frozenset(_UNITS.get(word, word) for word in named),
        frozenset(_UNITS[word] for word in words if word in _UNITS),
        frozenset(words | named),
    )


def _fits(word: str, asked: _Asked) -> bool:
    """Whether a word beside the number leaves no doubt about it: the unit asked for, a word of the question, or none at all."""
    unit = _UNITS.get(word)
    if unit is None:
        return word in _AROUND or word in asked.words or word in asked.unit
    if unit in asked.unit:
        return True
    if asked.unit - {"clock"}:
        return False
    if unit in _PARTS_OF_DAY:
        named = asked.spoken_of & _PARTS_OF_DAY
        return unit in named or (unit == "pagi" and not named)
    if "clock" in asked.spoken_of:
        return unit == "clock" or word == "jam"
    return asked.spoken_of == {unit}


def _may_be_a_time(text: str, asked: _Asked, words: Sequence[str]) -> bool:
    """Whether "11.30" is half past eleven rather than eleven and three tenths."""
    speaks_of = {_UNITS.get(word, "") for word in words} | (asked.spoken_of if not asked.unit else asked.unit)
    return bool(speaks_of & (_PARTS_OF_DAY | {"clock"})) and bool(_CLOCK_TIME.search(text))


def _ringgit_and_sen(found: Sequence[Figure | str], asked: _Asked) -> tuple[Figure | str, ...]:
    """ "3 ringgit 50 sen" as one number of ringgit, where ringgit are asked for."""
    kinds = [_UNITS.get(each, "") if isinstance(each, str) else "n" for each in found]
    for at in range(len(found)):
        if "rm" in asked.unit and kinds[at : at + 4] == ["n", "rm", "n", "sen"]:
            ringgit, sen = found[at], found[at + 2]
            assert isinstance(ringgit, Figure)
            assert isinstance(sen, Figure)
            if ringgit.value is not None and sen.value is not None and 0 <= sen.value < 100:
                return (*found[:at], Figure(ringgit.value + sen.value / 100), "rm", *found[at + 4 :])
    return tuple(found)

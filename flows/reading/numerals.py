"""Numbers as people write them: figures, fractions, and number words of Malay, English and Dusun; nothing is guessed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from flows.reading.keywords import one_width

SMALL: Final[Mapping[str, int]] = {
    word: value
    for value, spoken in enumerate(
        (
            "kosong sifar zero",
            "satu one iso eso",
            "dua two duo duvo",
            "tiga three tolu tohu",
            "empat four apat",
            "lima five limo",
            "enam six onom",
            "tujuh seven turu",
            "lapan delapan eight walu",
            "sembilan nine siam",
        )
    )
    for word in spoken.split()
}
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
# A complete value, and the room it leaves for what may follow: twenty leaves 10 ("twenty five"), eleven leaves none.
_WHOLE: Final[Mapping[str, tuple[int, int]]] = {
    **{word: (10 + place, 0) for place, word in enumerate(_TEENS)},
    **{word: (20 + 10 * place, 10) for place, word in enumerate(_TENS)},
    "sepuluh": (10, 0),
    "sepuloh": (10, 0),
    "sebelas": (11, 0),
    "seratus": (100, 100),
    "hopod": (10, 10),
}
_TIMES: Final[Mapping[str, int]] = {
    "puluh": 10,
    "puloh": 10,
    "nohopod": 10,
    "ratus": 100,
    "hundred": 100,
    "ribu": 1000,
    "thousand": 1000,
    "juta": 1_000_000,
    "million": 1_000_000,
}
_HALF: Final = frozenset("setengah stengah stgh separuh sparuh half".split())
_QUARTER: Final = frozenset("suku quarter quarters".split())
_POINT: Final = frozenset("perpuluhan poin point".split())
_BELAS: Final = frozenset({"belas", "blas"})
_ALONE: Final[Mapping[str, int]] = {"seribu": 1000, "sejuta": 1_000_000}
_KNOWN: Final = {*SMALL, *_WHOLE, *_TIMES, *_HALF, *_QUARTER, *_BELAS, *_ALONE}
_GLUED: Final = re.compile("|".join(sorted((word for word in _KNOWN if len(word) > 2), key=len, reverse=True)))

_VULGAR = re.compile("[\u00bc-\u00be\u2150-\u215e]")
_TOKEN = re.compile(
    r"\d+\s?/\s?\d+|(?<![\w.,])-?\d{1,3}(?: \d{3})+(?![\d.,]*\d)|(?<![\w.,])-?\d(?:[\d.,]*\d)?|[.,]?\d(?:[\d.,]*\d)?|[^\W\d_]+"
)
_SIGNS: Final = str.maketrans({"%": " peratus ", "$": " rm ", "<": " less ", ">": " more "})
_AND_MORE = re.compile(r"(?<=\d)\s*\+\s*$")
_LONGEST = 15  # digits; no amount of anything we teach has more


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that was read. `value` is None where it cannot be one number; `doubtful` has two readings (see `_figure`)."""

    value: Fraction | None
    doubtful: str = ""  # the separator in doubt: "," or "."; "-" where a dash may be a minus


def figures(text: str) -> tuple[Figure | str, ...]:
    """The numbers and the words of a text, in the order in which they stand; signs other than a number's own are left out.

    >>> [each if isinstance(each, str) else str(each.value) for each in figures("dua puluh lima kg, 1\u00bd")]
    ['25', 'kg', '3/2']
    """
    spaced = _VULGAR.sub(lambda part: " " + part[0] + " ", text)
    folded = one_width(spaced).replace("\u2044", "/").replace("'", "").replace("\u2019", "")
    tokens: list[Figure | str] = []
    for token in _TOKEN.findall(_AND_MORE.sub(" more", folded.translate(_SIGNS))):
        if token[-1].isdecimal():
            tokens.extend(_figures(token))
        elif token not in _KNOWN and _GLUED.sub("", token) == "":
            tokens.extend(_GLUED.findall(token))
        else:
            tokens.append(token)
    found: list[Figure | str] = []
    place = 0
    while place < len(tokens):
        each, place = _Spoken().read(tokens, place)
        found.append(each)
    return tuple(found)


def _figures(token: str) -> list[Figure | str]:
    """What a token of digits is: one number, or a sum not worked out, which is two."""
    if "/" not in token:
        return [_figure(token)]
    above, below = token.replace(" ", "").split("/")
    if len(below) <= 2 and 0 < int(above[:3]) < int(below):
        return [Figure(Fraction(int(above), int(below)))]
    return [_figure(above), _figure(below)]


def _figure(token: str) -> Figure:
    """The number that digits stand for.

    A comma or a dot before three last digits may be between thousands or before decimals: 1,500 and 1.500 are doubtful,
    read first as Malaysia writes them. Not doubtful: 0,500 (no thousands begin with 0), 1500,5 and 1,50 (not three
    digits), 1,500.50 and 1,500,000 (the same sign cannot be both).
    """
    sign = -1 if token.startswith("-") else 1
    digits = token.lstrip("-").replace(" ", "")
    marks = [mark for mark in digits if mark in ".,"]
    if len(digits) > _LONGEST or digits[0] in ".,":
        return Figure(None)
    if not marks:
        return Figure(Fraction(int(digits)) * sign, "-" if sign < 0 else "")
    last = marks[-1]
    whole, _, rest = digits.rpartition(last)
    if len(marks) > 1:
        groups = re.split("[.,]", digits if len(set(marks)) == 1 else whole)
        if (len(set(marks)) > 1 and last in marks[:-1]) or not _are_thousands(groups):
            return Figure(None)
        value = Fraction("".join(groups) + ("" if len(set(marks)) == 1 else "." + rest))
        return Figure(value * sign, "-" if sign < 0 else "")
    doubtful = last if len(rest) == 3 and len(whole) <= 3 and whole[0] != "0" else ""
    value = Fraction(int(whole + rest)) if doubtful == "," else Fraction(f"{whole}.{rest}")
    return Figure(value * sign, doubtful or ("-" if sign < 0 else ""))


def _are_thousands(groups: Sequence[str]) -> bool:
    return 1 <= len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:])


class _Spoken:
    """One number in words, or in figures and words ("1.5 ribu", "2 puluh"), read until a word does not fit it."""

    def __init__(self) -> None:
        self.total = Fraction(0)  # what stands before ribu or juta
        self.settled = Fraction(0)  # the tens and hundreds since
        self.low: Fraction | None = None  # the last value, which puluh, ratus … may still multiply
        self.room: int = 10**12  # what may still be added is smaller than this
        self.begun = False

    def read(self, tokens: Sequence[Figure | str], start: int) -> tuple[Figure | str, int]:
        first = tokens[start]
        if isinstance(first, Figure) and (first.value is None or first.doubtful):
            return first, start + 1
        place = start
        while place < len(tokens):
            step = self._step(tokens, place)
            if not step:
                break
            place += step
        if place == start:
            return first, start + 1
        return Figure(self.total + self.settled + (self.low or 0)), place

    def _step(self, tokens: Sequence[Figure | str], place: int) -> int:
        """Take what stands at `place` into the number; how many words that was, 0 where it does not belong to it."""
        word = tokens[place]
        after = tokens[place + 1] if place + 1 < len(tokens) else ""
        if isinstance(word, Figure) or word in SMALL:
            value = word.value if isinstance(word, Figure) else Fraction(SMALL[word])
            mixed = isinstance(word, Figure) and value is not None and 0 < value < 1 and self.low is not None
            if mixed and value is not None and self.low is not None and self.low.denominator == 1:
                return self._take(self.low + value)
            doubtful = isinstance(word, Figure) and word.doubtful
            return self._begin(value) if value is not None and not doubtful else 0
        if word in ("and", "dan") and self.begun:
            halves = tokens[place + 1 : place + 3]
            if after in _HALF:
                return 1
            if word == "and" and tuple(halves) in {("a", half) for half in _HALF}:
                return 2
            return 1 if word == "and" and self.low is None and self.room in (100, 1000) and after in _KNOWN else 0
        if word == "om":
            return 1 if self.begun and self.low is None and self.room == 10 and after in SMALL else 0
        return self._word(word, after)

    def _word(self, word: str, after: Figure | str) -> int:
        if word in _WHOLE:
            value, room = _WHOLE[word]
            if self.low is not None or value >= self.room:
                return 0
            self.settled += value
            self.room, self.begun = room, True
            return 1
        if word in _ALONE:
            return 0 if self.begun else self._multiply(_ALONE[word], Fraction(1))
        if word in _BELAS and self.low is not None and 2 <= self.low <= 9:
            return self._take(self.low + 10)
        if word in _TIMES and self.low is not None:
            return self._multiply(_TIMES[word], self.low)
        if word in _TIMES and self.settled:
            if word == "hundred" and 11 <= self.settled <= 19 and not self.total:
                self.settled, self.room = self.settled * 100, 100
                return 1
            return self._multiply(_TIMES[word], Fraction(0)) if _TIMES[word] >= 1000 else 0
        if word in _HALF:
            return self._half()
        if word in _QUARTER and (self.low in (1, 3) or not self.begun):
            return self._take((self.low or Fraction(1)) / 4)
        if word in _POINT and self.low is not None and isinstance(after, str) and after in SMALL:
            self._take(self.low + Fraction(SMALL[after], 10))
            return 2
        return 0

    def _begin(self, value: Fraction) -> int:
        if self.low is not None or value >= self.room:
            return 0
        return self._take(value)

    def _take(self, value: Fraction) -> int:
        self.low, self.begun = value, True
        return 1

    def _half(self) -> int:
        if self.begun and self.low is None and not self.settled:
            return 0  # "1 ribu setengah" may be 1500 or 1000.5
        return self._take((self.low or Fraction(0)) + Fraction(1, 2))

    def _multiply(self, times: int, low: Fraction) -> int:
        if times >= 1000:
            self.total += (self.settled + low) * times
            self.settled = Fraction(0)
        elif low * times >= self.room:
            return 0
        else:
            self.settled += low * times
        self.low, self.room, self.begun = None, times, True
        return 1

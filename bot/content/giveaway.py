"""Answers that the question, its hint or its neighbour in the bank has given away already."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar

from bot.content.source import Path, Source
from flows.course import Option, Question
from flows.reading.keywords import plain
from flows.reading.numerals import SMALL
from flows.reading.wording import FILLERS
from flows.text import Localized

SHORTEST: Final = 3  # letters: "di" or "a" stand everywhere
_figures: Final = re.compile(r"(?<![a-z])(rm)? ?(\d+(?:,\d{3})*(?:\.\d+)?)").findall
_letters: Final = re.compile(r"[a-z]+").findall
MOST_COUNTED: Final = max(SMALL.values())

# Words that carry no meaning, and those that every question may hold.
_ASKING: Final = frozenset("apa siapa bila mana berapa mengapa kenapa bagaimana what who when where why how".split())
_COMMON: Final = FILLERS | _ASKING

Ratio = tuple[int, int]
R = TypeVar("R")


class _once(Generic[R]):  # noqa: N801 - stands where a decorator stands
    """What is asked for often and reckoned once; Python 3.11's own takes a lock for it, which costs more than the reckoning."""

    def __init__(self, reckon: Callable[[Any], R]) -> None:
        self._reckon = reckon

    def __get__(self, owner: Any, of: type) -> R:
        made = owner.__dict__[self._reckon.__name__] = self._reckon(owner)
        return made


@dataclass
class Said:
    """Some of what a learner reads: its plain words between two spaces, and the numbers in it."""

    raw: str

    @_once
    def words(self) -> str:
        """The words, so that " word " is found whole."""
        return f" {plain(self.raw)} "

    @_once
    def figures(self) -> frozenset[tuple[str, Ratio]]:
        """Every number in it that is written in figures, after "rm" where it is an amount of money, else after ""."""
        return frozenset((money, _ratio(figure)) for money, figure in _figures(self.raw.casefold()))

    @_once
    def counted(self) -> frozenset[int]:
        """Every number in it that is one word."""
        return frozenset(SMALL[word] for word in SMALL.keys() & set(_letters(self.raw.casefold())))

    def holds(self, number: Fraction, *, is_money: bool) -> bool:
        """Whether a number stands in it; after RM only where it is money, for RM5 does not give away 5 days."""
        ratio = number.as_integer_ratio()
        if ("", ratio) in self.figures or (is_money and ("rm", ratio) in self.figures):
            return True
        return number.denominator == 1 and number.numerator <= MOST_COUNTED and number.numerator in self.counted


@dataclass
class Item:
    """A question of a bank, and what is said of it."""

    path: Path
    question: Question

    @_once
    def ask(self) -> Said:
        """The question itself, in every language."""
        return _said(self.question.asks)

    @_once
    def hint(self) -> Said:
        """The hint, in every language."""
        return _said(self.question.hint)

    @_once
    def whole(self) -> Said:
        """Everything that a learner reads of it before another question is put."""
        shown = () if self.question.kind == "text" else tuple(option.says for option in self.question.options)
        return _said(self.question.asks, *shown, self.question.because)

    @_once
    def right(self) -> tuple[str, ...]:
        """The ways to say the right answer, for a text or a choice."""
        return _ways(option for option in self.question.options if option.right)

    @_once
    def wrong(self) -> tuple[str, ...]:
        """The ways to say a wrong answer."""
        return _ways(option for option in self.question.options if not option.right)


def check_giveaways(source: Source, bank: Sequence[tuple[Path, Question]]) -> None:
    """Report every question of a bank that gives its own answer away; advise where one gives away another."""
    items = [Item(path, question) for path, question in bank]
    for item in items:
        gives = _GIVES.get(item.question.kind)
        if gives is None:
            continue
        found = gives(item, item.ask)
        if found:
            says = f'The question holds its own answer ("{found}"): ask it without that.'
            source.report((*item.path, "ask"), "giveaway", says)
        found = gives(item, item.hint)
        if found:
            report = source.advise if item.question.kind == "choice" else source.report
            says = f'The hint holds the answer ("{found}"): point the way, and leave the last step to her.'
            report((*item.path, "hint"), "giveaway", says)
        _check_neighbours(source, item, (other for other in items if other is not item))


def _check_neighbours(source: Source, item: Item, others: Iterable[Item]) -> None:
    for other in others:
        found = _GIVES[item.question.kind](item, other.whole)
        if found:
            source.advise(
                item.path,
                "giveaway",
                f'The answer ("{found}") stands in {other.question.id} (line {source.line(other.path)}): whoever has just had '
                "that one knows this one. Ask one of them differently.",
            )


def _words(item: Item, said: Said) -> str:
    """The first way to say the right answer that was said, unless a wrong answer was said too."""
    found = next((way for way in item.right if f" {way} " in said.words), "")
    return "" if found and any(f" {way} " in said.words for way in item.wrong) else found


def _number(item: Item, said: Said) -> str:
    """The number that is right, where it was said."""
    amount = item.question.amount
    if amount is None:
        return ""
    unit = amount.unit.words[0][1].casefold() if amount.unit else ""
    return f"{float(amount.right):g}" if said.holds(amount.right, is_money=unit == "rm") else ""


@lru_cache(maxsize=1024)
def _ratio(figure: str) -> Ratio:
    return Fraction(figure.replace(",", "")).as_integer_ratio()


def _ways(options: Iterable[Option]) -> tuple[str, ...]:
    ways = (plain(said) for option in options for said in (*(words for _, words in option.says.words), *option.also))
    return tuple(dict.fromkeys(way for way in ways if len(way) >= SHORTEST and way not in _COMMON))


def _said(*passages: Localized | None) -> Said:
    return Said(" | ".join(words for passage in passages if passage for _, words in passage.words))


_GIVES: Final[dict[str, Callable[[Item, Said], str]]] = {"text": _words, "choice": _words, "number": _number}

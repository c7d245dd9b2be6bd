"""A description cut into words: names in quotes stay whole, and each knows where it stood."""

import re
from typing import Final, NamedTuple

from bot.segments.misread import NotUnderstood
from flows.text import T

LONGEST: Final = 2000  # characters
_CURLY: Final = str.maketrans({"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2018": "'", "\u2019": "'"})
_MARK: Final = re.compile(
    r'"(?P<double>[^"]*)"|\'(?P<single>[^\']*)\'|(?P<sign>[(),;&=])|(?P<word>[^\s(),;&="]+)|(?P<odd>")'
)


class Mark(NamedTuple):
    """A word, a sign, or a name in quotes; `text` is as it was typed, `plain` in small letters."""

    text: str
    plain: str
    at: int
    quoted: bool = False


def cut(words: str) -> list[Mark]:
    """The words of a description, in order. Raises NotUnderstood where a quotation mark is not closed, or it never ends."""
    if len(words) > LONGEST:
        raise NotUnderstood(T("This is too long, or has too many brackets. Save a part of it under a name."), LONGEST)
    return [made for found in _MARK.finditer(words.translate(_CURLY)) if (made := _mark(found))]


def _mark(found: re.Match[str]) -> Mark | None:
    kind, at = found.lastgroup, found.start()
    if kind == "odd":
        raise NotUnderstood(T("A quotation mark is not closed."), at)
    if kind in ("double", "single"):
        name = " ".join(found[kind].split())
        return Mark(name, name.casefold(), at, quoted=True)
    text = found[0] if kind == "sign" else found[0].rstrip(".?!:")
    return Mark(text, text.casefold(), at) if text else None

"""SMS text that knows its length: which characters an SMS carries cheaply, and how many segments a text is paid for as."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

# 3GPP TS 23.038 §6.2.1: the basic alphabet takes one septet a character, the extension two (an escape comes before it).
_BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION: Final = "\f^{}\\[~]|€"
# As one byte a character, the escape to the extension in its place, 27.
ALPHABET: Final = f"{_BASIC[:27]}\x1b{_BASIC[27:]}"

_is_basic: Final = re.compile(f"[{re.escape(_BASIC)}]*").fullmatch
_beyond_basic: Final = re.compile(f"[^{re.escape(_BASIC)}]").findall
_is_extension: Final = re.compile(f"[{re.escape(_EXTENSION)}]*").fullmatch
_beyond_gsm: Final = re.compile(f"[^{re.escape(_BASIC + _EXTENSION)}]").findall

# A long text is sent in parts, each with a header of its own that takes 7 septets, or 3 UTF-16 units, from it.
_ONE_GSM, _PART_GSM = 160, 153
_ONE_UCS2, _PART_UCS2 = 70, 67

# What takes two places is written as two while the parts are laid out; no part may end on the first half.
_HALF: Final = "\ud800"
_HALVED: Final = str.maketrans({character: _HALF + character for character in _EXTENSION})
_beyond_one_unit: Final = re.compile(r"[\U00010000-\U0010ffff]").sub

_PLAIN: Final = str.maketrans(
    dict.fromkeys("‘’‚‛′´`ʹʻʼˈ", "'")
    | dict.fromkeys("“”„‟″«»", '"')
    | dict.fromkeys("‐‑‒–—―−⁃•‣▪●◦∙·", "-")
    | dict.fromkeys("\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " ")
    | dict.fromkeys(
        "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
    )
    | dict.fromkeys("\u0085\u2028\u2029", "\n")
    | {"…": "...", "½": "1/2", "¼": "1/4", "¾": "3/4", "²": "2", "³": "3", "×": "x", "÷": "/", "✓": "OK", "✔": "OK"}
)
# One space before an emoji goes with it, so that none is left doubled.
_drop_emoji: Final = re.compile(
    r" ?(?:[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u2300-\u23ff\ufe0e\ufe0f\u20e3]|[\U000e0020-\U000e007f])+"
).sub


class Offender(NamedTuple):
    """A character that makes an SMS dear: its name, and what to write instead ("" where there is no stand-in)."""

    character: str
    name: str
    instead: str


@dataclass(frozen=True, slots=True)
class SmsText:
    """A text as it goes out by SMS: folded to plain characters, with its length counted once."""

    words: str
    septets: int
    segments: int

    @classmethod
    def of(cls, text: str) -> Self:
        """The text as an SMS: typographic characters made plain first."""
        words = fold(text)
        return cls(words, septets(words), segments(words))


def is_basic(text: str) -> bool:
    """Whether every character of the text takes one place of an SMS, so that its length is what it takes, as it is written.

    >>> is_basic("Selamat"), is_basic("[Selamat]"), is_basic("Selamat \u2013")
    (True, False, False)
    """
    return _is_basic(text) is not None


def septets(text: str) -> int:
    """How many of the 160 places of one SMS the text takes.

    One character that GSM-7 cannot carry makes every character of the text take 16 bits instead of 7.

    >>> septets("Selamat"), septets("[Selamat]"), septets("Selamat \u65e5")
    (7, 11, 21)
    """
    if _is_basic(text):
        return len(text)
    dear = "".join(_beyond_basic(text))
    if _is_extension(dear):
        return len(text) + len(dear)
    return -(-16 * len(_as_units(text)) // 7)


def segments(text: str) -> int:
    """How many SMS the text is paid for as; none for an empty one.

    >>> segments("a" * 160), segments("a" * 161), segments("a" * 159 + "[")
    (1, 2, 2)
    """
    if _is_basic(text):  # nothing in it takes two places, so every part is full
        return -(-len(text) // _PART_GSM) if len(text) > _ONE_GSM else min(len(text), 1)
    if _beyond_gsm(text):
        return _parts(_as_units(text), _ONE_UCS2, _PART_UCS2)
    return _parts(text.translate(_HALVED), _ONE_GSM, _PART_GSM)


def fold(text: str) -> str:
    """The text in plain characters wherever there is a stand-in: quotes, dashes, bullets and spaces; emoji go."""
    if _is_basic(text):
        return text
    composed = unicodedata.normalize("NFC", text).translate(_PLAIN)
    return unicodedata.normalize("NFC", _drop_emoji("", composed))


def offenders(text: str) -> tuple[Offender, ...]:
    """The characters that GSM-7 cannot carry, each once, in the order they come."""
    if _is_basic(text):
        return ()
    return tuple(
        Offender(
            character, unicodedata.name(character, f"character U+{ord(character):04X}").lower(), _instead(character)
        )
        for character in dict.fromkeys(_beyond_gsm(text))
    )


def _as_units(text: str) -> str:
    """The text with one character for each UTF-16 unit of it."""
    return _beyond_one_unit(_HALF + "?", text)


def _parts(places: str, one: int, part: int) -> int:
    """How many parts the places fill, when no part ends on a half."""
    if len(places) <= one:
        return 1
    parts, start = 0, 0
    while start < len(places):
        end = start + part
        start = end - 1 if places[end - 1 : end] == _HALF and end < len(places) else end
        parts += 1
    return parts


def _instead(character: str) -> str:
    """The nearest plain writing of the character: its folded form, or its letter without the accent."""
    for written in (fold(character), unicodedata.normalize("NFKD", character)[:1]):
        if written.strip() and _is_basic(written):
            return written
    return ""

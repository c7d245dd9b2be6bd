"""What a learner's words ask for: one table of phrases in both languages and Sabah forms, read without guessing."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

# A phone keypad's own keys, the same in every state (USSD shows them; an SMS may carry them too).
KEYS: Mapping[str, str] = {"0": "back", "00": "menu", "98": "repeat"}

# Particles of speech that carry no meaning at the end of a reply: "menu bah", "sijil saya kah".
_PARTICLES = frozenset("bah ba la lah kah ka kan tu ni".split())
_PUNCTUATION = re.compile(r"[^\w\s]+|_+")
_PARTED = "".join(sign if sign.isalnum() else " " for sign in map(chr, range(128)))  # the same for ASCII, and quicker
_REPEATS = re.compile(r"([^\W\d_])\1{2,}")
_drawn_out = re.compile(r"([a-z])\1\1").search
_AFTER_KEYWORD = re.compile(r"^\W*\w+\W+(.*\w)", re.DOTALL)
_LETTERED = re.compile(r"^(?:\d{1,2}\s?)?([a-e])$")
_ARGUED = frozenset({"verify_cert", "enrol", "switch_user", "survey"})


class Heard(NamedTuple):
    """A reply as it was understood: its plain form, the intent it names, and the words after a keyword that takes some."""

    plain: str
    intent: str = ""
    argument: str = ""
    number: int = 0  # 1 for "1", "a", "satu", "yang pertama" …; 0 when it names no place in a list


def one_width(text: str) -> str:
    """Small letters of one width, and every figure as one of ours, whatever keyboard of signs it comes from.

    >>> one_width("\u2776 \uff21 \u0be8")
    '1 a 2'
    """
    small = unicodedata.normalize("NFKC", text).casefold()
    return small if small.isascii() else "".join([str(unicodedata.digit(sign, sign)) for sign in small])


def plain(text: str, *, letters: int = 1) -> str:
    """The reply as the table spells it: one width, lower case, no punctuation, drawn-out letters once (or twice).

    >>> plain("  Berhentiiii!! "), plain("Agreeee", letters=2)
    ('berhenti', 'agree')
    """
    folded = one_width(text).replace("'", "").replace("\u2019", "")
    words = folded.translate(_PARTED) if folded.isascii() else _PUNCTUATION.sub(" ", folded)
    if not words.isascii() or _drawn_out(words):
        words = _REPEATS.sub(lambda drawn_out: letters * drawn_out[1], words)
    return " ".join(words.split()) or ("?" if "?" in folded else "")


@dataclass(frozen=True, slots=True)
class Keywords:
    """The table, compiled once: every phrase in its plain form, and the intent it names."""

    intents: Mapping[str, str]

    @classmethod
    def compile(cls, phrases: Mapping[str, Sequence[str]]) -> Self:
        """The table from intent to phrases. Raises ValueError where a phrase stands under two intents."""
        intents: dict[str, str] = dict(KEYS)
        for intent, spoken in phrases.items():
            for phrase in spoken:
                known = intents.setdefault(plain(phrase), intent)
                if known != intent:
                    raise ValueError(f"{phrase!r} stands under {known} and under {intent}")
        return cls(intents)

    def hear(self, text: str) -> Heard:
        """Read a reply: the whole of it first, then without its last particles, then as a keyword with an argument."""
        words = plain(text)
        intent = self._intent(words) or self._intent(plain(text, letters=2))
        if intent:
            return Heard(words, intent, number=_NUMBERS.get(intent, 0) or _digit(words))
        number = _digit(words)
        if number or not words:
            return Heard(words, number=number)
        first, _, rest = words.partition(" ")
        asked = self.intents.get(first, "")
        if rest and asked in _ARGUED:
            # From the words as she wrote them: a code may well hold three letters alike.
            after = _AFTER_KEYWORD.match(text)
            return Heard(words, asked, argument=after[1] if after else rest)
        return Heard(words)

    def _intent(self, words: str) -> str:
        return next((self.intents[form] for form in _forms(words) if form in self.intents), "")


_NUMBERS: Mapping[str, int] = {"answer_a": 1, "answer_b": 2, "answer_c": 3, "answer_d": 4}


def _forms(words: str) -> Iterator[str]:
    """The reply, then without one particle after the other at its end, but never without its last word."""
    yield words
    spoken = words.split(" ")
    while len(spoken) > 1 and spoken[-1] in _PARTICLES:
        spoken.pop()
        yield " ".join(spoken)


def _digit(words: str) -> int:
    """The place in a list that a bare digit or letter names: 3 for "3", "c" or "1c"; else 0."""
    if len(words) == 1 and words in "123456789":
        return int(words)
    lettered = _LETTERED.match(words)
    return "abcde".index(lettered[1]) + 1 if lettered else 0

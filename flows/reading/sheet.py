"""A whole quiz in one text: "1A 2C 3B", for a route or a purse that carries few replies."""

import re
from collections.abc import Mapping
from typing import Final

from flows.reading.keywords import one_width, plain

_LONGEST: Final = 300  # characters
_TOKEN = re.compile(r"\d+|[^\W\d_]+|[^\s,.;:()=/>&-]")  # a number, a word, or a sign that no quiz holds
_BETWEEN: Final = frozenset(
    "soalan soal sln s q qn question no nombor jawapan jawab jwb jwpn answer ans dan and bah la".split()
)
_ANSWERS: Final[Mapping[str, str]] = {
    **{letter: letter for letter in "abcde"},
    **dict.fromkeys("betul benar btl btul butul batul true y ya yes".split(), "true"),
    **dict.fromkeys("salah slh palsu false x tidak tak no inda nda".split(), "false"),
}


def quiz(text: str) -> tuple[tuple[int, str], ...]:
    """The answers of a whole quiz, by question number: a letter, "true" or "false"; to be read as any reply is.

    () unless two questions or more have one answer each and nothing is left over, so that `1 3`, `2 1 3` and `12` stay
    what they are.

    >>> quiz("1A 2C 3B"), quiz("soalan 2 betul, soalan 1: a"), quiz("1 3"), quiz("1a 1b")
    (((1, 'a'), (2, 'c'), (3, 'b')), ((1, 'a'), (2, 'true')), (), ())
    """
    if len(text) > _LONGEST:
        return ()
    found: dict[int, str] = {}
    number = 0
    for token in _TOKEN.findall(one_width(text)):
        word = plain(token)
        answer = _ANSWERS.get(word, "") if number else ""
        if token.isdecimal():
            if number or len(token) > 2 or not int(token):
                return ()
            number = int(token)
        elif answer:
            if found.setdefault(number, answer) != answer:
                return ()
            number = 0
        elif word not in _BETWEEN:
            return ()
    return tuple(sorted(found.items())) if len(found) > 1 and not number else ()

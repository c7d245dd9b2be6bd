"""Learners' names: kept as a coordinator wrote them, masked for strangers, and compared with what a stranger types."""

import hmac
import re
import unicodedata
from typing import Final

LONGEST: Final = 120  # characters; the longest names on a MyKad have about 80
SHARED: Final = 4  # letters of a first word that is shown whole: Nur, Siti, Mohd are shared by a third of the country
# What stands in Malaysian names besides letters of any script: Mary-Ann, D'Cruz, A/L, Muhd., @ (also called).
_BESIDES: Final = frozenset(" '‘’ʼ`./@,()-")
# "Son of" and "daughter of", which the same person writes in full, in short, or not at all.
_OF: Final = frozenset("bin binti bt bte bnt b al ap a/l a/p s/o d/o so do anak".split())
_OF_TWO: Final = frozenset({("anak", "lelaki"), ("anak", "perempuan")})


class NoName(ValueError):
    """This cannot be kept as a name; the text says why, and what to do."""


def kept(text: str) -> str:
    """The name as it is kept: NFC, single spaces. Raises NoName where it is none.

    No digits: a number beside a name is mostly that of a MyKad, and we keep none.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name:
        raise NoName("the name is empty: write it as it stands on her MyKad")
    if any(sign.isnumeric() and not sign.isalpha() for sign in name):
        raise NoName("there are digits in the name: write the name alone, and never the number of a document")
    if len(name) > LONGEST:
        raise NoName(f"the name has {len(name)} characters and {LONGEST} can be kept: shorten it as her MyKad does")
    if not all(sign in _BESIDES or unicodedata.category(sign)[0] in "LM" for sign in name):
        raise NoName("there is a sign in the name that no MyKad has (an emoji, say): write letters only")
    if not any(sign.isalpha() for sign in name):
        raise NoName("there is no letter in the name: write it as it stands on her MyKad")
    return name


def masked(name: str) -> str:
    """A name that she recognises and a stranger cannot read.

    >>> masked("Nur Aisyah binti Ahmad"), masked("Rosnah")
    ('Nur A••••• b•••• A••••', 'R•••••')
    """
    first, *others = name.split()
    open_ = first if others and len(first) <= SHARED else _hidden(first)
    return " ".join([open_, *map(_hidden, others)])


def same(held: str, typed: str) -> bool:
    """Whether somebody typed this name: case, spaces, apostrophes and "son of" do not count, every other letter does.

    >>> same("Nur Aisyah binti D'Cruz", "NUR AISYAH BT DCRUZ"), same("Siva A/L Raju", "siva raju"), same("Nur", "Nor")
    (True, True, False)
    """
    return hmac.compare_digest(folded(held).encode(), folded(typed).encode())


def folded(name: str) -> str:
    """A name as it is compared: letters alone, small, without accents and without "son of"."""
    plain = unicodedata.normalize("NFKD", name[: 2 * LONGEST]).casefold()
    words = [re.sub(r"[^\w/]|_", "", word) for word in plain.split()]
    said = [word for word in words if word]
    left = [word for place, word in enumerate(said) if not _means_of(said, place)]
    return "".join(re.sub(r"[^\w]", "", word) for word in (left or said))


def _means_of(words: list[str], place: int) -> bool:
    """Whether the word says "of" between two names; at an end it is a name, however it is spelt."""
    if not 0 < place < len(words) - 1:
        return False
    pair = (words[place - 1], words[place])
    return words[place] in _OF or pair in _OF_TWO


def _hidden(word: str) -> str:
    return word[0] + "•" * (len(word) - 1)

"""Words that are alike: one spelling for short forms, words that carry no meaning, and slips of the thumb.

A slip is forgiven in words of 5 letters and more: a letter lost, doubled or added, two letters swapped, or one letter for
another where thumb or ear mix them up (two slips from 9 letters). Not forgiven: another first letter and letters added
in front, for those make other words (menjual and penjual, legal and illegal, tekan and xtekan).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from rapidfuzz.distance import OSA

from flows.course import Question
from flows.reading.keywords import plain
from flows.reading.numerals import SMALL

FAR: Final = 99

SHORT: Final[Mapping[str, str]] = {
    "yg": "yang",
    "dgn": "dengan",
    "dg": "dengan",
    "utk": "untuk",
    "kpd": "kepada",
    "dlm": "dalam",
    "drpd": "daripada",
    "dr": "dari",
    "sblm": "sebelum",
    "slps": "selepas",
    "lps": "lepas",
    "tlg": "tolong",
    "jgn": "jangan",
    "bkn": "bukan",
    "sbb": "sebab",
    "pasal": "sebab",
    "krn": "kerana",
    "kerna": "kerana",
    "coz": "because",
    "cos": "because",
    "dont": "do not",
    "doesnt": "does not",
    "isnt": "is not",
    "cant": "can not",
    "cannot": "can not",
    "wont": "will not",
    "ndak": "tidak",
    **dict.fromkeys("tak tdk tk x nda inda indak ndada tida tidk x".split(), "tidak"),
    "xda": "tiada",
    "smua": "semua",
    "suma": "semua",
    "semuanya": "semua",
    "kesemuanya": "semua",
    "every": "all",
}
NEGATIONS: Final = frozenset(
    "tidak bukan jangan tiada tanpa belum kecuali selain usah not no never without none nothing neither nor except "
    "nope kurang silap tersilap".split()
)
HEDGES: Final = frozenset("atau or either hingga sampai until antara between tapi tetapi but maksud".split())
DOUBTS: Final = frozenset("tahu tau pasti sure know faham ingat paham".split())
AT_A_LOSS: Final = frozenset("entah idk dunno".split())
BECAUSE: Final = frozenset("sebab kerana because since".split())
# Words that change nothing about an answer, in front of it, behind it or between its words.
FILLERS: Final = frozenset(
    "jawapan jawapannya jawab jwpn jwp jwb jwpan ans answer answers jawapnya is its it the an a ialah adalah itu ini tu ni yang saya sy "
    "sya sia aku ku kami i my me we rasa rasanya fikir agaknya think pilih pilihan choose pick choice option huruf letter "
    "guna gunakan pakai use using dengan with untuk for di ke pada kepada to of do does selama cikgu tuan puan kak bang salam slm bah ba la lah kah "
    "ka kan kot kut pun je jer sahaja saja only ok okay tq thanks thank you terima kasih please memang sangat sgt mungkin "
    "maybe".split()
)

_PARTICLES: Final = frozenset("bah ba la lah kah ka kan tu ni".split())
_GLUED_NEGATION = re.compile(r"^x(?=[a-z]{3})")
_TWICE = re.compile(r"^([a-z]{3,})2$")
_FIGURE_THEN_WORD = re.compile(r"(\d)(?=[a-z]{3})")
_ENDINGS: Final = ("nya", "lah", "la", "kah")
# Letters that share a key of a keypad, lie side by side on a keyboard, or sound alike.
_NEAR: Final = frozenset(
    frozenset(pair) for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm") for pair in pairwise(row)
) | frozenset(
    frozenset((one, other))
    for key in ("abc", "def", "ghi", "jkl", "mno", "pqrs", "tuv", "wxyz", "ie", "uo", "ae")
    for one in key
    for other in key
    if one != other
)


def words(reply: str) -> tuple[str, ...]:
    """The words of a plain reply, short forms written out.

    >>> words("x tekan"), words("xtekan"), words("mula2 3minggu")
    (('tidak', 'tekan'), ('tidak', 'tekan'), ('mula', 'mula', '3', 'minggu'))
    """
    spoken: list[str] = []
    for word in _FIGURE_THEN_WORD.sub(r"\1 ", reply).split():
        known = SHORT.get(word)
        if known is None:
            twice = _TWICE.match(word)
            known = f"{twice[1]} {twice[1]}" if twice else _GLUED_NEGATION.sub("tidak ", word)
        spoken.extend(known.split())
    return tuple(spoken)


def content(spoken: Iterable[str]) -> tuple[str, ...]:
    """The words that carry the meaning, numbers as figures; all of them where none does."""
    counted = tuple(str(SMALL[word]) if word in SMALL else word for word in spoken)
    return tuple(word for word in counted if word not in FILLERS) or counted


def negations(spoken: Iterable[str]) -> int:
    """How many words turn the meaning round."""
    return sum(1 for word in spoken if word in NEGATIONS)


def slips(word: str, meant: str) -> int:
    """How many slips of the thumb lie between a word and the one that was meant; FAR where they are not to be forgiven."""
    if word == meant or any(word == meant + ending for ending in _ENDINGS):
        return 0
    allowed = 2 if len(meant) >= 9 else 1 if len(meant) >= 5 else 0
    if not allowed or not word.isalpha() or not meant.isalpha() or meant in NEGATIONS:
        return FAR
    if word[0] != meant[0]:
        return 1 if meant == "h" + word else FAR
    if word.endswith(meant) or meant.endswith(word):
        return FAR
    distance = OSA.distance(word, meant, score_cutoff=allowed)
    if distance > allowed:
        return FAR
    if len(word) == len(meant) < 9:
        mixed_up = [frozenset(pair) for pair in zip(word, meant, strict=True) if pair[0] != pair[1]]
        if len(mixed_up) == 1 and mixed_up[0] not in _NEAR:
            return FAR
    return distance


def nearly(word: str, meant: str) -> bool:
    """Whether a word is so near another that it may have been meant, though not near enough to be taken for it."""
    allowed = 3 if len(meant) >= 9 else 2 if len(meant) >= 6 else 1 if len(meant) >= 3 else 0
    if word == meant or (len(meant) >= 4 and meant in word):
        return True
    return allowed > 0 and OSA.distance(word, meant, score_cutoff=allowed) <= allowed


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way to say an option: its words that carry meaning, and how often it says no."""

    key: str
    content: tuple[str, ...]
    negations: int

    def whole(self, said: Sequence[str]) -> int:
        """How many slips lie between what was said and the whole of this phrase, in any order; FAR if it is another."""
        if len(said) == len(self.content):
            return _slips_between(said, self.content)
        return slips("".join(said), "".join(self.content)) if len(said) <= 8 else FAR

    def part(self, said: Sequence[str]) -> bool:
        """Whether what was said is half of this phrase or more, without a slip, and nothing else."""
        return len(said) < len(self.content) <= 2 * len(said) and _slips_between(said, self.content) == 0

    def holds(self, said: Sequence[str]) -> bool:
        """Whether this phrase says all of it and more."""
        return len(said) < len(self.content) and _slips_between(said, self.content) < FAR

    def shares(self, said: Iterable[str]) -> bool:
        """Whether any word that was said stands in this phrase too."""
        return any(slips(word, mine) < FAR for word in said for mine in self.content)


@dataclass(frozen=True, slots=True)
class Wordings:
    """Every way to say the options of a question: plain forms that are exact, and phrases to compare with."""

    exact: Mapping[str, str]
    phrases: tuple[Phrase, ...]
    asked: frozenset[str]  # the words of the question itself

    def says(self, reply: str) -> str:
        """The key of the option whose very words a plain reply is, particles at its end aside; "" if there is none."""
        spoken = reply.split(" ")
        while len(spoken) > 1 and reply not in self.exact and spoken[-1] in _PARTICLES:
            reply = " ".join(spoken[:-1])
            spoken.pop()
        return self.exact.get(reply, "")

    def shared(self, said: Sequence[str]) -> tuple[str, ...]:
        """The keys of the options that share a word with what was said."""
        return tuple(dict.fromkeys(phrase.key for phrase in self.phrases if phrase.shares(said)))

    def meant(self, spoken: Sequence[str], *, parts: bool = False) -> str:
        """The key of the one option that these words say unmistakably, "" if there is none or more than one.

        With `parts`, half of an option's words is enough, if no other option shares any of them.
        """
        said, turned = content(spoken), negations(spoken)
        if not said:
            return ""
        fits = [(phrase.whole(said), phrase) for phrase in self.phrases if phrase.negations == turned]
        near = [(cost, phrase.key) for cost, phrase in fits if cost < FAR]
        best = {key for cost, key in near if cost == 0} or {key for _, key in near}
        if best:
            wider = {phrase.key for _, phrase in fits if phrase.holds(said)}
            return best.pop() if len(best) == 1 and wider <= best else ""
        if parts and any(word not in NEGATIONS for word in said):
            halves = {phrase.key for _, phrase in fits if phrase.part(said)}
            if len(halves) == 1 and set(self.shared(said)) == halves:
                return halves.pop()
        return ""


@lru_cache(maxsize=1024)
def wordings(question: Question) -> Wordings:
    """How the options of a question may be said, in every language of the course."""
    exact: dict[str, set[str]] = {}
    phrases: dict[Phrase, None] = {}
    for option in question.options:
        for wording in (*(said for _, said in option.says.words), *option.also):
            form = plain(wording)
            spoken = words(form)
            exact.setdefault(form, set()).add(option.key)
            phrases[Phrase(option.key, content(spoken), negations(spoken))] = None
    asked = {word for _, said in question.asks.words for word in words(plain(said))}
    asked |= {word.removesuffix("nya") for word in asked}
    return Wordings(
        {form: keys.pop() for form, keys in exact.items() if len(keys) == 1}, tuple(phrases), frozenset(asked)
    )


def _slips_between(said: Sequence[str], meant: Sequence[str]) -> int:
    """The slips between words, each taken for another one that was meant, in any order; FAR where one is none of them."""
    left, cost = list(meant), 0
    for word in sorted(said, key=lambda each: each not in meant):
        near = min(left, key=lambda each: slips(word, each))
        cost += slips(word, near)
        if cost >= FAR:
            return FAR
        left.remove(near)
    return cost

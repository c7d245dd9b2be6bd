"""Which of the shown options a reply names, by letter, figure, number word, ordinal or the option's own words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flows.course import Option
from flows.reading.keywords import plain
from flows.reading.numerals import SMALL
from flows.reading.wording import BECAUSE, FILLERS, HEDGES, NEGATIONS, Wordings, words

LETTERS: Final = "abcdefghi"
_ORDINALS: Final = {
    word: place
    for place, spoken in enumerate(
        (
            "pertama first 1st ke1 kesatu",
            "kedua second 2nd ke2",
            "ketiga third 3rd ke3",
            "keempat fourth 4th ke4",
            "kelima fifth 5th ke5",
        ),
        start=1,
    )
    for word in spoken.split()
}
_LAST: Final = frozenset({"terakhir", "last"})
_QUESTION_NUMBER = re.compile(r"^(?:soalan|soal|sln|question|ques|qn|q|s)\s?(?:no\s|nombor\s)?\d{1,2}(?!\d)\s?")
_OF_NUMBER = re.compile(r"\b(?:no|nom|nombor|num|number|ke)\s?(?=\d)|\bke\s(?=\d)")
_SEPARATORS = re.compile(r"[,;\n]|-?>")
_AND: Final = frozenset("dan and n dn sama serta plus om juga lagi".split())
_ALL: Final = frozenset("semua all everything".split())
_TOGETHER = re.compile(r"\b(?:ke)?(dua|tiga|empat|lima) \1(?:nya)?\b")
_AFTER_THAT = re.compile(r"\b(?:selepas|slps|lepas|lps|after) (?:itu|tu|that)\b")
_FIRST: Final = frozenset("dulu dahulu first mula".split())
_FINALLY: Final = frozenset("akhir akhirnya terakhir last finally".split())
_THEN: Final = _FIRST | _FINALLY | frozenset("pastu kemudian lalu baru then next sekali seterusnya".split())
_WITH_ALL: Final = _ALL | FILLERS | frozenset("sekali betul benar them right correct".split())
# Beside a letter these ask for a nod, they do not answer: "b betul kan?".
_NODS: Final = frozenset("betul benar ya yes right kan ke".split())


@dataclass(frozen=True, slots=True)
class Said:
    """A reply on its way to being understood: the words of the answer itself, and whether they turn round or waver."""

    core: tuple[str, ...]
    turned: bool
    wavers: bool


def said(reply: str) -> Said:
    """The words of an answer without a leading question number, without what carries no meaning, and without its reason."""
    spoken = words(_AFTER_THAT.sub("kemudian", _OF_NUMBER.sub("", _QUESTION_NUMBER.sub("", reply))))
    at = next((place for place, word in enumerate(spoken) if place and word in BECAUSE), len(spoken))
    answer, reason = spoken[:at], spoken[at + 1 :]
    wavers = any(word in HEDGES for word in spoken) or any(len(word) == 1 and word in LETTERS for word in reason)
    core = tuple(
        word
        for before, word in zip(("", *answer), answer, strict=False)
        if (word not in FILLERS or word == "a") and not (word == "one" and before in _ORDINALS)
    )
    return Said(core, any(word in NEGATIONS for word in answer), wavers)


def place_of(word: str, count: int) -> int:
    """The place that one word names among `count`: 2 for "b", "2", "dua", "kedua"; 0 if it names none.

    A place beyond the last is named all the same: the caller says what that means.
    """
    if len(word) == 1 and word in LETTERS[: max(count, 5)]:
        return LETTERS.index(word) + 1
    if word.isdecimal() and len(word) <= 2:
        return int(word)
    if word in _LAST:
        return count
    return SMALL.get(word, 0) or _ORDINALS.get(word, 0)


def without_nods(core: Sequence[str]) -> tuple[str, ...]:
    """The words without those that only ask for a nod: "b" of "b betul kan"."""
    return tuple(word for word in core if word not in _NODS)


def is_place(word: str, count: int) -> bool:
    """Whether a single letter or figure names one of `count` options."""
    return len(word) == 1 and 0 < place_of(word, count) <= count


def one_place(core: Sequence[str], count: int) -> int:
    """The one place that all words of a reply name; 0 if there is none or more than one.

    >>> one_place(("1", "c"), 3), one_place(("b", "b"), 3), one_place(("a", "b"), 3)
    (3, 2, 0)
    """
    if len(core) == 2 and core[0].isdecimal() and core[1] in LETTERS:
        core = core[1:]  # a question's number and the answer to it, as in keywords: "1c"
    places = {place_of(word, count) for word in core}
    return places.pop() if len(places) == 1 else 0


def clashes(word: str, place: int, shown: Sequence[Option], known: Wordings) -> bool:
    """Whether a bare number may as well be one of the options' own numbers: "3" where B says "3 weeks"."""
    figure = word if word.isdecimal() else str(SMALL.get(word, ""))
    if not figure or not known.phrases:
        return False
    mine = shown[place - 1].key if place <= len(shown) else ""
    holders = {phrase.key for phrase in known.phrases if phrase.content[0] == figure and len(phrase.content) <= 2}
    return bool(holders) and mine not in holders


def is_all_of(reply: str) -> int:
    """How many options "both", "kedua-dua" or "ketiga-tiga" speaks of; 0 if the reply does not.

    >>> is_all_of("kedua dua"), is_all_of("ketiga tiganya"), is_all_of("kedua")
    (2, 3, 0)
    """
    together = _TOGETHER.search(reply)
    return SMALL[together[1]] if together else 2 if "both" in reply.split() else 0


def several_places(core: Sequence[str], count: int) -> tuple[int, ...]:
    """The places a reply names one after the other; () unless every word of it names some, and letters stand alone.

    >>> several_places(("1", "3"), 4), several_places(("ac",), 4), several_places(("a", "3"), 4)
    ((1, 3), (1, 3), ())
    """
    if any(word in _ALL for word in core) and all(word in _WITH_ALL for word in core):
        return tuple(range(1, count + 1))
    named = [_glued(word, count) for word in core if word not in _AND]
    kinds = {kind for kind, _ in named}
    return tuple(place for _, places in named for place in places) if kinds in ({"letter"}, {"figure"}) else ()


def in_order(core: Sequence[str]) -> tuple[str, ...]:
    """The words of an order without "first", "then" and their like; "first b, second a" without its numbering.

    >>> in_order(("b", "dulu", "kemudian", "a")), in_order(("pertama", "b", "kedua", "a"))
    (('b', 'a'), ('b', 'a'))
    """
    marks, steps = core[::2], core[1::2]
    if [_ORDINALS.get(mark) for mark in marks] == list(range(1, len(steps) + 1)):
        return tuple(steps)
    started, ended = ([place for place, word in enumerate(core) if word in among] for among in (_FIRST, _FINALLY))
    late = started and max(started) > 1  # "a, then b first": in which order?
    after_last = [word for word in core[min(ended, default=len(core)) :] if word not in _THEN]
    if late or len(after_last) > 1:
        return tuple(core)
    return tuple(word for word in core if word not in _THEN and word not in _AND)


def listed_words(text: str, known: Wordings) -> tuple[str, ...]:
    """The keys of options given by their very words with a sign between them; () if any part of the text is another thing."""
    parts = [plain(part) for part in _SEPARATORS.split(text)]
    keys = tuple(known.says(part) for part in parts if part)
    return keys if len(keys) > 1 and all(keys) else ()


def is_a_list(reply: str, text: str) -> bool:
    """Whether something stands between the things named, so that two of them are not one: "cili, padi", not "cili padi"."""
    return any(word in _AND or word in ("dengan", "with") for word in words(reply)) or any(
        sign in text for sign in ",;&+/\n"
    )


def own_words(core: Sequence[str], known: Wordings) -> tuple[str, ...]:
    """The keys of the options whose own words make up the whole of a reply, one after the other; () if any word is left."""
    left = [word for word in core if word not in _AND]
    keys: list[str] = []
    longest = max((len(phrase.content) for phrase in known.phrases), default=0) + 2
    while left:
        for size in range(min(len(left), longest), 0, -1):
            key = known.meant(left[:size], parts=True)
            if key:
                keys.append(key)
                left = left[size:]
                break
        else:
            return ()
    return tuple(keys)


def without_own_words(core: Sequence[str], shown: Sequence[Option], known: Wordings) -> tuple[str, ...]:
    """The letters or figures of a reply that gives each option's own words after it: "1 cili 3 tomato"; () if they differ."""
    named: list[str] = []
    words_of: list[list[str]] = []
    for word in core:
        if word in _AND:
            continue
        if is_place(word, len(shown)):
            named.append(word)
            words_of.append([])
        elif named:
            words_of[-1].append(word)
        else:
            return ()
    agree = all(
        bool(own) and known.meant(own, parts=True) == shown[place_of(word, len(shown)) - 1].key
        for word, own in zip(named, words_of, strict=True)
    )
    return tuple(named) if agree else ()


def _glued(word: str, count: int) -> tuple[str, tuple[int, ...]]:
    """The places in one word, and how it writes them: one for "b" or "dua", two for "13" or "ac"."""
    if all(each in LETTERS[: max(count, 5)] for each in word):
        return "letter", tuple(place_of(each, count) for each in word)
    if word.isdecimal():
        return "figure", tuple(int(each) or count + 1 for each in word)
    place = place_of(word, count)
    return ("figure", (place,)) if place else ("", ())

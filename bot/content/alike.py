"""Answers that would be taken for one another, and words that mean something else: the rules for what learners may write."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations
from typing import Final, NamedTuple

from bot.content.source import Path, Source
from flows.course import Option, Question
from flows.reading.keywords import KEYS, Keywords, plain
from flows.reading.wording import FAR, Phrase, content, negations, words
from flows.registry import ANYWHERE, OPT_OUT

# Ordinary words that a learner may well answer with; where they are an answer, they are heard as one.
_ORDINARY: Final = ("time_", "district_", "thanks", "greeting", "rsvp_", "location", "rest", "fewer", "pause")


class Way(NamedTuple):
    """One way to say an option, as written and in its plain form."""

    option: Option
    wording: str
    form: str


class Spelt(NamedTuple):
    """One way to say an option as `flows.reading.wording` compares it, and the letters with which its words start."""

    phrase: Phrase
    starts: frozenset[str]


def check_alike(source: Source, path: Path, question: Question, keywords: Keywords) -> None:
    """Report the answers to one question that are spelt alike, and those that are words understood everywhere."""
    if question.kind == "truth" or not question.options:
        return
    ways = [Way(option, wording, plain(wording)) for option in question.options for wording in _wordings(option)]
    twice = _check_exact(source, path, question, ways)
    if question.kind != "order" and not twice:  # the steps of an order are told apart by their places
        _check_near(source, path, question, ways)
    forms = {way.wording: way.form for way in ways}
    for option in question.options:
        place = _place(path, question, option)
        for wording in (option.says.words[0][1], option.says.within("en"), *option.also):
            intent = keywords.intents.get(forms[wording], "")
            if intent or forms[wording] in KEYS:
                _check_taken(source, place, (wording, forms[wording], intent), spoken=wording in option.also)


def _wordings(option: Option) -> Iterator[str]:
    """Every way to say it, once."""
    return iter(dict.fromkeys((*(said for _, said in option.says.words), *option.also)))


def _check_exact(source: Source, path: Path, question: Question, ways: list[Way]) -> bool:
    """Whether one wording stands for two options; it is reported, since the reader passes it over."""
    owners: dict[str, Way] = {}
    found = False
    for way in ways:
        other = owners.setdefault(way.form, way)
        if other.option.key != way.option.key:
            found = True
            line = source.line(_place(path, question, other.option))
            source.report(
                _place(path, question, way.option),
                "alike",
                f'"{way.wording}" and "{other.wording}" (line {line}) are heard as the same, so neither would be understood: change one.',
            )
    return found


def _check_near(source: Source, path: Path, question: Question, ways: list[Way]) -> None:
    """Report a right and a wrong answer that are one slip of the thumb apart."""
    by_key: dict[str, list[Spelt]] = {}
    for way in ways:
        by_key.setdefault(way.option.key, []).append(spelt(way.option.key, way.form))
    report = source.report if question.kind == "text" else source.advise
    for one, other in combinations(question.options, 2):
        if one.right == other.right:
            continue
        near = next(_near(by_key.get(one.key, []), by_key.get(other.key, [])), None)
        if near:
            mine, theirs = (" ".join(phrase.content) for phrase in near)
            report(
                _place(path, question, other),
                "alike",
                f'"{theirs}" is a slip of the thumb away from "{mine}" (line {source.line(_place(path, question, one))}), and one '
                "of them is right: leave one out, or use another word.",
            )


def spelt(key: str, form: str) -> Spelt:
    """One way to say the option of that key, from its plain form."""
    spoken = [meant for word in form.split() for meant in _spoken(word)]
    carried = content(spoken)
    return Spelt(Phrase(key, carried, negations(spoken)), frozenset([word[0] for word in carried]))


@lru_cache(maxsize=8192)  # the words of some courses: a language has few that are common
def _spoken(word: str) -> tuple[str, ...]:
    return words(word)


def _near(mine: list[Spelt], theirs: list[Spelt]) -> Iterator[tuple[Phrase, Phrase]]:
    for one in mine:
        for other in theirs:
            if may_be(one, other) and one.phrase.whole(other.phrase.content) < FAR:
                yield one.phrase, other.phrase


def may_be(meant: Spelt, said: Spelt) -> bool:
    """Whether one phrase might be meant by the words of another: never False where `Phrase.whole` finds them near.

    A slip leaves the first letter of a word as it is, unless it loses an h there. That is quick to see, and leaves little to compare.
    """
    if meant.phrase.negations != said.phrase.negations:
        return False
    if "h" in meant.starts or not said.starts or not meant.starts:
        return True
    if len(meant.phrase.content) == len(said.phrase.content):
        return said.starts <= meant.starts
    return meant.phrase.content[0][0] == said.phrase.content[0][0]  # all of either is compared as one word


def _check_taken(source: Source, path: Path, said: tuple[str, str, str], *, spoken: bool) -> None:
    """Report a word that asks for something else wherever a learner is: as written, its plain form, and what it asks for."""
    wording, form, intent = said
    if intent in OPT_OUT:
        says = f'"{wording}" ends all our messages, whatever was asked: no answer may be that word.'
    elif spoken and (form in KEYS or (intent in ANYWHERE and not intent.startswith(_ORDINARY))):
        says = f'"{wording}" is understood everywhere and asks for something else ({intent}): leave it out.'
    else:
        return
    source.report(path, "taken", says)


def _place(path: Path, question: Question, option: Option) -> Path:
    """Where the author wrote the option: what is accepted, the wrong words of a text, or one of the options."""
    if question.kind != "text":
        return (*path, "options", question.options.index(option))
    return (*path, "accept") if option.right else (*path, "wrong", question.options.index(option) - 1)

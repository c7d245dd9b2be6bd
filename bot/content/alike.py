"""Answers that would be taken for one another, and words that mean something else: the rules for what learners may write."""

from collections.abc import Iterator
from itertools import combinations
from typing import Final

from bot.content.source import Path, Source
from flows.course import Option, Question
from flows.reading.keywords import KEYS, Keywords, plain
from flows.reading.wording import FAR, Phrase, wordings
from flows.registry import ANYWHERE, OPT_OUT

# Ordinary words that a learner may well answer with; where they are an answer, they are heard as one.
_ORDINARY: Final = ("time_", "district_", "thanks", "greeting", "rsvp_", "location", "rest", "fewer", "pause")


def check_alike(source: Source, path: Path, question: Question, keywords: Keywords) -> None:
    """Report the answers to one question that are spelt alike, and those that are words understood everywhere."""
    if question.kind == "truth" or not question.options:
        return
    twice = _check_exact(source, path, question)
    if question.kind != "order" and not twice:  # the steps of an order are told apart by their places
        _check_near(source, path, question)
    for option in question.options:
        for form in (option.says.words[0][1], option.says.within("en"), *option.also):
            _check_taken(source, _place(path, question, option), form, keywords, spoken=form in option.also)


def _check_exact(source: Source, path: Path, question: Question) -> bool:
    """Whether one wording stands for two options; it is reported, since the reader passes it over."""
    owners: dict[str, tuple[Option, str]] = {}
    found = False
    for option, wording in _forms(question):
        form = plain(wording)
        other, theirs = owners.setdefault(form, (option, wording))
        if other.key != option.key:
            found = True
            line = source.line(_place(path, question, other))
            source.report(
                _place(path, question, option),
                "alike",
                f'"{wording}" and "{theirs}" (line {line}) are heard as the same, so neither would be understood: change one.',
            )
    return found


def _check_near(source: Source, path: Path, question: Question) -> None:
    """Report a right and a wrong answer that are one slip of the thumb apart."""
    by_key: dict[str, list[Phrase]] = {}
    for phrase in wordings(question).phrases:
        by_key.setdefault(phrase.key, []).append(phrase)
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


def _near(mine: list[Phrase], theirs: list[Phrase]) -> Iterator[tuple[Phrase, Phrase]]:
    for one in mine:
        for other in theirs:
            if one.negations == other.negations and one.whole(other.content) < FAR:
                yield one, other


def _check_taken(source: Source, path: Path, wording: str, keywords: Keywords, *, spoken: bool) -> None:
    """Report a word that asks for something else wherever a learner is."""
    form = plain(wording)
    intent = keywords.intents.get(form, "")
    if intent in OPT_OUT:
        says = f'"{wording}" ends all our messages, whatever was asked: no answer may be that word.'
    elif spoken and (form in KEYS or (intent in ANYWHERE and not intent.startswith(_ORDINARY))):
        says = f'"{wording}" is understood everywhere and asks for something else ({intent}): leave it out.'
    else:
        return
    source.report(path, "taken", says)


def _forms(question: Question) -> Iterator[tuple[Option, str]]:
    for option in question.options:
        for wording in dict.fromkeys((*(said for _, said in option.says.words), *option.also)):
            yield option, wording


def _place(path: Path, question: Question, option: Option) -> Path:
    """Where the author wrote the option: what is accepted, the wrong words of a text, or one of the options."""
    if question.kind != "text":
        return (*path, "options", question.options.index(option))
    return (*path, "accept") if option.right else (*path, "wrong", question.options.index(option) - 1)

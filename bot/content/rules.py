"""What a phone can show and a network will carry: the rules for every text, and for every question as a whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from bot import blocked, gsm
from bot.content.shape import LANGUAGES
from bot.content.source import Path, Source

SMS: Final = 160
TAG: Final = 15  # "RM0.00 TITIAN: ", before every text: the networks reject or surcharge what comes without it
LONGEST_WORD: Final = 30  # a USSD page is cut at a space; a longer word might leave no place to cut
FEWEST_OPTIONS: Final = 2
MOST_OPTIONS: Final = 5
LETTERS: Final = "ABCDE"


@dataclass(frozen=True, slots=True)
class Limits:
    """How many characters each kind of text may have, so that all that is said with it still fits in one SMS."""

    tag: int = TAG

    def of(self, kind: str) -> int:
        """The most characters for a kind of text: what is left of one SMS, less what the bot adds around it."""
        room = SMS - self.tag
        return {
            "title": 28,
            "about": room - 45,
            "idea": room - 10,
            "question": room - 5,
            "option": 30,
            "because": room - 60,
            "hint": room - 60,
        }[kind]


class Passed(NamedTuple):
    """One text of a course: where it stands, what kind it is, and its words."""

    path: Path
    kind: str
    words: str


def texts(source: Source) -> Iterator[Passed]:
    """Every text in the file that could be read, whatever else is wrong around it."""
    for path, kind in _passages(source):
        for language in LANGUAGES:
            words = source.at(*path, language)
            if isinstance(words, str):
                yield Passed((*path, language), kind, words)


def check_texts(source: Source, limits: Limits) -> None:
    """Report every text that is empty, too long, or holds what a network does not carry or a phone cannot show."""
    for path, kind, words in texts(source):
        if not words.strip():
            source.report(path, "empty", "There is nothing between the quotes: write the text.")
            continue
        _check_characters(source, path, words)
        _check_length(source, path, words, limits.of(kind))
        longest = max(words.split(), key=len)
        if len(longest) > LONGEST_WORD:
            source.report(
                path,
                "word",
                f'"{longest[:LONGEST_WORD]}…" has {len(longest)} characters and no space: a small screen would cut it inside. '
                f"Put a space in it (at most {LONGEST_WORD} in a row).",
            )
        for rule, told in blocked.reasons(words):
            source.report(path, rule, told)


def check_questions(source: Source, limits: Limits) -> None:
    """Report every question whose options do not make one, and every id that stands twice."""
    lessons = _list(source.at("lessons"))
    _check_same(source, [("lessons", place, "id") for place in range(len(lessons))], "lesson")
    _check_same(source, [("lessons", place, "question", "id") for place in range(len(lessons))], "question")
    for place in range(len(lessons)):
        path: Path = ("lessons", place, "question")
        options = source.at(*path, "options")
        if isinstance(options, list) and options and all(isinstance(option, dict) for option in options):
            _check_options(source, path, options)
            for language in LANGUAGES:
                _check_whole(source, path, options, (language, limits.of("question")))


def _passages(source: Source) -> Iterator[tuple[Path, str]]:
    yield ("title",), "title"
    yield ("about",), "about"
    for place, _ in enumerate(_list(source.at("lessons"))):
        here: Path = ("lessons", place)
        yield (*here, "title"), "title"
        for idea, _ in enumerate(_list(source.at(*here, "ideas"))):
            yield (*here, "ideas", idea), "idea"
        asked: Path = (*here, "question")
        yield (*asked, "ask"), "question"
        for option, _ in enumerate(_list(source.at(*asked, "options"))):
            yield (*asked, "options", option), "option"
            yield (*asked, "options", option, "because"), "because"
        yield (*asked, "because"), "because"
        yield (*asked, "hint"), "hint"


def _check_characters(source: Source, path: Path, words: str) -> None:
    for offender in gsm.offenders(words):
        instead = f"write {offender.instead} instead" if offender.instead else "write it in other words"
        source.report(
            path,
            "character",
            f"{offender.character} ({offender.name}) makes the SMS cost more than twice as much: {instead}.",
        )


def _check_length(source: Source, path: Path, words: str, most: int) -> None:
    plain = gsm.fold(words)
    length = len(plain) if gsm.offenders(plain) else gsm.septets(plain)  # what makes it dear is reported already
    if length > most:
        double = " (each of [ ] { } ~ ^ | \\ € counts as two)" if length > len(plain) else ""
        source.report(
            path, "length", f"{length - most} too many for one SMS: it has {length} characters{double}, and {most} fit."
        )


def _check_options(source: Source, path: Path, options: list[Any]) -> None:
    if not FEWEST_OPTIONS <= len(options) <= MOST_OPTIONS:
        source.report(
            (*path, "options"),
            "options",
            f"A question has {FEWEST_OPTIONS} to {MOST_OPTIONS} options; this one has {len(options)}.",
        )
    marks = [source.at(*path, "options", place, "right") for place in range(len(options))]
    right = [place for place, mark in enumerate(marks) if mark is True]
    if not right and all(mark is None or mark is False for mark in marks):  # else a mark of another kind is reported
        source.report((*path, "options"), "right", "No option is right: write `right: true` under the right one.")
    for place in right[1:]:
        source.report(
            (*path, "options", place, "right"),
            "right",
            "Another option is right already: keep `right: true` under one only.",
        )
    places = range(len(options))
    _check_same(source, [(*path, "options", place, "key") for place in places], "option")
    for language in LANGUAGES:
        _check_same(source, [(*path, "options", place, language) for place in places], "text")


def _check_whole(source: Source, path: Path, options: list[Any], limit: tuple[str, int]) -> None:
    """The question and its options go out together, as one SMS."""
    language, most = limit
    shown = [
        source.at(*path, "ask", language),
        *(source.at(*path, "options", place, language) for place in range(len(options))),
    ]
    if all(isinstance(words, str) for words in shown):
        whole = "\n".join(
            [shown[0], *(f"{letter}) {words}" for letter, words in zip(LETTERS, shown[1:], strict=False))]
        )
        if len(gsm.fold(shown[0])) <= most:  # else the question alone is reported already
            _check_length(source, (*path, "ask", language), whole, most)


def _check_same(source: Source, paths: list[Path], what: str) -> None:
    """Report each name or text that stands a second time among these."""
    first: dict[str, Path] = {}
    for path in paths:
        words = source.at(*path)
        if not isinstance(words, str) or not words.strip():
            continue
        plain = " ".join(words.casefold().split()).rstrip(".!?")
        if plain in first:
            line = source.lines[first[plain]]
            told = "two options read the same" if what == "text" else f"there are two {what}s of this name"
            source.report(path, "same", f'"{words}" stands in line {line} too, so {told}: change one of them.')
        else:
            first[plain] = path


def _list(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []

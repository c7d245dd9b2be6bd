"""What a phone can show and a network will carry: the rules for every text of a course by itself."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from bot import blocked, gsm
from bot.content.source import Path, Source

SMS: Final = 160
TAG: Final = 15  # "RM0.00 TITIAN: ", before every text: the networks reject or surcharge what comes without it
LONGEST_WORD: Final = 30  # a USSD page is cut at a space; a longer word might leave no place to cut
BUBBLE: Final = 1024  # characters that a WhatsApp message with buttons or a list may have
_too_long_a_word: Final = re.compile(rf"\S{{{LONGEST_WORD + 1}}}").search
TEXTS: Final = ("ms", "en", "dtp")
VARIANTS: Final = ("ussd", "whatsapp")
NUDGE_PLACES: Final = ("course", "lesson", "total", "title")
_nudge_place: Final = re.compile(r"\{(?:" + "|".join(NUDGE_PLACES) + r")\}").sub


@dataclass(frozen=True, slots=True)
class Limits:
    """How many characters each kind of text may have, so that all that is said with it still fits in one SMS."""

    tag: int = TAG

    def of(self, kind: str) -> int:
        """The most characters for a kind of text: what is left of one SMS, less what the bot adds around it."""
        return _most(self.tag)[kind]


@lru_cache(maxsize=8)
def _most(tag: int) -> dict[str, int]:
    room = SMS - tag
    return {
        "title": 28,
        "about": room - 45,
        "follows": room - 65,
        "idea": room - 10,
        "question": room - 5,
        "task": room,
        "option": 30,
        "unit": 12,
        "because": room - 60,
        "hint": room - 60,
        "nudge": room - 35,
    }


class Passed(NamedTuple):
    """One text of a course: where it stands, what kind it is, its words, and the one kind of channel that says it, if so."""

    path: Path
    kind: str
    words: str
    channel: str = ""


def texts(source: Source) -> list[Passed]:
    """Every text in the file that could be read, whatever else is wrong around it."""
    found: list[Passed] = []
    for path, kind, passage in _places(source):
        if not isinstance(passage, dict):
            continue
        for language in TEXTS:
            words = passage.get(language)
            if isinstance(words, str):
                found.append(Passed((*path, language), kind, words))
        for channel in VARIANTS:
            instead = passage.get(channel)
            if not isinstance(instead, dict):
                continue
            for language in TEXTS:
                words = instead.get(language)
                if isinstance(words, str):
                    found.append(Passed((*path, channel, language), kind, words, channel))
    return found


def check_texts(source: Source, passed: Sequence[Passed], limits: Limits) -> None:
    """Report every text that is empty, too long, or holds what a network does not carry or a phone cannot show.

    `passed` are the `texts` of the source.
    """
    broken = blocked.broken_by([each.words for each in passed])
    for place, (path, kind, words, channel) in enumerate(passed):
        if not words.strip():
            source.report(path, "empty", "There is nothing between the quotes: write the text.")
        elif channel == "whatsapp":
            if len(words) > BUBBLE:
                source.report(path, "length", f"{len(words) - BUBBLE} too many for one WhatsApp message ({BUBBLE}).")
        else:
            _check_text(source, path, words, limits.of(kind))
            for each in broken.get(place, ()):
                (source.report if each.blocks else source.advise)(path, each.name, each.says)


def _check_text(source: Source, path: Path, words: str, most: int) -> None:
    if len(words) > most or not gsm.is_basic(words):
        for offender in gsm.offenders(words):
            instead = f"write {offender.instead} instead" if offender.instead else "write it in other words"
            source.report(
                path,
                "character",
                f"{offender.character} ({offender.name}) makes the SMS cost more than twice as much: {instead}.",
            )
        check_length(source, path, words, most)
    if len(words) > LONGEST_WORD and _too_long_a_word(words):
        longest = max(words.split(), key=len)
        source.report(
            path,
            "word",
            f'"{longest[:LONGEST_WORD]}…" has {len(longest)} characters and no space: a small screen would cut it inside. '
            f"Put a space in it (at most {LONGEST_WORD} in a row).",
        )


def check_length(source: Source, path: Path, words: str, most: int) -> None:
    """Report a text that has more than `most` characters as an SMS counts them."""
    if len(words) <= most and gsm.is_basic(words):
        return
    plain = gsm.fold(words)
    length = len(plain) if gsm.offenders(plain) else gsm.septets(plain)  # what makes it dear is reported already
    if length > most:
        double = " (each of [ ] { } ~ ^ | \\ € counts as two)" if length > len(plain) else ""
        source.report(
            path, "length", f"{length - most} too many for one SMS: it has {length} characters{double}, and {most} fit."
        )


def _places(source: Source) -> Iterator[tuple[Path, str, Any]]:
    """Every passage with its place and kind: a mapping from language to words, where the author made no mistake."""
    course = source.data if isinstance(source.data, dict) else {}
    for kind in ("title", "about", "follows"):
        yield (kind,), kind, course.get(kind)
    for place, text in enumerate(_list(source.at("nudges", "texts"))):
        yield ("nudges", "texts", place), "nudge", without_places(text)
    for place, lesson in enumerate(_list(course.get("lessons"))):
        if not isinstance(lesson, dict):
            continue
        here: Path = ("lessons", place)
        yield (*here, "title"), "title", lesson.get("title")
        for number, idea in enumerate(_list(lesson.get("ideas"))):
            yield (*here, "ideas", number), "idea", idea
        yield from _asked((*here, "question"), lesson.get("question"))
        for number, question in enumerate(_list(lesson.get("questions"))):
            yield from _asked((*here, "questions", number), question)
        task = lesson.get("task")
        if isinstance(task, dict):
            for name, kind in (("ask", "task"), ("because", "because"), ("hint", "hint")):
                yield (*here, "task", name), kind, task.get(name)


def without_places(text: Any) -> Any:
    """A nudge's text with something in each {place}: what stands there is measured with the titles in it, as it is sent."""
    if not isinstance(text, dict):
        return text
    return {name: _nudge_place("1", words) if isinstance(words, str) else words for name, words in text.items()}


def _asked(path: Path, question: Any) -> Iterator[tuple[Path, str, Any]]:
    if not isinstance(question, dict):
        return
    for name, kind in (("ask", "question"), ("because", "because"), ("hint", "hint"), ("unit", "unit")):
        yield (*path, name), kind, question.get(name)
    for several, kind in (("options", "option"), ("wrong", "")):
        for place, option in enumerate(_list(question.get(several))):
            if isinstance(option, dict):
                here = (*path, several, place)
                if kind:
                    yield here, kind, option
                yield (*here, "because"), "because", option.get("because")


def _list(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []

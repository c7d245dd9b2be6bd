"""A course as its author wrote it, compiled into what the flows teach from; and its version, the hash of what can be read."""

import hashlib
import json
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

from bot.content.shape import (
    CompleteShape,
    CourseShape,
    LessonShape,
    NudgesShape,
    OptionShape,
    Passage,
    QuestionShape,
    SpokenShape,
    TaskShape,
    Words,
)
from flows.completion import EVERY_LESSON, Rule
from flows.course import Amount, Course, Lesson, Nudges, Option, Picture, Question
from flows.text import Localized, localized

TRUE: Final = localized({"ms": "Betul", "en": "True"})
FALSE: Final = localized({"ms": "Salah", "en": "False"})


def compiled(shape: CourseShape, known_as: str = "") -> Course:
    """The course to teach from. The shape has been checked: nothing in it contradicts itself.

    `known_as` is its version, where that is known already.
    """
    return Course(
        id=shape.id,
        version=known_as or version(shape),
        title=_words(shape.title),
        about=_words(shape.about),
        minutes=shape.minutes,
        lessons=tuple(map(_lesson, shape.lessons)),
        follows=_words(shape.follows) if shape.follows else None,
        placement=tuple(_named(each) for each in shape.placement),
        nudges=_nudges(shape.nudges) if shape.nudges else Nudges(),
        rule=_rule(shape.complete) if shape.complete else EVERY_LESSON,
    )


def version(shape: CourseShape) -> str:
    """What a learner can read, as twelve characters: the same words have the same version on every machine."""
    read: Any = shape.model_dump(exclude_defaults=True, exclude={"lessons": {"__all__": {"sources"}}})
    canonical = json.dumps(read, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def _rule(shape: CompleteShape) -> Rule:
    return Rule(
        lessons=tuple(shape.lessons),
        pass_mark=shape.pass_mark or 0,
        final=shape.final or "",
        witnessed=tuple(shape.witnessed),
        minutes=shape.minutes or 0,
        days=shape.days or 0,
        identity=shape.identity,
        months=shape.valid_months or 0,
    )


def _named(question: str) -> tuple[str, str]:
    lesson, _, name = question.partition("/")
    return lesson, name


def _nudges(shape: NudgesShape) -> Nudges:
    gaps = tuple(24 * (day - before) for before, day in pairwise((0, *shape.after_days)))
    texts = tuple((each.key, Localized(_by_language(each))) for each in shape.texts)
    return Nudges(gaps, 24 * shape.then_every_days, shape.most, texts)


def _lesson(shape: LessonShape) -> Lesson:
    return Lesson(
        id=shape.id,
        title=_words(shape.title),
        ideas=tuple(map(_words, shape.ideas)),
        bank=tuple(map(_question, shape.bank)),
        pass_mark=shape.pass_mark,
        minutes=shape.minutes or 0,
        day=shape.day,
        task=_task(shape.task) if shape.task else None,
        sources=tuple(shape.sources),
        picture=Picture(shape.picture.file, localized(dict(_by_language(shape.picture)))) if shape.picture else None,
    )


def _question(shape: QuestionShape) -> Question:
    return Question(
        id=shape.id,
        asks=_words(shape.ask),
        options=tuple(_options(shape)),
        because=_words(shape.because),
        hint=_words(shape.hint) if shape.hint else None,
        kind=shape.kind,
        amount=_amount(shape) if shape.kind == "number" else None,
        keeps_order=shape.keep_order,
        level=shape.level or "",
    )


def _task(shape: TaskShape) -> Question:
    hint = _words(shape.hint) if shape.hint else None
    return Question(shape.id, _words(shape.ask), (), _words(shape.because), hint, "task")


def _options(shape: QuestionShape) -> Iterator[Option]:
    """The options as written; of a statement, true and false; of a text, the words that are right and those known to be wrong."""
    match shape.kind:
        case "truth":
            yield Option("true", TRUE, shape.answer is True)
            yield Option("false", FALSE, shape.answer is False)
        case "text":
            yield Option("right", _first(shape.accept), right=True, also=_spoken(shape.accept))
            for place, mistaken in enumerate(shape.wrong, start=1):
                because = _words(mistaken.because) if mistaken.because else None
                yield Option(f"wrong-{place}", _first(mistaken), because=because, also=_spoken(mistaken))
        case _:
            yield from (_option(option, right=option.right or shape.kind == "order") for option in shape.options)


def _option(shape: OptionShape, *, right: bool) -> Option:
    because = _words(shape.because) if shape.because else None
    return Option(shape.key, _words(shape), right, because, _spoken(shape.also))


def _amount(shape: QuestionShape) -> Amount:
    """From what is written: "3.5" is seven halves, and not what a float makes of it."""
    unit = _words(shape.unit) if shape.unit else None
    return Amount(Fraction(str(shape.answer)), Fraction(str(shape.tolerance)), unit)


def _spoken(shape: SpokenShape | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*shape.ms, *shape.en, *shape.dtp))) if shape else ()


def _first(shape: SpokenShape | None) -> Localized:
    """The way to say it that comes first in each language: what the author would say herself."""
    by_language = {"ms": shape.ms, "en": shape.en, "dtp": shape.dtp} if shape else {}
    return localized({language: spoken[0] for language, spoken in by_language.items() if spoken})


def _words(passage: Words) -> Localized:
    said = _by_language(passage)
    if not isinstance(passage, Passage) or (passage.ussd is None and passage.whatsapp is None):
        return Localized(said)
    variants = (("ussd", passage.ussd), ("whatsapp", passage.whatsapp))
    return Localized(said, tuple((kind, _by_language(words)) for kind, words in variants if words))


def _by_language(words: Words) -> tuple[tuple[str, str], ...]:
    said = (("ms", words.ms), ("en", words.en))
    return said if words.dtp is None else (*said, ("dtp", words.dtp))

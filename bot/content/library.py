"""The content directory as the library the flows teach from, or everything that has to be put right first."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any, Final

from bot.content import keywords, rules
from bot.content.problems import ContentError, Problem
from bot.content.shape import CourseShape, LessonShape, OptionShape, Passage, shaped
from bot.content.source import Source, read_yaml
from flows.course import Course, Lesson, Option, Question
from flows.keywords import Keywords
from flows.session import Library
from flows.text import Localized, localized

COURSES: Final = "courses"
KEYWORDS: Final = "keywords.csv"


def check(directory: FilePath, tag: int = rules.TAG) -> list[Problem]:
    """Everything to put right in the content, by file and line; `tag` is how many characters stand before every SMS."""
    return _read(directory, tag)[2]


def load(directory: FilePath, tag: int = rules.TAG) -> Library:
    """The library in a directory. Raises ContentError, with all the problems, unless there is none."""
    courses, phrases, problems = _read(directory, tag)
    if problems:
        raise ContentError(problems)
    return Library({course.id: course for course in courses}, Keywords.compile(phrases))


def _read(directory: FilePath, tag: int) -> tuple[list[Course], Mapping[str, Sequence[str]], list[Problem]]:
    problems: list[Problem] = []
    courses: list[Course] = []
    stands: dict[str, str] = {}
    for path in sorted((directory / COURSES).glob("*.y*ml")):
        source = read_yaml(path, str(path))
        if path.suffix != ".yaml":
            source.report_line(1, "file", f"A course file ends in .yaml: rename this one to {path.stem}.yaml")
        shape = shaped(source)
        rules.check_texts(source, rules.Limits(tag))
        rules.check_questions(source, rules.Limits(tag))
        if shape is not None:
            _check_id(source, shape.id, stands)
            courses.append(_course(shape))
        problems += source.problems
    if not courses and not problems:
        missing = str(directory / COURSES)
        problems.append(
            Problem(missing, 1, "", "missing", "There is no course here: a course is a file that ends in .yaml")
        )
    phrases, wrong = keywords.read_keywords(directory / KEYWORDS, str(directory / KEYWORDS))
    return courses, phrases, sorted(problems + wrong)


def _check_id(source: Source, course: str, stands: dict[str, str]) -> None:
    if course in stands:
        source.report(("id",), "same", f'"{course}" is the id of {stands[course]} too: give this course another.')
    stands.setdefault(course, source.file)


def _course(shape: CourseShape) -> Course:
    return Course(
        id=shape.id,
        version=_version(shape),
        title=_words(shape.title),
        about=_words(shape.about),
        minutes=shape.minutes,
        lessons=tuple(map(_lesson, shape.lessons)),
    )


def _version(shape: CourseShape) -> str:
    """What a learner can read, as twelve characters: the same words have the same version on every machine."""
    read: Any = shape.model_dump(exclude={"lessons": {"__all__": {"sources"}}})
    canonical = json.dumps(read, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def _lesson(shape: LessonShape) -> Lesson:
    asked = shape.question
    return Lesson(
        id=shape.id,
        title=_words(shape.title),
        ideas=tuple(map(_words, shape.ideas)),
        question=Question(
            id=asked.id,
            asks=_words(asked.ask),
            options=tuple(map(_option, asked.options)),
            because=_words(asked.because),
            hint=_words(asked.hint) if asked.hint else None,
        ),
        sources=tuple(shape.sources),
    )


def _option(shape: OptionShape) -> Option:
    return Option(shape.key, _words(shape), shape.right, _words(shape.because) if shape.because else None)


def _words(passage: Passage) -> Localized:
    return localized({"ms": passage.ms, "en": passage.en})

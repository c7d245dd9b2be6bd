"""The content directory as the library the flows teach from, or everything that has to be put right first."""

import gc
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Final, NamedTuple

from bot.content import keywords, media, programmes, rules
from bot.content.approving import read_approving
from bot.content.cache import Cache, Known, judged_by, key_of
from bot.content.gate import judge
from bot.content.problems import ContentError, Problem
from bot.content.shape import CourseShape, shaped
from bot.content.source import Source, parse_yaml, read_bytes
from bot.content.surveys import read_surveys
from flows.reading.keywords import Keywords
from flows.session import Library

COURSES: Final = "courses"
KEYWORDS: Final = "keywords.csv"
GOLDEN: Final = 0.6180339887  # numbers that follow one another, times this, have fractions that lie far apart


class _Opened(NamedTuple):
    """A course file: what is wrong with it as a file, its bytes if it could be opened, and its key in the cache."""

    source: Source
    written: bytes | None
    key: str


@dataclass(frozen=True, slots=True)
class Read:
    """A library, and the shapes of those of its courses that no library before it had, by version."""

    library: Library
    anew: Mapping[str, CourseShape]


def check(directory: FilePath, tag: int = rules.TAG, cache: Cache | None = None) -> list[Problem]:
    """Everything to put right in the content, by file and line, and what is only advised; see `Problem.blocks`.

    `tag` is how many characters stand before every SMS.
    """
    return sorted(_read(directory, tag, cache or Cache())[2] + read_surveys(directory, tag)[1])


def load(directory: FilePath, tag: int = rules.TAG) -> Library:
    """The library in a directory. Raises ContentError, with all the problems, unless there is none."""
    return read(directory, Cache(), tag).library


def read(directory: FilePath, cache: Cache, tag: int = rules.TAG) -> Read:
    """The library in a directory; files that the cache knows are not read again. Raises ContentError as `load` does."""
    with _nothing_thrown_away():
        files, phrases, problems = _read(directory, tag, cache)
        plans, _ = programmes.read_programmes(directory)
    surveys, wrong = read_surveys(directory, tag)
    approving, unread = read_approving(directory, [*(each.id for each in files), *(each.shape.id for each in plans)])
    problems += wrong + unread
    if any(problem.blocks for problem in problems):
        raise ContentError(problem for problem in problems if problem.blocks)
    cache.taught()
    courses = {known.course.id: known.course for known in files if known.course}
    anew = {known.course.version: known.shape for known in files if known.course and known.shape}
    library = Library(
        courses,
        Keywords.compile(phrases),
        surveys=surveys,
        programmes=programmes.wholes(plans, courses),
        approving=approving,
    )
    return Read(library, anew)


def _read(
    directory: FilePath, tag: int, cache: Cache
) -> tuple[list[Known], Mapping[str, Sequence[str]], list[Problem]]:
    phrases, wrong = keywords.read_keywords(directory / KEYWORDS, str(directory / KEYWORDS))
    words = Keywords.compile({} if wrong else phrases)
    plans, told = programmes.read_programmes(directory)
    found_pictures = media.pictures(directory)
    judged = judged_by(directory, tag) + media.digest(found_pictures)
    opened = [_opened(path, judged) for path in sorted((directory / COURSES).glob("*.y*ml"))]
    known: dict[str, Known] = {}
    for source, written, key in _from_somewhere([each for each in opened if each.written is not None]):
        found = cache.find(key, source.file)
        if found is None:
            approved = programmes.approved(plans)
            found = _judged(written or b"", source.file, words, tag, approved=approved, pictures=found_pictures)
            cache.keep(key, found)
        known[source.file] = found
    cache.tidy(each.key for each in opened)
    problems, stands = wrong, dict[str, str]()
    for source, _, _ in opened:
        if source.file in known:
            _check_id(source, known[source.file], stands)
            problems += known[source.file].problems
        problems += source.problems
    if not opened:
        missing = str(directory / COURSES)
        problems.append(
            Problem(missing, 1, "", "missing", "There is no course here: a course is a file that ends in .yaml")
        )
    files = [known[source.file] for source, _, _ in opened if source.file in known]
    told += programmes.missing(plans, [each.id for each in files])
    courses = [each.course for each in files if each.course]
    if len(courses) == len(opened):  # of a course that cannot be read nobody knows what it shows
        told += media.unused(found_pictures, courses, directory / media.MEDIA)
    return files, phrases, sorted(problems + told)


def _opened(path: FilePath, judged: bytes) -> _Opened:
    source = Source(str(path))
    written = read_bytes(path, source)
    if path.suffix != ".yaml":
        source.report_line(1, "file", f"A course file ends in .yaml: rename this one to {path.stem}.yaml")
    return _Opened(source, written, key_of(judged, written or b""))


def _from_somewhere(opened: Sequence[_Opened]) -> Sequence[_Opened]:
    """All of them, each process from a place of its own: those that start together then find each other's work on disk."""
    start = int(os.getpid() * GOLDEN % 1 * len(opened))
    return [*opened[start:], *opened[:start]]


def _judged(
    written: bytes,
    file: str,
    words: Keywords,
    tag: int,
    *,
    approved: frozenset[str],
    pictures: Mapping[str, media.Found],
) -> Known:
    """One file by itself: read, held against the shape and the rules, and compiled if nothing stops it."""
    source = parse_yaml(written, file)
    shape = shaped(source)
    media.check_pictures(source, pictures, FilePath(file).parent.parent / media.MEDIA, rules.Limits(tag))
    shape = media.named(shape, pictures) if shape is not None else None
    course = judge(source, shape, words, tag, approved=approved)
    named = shape.id if shape is not None else ""
    return Known(named, source.lines.get(("id",), 1), course, shape, tuple(source.problems))


def _check_id(source: Source, known: Known, stands: dict[str, str]) -> None:
    if not known.id:
        return
    if known.id in stands:
        says = f'"{known.id}" is the id of {stands[known.id]} too: give this course another.'
        source.problems.append(Problem(source.file, known.line, "id", "same", says))
    stands.setdefault(known.id, source.file)


@contextmanager
def _nothing_thrown_away() -> Iterator[None]:
    """Spare Python from looking for garbage while a million things are made that stay: it takes half of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            if not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()  # all there is counts as old now, so enabling does not look through it at once
            gc.enable()

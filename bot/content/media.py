"""Pictures of lessons: which there are in the content, what is wrong with them, and their bytes for whoever is shown one."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, Final, NamedTuple

from bot.content.problems import ADVICE, Problem
from bot.content.rules import TEXTS, Limits, check_length
from bot.content.shape import CourseShape
from bot.content.source import Path, Source
from flows.course import Course

MEDIA: Final = "media"  # the folder of the content that they are in
MOST: Final = 300_000  # bytes: WhatsApp takes 5 MB, a learner's prepaid data does not
KINDS: Final[Mapping[bytes, str]] = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_is_named: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}\.(?:png|jpg|jpeg)").fullmatch


class Found(NamedTuple):
    """A file in the folder: "<hash>/<file>", so that what has changed has another name; its size, and its type by its first bytes."""

    name: str
    size: int
    type: str  # "" where it is neither of the two kinds


def pictures(directory: FilePath) -> dict[str, Found]:
    """The pictures of a content directory, by file."""
    return {path.name: found for path in sorted((directory / MEDIA).glob("*")) if (found := _found(path)) is not None}


def digest(found: Mapping[str, Found]) -> bytes:
    """What tells one state of the pictures from another."""
    return hashlib.sha256(repr(sorted(found.items())).encode()).digest()


def read(directory: FilePath, name: str) -> tuple[bytes, str] | None:
    """The bytes and the type of the picture of that name; None where the content has none that is so, byte for byte."""
    _, _, file = name.partition("/")
    found = _found(directory / MEDIA / file) if _is_named(file) else None
    if found is None or found.name != name or not _is_fit(found):
        return None
    try:
        return (directory / MEDIA / file).read_bytes(), found.type
    except OSError:  # gone meanwhile
        return None


def is_there(directory: FilePath, name: str) -> bool:
    """Whether the content has the picture of that name, unchanged."""
    _, _, file = name.partition("/")
    found = _found(directory / MEDIA / file) if _is_named(file) else None
    return found is not None and found.name == name and _is_fit(found)


def named(shape: CourseShape, found: Mapping[str, Found]) -> CourseShape:
    """The course with the hash of each picture before its file, which makes it part of the course's version."""
    if not any(lesson.picture for lesson in shape.lessons):
        return shape
    lessons = []
    for lesson in shape.lessons:
        file = found.get(lesson.picture.file) if lesson.picture else None
        picture = lesson.picture.model_copy(update={"file": file.name}) if lesson.picture and file else lesson.picture
        lessons.append(lesson.model_copy(update={"picture": picture}))
    return shape.model_copy(update={"lessons": lessons})


def check_pictures(source: Source, found: Mapping[str, Found], folder: FilePath, limits: Limits) -> None:
    """Report every picture that is not there, no picture, or too large, and words that are missing or too long for an idea."""
    for path, picture in _places(source):
        file = picture.get("file")
        if isinstance(file, str):
            says = _wrong_with(file, found, folder)
            if says:
                source.report((*path, "file"), "picture", says)
        for language in TEXTS:
            words = picture.get(language)
            if isinstance(words, str) and not words.strip():
                source.report((*path, language), "empty", "There is nothing between the quotes: write the text.")
            elif isinstance(words, str):
                check_length(source, (*path, language), words, limits.of("idea"))


def unused(found: Mapping[str, Found], courses: Iterable[Course], folder: FilePath) -> list[Problem]:
    """Advice on every picture that none of the courses shows."""
    shown = {lesson.picture.name for course in courses for lesson in course.lessons if lesson.picture}
    says = "No lesson shows this picture: name it under `picture:` of a lesson, or remove it."
    return [
        Problem(str(folder / file), 1, "", "picture", says, ADVICE)
        for file, each in found.items()
        if each.name not in shown
    ]


def _wrong_with(file: str, found: Mapping[str, Found], folder: FilePath) -> str:
    there = found.get(file)
    if there is None and (folder / file).parent == folder and (folder / file).is_file():
        return (
            'Give the file a name of small letters, digits, "-" and "_" that ends in .png or .jpg, such as batas-1.png.'
        )
    if there is None:
        has = f"There are: {', '.join(found)}." if found else "There are none yet."
        return f"There is no picture {file} in {folder}: put it there, or correct the name. {has}"
    if not there.type:
        return f"{file} is neither PNG nor JPEG inside, whatever its name says: save it as one of these."
    if there.size > MOST:
        return (
            f"{file} has {-(-there.size // 1000)} kB, and {MOST // 1000} are the most, since data is dear: make it smaller "
            "(800 pixels are wide enough), or save it as JPEG."
        )
    return ""


def _places(source: Source) -> Iterator[tuple[Path, dict[str, Any]]]:
    lessons = source.at("lessons")
    for place in range(len(lessons) if isinstance(lessons, list) else 0):
        picture = source.at("lessons", place, "picture")
        if isinstance(picture, dict):
            yield ("lessons", place, "picture"), picture


def _is_fit(found: Found) -> bool:
    return bool(found.type) and found.size <= MOST


def _found(path: FilePath) -> Found | None:
    """What there is under that name; it is read anew only when it has changed."""
    if not _is_named(path.name):
        return None
    try:
        about = path.stat()
        return _read_once(path, about.st_mtime_ns, about.st_ctime_ns, about.st_size) if path.is_file() else None
    except OSError:
        return None


@lru_cache(maxsize=4096)
def _read_once(path: FilePath, written: int, changed: int, size: int) -> Found:
    with path.open("rb") as file:
        begins = file.read(8)
        file.seek(0)
        hashed = hashlib.file_digest(file, "sha256").hexdigest()[:12]
    return Found(
        f"{hashed}/{path.name}", size, next((kind for mark, kind in KINDS.items() if begins.startswith(mark)), "")
    )

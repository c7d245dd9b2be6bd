"""Course files that were read before, by the hash of their bytes: only what has changed is read and checked again."""

import dataclasses
import hashlib
import os
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path as FilePath
from typing import Any, Final

import pydantic
import yaml

from bot.content.compiling import compiled
from bot.content.problems import Problem
from bot.content.shape import CourseShape
from bot.settings import ROOT
from flows.course import Course

MOST: Final = 1000  # files kept on disk, of about 30 kB each; the oldest make room

# What the reading of a course depends on besides its own file: how it is checked, and what is said around its words.
_CODE: Final = ("bot/*.py", "bot/content/*.py", "flows/*.py", "locales/*/LC_MESSAGES/*.mo", "content/*.yaml")


@dataclasses.dataclass(frozen=True, slots=True)
class Known:
    """What became of one file: its course unless something stops it, its id and the line of it, and what is to be put right.

    `shape` is there until a library was made with it: shapes are large, and only the database wants them.
    """

    id: str  # "" where the file has not the shape of a course
    line: int
    course: Course | None
    shape: CourseShape | None
    problems: tuple[Problem, ...]


class _Kept(pydantic.BaseModel):
    """The same as a file on disk: JSON, which can do no harm when it is read."""

    model_config = pydantic.ConfigDict(strict=True)

    line: int
    version: str
    blocked: bool
    problems: list[dict[str, Any]]
    shape: CourseShape


class Cache:
    """Remembers files in memory, for an edit, and in a directory, for the next process. What it cannot use is read anew."""

    def __init__(self, directory: FilePath | None = None) -> None:
        self._directory = directory
        self._known: dict[str, Known] = {}
        self._written = False

    def find(self, key: str, file: str) -> Known | None:
        """What became of a file with that key, its problems told of `file`; None where it has to be read."""
        found = self._known.get(key)
        if found is None:
            found = self._from_disk(key, file)
            if found is not None:
                self._known[key] = found
        if found is None or all(problem.file == file for problem in found.problems):
            return found
        told = tuple(dataclasses.replace(problem, file=file) for problem in found.problems)
        return dataclasses.replace(found, problems=told)

    def keep(self, key: str, known: Known) -> None:
        """Remember a file that was read."""
        self._known[key] = known
        if known.shape is None or self._directory is None:
            return
        kept = _Kept.model_construct(
            line=known.line,
            version=known.course.version if known.course else "",
            blocked=known.course is None,
            problems=[_without_file(problem) for problem in known.problems],
            shape=known.shape,
        )
        try:
            self._write(self._directory, key, kept.model_dump_json(exclude_none=True))
            self._written = True
        except OSError:
            pass  # a full or read-only disk costs time at the next start, and nothing else

    def taught(self) -> None:
        """A library was made of what is remembered: its shapes have been handed on."""
        self._known = {key: dataclasses.replace(known, shape=None) for key, known in self._known.items()}

    def tidy(self, keys: Iterable[str]) -> None:
        """Forget all but these in memory, and on disk what is oldest where there is too much."""
        wanted = frozenset(keys)
        self._known = {key: known for key, known in self._known.items() if key in wanted}
        if not self._written or self._directory is None:
            return
        self._written = False
        try:
            files = sorted(self._directory.iterdir(), key=lambda path: path.stat().st_mtime_ns)
            for path in files[: max(0, len(files) - max(MOST, 2 * len(wanted)))]:
                path.unlink(missing_ok=True)
        except OSError:
            pass

    def _from_disk(self, key: str, file: str) -> Known | None:
        if self._directory is None:
            return None
        try:
            kept = _Kept.model_validate_json((self._directory / f"{key}.json").read_bytes())
            problems = tuple(Problem(file=file, **each) for each in kept.problems)
        except (OSError, ValueError, TypeError):
            return None
        course = None if kept.blocked else compiled(kept.shape, kept.version)
        return Known(kept.shape.id, kept.line, course, kept.shape, problems)

    @staticmethod
    def _write(directory: FilePath, key: str, words: str) -> None:
        """Whole or not at all: another process may read it at the same moment, or write the same."""
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=directory, suffix=".new", delete=False) as made:
            try:
                made.write(words)
                made.close()
                os.replace(made.name, directory / f"{key}.json")
            except OSError:
                FilePath(made.name).unlink(missing_ok=True)
                raise


def judged_by(directory: FilePath, tag: int) -> bytes:
    """What the checks of a directory's courses depend on, as bytes to begin a key with: our code, its tables, the tag."""
    seen = hashlib.sha256(_code())
    for pattern in ("*.csv", "*.yaml", "programmes/*.yaml"):
        for path in sorted(directory.glob(pattern)):
            seen.update(path.name.encode() + b"\0" + _bytes(path))
    seen.update(str(tag).encode())
    return seen.digest()


def key_of(judge: bytes, written: bytes) -> str:
    """The key of a file that holds these bytes."""
    return hashlib.sha256(judge + written).hexdigest()


@cache
def _code() -> bytes:
    seen = hashlib.sha256(f"{pydantic.VERSION} {yaml.__version__}".encode())
    for pattern in _CODE:
        for path in sorted(ROOT.glob(pattern)):
            seen.update(path.name.encode() + b"\0" + _bytes(path))
    return seen.digest()


def _bytes(path: FilePath) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # gone meanwhile
        return b""


def _without_file(problem: Problem) -> dict[str, Any]:
    return {name: value for name, value in dataclasses.asdict(problem).items() if name != "file"}

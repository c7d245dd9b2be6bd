"""Loading a content directory of 200 courses of real size: with nothing known, after an edit, and in a fresh process."""

import gc
import re
import tempfile
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from shutil import copy, copytree
from time import process_time
from typing import Final, TypeVar

from bench import play
from bench.play import ROOT
from bench.table import Result, at_most
from bot.content import library, rules
from bot.content.cache import Cache
from bot.content.compiling import compiled
from bot.content.gate import judge
from bot.content.media import MEDIA
from bot.content.shape import shaped
from bot.content.source import parse_yaml

COURSES: Final = 200
COLD: Final = 3.0  # seconds of the processor
WARM: Final = 0.3
LESSONS: Final = 6  # what a course of real size has at least
ID: Final = re.compile(rb"^id: *(\S+)", re.MULTILINE)

R = TypeVar("R")


def measure(*, quick: bool = False) -> list[Result]:
    """The whole, cold and warm, as the web and the workers do it; then one course by its parts."""
    rounds = 1 if quick else 3
    with tempfile.TemporaryDirectory(prefix="titian-bench-") as made:
        content, kept = _written(Path(made) / "content"), Path(made) / "kept"
        cold = min(_seconds(lambda: library.read(content, Cache()))[0] for _ in range(rounds))
        cache = Cache(kept)
        library.read(content, cache)
        fresh = min(_seconds(lambda: library.read(content, Cache(kept)))[0] for _ in range(rounds))
        same = min(_seconds(lambda: library.read(content, cache))[0] for _ in range(rounds))
        edited = min(_edited(content, cache, number) for number in range(rounds))
        parts = _parts(sorted((content / library.COURSES).glob("*.yaml"))[: 5 * rounds])
    return [
        at_most(f"content: {COURSES} courses, nothing known", cold, "s", COLD),
        at_most(f"content: {COURSES} courses, a fresh process", fresh, "s", WARM),
        at_most(f"content: {COURSES} courses, read again unchanged", same, "s", WARM),
        at_most(f"content: {COURSES} courses, one of them edited", edited, "s", WARM),
        *(Result(f"content: one course, {part}", took, "ms") for part, took in parts.items()),
    ]


def _written(directory: Path) -> Path:
    """So many courses, each one of ours under an id of its own."""
    ours = [path.read_bytes() for path in sorted((ROOT / "content" / library.COURSES).glob("*.yaml"))]
    large = [each for each in ours if each.count(b"\n  - id: ") >= LESSONS]
    (directory / library.COURSES).mkdir(parents=True)
    for path in (ROOT / "content").glob("*.*"):
        copy(path, directory)
    copytree(ROOT / "content" / MEDIA, directory / MEDIA)
    for number, course in enumerate(islice(cycle(large), COURSES)):
        written = ID.sub(b"id: k%d" % number, course, count=1)
        (directory / library.COURSES / f"k{number:03}.yaml").write_bytes(written)
    return directory


def _edited(content: Path, cache: Cache, number: int) -> float:
    """Seconds from an edit in one file to the library that has it."""
    with (content / library.COURSES / f"k{number:03}.yaml").open("ab") as file:
        file.write(b"\n# edited\n")
    return _seconds(lambda: library.read(content, cache))[0]


def _parts(files: list[Path]) -> dict[str, float]:
    """Milliseconds a course, part by part: the fastest course, for each other process here only adds to it."""
    took: dict[str, list[float]] = {"YAML": [], "shape": [], "rules": [], "compiling": []}
    words = play.shipped().keywords
    gc.collect()
    gc.disable()  # as loading does: looking through the 200 courses of before would be reckoned to this one
    for path in files:
        written = path.read_bytes()
        yaml, source = _seconds(lambda written=written: parse_yaml(written, "k.yaml"))
        shaping, shape = _seconds(lambda source=source: shaped(source))
        judging, _ = _seconds(lambda s=source, shape=shape: judge(s, shape, words, rules.TAG, approved=frozenset()))
        compiling, _ = _seconds(lambda shape=shape: compiled(shape))
        for part, seconds in zip(took, (yaml, shaping, judging, compiling), strict=True):
            took[part].append(seconds * 1000)
    gc.enable()
    return {part: min(each) for part, each in took.items()}


def _seconds(work: Callable[[], R]) -> tuple[float, R]:
    """Seconds of the processor, which are those of a clock where nobody else works: loading waits for nothing."""
    began = process_time()
    done = work()
    return process_time() - began, done

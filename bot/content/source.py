"""A YAML file as plain data that still knows its lines, so that every problem can be pointed at."""

import re
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, Final

import yaml

from bot.content.misread import NEVER_CLOSED, meaning
from bot.content.plain_yaml import Path as Path, Plain, plain
from bot.content.problems import ADVICE, PROBLEM, Problem

_TABBED: Final = re.compile(r"^ *\t")

_QUOTES: Final = re.compile(r'(?<!\\)"')


@dataclass(slots=True)
class Source:
    """One file: what it holds, the line of every part of it, every scalar as it is written, what was not read, and what is wrong so far."""

    file: str
    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    written: dict[Path, str] = field(default_factory=dict)
    unread: set[Path] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def report(self, path: Path, rule: str, says: str, severity: str = PROBLEM) -> None:
        """Add a problem at `path`, or at the nearest line around it where the path itself is not in the file."""
        self.problems.append(Problem(self.file, self.line(path), self.named(path), rule, says, severity))

    def advise(self, path: Path, rule: str, says: str) -> None:
        """Add something to think about, which keeps nothing from being published."""
        self.report(path, rule, says, ADVICE)

    def line(self, path: Path) -> int:
        """The line of what stands at `path`, or of the nearest thing around it that is in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def report_line(self, line: int, rule: str, says: str) -> None:
        """Add a problem that has a line but no place in the course."""
        self.problems.append(Problem(self.file, line, "", rule, says))

    def named(self, path: Path) -> str:
        """The path as an author would name it: lessons by their id, what has none by its number from 1."""
        names: list[str] = []
        for depth, step in enumerate(path):
            named = self.at(*path[: depth + 1], "id") if isinstance(step, int) else step
            names.append(named if isinstance(named, str) else str(int(step) + 1))
        return " › ".join(names)

    def at(self, *path: str | int) -> Any:
        """What stands at `path`, or None where nothing does."""
        found = self.data
        for step in path:
            held = type(found)
            if (held is dict and step in found) or (held is list and isinstance(step, int) and step < len(found)):
                found = found[step]
            else:
                return None
        return found


def read_bytes(path: FilePath, source: Source) -> bytes | None:
    """What a file holds, or None with the reason reported."""
    try:
        return path.read_bytes()
    except OSError as error:
        source.report_line(1, "unreadable", f"The file cannot be opened: {error.strerror}.")
        return None


def read_text(path: FilePath, source: Source) -> str | None:
    """The text of a file, or None with the reason reported."""
    written = read_bytes(path, source)
    return None if written is None else _decoded(written, source)


def read_yaml(path: FilePath, file: str) -> Source:
    """Read one YAML file. What cannot be read is reported in the source, never raised."""
    source = Source(file)
    text = read_text(path, source)
    return source if text is None else _read(text, source)


def parse_yaml(written: bytes, file: str) -> Source:
    """The same, from the bytes of a file that has been opened already."""
    source = Source(file)
    text = _decoded(written, source)
    return source if text is None else _read(text, source)


def _decoded(written: bytes, source: Source) -> str | None:
    try:
        return written.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = written.count(b"\n", 0, error.start) + 1
        source.report_line(
            line, "utf-8", "The file is not saved as UTF-8: save it again and choose the encoding UTF-8."
        )
        return None


def _read(text: str, source: Source) -> Source:
    lines = text.splitlines() if "\t" in text else ()
    tabs = {number for number, line in enumerate(lines, 1) if _TABBED.match(line)}
    for number in sorted(tabs):
        source.report_line(number, "tab", "This line is indented with a tab: use spaces, two for each step.")
    found = _parsed(text, source, tabs)
    if found is not None:
        source.data, source.lines, source.written, source.unread = found.data, found.lines, found.written, found.unread
        for line, path, rule, says in found.doubts:  # only now can they name the lesson they stand in
            source.problems.append(Problem(source.file, line, source.named(path), rule, says))
        if not isinstance(source.data, dict):
            source.report(
                (),
                "shape",
                'The file does not begin as a course does: write "id: …" and "title: …" on lines of their own.',
            )
    elif not source.problems:
        source.report_line(1, "empty", "The file is empty: write a course in it, or remove it.")
    return source


def _parsed(text: str, source: Source, tabs: set[int]) -> Plain | None:
    try:
        return plain(text)
    except (yaml.YAMLError, UnicodeError) as error:
        line = _line_of(error, text)
        opened = _left_open(text, line)
        if line not in tabs:
            source.report_line(opened or line, "yaml", NEVER_CLOSED if opened else meaning(str(error)))
        return None


def _line_of(error: Exception, text: str) -> int:
    """The line to look at: where the quotes were opened, if they are never closed; else where reading stopped."""
    mark = getattr(error, "problem_mark", None)
    if "unexpected end of stream" in str(error):
        mark = getattr(error, "context_mark", None) or mark
    if mark is not None:
        return min(int(mark.line) + 1, max(1, len(text.splitlines())))
    position = getattr(error, "position", None)
    return text.count("\n", 0, position) + 1 if isinstance(position, int) else 1


def _left_open(text: str, until: int) -> int:
    """The last line before the trouble with one `"` too few, which the parser only notices further on; 0 if none."""
    lines = text.splitlines()[:until]
    odd = [
        number
        for number, line in enumerate(lines, 1)
        if len(_QUOTES.findall(line)) % 2 and not line.lstrip().startswith("#")
    ]
    return odd[-1] if len(odd) % 2 else 0

"""A YAML file as plain data that still knows its lines, so that every problem can be pointed at."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, Final

import yaml

from bot.content.misread import NEVER_CLOSED, meaning
from bot.content.problems import ADVICE, PROBLEM, Problem

Path = tuple[str | int, ...]

_DEEPEST: Final = 20  # no course nests deeper, and a file that does must not exhaust the stack
_TRUE: Final = frozenset({"true", "yes", "on"})
_TABBED: Final = re.compile(r"^ *\t")
# Numbers as people write them; not 0x1F, 1_000, .inf, nor 12:30, which YAML takes for a number too.
_WHOLE: Final = re.compile(r"-?[0-9]{1,9}").fullmatch
_BROKEN: Final = re.compile(r"-?[0-9]{1,9}\.[0-9]{1,9}").fullmatch

_QUOTES: Final = re.compile(r'(?<!\\)"')


class Unread:
    """A value of a kind no course uses, such as a date YAML made of a text."""


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
            match found:
                case dict() if step in found:
                    found = found[step]
                case list() if isinstance(step, int) and step < len(found):
                    found = found[step]
                case _:
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
    tabs = {number for number, line in enumerate(text.splitlines(), 1) if _TABBED.match(line)}
    for number in sorted(tabs):
        source.report_line(number, "tab", "This line is indented with a tab: use spaces, two for each step.")
    node = _compose(text, source, tabs)
    if node is not None:
        _Reader(source).read(node)
        if not isinstance(source.data, dict):
            source.report(
                (),
                "shape",
                'The file does not begin as a course does: write "id: …" and "title: …" on lines of their own.',
            )
    elif not source.problems:
        source.report_line(1, "empty", "The file is empty: write a course in it, or remove it.")
    return source


def _compose(text: str, source: Source, tabs: set[int]) -> yaml.Node | None:
    try:
        loader = yaml.CSafeLoader(text)
        try:
            node: yaml.Node | None = loader.get_single_node()
        finally:
            loader.dispose()
    except (yaml.YAMLError, UnicodeError) as error:
        line = _line_of(error, text)
        opened = _left_open(text, line)
        if line not in tabs:
            source.report_line(opened or line, "yaml", NEVER_CLOSED if opened else meaning(str(error)))
        return None
    return node


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


@dataclass(slots=True)
class _Reader:
    """Turns nodes into data. Problems wait until all is read: only then can they name the lesson they stand in."""

    source: Source
    seen: set[int] = field(default_factory=set)
    doubts: list[tuple[int, Path, str, str]] = field(default_factory=list)

    def read(self, root: yaml.Node) -> None:
        self.source.data = self.value(root, ())
        for line, path, rule, says in self.doubts:
            self.source.problems.append(Problem(self.source.file, line, self.source.named(path), rule, says))

    def value(self, node: yaml.Node, path: Path) -> Any:
        """The node as plain data, its lines noted on the way."""
        line = node.start_mark.line + 1
        self.source.lines.setdefault(path, line)
        if id(node) in self.seen or len(path) > _DEEPEST:
            # One node in two places is an alias, and a few nested ones are enough to fill the memory.
            says = "Parts cannot be repeated with & and *, nor nested this deep: write the text out here."
            self.doubts.append((self.source.lines[path], path, "yaml", says))
            self.source.unread.add(path)
            return Unread()
        self.seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return dict(self.items(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(each, (*path, place)) for place, each in enumerate(node.value)]
        self.source.written[path] = node.value
        return _scalar(node) if isinstance(node, yaml.ScalarNode) else Unread()

    def items(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, Any]]:
        """The parts of a mapping by name; a name that stands twice is in doubt, and its first part is kept."""
        first: dict[str, int] = {}
        for key, part in node.value:
            line = key.start_mark.line + 1
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if not name:
                self.doubts.append((line, path, "yaml", "There is no name before the colon: write one."))
            elif name in first:
                says = f"`{name}` stands here already, in line {first[name]}: keep one of the two."
                self.doubts.append((line, (*path, name), "twice", says))
            else:
                first[name] = self.source.lines[(*path, name)] = line
                yield name, self.value(part, (*path, name))


def _scalar(node: yaml.ScalarNode) -> Any:
    """A scalar as YAML reads it: `yes` is true and `12` a number, which is for the shape to forbid where it wants words."""
    kind = node.tag.rpartition(":")[2]
    if kind == "str":
        return unicodedata.normalize("NFC", node.value)
    if kind == "bool":
        return node.value.lower() in _TRUE
    if kind == "null":
        return None
    if kind == "int" and _WHOLE(node.value):
        return int(node.value)
    if kind == "float" and _BROKEN(node.value):
        return float(node.value)
    return Unread()

"""YAML as plain data that still knows its lines: read part by part as it is parsed, and no part twice."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import yaml

Path = tuple[str | int, ...]
Doubt = tuple[int, Path, str, str]  # the line, the path, the rule, and what to do about it

_DEEPEST: Final = 20  # no course nests deeper, and a file that does must not exhaust the stack
_TRUE: Final = frozenset({"true", "yes", "on"})
_WORDS: Final = "tag:yaml.org,2002:str"  # what YAML calls words
# Numbers as people write them; not 0x1F, 1_000, .inf, nor 12:30, which YAML takes for a number too.
_WHOLE: Final = re.compile(r"-?[0-9]{1,9}").fullmatch
_BROKEN: Final = re.compile(r"-?[0-9]{1,9}\.[0-9]{1,9}").fullmatch
_TWICE: Final = "Parts cannot be repeated with & and *, nor nested this deep: write the text out here."
_resolve: Final[Callable[[type, str, tuple[bool, bool]], str]] = yaml.resolver.Resolver().resolve


class Unread:
    """A value of a kind no course uses, such as a date YAML made of a text."""


@dataclass(slots=True)
class Plain:
    """What a file holds, the line of every part of it, every scalar as it is written, what was not read, and what is in doubt."""

    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    written: dict[Path, str] = field(default_factory=dict)
    unread: set[Path] = field(default_factory=set)
    doubts: list[Doubt] = field(default_factory=list)


def plain(text: str) -> Plain | None:
    """The one document in a text, or None where it is empty. Raises yaml.YAMLError or UnicodeError where it is no YAML."""
    loader = yaml.CSafeLoader(text)
    try:
        return _Reader(loader.get_event).document()
    except _Refused:
        yaml.compose(text, yaml.CSafeLoader)  # says what is wrong
        raise
    finally:
        loader.dispose()


class _Refused(yaml.YAMLError):
    """The parser was content, and YAML is not: a second document, or a name (& or *) that stands twice or nowhere."""


class _Reader:
    """Turns what the parser meets into data. Mapping, sequence or scalar: each begins with an event that was taken already."""

    def __init__(self, take: Callable[[], Any]) -> None:
        self._take = take
        self._anchors: dict[str, str] = {}  # what each & names, where that is a scalar
        self._plain = Plain()

    def document(self) -> Plain | None:
        """The one document there is."""
        self._take()  # the stream begins
        if not isinstance(self._take(), yaml.DocumentStartEvent):
            return None
        self._plain.data = self._value(self._take(), ())
        self._take()  # the document ends
        if not isinstance(self._take(), yaml.StreamEndEvent):
            raise _Refused
        return self._plain

    def _value(self, event: Any, path: Path) -> Any:
        lines = self._plain.lines
        if path not in lines:  # the line of a name is that of its part too
            lines[path] = event.start_mark.line + 1
        kind = type(event)
        if kind is yaml.AliasEvent or len(path) > _DEEPEST:
            # One part in two places is an alias, and a few nested ones are enough to fill the memory.
            self._pass_over(event)
            self._plain.doubts.append((lines[path], path, "yaml", _TWICE))
            self._plain.unread.add(path)
            return Unread()
        if event.anchor is not None:
            self._name(event)
        if kind is yaml.ScalarEvent:
            self._plain.written[path] = event.value
            return _scalar(event)
        return self._mapping(path) if kind is yaml.MappingStartEvent else self._sequence(path)

    def _sequence(self, path: Path) -> list[Any]:
        found: list[Any] = []
        while type(event := self._take()) is not yaml.SequenceEndEvent:
            found.append(self._value(event, (*path, len(found))))
        return found

    def _mapping(self, path: Path) -> dict[str, Any]:
        """The parts of a mapping by name; a name that stands twice is in doubt, and its first part is kept."""
        found: dict[str, Any] = {}
        lines, doubts = self._plain.lines, self._plain.doubts
        while type(event := self._take()) is not yaml.MappingEndEvent:
            line, name = event.start_mark.line + 1, self._key(event)
            here = (*path, name)
            if name and name not in found:
                lines[here] = line
                found[name] = self._value(self._take(), here)
                continue
            if name:
                says = f"`{name}` stands here already, in line {lines[here]}: keep one of the two."
                doubts.append((line, here, "twice", says))
            else:
                doubts.append((line, path, "yaml", "There is no name before the colon: write one."))
            self._pass_over(self._take())
        return found

    def _key(self, event: Any) -> str:
        """The name that stands before a colon; "" where that is no name."""
        if type(event) is yaml.ScalarEvent and event.anchor is None:
            return str(event.value)
        self._pass_over(event)
        if type(event) is yaml.AliasEvent:
            return self._anchors[str(event.anchor)]
        return str(event.value) if type(event) is yaml.ScalarEvent else ""

    def _pass_over(self, event: Any) -> None:
        """Take all of a part, to read none of it."""
        deep = 0
        while True:
            if type(event) is yaml.AliasEvent:
                if event.anchor not in self._anchors:
                    raise _Refused
            elif isinstance(event, yaml.NodeEvent) and event.anchor is not None:
                self._name(event)
            deep += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if deep <= 0:
                return
            event = self._take()

    def _name(self, event: Any) -> None:
        if event.anchor in self._anchors:
            raise _Refused
        self._anchors[event.anchor] = str(event.value) if isinstance(event, yaml.ScalarEvent) else ""


def _scalar(event: Any) -> Any:
    """A scalar as YAML reads it: `yes` is true and `12` a number, which is for the shape to forbid where it wants words."""
    tag, value = event.tag, event.value
    if tag is None or tag == "!":
        tag = _resolved(value) if event.implicit[0] else _WORDS
    if tag == _WORDS:
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    match tag.rpartition(":")[2]:
        case "str":
            return unicodedata.normalize("NFC", value)
        case "bool":
            return value.lower() in _TRUE
        case "null":
            return None
        case "int" if _WHOLE(value):
            return int(value)
        case "float" if _BROKEN(value):
            return float(value)
        case _:
            return Unread()


@lru_cache(maxsize=4096)
def _resolved(written: str) -> str:
    """What YAML takes unquoted words for: the names before colons are few, and most of what is not quoted."""
    return _resolve(yaml.ScalarNode, written, (True, False))

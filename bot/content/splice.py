"""Changes written into a course file, in place: every byte that has nothing to do with a change stays as its author left it.

The file is read as nodes that know where they begin and end; only the stretches that change are replaced. What is
written is read again and compared with what was meant, so a file is never left in a state nobody asked for.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from bot.content.writing import flow_mapping, flowing, lines_of, part_of_list, scalar

DEFAULTS: Final[Mapping[str, Any]] = {
    "kind": "choice",
    "right": False,
    "keep_order": False,
    "tolerance": 0,
    "pass_mark": 1,
}

Edit = tuple[int, int, str]  # from, to, and what stands there instead


class Unwritable(Exception):
    """The change cannot be written into this file without touching the rest of it; the text says so to the author."""


def spliced(text: str, course: Mapping[str, Any]) -> str:
    """The text of a course file, changed so that it holds `course`. Raises Unwritable."""
    node = yaml.compose(text, yaml.SafeLoader)
    if not isinstance(node, yaml.MappingNode):
        raise Unwritable("The file does not hold a course.")
    changed = _applied(text, list(_Splicer(text).mapping(node, course)), 0, len(text))
    try:
        holds = yaml.load(changed, yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise Unwritable("The change cannot be written into this file by itself: write it by hand.") from error
    if essence(holds) != essence(course):
        raise Unwritable("The change cannot be written into this file by itself: write it by hand.")
    return changed


def essence(value: Any) -> Any:
    """A course without what may as well be left out, and a lesson's only question among its questions."""
    if isinstance(value, Mapping):
        kept = {key: essence(part) for key, part in value.items()}
        kept = {key: part for key, part in kept.items() if not _left_out(key, part)}
        if "question" in kept:
            kept["questions"] = [kept.pop("question"), *kept.get("questions", [])]
        return kept
    if isinstance(value, list | tuple):
        return [essence(part) for part in value]
    return value.strip() if isinstance(value, str) else value


def _left_out(key: str, part: Any) -> bool:
    return part is None or part in ("", [], {}) or (key in DEFAULTS and part == DEFAULTS[key])


@dataclass(frozen=True, slots=True)
class _Splicer:
    """Finds the stretches of the text that have to change."""

    text: str

    def mapping(self, node: yaml.MappingNode, new: Mapping[str, Any]) -> Iterator[Edit]:
        """The edits that make a mapping hold `new`."""
        if node.flow_style:
            if essence(_value(node)) != essence(new):
                yield node.start_mark.index, _end(node), flow_mapping(new)
            return
        old = {key.value: (key, part) for key, part in node.value}
        for key, (name, part) in old.items():
            if key in new:
                yield from self.part(key, part, new[key])
            elif not _left_out(key, essence(_value(part))):
                if (name, part) == node.value[0]:
                    raise Unwritable(f"`{key}` stands first here and cannot be taken away: do it by hand.")
                yield self.line_start(name.start_mark.index), self.line_end(_end(part)), ""
        yield from self.inserts(node, old, new)

    def inserts(self, node: yaml.MappingNode, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Edit]:
        """New names, each after the one it follows in `new`."""
        column = node.value[0][0].start_mark.column
        after = node.value[0]
        gathered: dict[int, str] = {}
        for key, part in new.items():
            if key in old:
                after = old[key]
            elif not _left_out(key, essence(part)):
                at = self.line_end(_end(after[1]))
                gathered[at] = gathered.get(at, "") + "".join(lines_of(key, part, column))
        for at, lines in gathered.items():
            yield at, at, self.on_a_line(at, lines)

    def part(self, key: str, node: yaml.Node, new: Any) -> Iterator[Edit]:
        """The edits that make what stands after a name hold `new`."""
        if essence(_value(node)) == essence(new):
            return
        if isinstance(node, yaml.MappingNode) and isinstance(new, Mapping):
            yield from self.mapping(node, new)
        elif isinstance(node, yaml.SequenceNode) and isinstance(new, list) and not node.flow_style:
            yield from self.sequence(node, new, apart=key == "lessons" and isinstance(new[0], Mapping))
        elif isinstance(node, yaml.SequenceNode) and isinstance(new, list):
            if any(isinstance(each, Mapping) for each in new):
                raise Unwritable("A list in [ ] cannot be changed from a sheet: write each part on a line of its own.")
            yield node.start_mark.index, _end(node), flowing(new)
        elif isinstance(node, yaml.ScalarNode) and not isinstance(new, Mapping | list):
            ending = "\n" if node.style in ("|", ">") else ""
            yield node.start_mark.index, node.end_mark.index, scalar(key, new) + ending
        else:
            raise Unwritable(f"`{key}` changes its kind: do it by hand.")

    def sequence(self, node: yaml.SequenceNode, new: list[Any], *, apart: bool) -> Iterator[Edit]:
        """The edits that make a list hold `new`: each part is known by its id, its key, or its words."""
        names = _names(list(map(_value, node.value)))
        wanted = _names(new)
        places = {name: place for place, name in enumerate(names)}
        if names == wanted:
            for item, part in zip(node.value, new, strict=True):
                yield from self.part("", item, part)
            return
        first, last = self.chunk(node, 0)[0], self.chunk(node, len(names) - 1)[1]
        column = node.value[0].start_mark.column
        dash = self.dash(node.value[0])
        pieces: list[str] = []
        for name, part in zip(wanted, new, strict=True):
            if name in places:
                place = places[name]
                pieces.append(
                    _applied(self.text, list(self.part("", node.value[place], part)), *self.chunk(node, place))
                )
            else:
                pieces.append(("\n" if apart else "") + part_of_list(part, dash, column))
        yield first, last, "".join(piece if piece.endswith("\n") else piece + "\n" for piece in pieces)

    def chunk(self, node: yaml.SequenceNode, place: int) -> tuple[int, int]:
        """Where a part of a list begins and ends, with the notes and empty lines that stand before it."""
        start = self.line_start(node.value[place].start_mark.index)
        if place:
            start = self.line_end(_end(node.value[place - 1]))
        return start, self.line_end(_end(node.value[place]))

    def dash(self, item: yaml.Node) -> int:
        """The column of the dash before a part of a list."""
        at = self.text.rindex("-", self.line_start(item.start_mark.index), item.start_mark.index)
        return at - self.line_start(at)

    def line_start(self, at: int) -> int:
        """Where the line of a place begins."""
        return self.text.rfind("\n", 0, at) + 1

    def line_end(self, at: int) -> int:
        """Where the next line begins; a place that begins a line is the end of the one before."""
        if at and self.text[at - 1] == "\n":
            return at
        found = self.text.find("\n", at)
        return len(self.text) if found < 0 else found + 1

    def on_a_line(self, at: int, lines: str) -> str:
        """Lines that are put in at the end of a file which does not end its last one."""
        return lines if not at or self.text[at - 1] == "\n" else "\n" + lines.rstrip("\n")


def _names(parts: Sequence[Any]) -> list[str]:
    """What the parts of a list are known by. Passages have no name: the first is the first, whatever it says."""
    names: list[str] = []
    for place, part in enumerate(parts):
        if isinstance(part, Mapping):
            names.append(str(part.get("id") or part.get("key") or place))
        else:
            names.append(f"{part} {sum(part == each for each in parts[:place])}")
    return names


def _value(node: yaml.Node) -> Any:
    return yaml.constructor.SafeConstructor().construct_document(node)


def _end(node: yaml.Node) -> int:
    """Where a node ends: of what spans lines, the end of its last part, and not of the notes after it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)


def _applied(text: str, edits: list[Edit], start: int, stop: int) -> str:
    """The stretch of the text from `start` to `stop`, with the edits made in it."""
    pieces: list[str] = []
    at = start
    for begins, ends, instead in sorted(edits):
        pieces += [text[at:begins], instead]
        at = ends
    return "".join([*pieces, text[at:stop]])

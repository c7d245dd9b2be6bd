"""A course, or a part of one, as the text of a course file."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

PLAIN: Final = frozenset({"id", "key", "kind", "level"})  # names, which need no quotes
FLOWING: Final = frozenset({"ms", "en", "dtp"})  # lists of words, which stand in one line
STEP: Final = 2
_UNSEEN: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff]")  # what YAML does not take as it is


def written(value: Any, indent: int = 0) -> str:
    """A mapping as a course file holds it, each line indented by so many spaces."""
    return "".join(_all_lines(value, indent))


def _all_lines(value: Mapping[str, Any], indent: int) -> Iterator[str]:
    for key, part in value.items():
        yield from lines_of(key, part, indent)


def lines_of(key: str, part: Any, indent: int) -> Iterator[str]:
    """The lines of one named part, indented by so many spaces."""
    pad = " " * indent
    if isinstance(part, Mapping):
        yield f"{pad}{key}:\n"
        yield from _all_lines(part, indent + STEP)
    elif isinstance(part, list) and (key in FLOWING or not part or _are_names(key, part)):
        yield f"{pad}{key}: {flowing(part)}\n"
    elif isinstance(part, list):
        yield f"{pad}{key}:\n"
        for each in part:
            yield ("\n" if key == "lessons" else "") + part_of_list(each, indent + STEP, indent + 2 * STEP)
    else:
        yield f"{pad}{key}: {scalar(key, part)}\n"


def _are_names(key: str, part: Sequence[Any]) -> bool:
    """Whether a list names lessons, as a rule of completion does, and does not hold them."""
    return key in ("lessons", "witnessed") and all(isinstance(each, str) for each in part)


def part_of_list(value: Any, dash: int, column: int) -> str:
    """One part of a list: its dash stands at `dash`, what it holds begins at `column`."""
    lead = " " * dash + "-".ljust(column - dash)
    if isinstance(value, Mapping):
        return lead + written(value, column)[column:]
    return f"{lead}{scalar('', value)}\n"


def flowing(words: Sequence[Any]) -> str:
    """Words in one line, as a list."""
    return "[" + ", ".join(scalar("", word) for word in words) + "]"


def scalar(key: str, value: Any) -> str:
    """A name without quotes, words with them, and a number or a truth as YAML writes it."""
    if isinstance(value, str) and key not in PLAIN:
        return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def flow_mapping(new: Mapping[str, Any]) -> str:
    """A mapping in one line."""
    parts = []
    for key, part in new.items():
        if isinstance(part, Mapping):
            said = flow_mapping(part)
        elif isinstance(part, list):
            said = flowing(part)
        else:
            said = scalar(key, part)
        parts.append(f"{key}: {said}")
    return "{" + ", ".join(parts) + "}"

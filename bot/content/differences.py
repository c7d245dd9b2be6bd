"""What changes between two states of a course, in words: by lesson and question, before and after."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.content.splice import essence
from bot.content.writing import written


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changes: where, as an author names it; the lines before, and the lines after."""

    where: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]

    def __str__(self) -> str:
        lines = [" › ".join(self.where), *(f"- {line}" for line in self.before), *(f"+ {line}" for line in self.after)]
        return "\n".join(lines)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """All that changes from one to the other, in the order of the course."""
    return list(_of_mapping(essence(before), essence(after), ()))


def _of_mapping(before: Mapping[str, Any], after: Mapping[str, Any], where: tuple[str, ...]) -> Iterator[Change]:
    for name in [*after, *(each for each in before if each not in after)]:
        yield from _of(before.get(name), after.get(name), (*where, name))


def _of(before: Any, after: Any, where: tuple[str, ...]) -> Iterator[Change]:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _of_mapping(before, after, where)
    elif _lists_things(before) and _lists_things(after):
        yield from _of_list(before, after, where)
    elif isinstance(before, list) and isinstance(after, list):
        yield _of_words(before, after, where)
    else:
        yield Change(where, _lines(before), _lines(after))


def _of_words(before: Sequence[Any], after: Sequence[Any], where: tuple[str, ...]) -> Change:
    """Of a list of words only those that go and those that come, unless it is their order that changes."""
    gone, come = ([each for each in these if each not in those] for these, those in ((before, after), (after, before)))
    return Change(where, _lines(gone), _lines(come)) if gone or come else Change(where, _lines(before), _lines(after))


def _lists_things(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _of_list(before: Sequence[Any], after: Sequence[Any], where: tuple[str, ...]) -> Iterator[Change]:
    was, now = (
        dict(zip(map(_named, parts, range(1, len(parts) + 1)), parts, strict=True)) for parts in (before, after)
    )
    for name, part in now.items():
        yield from _of(was.get(name), part, (*where, name))
    for name, part in was.items():
        if name not in now:
            yield from _of(part, None, (*where, name))
    stay = [name for name in was if name in now]
    order = [name for name in now if name in was]
    if stay != order:
        yield Change((*where, "order"), tuple(stay), tuple(order))


def _named(part: Any, place: int) -> str:
    return str(part.get("id") or part.get("key") or place) if isinstance(part, Mapping) else str(place)


def _lines(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, Mapping):
        return tuple(written(value).splitlines())
    if isinstance(value, list):
        return tuple(line for each in value for line in _lines(each))
    return ({True: "true", False: "false"}[value] if isinstance(value, bool) else str(value),)

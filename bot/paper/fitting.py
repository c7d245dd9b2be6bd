"""How large the words of a sheet are: as large as fits the place they have, by a ladder of sizes for each place."""

from collections.abc import Mapping, Sequence
from math import inf
from typing import Final, Literal, NamedTuple

Form = Literal["a4", "half"]
MM: Final = 96 / 25.4  # CSS pixels
_POINT: Final = 25.4 / 72  # millimetres


class Rung(NamedTuple):
    """A size in points, and how high in millimetres the words may come out in it."""

    size: float
    room: float


class TooLong(ValueError):
    """Words do not fit their place in the smallest size there is."""


def _lines(room: float, *rungs: tuple[float, int]) -> tuple[Rung, ...]:
    """Rungs of a size and a number of lines; a line of Chinese or Tamil is higher than one of ours by nearly a half."""
    return tuple(Rung(size, min(room, 1.25 * size * (lines + 0.45) * _POINT)) for size, lines in rungs)


def _within(room: float, *sizes: float) -> tuple[Rung, ...]:
    return tuple(Rung(size, room) for size in sizes)


# One line a little smaller reads better than two, and two better than small print: so a ladder may gain a line on its way.
LADDERS: Final[Mapping[Form, Mapping[str, tuple[Rung, ...]]]] = {
    "a4": {
        "behind": _within(15.5, 13, 11.5, 10, 8.5, 7),
        "name": _lines(17.5, (33, 1), (29, 1), (25, 1), (21, 1), (17, 2), (14, 2), (11.5, 3), (8.5, 4)),
        "title": _within(16, 22, 19, 17, 15, 13, 11, 9.5, 8),
        "facts": _within(32.5, 8, 7.5, 7, 6.5, 6),
        "signed": _within(13, 8.5, 7.5, 6.5, 5.5, 4.5),
        "host": _lines(9, (8, 1), (7, 1), (6, 1), (6, 3)),
        "limits": _within(8, 6.8, 6.2, 5.6),
    },
    "half": {
        "behind": _within(10, 10.5, 9, 8, 7),
        "name": _lines(12, (22, 1), (19, 1), (16, 1), (14, 2), (12, 2), (10, 3), (8, 4)),
        "title": _within(11, 13, 11.5, 10, 9, 8, 7),
        "facts": _within(27, 7.2, 6.8, 6.5, 6, 5.5),
        "signed": _within(11, 7.5, 6.8, 6, 5, 4),
        "host": _lines(8, (7.5, 1), (6.5, 1), (5.5, 1), (5.5, 3)),
        "limits": _within(6, 6.2, 5.8, 5.4),
    },
}


class Fitting:
    """The sizes tried for the sheets of one page, and how they came out."""

    def __init__(self, form: Form, sheets: int) -> None:
        self._ladders = LADDERS[form]
        self._at = {(block, place): 0 for block in self._ladders for place in range(sheets)}

    def size(self, block: str, place: int) -> float:
        """The size of a block of the sheet in that place on the page, in points."""
        return self._rung(block, place).size

    def fits(self, marks: Mapping[str, Sequence[float]]) -> bool:
        """Whether all fits, by the marks around each block; what does not is smaller next time. Raises TooLong at the end."""
        tight = {each: high for each in self._at if (high := self._height(marks, *each)) > self._rung(*each).room * MM}
        for (block, place), high in tight.items():
            self._at[block, place] = self._next(block, place, high / MM)
        return not tight

    def _next(self, block: str, place: int, high: float) -> int:
        """The next rung that may do: words half as large need a quarter of the room, or less by the line that was begun last."""
        was, ladder = self._rung(block, place), self._ladders[block]
        full = max(high - 1.25 * was.size * _POINT, 0)
        for at in range(self._at[block, place] + 1, len(ladder)):
            if full * (ladder[at].size / was.size) ** 2 <= ladder[at].room or at == len(ladder) - 1:
                return at
        raise TooLong(block)

    def _height(self, marks: Mapping[str, Sequence[float]], block: str, place: int) -> float:
        begins, ends = marks.get(f"{place}-{block}"), marks.get(f"{place}-{block}-end")
        return ends[1] - begins[1] if begins and ends else inf  # it went on to another page

    def _rung(self, block: str, place: int) -> Rung:
        return self._ladders[block][self._at[block, place]]

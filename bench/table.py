"""One readable table of results, and the same as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

WIDTHS: Final = (52, 14, 14)


@dataclass(frozen=True, slots=True)
class Result:
    """One thing measured: its value as people write it, what we aim at, and whether we are there (None: nothing to aim at)."""

    what: str
    value: float
    unit: str
    aim: str = ""
    reached: bool | None = None


def at_most(what: str, value: float, unit: str, limit: float) -> Result:
    """A result that should stay at or below a limit."""
    return Result(what, value, unit, f"<= {limit:g}", value <= limit)


def at_least(what: str, value: float, unit: str, limit: float) -> Result:
    """A result that should reach a floor."""
    return Result(what, value, unit, f">= {limit:g}", value >= limit)


def written(results: Sequence[Result]) -> str:
    """The table, one line a result."""
    what, value, aim = WIDTHS
    lines = [f"{'':<{what}}{'measured':>{value}}{'aim':>{aim}}", "-" * (sum(WIDTHS) + 8)]
    for each in results:
        verdict = {None: "", True: "  ok", False: "  MISSED"}[each.reached]
        lines.append(f"{each.what:<{what}}{_number(each.value, each.unit):>{value}}{each.aim:>{aim}}{verdict}".rstrip())
    return "\n".join(lines)


def as_json(results: Sequence[Result]) -> str:
    """The results for a program."""
    return json.dumps([asdict(each) for each in results], indent=2)


def _number(value: float, unit: str) -> str:
    digits = 0 if value >= 100 or value == int(value) else 1 if value >= 10 else 2
    return f"{value:.{digits}f} {unit}"

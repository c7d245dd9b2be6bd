"""Counts of a run that are shown at its end, whichever process of the tests they come from."""

from typing import Any, Final

import pytest

PROPERTY: Final = "shown at the end"  # of a test: what pytest-xdist carries to the process that prints


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Show what tests have counted (a hook of pytest's, for a conftest to have)."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, lines in getattr(report, "user_properties", ()):
                if name == PROPERTY and getattr(report, "when", "") == "call":
                    terminalreporter.section(report.nodeid.rpartition("::")[2], "-")
                    terminalreporter.write_line(lines)


def show(request: pytest.FixtureRequest, lines: str) -> None:
    """Show these lines when the run ends."""
    request.node.user_properties.append((PROPERTY, lines))


def table(head: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    """Rows in columns: words to the left, numbers to the right, no number for a nought."""
    told = [[str(each) if each != 0 else "·" for each in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(head, *told, strict=True)]
    words = [isinstance(each, str) for each in rows[0]]

    def line(cells: list[str] | tuple[str, ...]) -> str:
        sides = zip(cells, widths, words, strict=True)
        return "  ".join(cell.ljust(width) if word else cell.rjust(width) for cell, width, word in sides).rstrip()

    return "\n".join([line(head), *map(line, told)])

"""The table of words learners send: read from a spreadsheet, and refused where one phrase could mean two things."""

import csv
import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path as FilePath
from typing import Final

from bot.content.problems import Problem
from bot.content.source import Source, read_text
from flows.reading.keywords import KEYS, plain

COLUMNS: Final = ("intent", "scope", "ms", "en", "sabah", "note")
SPOKEN: Final = ("ms", "en", "sabah")
SCOPES: Final = ("any", "consent", "event", "lesson", "prompt", "quiz", "quiz_tf")
# The published ways to stop our messages: the networks promise them to everybody, so no edit may lose one.
STOPS: Final = ("stop", "batal", "berhenti")

_is_name: Final = re.compile(r"[a-z][a-z0-9_]*").fullmatch

Row = tuple[int, Mapping[str, str]]


def read_keywords(path: FilePath, file: str) -> tuple[Mapping[str, Sequence[str]], list[Problem]]:
    """The phrases of each intent, and whatever has to be put right before they can be used."""
    source = Source(file)
    text = read_text(path, source)
    if text is None:
        return {}, source.problems
    phrases: dict[str, list[str]] = {}
    owners = dict(KEYS)
    for line, row in _rows(text, source):
        intent = row["intent"]
        _check_row(source, line, row, phrases)
        phrases.setdefault(intent, []).extend(_phrases(source, (line, row), owners))
    for stop in STOPS:
        if phrases and owners.get(stop) != "opt_out":
            source.report_line(
                1, "stop", f'"{stop}" must stand under opt_out: it is how people are told to stop our messages.'
            )
    return phrases, source.problems


def _rows(text: str, source: Source) -> Iterator[Row]:
    """The rows under the heading, each with its line and as many cells as there are columns."""
    heading: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip(" ,") or line.lstrip('"').startswith("#"):
            continue
        try:
            cells = [cell.strip() for cell in next(csv.reader([line], strict=True))]
        except csv.Error:
            source.report_line(
                number, "columns", 'The quotes in this line do not close: a cell with a comma stands between two ".'
            )
            continue
        if not heading:
            heading = cells
            if not _check_heading(source, number, heading):
                return
        elif len(cells) != len(COLUMNS):
            source.report_line(
                number,
                "columns",
                f'There are {len(cells)} cells where {len(COLUMNS)} belong: put a cell that has a comma in it between two ".',
            )
        else:
            yield number, dict(zip(COLUMNS, cells, strict=True))
    if not heading:
        source.report_line(1, "columns", f"The table is empty: begin it with the line {','.join(COLUMNS)}")


def _check_heading(source: Source, line: int, heading: Sequence[str]) -> bool:
    if tuple(heading) == COLUMNS:
        return True
    wrong = [name for name in heading if name not in COLUMNS]
    near = difflib.get_close_matches(wrong[0], COLUMNS, 1) if wrong else []
    meant = f" Did you mean `{near[0]}` where `{wrong[0]}` stands?" if near else ""
    source.report_line(line, "columns", f"The heading must be {','.join(COLUMNS)}.{meant}")
    return False


def _check_row(source: Source, line: int, row: Mapping[str, str], known: Mapping[str, object]) -> None:
    intent, scope = row["intent"], row["scope"]
    if not _is_name(intent):
        source.report_line(
            line, "name", f'"{intent}" cannot name an intent: use small letters, digits and "_", a letter first.'
        )
    elif intent in known:
        source.report_line(line, "twice", f"{intent} has a line already: add the phrases there.")
    if scope not in SCOPES:
        near = difflib.get_close_matches(scope, SCOPES, 1)
        meant = f"did you mean {near[0]}?" if near else f"write one of {', '.join(SCOPES)}."
        source.report_line(line, "scope", f'"{scope}" is no scope: {meant}')
    if not any(row[column] for column in SPOKEN):
        source.report_line(line, "empty", f"{intent} has no phrase: write at least one, or remove the line.")


def _phrases(source: Source, row: Row, owners: dict[str, str]) -> Iterator[str]:
    """The row's phrases; one that already means something else is reported and left out."""
    line, cells = row
    for column in SPOKEN:
        for phrase in cells[column].split("|") if cells[column] else ():
            heard = plain(phrase)
            owner = owners.setdefault(heard, cells["intent"]) if heard else ""
            if owner == cells["intent"]:
                yield phrase.strip()
            elif owner:
                source.report_line(
                    line, "phrase", f'"{phrase.strip()}" stands under {owner} too: a phrase may mean one thing only.'
                )
            else:
                source.report_line(
                    line, "empty", f'Two "|" in the column {column} have no phrase between them: remove one.'
                )

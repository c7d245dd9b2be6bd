"""Results of a survey as a table to read, as JSON, and as a sheet."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from bot.surveys import FEWEST, Counted, Line, Results, percent, spread
from flows.surveys.questionnaire import Survey

WIDEST: Final = 30  # characters of an answer
UNSAID: Final = "not said"


def in_words(survey: Survey, results: Results, language: str, named: Mapping[str, str]) -> str:
    """The tables as they are read on a screen: how many, and what share of those who answered the question.

    `named` is how groups are called, where their key is not it.
    """
    groups = _groups(results)
    lines = [
        f"{survey.title.within(language)} ({survey.id}): {results.people} people answered.",
        "Percent of those who answered each question; a half is rounded up, so a column may add to 99 or 101.",
    ]
    lines += [
        f"{named.get(group, group)}: fewer than {FEWEST} people. Do not publish this column."
        for group in groups
        if results.people_by[group] < FEWEST
    ]
    for place, table in enumerate(results.tables, start=1):
        lines += ["", f"{place}. {table.item.question.asks.within(language)}", *_table(table, groups, language, named)]
    return "\n".join(lines)


def as_json(survey: Survey, results: Results) -> dict[str, Any]:
    """The same for a program."""
    return {
        "survey": survey.id,
        "version": survey.version,
        "people": results.people,
        "by": dict(results.people_by),
        "questions": [
            {
                "id": table.item.id,
                "answered": table.answered,
                "uncoded": table.uncoded,
                "answers": [
                    {
                        "answer": line.answer,
                        "count": line.count,
                        "percent": percent(line.count, table.answered),
                        "by": dict(line.by) if results.people_by else {},
                    }
                    for line in table.lines
                ],
            }
            for table in results.tables
        ],
    }


def as_csv(results: Results, language: str) -> str:
    """The same for a spreadsheet: one line for each answer, two columns for each group."""
    groups = _groups(results)
    made = io.StringIO()
    write = csv.writer(made)
    shares = [f"{name} {each or UNSAID}" for each in groups for name in ("count", "percent")]
    write.writerow(["question", "answer", "says", "count", "percent", *shares])
    for table in results.tables:
        for line in table.lines:
            cells: list[object] = [line.count, percent(line.count, table.answered)]
            for group in groups:
                cells += [line.by.get(group, 0), percent(line.by.get(group, 0), table.answered_by.get(group, 0))]
            write.writerow([table.item.id, line.answer, _said(table, line, language), *cells])
    return made.getvalue()


def group_names(surveys: Iterable[Survey], by: str, language: str) -> dict[str, str]:
    """How the groups of that kind are called in a language; "" are those who did not say."""
    options = [
        option for each in surveys for item in each.items if item.profile == by for option in item.question.options
    ]
    return {option.key: option.says.within(language) for option in options} | {"": UNSAID}


def _groups(results: Results) -> list[str]:
    """The groups there are, those who did not say last."""
    return sorted(results.people_by, key=lambda group: (not group, group))


def _table(table: Counted, groups: list[str], language: str, named: Mapping[str, str]) -> Iterator[str]:
    yield f"   {_asked(table)}"
    if numbers := spread(table):
        yield "   smallest {:g}, mean {:.1f}, largest {:g}".format(*map(float, numbers))
        return
    if groups:
        yield _row("", ["all", *(named.get(group, group) for group in groups)])
    for line in table.lines:
        cells = [_cell(line.count, table.answered)]
        cells += [_cell(line.by.get(group, 0), table.answered_by.get(group, 0)) for group in groups]
        yield _row(_said(table, line, language), cells)


def _asked(table: Counted) -> str:
    if table.item.question.kind == "open":
        return f"{table.answered + table.uncoded} answered in words, {table.answered} have a theme"
    several = ", more than one answer each" if table.item.question.kind == "several" else ""
    return f"{table.answered} answered{several}"


def _row(label: str, cells: list[str]) -> str:
    return f"   {label[:WIDEST]:<{WIDEST}}" + "".join(f"{cell[:14]:>16}" for cell in cells)


def _cell(count: int, total: int) -> str:
    return f"{count:>6} {percent(count, total):>3} %"


def _said(table: Counted, line: Line, language: str) -> str:
    option = table.item.question.option(line.answer)
    return option.says.within(language) if option else line.answer

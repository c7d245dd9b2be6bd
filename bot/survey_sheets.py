"""Answers as sheets: an export in which nobody can be recognised, and open answers that go out to be coded and come back."""

import csv
import hashlib
import hmac
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Row, Select, bindparam, func, select, update

from bot.store import audit, tables as t
from bot.store.database import Store
from bot.surveys import FEWEST, JOINT
from flows.surveys.questionnaire import Survey

BANDS: Final = ("district", "gender", "age", "education", "work")  # the last is left out first where a group is small
THEME_COLUMNS: Final = ("answer", "words", "theme")
LONGEST_THEME: Final = 200
_STREAMED: Final = 5000  # rows fetched at a time

_NUMBER: Final = re.compile(r"\+?\d(?:[ -]?\d){6,}")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would work out instead of showing

_LETTERS: Final = str.maketrans("0123456789abcdef", "abcdefghijklmnop")

_answer = t.survey_answer.c
_her_bands = tuple(t.learner.c.district if band == "district" else t.background.c[band] for band in BANDS)
_who = t.survey_answer.join(t.learner, t.learner.c.id == _answer.learner_id).outerjoin(
    t.background, t.background.c.learner_id == _answer.learner_id
)


@dataclass(frozen=True, slots=True)
class Exported:
    """A sheet, how many people are in it, and how many of them had something left out because their group is small."""

    text: str
    people: int
    guarded: int


def pseudonym(secret: str, within: str, who: object) -> str:
    """A name that stands for somebody within one sheet: always the same there, and another one in every other sheet.

    Sixteen letters and no digit, since a spreadsheet makes a number of what looks like one.
    """
    made = hmac.new(secret.encode(), f"{within}\0{who}".encode(), hashlib.sha256).hexdigest()[:16]
    return made.translate(_LETTERS)


def export(store: Store, survey: Survey, secret: str) -> Exported:
    """A survey as a sheet, one line for each person (and course, of a feedback): district and bands, keys and words.

    No number, no id of ours, no day. What would leave somebody in a group of fewer than FEWEST is left out, and the
    lines stand in the order of made-up names, so that who joined first cannot be told.
    """
    sizes = _sizes(store, survey)
    asked = [item.id for item in survey.items if not item.profile]
    lines: list[str] = []
    guarded = 0
    for person in _people(store, survey):
        bands = [getattr(person[0], band) or "" for band in BANDS]
        kept = next(many for many in range(len(BANDS), -1, -1) if not many or sizes[tuple(bands[:many])] >= FEWEST)
        guarded += any(bands[kept:])
        told = {row.question: row.words or row.option for row in person}
        name = pseudonym(secret, f"survey {survey.id}", person[0].learner_id)
        shown = [*bands[:kept], *[""] * (len(BANDS) - kept)]
        lines.append(_line([name, person[0].about, *shown, *(told.get(each, "") for each in asked)]))
    return Exported("".join([_line(["person", "course", *BANDS, *asked]), *sorted(lines)]), len(lines), guarded)


def themes(store: Store, survey: Survey, question: str, secret: str) -> str:
    """The open answers to a question as a sheet with an empty column for their themes, or those they have."""
    rows = sorted(
        [_name(secret, survey, question, row), row.words, row.theme or ""]
        for row in store.look(_OPEN, {"in": survey.id, "to": question})
    )
    return "".join(map(_line, [list(THEME_COLUMNS), *rows]))


def read_themes(
    store: Store, survey: Survey, question: str, sheet: str, secret: str
) -> tuple[list[dict[str, Any]], list[str]]:
    """Read a sheet of themes: what would be written, and what cannot be taken, by line. Writes nothing."""
    known = {_name(secret, survey, question, row): row for row in store.look(_OPEN, {"in": survey.id, "to": question})}
    changes: list[dict[str, Any]] = []
    problems: list[str] = []
    for line, cells in _cells(sheet, problems):
        row = known.get(cells["answer"])
        theme = JOINT.join(" ".join(part.split()) for part in cells["theme"].split(";") if part.strip())
        if row is None:
            problems.append(f"line {line}: there is no answer {cells['answer']!r}: leave this column as it was.")
        elif len(theme) > LONGEST_THEME:
            problems.append(f"line {line}: the theme is longer than {LONGEST_THEME} characters.")
        elif _shown(row.words) != cells["words"]:
            problems.append(f"line {line}: she has answered anew since: make the sheet once more.")
        elif theme != (row.theme or ""):
            changes.append({"of": row.learner_id, "course": row.about, "coded": theme or None})
    return changes, problems


def write_themes(
    store: Store, survey: Survey, question: str, changes: Sequence[dict[str, Any]], *, who: str, now: datetime
) -> None:
    """Write themes that `read_themes` has read, all or none, noting who coded them. Writing them again changes nothing."""
    coded = (
        update(t.survey_answer)
        .where(_answer.survey == survey.id, _answer.question == question)
        .where(_answer.learner_id == bindparam("of"), _answer.about == bindparam("course"))
        .values(theme=bindparam("coded"))
    )
    with store.begin() as connection:
        if changes:
            connection.execute(coded, list(changes))
        audit.note(connection, who, "code survey", f"{survey.id}/{question}: {len(changes)}", now=now)


_OPEN: Final = select(_answer.learner_id, _answer.about, _answer.words, _answer.theme).where(
    _answer.survey == bindparam("in"), _answer.question == bindparam("to"), _answer.words.is_not(None)
)


def _sizes(store: Store, survey: Survey) -> Counter[tuple[str, ...]]:
    """How many people share the first so many bands, for every number of bands."""
    asked = select(_answer.learner_id).where(_answer.survey == survey.id).distinct().subquery()
    who = asked.join(t.learner, t.learner.c.id == asked.c.learner_id).outerjoin(
        t.background, t.background.c.learner_id == asked.c.learner_id
    )
    sizes: Counter[tuple[str, ...]] = Counter()
    counted: Select[Any] = select(*_her_bands, func.count()).select_from(who).group_by(*_her_bands)
    for row in store.look(counted):
        *bands, people = tuple[Any, ...](row)
        shared = tuple(band or "" for band in bands)
        for many in range(1, len(BANDS) + 1):
            sizes[shared[:many]] += people
    return sizes


def _people(store: Store, survey: Survey) -> Iterator[list[Row[Any]]]:
    """The answers of one person after the other."""
    query = (
        select(_answer.learner_id, _answer.about, _answer.question, _answer.option, _answer.words)
        .add_columns(*(column.label(band) for band, column in zip(BANDS, _her_bands, strict=True)))
        .select_from(_who)
        .where(_answer.survey == survey.id)
        .order_by(_answer.learner_id, _answer.about)
    )
    with store.engine.connect().execution_options(yield_per=_STREAMED) as connection:
        for _, rows in groupby(connection.execute(query), key=lambda row: (row.learner_id, row.about)):
            yield list(rows)


def _name(secret: str, survey: Survey, question: str, row: Row[Any]) -> str:
    return pseudonym(secret, f"theme {survey.id} {question}", f"{row.learner_id} {row.about}")


def _cells(sheet: str, problems: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """The lines of a sheet by column, whether a comma or a semicolon stands between its cells."""
    heading = sheet.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(sheet), delimiter=";" if heading.count(";") > heading.count(",") else ",")
    missing = [column for column in THEME_COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        problems.append(f"line 1: the column {', '.join(missing)} is missing.")
        return
    for row in reader:
        cells = {column: (row[column] or "").strip() for column in THEME_COLUMNS}
        if any(cells.values()):
            yield reader.line_num, cells


def _line(cells: Sequence[str]) -> str:
    made = io.StringIO()
    csv.writer(made).writerow([_shown(cell) for cell in cells])
    return made.getvalue()


def _shown(cell: str) -> str:
    """A cell as it stands in a sheet: numbers of people left out, and nothing a spreadsheet would work out."""
    plain = _NUMBER.sub("***", cell).strip()
    return f"'{plain}" if plain.startswith(_FORMULA) else plain

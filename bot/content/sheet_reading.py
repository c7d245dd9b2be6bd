"""The rows of a sheet put together to a course, each part with the cell it came from."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bot.content import cells, sheet
from bot.content.sheet import ALSO, BECAUSE, HINT, KINDS, TEXT, Gathered, Misplaced, Row
from bot.content.source import Path

_UNDER: Final = {
    **dict.fromkeys(("idea", "picture", "source", "task", *KINDS), "lesson"),
    **dict.fromkeys(("option", "unit", "wrong"), "question"),
}


def course_of(rows: Sequence[Row]) -> Gathered:
    """The course that the rows add up to, as far as they do; what is wrong is told by row and column."""
    reader = Reader()
    for row in rows:
        reader.read(row)
    return reader.done(rows)


@dataclass(slots=True)
class Reader:
    """Reads one row after the other; each belongs to what stands above it."""

    so_far: Gathered = field(default_factory=Gathered)
    lesson: dict[str, Any] | None = None
    question: dict[str, Any] | None = None
    lesson_at: Path = ()
    question_at: Path = ()
    text: tuple[dict[str, Any], Path] | None = None  # the passage a row of type ussd says otherwise
    around: tuple[dict[str, Any], Path] | None = None  # and what has its `because` and `hint`

    def read(self, row: Row) -> None:
        """Take one row in."""
        type_ = row.type.strip().casefold()
        if not type_:
            self._wrong(row, "type", f"Write what this row is: {', '.join(sheet.TYPES)}.")
        elif type_ not in sheet.TYPES:
            near = difflib.get_close_matches(type_, sheet.TYPES, 1)
            meant = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sheet.TYPES)}."
            self._wrong(row, "type", f'"{row.type}" is no type of row. {meant}')
        elif self._stands(row, type_):
            self._check_columns(row, type_)
            self._take(row, type_)

    def done(self, rows: Sequence[Row]) -> Gathered:
        """The whole, its parts in the order in which a course file has them."""
        if "id" not in self.so_far.course and not self.so_far.wrong:
            line = rows[0].line if rows else 1
            self.so_far.wrong.append(Misplaced(line, "type", "There is no row of type course: write one first."))
        self.so_far.course = sheet.ordered(self.so_far.course)
        return self.so_far

    def _stands(self, row: Row, type_: str) -> bool:
        """Whether there is something above the row that it can belong to."""
        needs = _UNDER.get(type_)
        if type_ in ("ussd", "whatsapp"):
            there, needs = self.text is not None, "text"
        else:
            there = needs is None or (self.lesson if needs == "lesson" else self.question) is not None
        if not there:
            self._wrong(row, "type", f"A row of type {type_} belongs under a {needs}, and there is none above it.")
        if there and {"course": "id", "complete": "complete"}.get(type_) in self.so_far.course:
            holds = "one sheet holds one course" if type_ == "course" else "a course has one rule"
            self._wrong(row, "type", f"There is a row of type {type_} already: {holds}.")
            return False
        return there

    def _check_columns(self, row: Row, type_: str) -> None:
        may = {"type", "name", sheet.LIMIT, *sheet.LENGTHS.values(), *sheet.FIELDS.get(type_, ())}
        may |= set() if type_ in ("placement", "nudges", "complete", "wrong") else set(TEXT.values())
        may |= set(BECAUSE.values()) if type_ in sheet.EXPLAINED else set()
        may |= set(HINT.values()) if type_ in sheet.HINTED else set()
        may |= set(ALSO.values()) if type_ in sheet.SPOKEN else set()
        for column in row.cells:
            if column not in may:
                self._wrong(row, column, f"This means nothing in a row of type {type_}: leave the cell empty.")
        if type_ in sheet.NAMED and not row.cells.get("name"):
            self._wrong(row, "name", "Write a short name here that never changes: small letters, digits and -.")

    def _take(self, row: Row, type_: str) -> None:
        name = str(row.cells.get("name", "")).strip()
        course = self.so_far.course
        match type_:
            case "course":
                course["id"] = name
                self._cell(row, "name", ("id",))
                self._said(row, course, (), "title")
                self._plain(row, type_, course, ())
            case "about" | "follows":
                self._said(row, course, (), type_)
            case "placement":
                course.setdefault("placement", []).append(name)
            case "nudges" | "complete":
                self._plain(row, type_, course.setdefault(type_, {}), (type_,))
            case "nudge":
                text, at = self._new(course.setdefault("nudges", {}), ("nudges",), "texts")
                text["key"] = name
                self._cell(row, "name", (*at, "key"))
                self._said(row, text, at)
            case "lesson":
                self._begin_lesson(row, name)
            case "idea":
                self._said(row, *self._new(self.lesson, self.lesson_at, "ideas"))
            case "picture":
                picture, at = self._lesson().setdefault("picture", {"file": name}), (*self.lesson_at, "picture")
                self._cell(row, "name", (*at, "file"))
                self._said(row, picture, at)
                self.text = None
            case "source":
                words = next((row.cells[each] for each in TEXT.values() if row.cells.get(each)), name)
                self._lesson().setdefault("sources", []).append(cells.words_in(words))
            case "task":
                task: dict[str, Any] = {"id": name}
                self._lesson()["task"] = task
                self._asked(row, task, (*self.lesson_at, "task"))
            case "ussd" | "whatsapp":
                self._otherwise(row, type_)
            case _:
                self._in_question(row, type_, name)

    def _begin_lesson(self, row: Row, name: str) -> None:
        self.lesson, self.lesson_at = self._new(self.so_far.course, (), "lessons")
        self.question = None
        self.lesson["id"] = name
        self._cell(row, "name", (*self.lesson_at, "id"))
        self._said(row, self.lesson, self.lesson_at, "title")
        self._plain(row, "lesson", self.lesson, self.lesson_at)

    def _in_question(self, row: Row, type_: str, name: str) -> None:
        if type_ in KINDS:
            self.question, self.question_at = self._new(self.lesson, self.lesson_at, "questions")
            self.question["id"] = name
            self.question["kind"] = type_
            self._cell(row, "name", (*self.question_at, "id"))
            self._cell(row, "type", (*self.question_at, "kind"))
            self._asked(row, self.question, self.question_at)
            self._plain(row, type_, self.question, self.question_at)
            if type_ == "text":
                self._spoken(row, self.question, (*self.question_at, "accept"), "accept")
            return
        assert self.question is not None
        if type_ == "unit":
            self._said(row, self.question, self.question_at, "unit")
            self.text = None
            return
        option, at = self._new(self.question, self.question_at, "options" if type_ == "option" else "wrong")
        if type_ == "option":
            option["key"] = name
            self._cell(row, "name", (*at, "key"))
            self._said(row, option, at)
            self._plain(row, type_, option, at)
            self._spoken(row, option, (*at, "also"), "also")
        else:
            for language, column in ALSO.items():
                if words := cells.list_in(row.cells.get(column, "")):
                    option[language] = words
                    self._cell(row, column, (*at, language))
        self._around(row, option, at)

    def _asked(self, row: Row, node: dict[str, Any], at: Path) -> None:
        self._said(row, node, at, "ask")
        self._around(row, node, at)

    def _said(self, row: Row, node: dict[str, Any], at: Path, name: str = "") -> None:
        """The texts of a row, as the passage `name` of a node or as the node itself."""
        passage = self._passage(row, TEXT, (*at, name) if name else at, needed=True)
        if name:
            node[name] = passage
        else:
            node.update(passage)
        self.text, self.around = (node[name], (*at, name)) if name else (node, at), None

    def _around(self, row: Row, node: dict[str, Any], at: Path) -> None:
        self.around = (node, at)
        for name, columns in (("because", BECAUSE), ("hint", HINT)):
            passage = self._passage(row, columns, (*at, name))
            if passage:
                node[name] = passage

    def _otherwise(self, row: Row, channel: str) -> None:
        """A row that says on one kind of channel what the row above says everywhere."""
        assert self.text is not None
        node, at = self.text
        passage = self._passage(row, TEXT, (*at, channel))
        if passage:
            node[channel] = passage
        for name, columns in (("because", BECAUSE), ("hint", HINT)):
            if self.around is not None:
                around, path = self.around
                instead = self._passage(row, columns, (*path, name, channel))
                if instead:
                    around.setdefault(name, {})[channel] = instead

    def _passage(self, row: Row, columns: Mapping[str, str], at: Path, *, needed: bool = False) -> dict[str, Any]:
        """The texts in some columns; where there is one, or they are `needed`, neither Malay nor English may be missing."""
        passage: dict[str, Any] = {}
        for language, column in columns.items():
            self._cell(row, column, (*at, language))
            if words := cells.words_in(row.cells.get(column, "")):
                passage[language] = words
        for language, called in sheet.WRITTEN.items():
            if (passage or needed) and language not in passage:
                self._wrong(row, columns[language], f"The {called} text is missing: write it in this cell.")
        return passage

    def _spoken(self, row: Row, node: dict[str, Any], at: Path, name: str) -> None:
        spoken = {}
        for language, column in ALSO.items():
            self._cell(row, column, (*at, language))
            if words := cells.list_in(row.cells.get(column, "")):
                spoken[language] = words
        if spoken:
            node[name] = spoken

    def _plain(self, row: Row, type_: str, node: dict[str, Any], at: Path) -> None:
        for column in sheet.FIELDS.get(type_, ()):
            name = "answer" if column == "right" and type_ in ("truth", "number") else column
            self._cell(row, column, (*at, name))
            given = row.cells.get(column, "")
            if given == "" and not (type_ == "truth" and name == "answer"):
                continue
            value, says = cells.value_in(name, type_, given)
            if says:
                self._wrong(row, column, says)
            elif not (name in ("right", "keep_order") and value is False):
                node[name] = value

    def _new(self, node: dict[str, Any] | None, at: Path, name: str) -> tuple[dict[str, Any], Path]:
        assert node is not None
        parts = node.setdefault(name, [])
        parts.append({})
        return parts[-1], (*at, name, len(parts) - 1)

    def _lesson(self) -> dict[str, Any]:
        assert self.lesson is not None
        return self.lesson

    def _cell(self, row: Row, column: str, at: Path) -> None:
        self.so_far.cells[at] = (row.line, column)

    def _wrong(self, row: Row, column: str, says: str) -> None:
        self.so_far.wrong.append(Misplaced(row.line, column, says))

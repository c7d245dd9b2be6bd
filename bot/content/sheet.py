"""A course as the rows of a sheet, after the habit of XLSForm: one row a text, one column a language; and rows as a course.

The first column says what a row is. Rows belong to the last lesson, question or option above them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bot.content.cells import BETWEEN, Value
from bot.content.source import Path

LANGUAGES: Final = {"ms": "Bahasa Malaysia (ms)", "en": "English (en)", "dtp": "Dusun (dtp)"}
WRITTEN: Final = {"ms": "Malay", "en": "English"}  # no text is without these
KINDS: Final = ("choice", "truth", "several", "order", "number", "text", "open")
TYPES: Final = (
    *("course", "about", "follows", "placement", "nudges", "nudge", "complete", "lesson", "idea"),
    *KINDS,
    *("option", "wrong", "unit", "task", "picture", "source", "ussd", "whatsapp"),
)


def column(group: str, language: str) -> str:
    """The heading of a column that holds one language.

    >>> column("text", "en")
    'text::English (en)'
    """
    return f"{group}::{LANGUAGES[language]}"


TEXT, BECAUSE, HINT, ALSO = (
    {language: column(group, language) for language in LANGUAGES} for group in ("text", "because", "hint", "also")
)
LENGTHS: Final = {language: f"length ({language})" for language in LANGUAGES}
LIMIT: Final = "limit"
NUDGES: Final = ("after_days", "then_every_days", "most")
# When the course is complete; docs/certificates.md says what each of them means.
COMPLETE: Final = ("lessons", "final", "witnessed", "pass_mark", "minutes", "days", "identity", "valid_months")
PLAIN: Final = ("level", "pass_mark", "minutes", "day", "tolerance", "keep_order", *NUDGES)
COLUMNS: Final = (
    *("type", "name"),
    *TEXT.values(),
    *LENGTHS.values(),
    *(LIMIT, "right"),
    *BECAUSE.values(),
    *HINT.values(),
    *ALSO.values(),
    *PLAIN,
    *(each for each in COMPLETE if each not in PLAIN),
)

# Which column of a type holds which field, besides the texts; where a type has no column, a value in it is a mistake.
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "course": ("minutes",),
    "nudges": NUDGES,
    "complete": COMPLETE,
    "lesson": ("pass_mark", "minutes", "day"),
    "truth": ("right", "level"),
    "number": ("right", "tolerance", "level"),
    "choice": ("keep_order", "level"),
    "several": ("keep_order", "level"),
    "order": ("level",),
    "text": ("level",),
    "open": ("level",),
    "option": ("right",),
}
NAMED: Final = frozenset({"course", "placement", "nudge", "lesson", *KINDS, "option", "task", "picture"})
EXPLAINED: Final = frozenset({*KINDS, "option", "wrong", "task", "ussd", "whatsapp"})  # have a `because`
HINTED: Final = frozenset({*KINDS, "task", "ussd", "whatsapp"})
SPOKEN: Final = frozenset({"text", "option", "wrong"})  # have words in `also`


_COURSE: Final = (
    "id",
    "title",
    "about",
    "minutes",
    "follows",
    "placement",
    "nudges",
    *NUDGES,
    "texts",
    "lessons",
    "complete",
)
_LESSON: Final = ("id", "title", "ideas", "picture", "pass_mark", "minutes", "day", "questions", "task", "sources")
_QUESTION: Final = ("id", "kind", "ask", "options", "keep_order", "answer", "tolerance", "unit", "accept", "wrong")
_OPTION: Final = ("key", "file", "ms", "en", "dtp", "ussd", "whatsapp", "right", "also")
_LAST: Final = ("because", "hint", "level")
_ALL: Final = (*_COURSE[:2], *_OPTION[:7], *_COURSE[2:], *_LESSON[2:], *_QUESTION[1:], *_OPTION[7:], *_LAST)
_ORDER: Final = {name: place for place, name in enumerate(dict.fromkeys(_ALL))}


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what stands in which column, and its number in the sheet (the headings are row 1)."""

    cells: Mapping[str, Value]
    line: int = 0

    @property
    def type(self) -> str:
        """What the row is."""
        return str(self.cells.get("type", ""))


def rows_of(course: Mapping[str, Any]) -> Iterator[Row]:
    """The rows of a course that has the right shape."""
    yield from _passage("course", course["title"], name=course["id"], minutes=course["minutes"])
    yield from _passage("about", course["about"])
    if course.get("follows"):
        yield from _passage("follows", course["follows"])
    for named in course.get("placement") or ():
        yield _row("placement", name=named)
    yield from _nudges(course.get("nudges") or {})
    if rule := _complete(course.get("complete") or {}):
        yield _row("complete", rule)
    for lesson in course["lessons"]:
        kept = {name: lesson[name] for name in FIELDS["lesson"] if lesson.get(name) is not None}
        yield from _passage("lesson", lesson["title"], name=lesson["id"], **kept)
        for idea in lesson["ideas"]:
            yield from _passage("idea", idea)
        if lesson.get("picture"):
            yield from _passage("picture", lesson["picture"], name=lesson["picture"]["file"])
        alone = [lesson["question"]] if lesson.get("question") else []
        for question in [*alone, *(lesson.get("questions") or ())]:
            yield from _question(question)
        if lesson.get("task"):
            task = lesson["task"]
            yield from _passage("task", task["ask"], task, name=task["id"])
        for source in lesson.get("sources") or ():
            yield _row("source", {TEXT["ms"]: source})


def _nudges(nudges: Mapping[str, Any]) -> Iterator[Row]:
    kept = {name: nudges[name] for name in NUDGES if nudges.get(name)}
    if kept:
        days = {"after_days": BETWEEN.join(map(str, kept["after_days"]))} if "after_days" in kept else {}
        yield _row("nudges", **kept | days)
    for text in nudges.get("texts") or ():
        yield from _passage("nudge", text, name=text["key"])


def _complete(rule: Mapping[str, Any]) -> dict[str, Value]:
    """The cells of a rule of completion; lessons with | between them."""
    kept = {name: rule[name] for name in COMPLETE if rule.get(name)}
    return {name: BETWEEN.join(part) if isinstance(part, list) else part for name, part in kept.items()}


def _question(question: Mapping[str, Any]) -> Iterator[Row]:
    kind = question.get("kind", "choice")
    kept = {name: question[name] for name in ("tolerance", "keep_order", "level") if question.get(name)}
    if question.get("answer") is not None:
        kept["right"] = question["answer"]
    spoken = _spoken(question.get("accept") or {})
    yield from _passage(kind, question["ask"], question, spoken, name=question["id"], **kept)
    if question.get("unit"):
        yield from _passage("unit", question["unit"])
    for option in question.get("options") or ():
        right = {"right": "yes"} if option.get("right") else {}
        spoken = _spoken(option.get("also") or {})
        yield from _passage("option", option, option, spoken, name=option["key"], **right)
    for wrong in question.get("wrong") or ():
        yield from _passage("wrong", {}, wrong, _spoken(wrong))


def _passage(
    type_: str,
    passage: Mapping[str, Any],
    around: Mapping[str, Any] | None = None,
    spoken: Mapping[str, str] | None = None,
    **plain: Value,
) -> Iterator[Row]:
    """The row of a passage with what is said around it, and a row for each kind of channel that says it otherwise."""
    parts = ((TEXT, passage), (BECAUSE, (around or {}).get("because") or {}), (HINT, (around or {}).get("hint") or {}))
    words = {columns[each]: part[each] for columns, part in parts for each in LANGUAGES if part.get(each)}
    yield _row(type_, words | dict(spoken or {}), **plain)
    for channel in ("ussd", "whatsapp"):
        instead = {
            columns[each]: part[channel][each]
            for columns, part in parts
            if part.get(channel)
            for each in LANGUAGES
            if part[channel].get(each)
        }
        if instead:
            yield _row(channel, instead)


def _row(type_: str, words: Mapping[str, Value] | None = None, **plain: Value) -> Row:
    return Row({"type": type_, **plain, **(words or {})})


def _spoken(words: Mapping[str, Any]) -> dict[str, str]:
    return {ALSO[each]: BETWEEN.join(words[each]) for each in LANGUAGES if words.get(each)}


@dataclass(frozen=True, slots=True)
class Misplaced:
    """Something in a sheet that makes no course: its row, its column, and what to do."""

    line: int
    column: str
    says: str

    def __str__(self) -> str:
        return (
            f'row {self.line}, column "{self.column}": {self.says}' if self.column else f"row {self.line}: {self.says}"
        )


@dataclass(slots=True)
class Gathered:
    """What the rows so far add up to: the course, which cell each part of it came from, and what is wrong."""

    course: dict[str, Any] = field(default_factory=dict)
    cells: dict[Path, tuple[int, str]] = field(default_factory=dict)
    wrong: list[Misplaced] = field(default_factory=list)


def ordered(value: Any) -> Any:
    """A course, or a part of one, with its parts in the order in which a course file has them."""
    if isinstance(value, dict):
        return {name: ordered(value[name]) for name in sorted(value, key=lambda name: _ORDER.get(name, len(_ORDER)))}
    return [ordered(each) for each in value] if isinstance(value, list) else value

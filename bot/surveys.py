"""What became of surveys: the rows of an answer, what was agreed to, and the results, counted by the database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, delete, func, literal, select

from bot.store import statements as s, tables as t
from bot.store.database import Store
from bot.store.ids import new_id
from bot.store.statements import Write
from flows.surveys.questionnaire import Item, Survey
from flows.surveys.surveying import AgreeToSurvey, AnswerSurvey, SurveyEffect

GROUPS: Final = ("district", "gender", "age", "education", "work")
FEWEST: Final = 5  # people in a group, below which its numbers may point at one of them
JOINT: Final = "; "  # between two themes of one answer


@dataclass(frozen=True, slots=True)
class Line:
    """One answer to a question, and how many gave it: of all, and of each group."""

    answer: str  # an option's key, a theme, or a number
    count: int
    by: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Counted:
    """One question's table. `answered` is how many the percentages are of; of an open question, those with a theme.

    `uncoded` are open answers that have no theme yet.
    """

    item: Item
    answered: int
    answered_by: Mapping[str, int]
    lines: tuple[Line, ...]
    uncoded: int = 0


@dataclass(frozen=True, slots=True)
class Results:
    """All tables of a survey, and how many people answered any of it, by group where one was asked for."""

    people: int
    people_by: Mapping[str, int]
    tables: tuple[Counted, ...]


def percent(count: int, total: int) -> int:
    """A share in whole percents, a half rounded up, each line by itself: so a table may add to 99 or 101.

    >>> percent(24, 52), percent(1, 52), percent(1, 8), percent(0, 0)
    (46, 2, 13, 0)
    """
    return (200 * count + total) // (2 * total) if total else 0


def rows(effect: SurveyEffect, learner_id: int, heard: str, channel: str, *, now: datetime) -> list[Write]:
    """The rows that an effect leads to; where a survey stands is in the session, and leads to none."""
    match effect:
        case AnswerSurvey():
            return _answered(effect, learner_id, now)
        case AgreeToSurvey(survey=survey, version=version, about=about, agreed=agreed):
            values = {"survey": survey, "version": version, "about": about, "agreed": agreed, "channel": channel}
            who = {"id": new_id(now), "learner_id": learner_id, "words": heard[:200], "given_at": now}
            return [Write(s.SURVEY_CONSENT, values | who)]
        case _:
            return []


def results(store: Store, survey: Survey, *, by: str = "", about: str = "") -> Results:
    """Count the answers, grouped `by` one of GROUPS where it is given, of one course where `about` is.

    One query for each question about herself, one for all others, one for the people: whatever the number of learners.
    """
    group = _group(by)
    people = {row.within or "": row.many for row in store.look(_people(survey, about, None, group))}
    counted = store.look(_answers(survey, about, group))
    tables = []
    for item in survey.items:
        if item.profile:
            found = store.look(_people(survey, about, _group(item.profile), group))
            tables.append(
                _table(item, [(_key_of(item, row.value), row.within, row.many) for row in found if row.value])
            )
        else:
            tables.append(_of_item(item, [row for row in counted if row.question == item.id]))
    return Results(sum(people.values()), people if by else {}, tuple(tables))


def erase(connection: Connection, learner_id: int) -> None:
    """Take away all that a learner has told us in surveys, and that she agreed to them: for a request to delete."""
    for table in (t.survey_answer, t.survey_consent, t.background):
        connection.execute(delete(table).where(table.c.learner_id == learner_id))


def _answered(effect: AnswerSurvey, learner_id: int, now: datetime) -> list[Write]:
    row = {
        "learner_id": learner_id,
        "survey": effect.survey,
        "about": effect.about,
        "question": effect.question,
        "version": effect.version,
        "option": effect.option,
        "words": effect.words or None,
        "answered_at": now,
    }
    told = s.BACKGROUND.get(effect.profile)
    about_her = [Write(told, {"learner_id": learner_id, effect.profile: effect.option})] if told else []
    return [Write(s.SURVEYED, row), *about_her]


# --- the queries ---


def _group(by: str) -> ColumnElement[str | None] | None:
    if not by:
        return None
    column: ColumnElement[str | None] = t.learner.c.district if by == "district" else t.background.c[by]
    return column


def _who(people: FromClause) -> FromClause:
    """Learners with what they said of themselves."""
    learner = people.join(t.learner, t.learner.c.id == people.c.learner_id)
    return learner.outerjoin(t.background, t.background.c.learner_id == people.c.learner_id)


def _answers(survey: Survey, about: str, group: ColumnElement[str | None] | None) -> Select[Any]:
    """How many gave each answer of each question, in each group."""
    answer = t.survey_answer.c
    columns = (answer.question, answer.option, answer.theme)
    query: Select[Any] = select(*columns, func.count().label("many")).where(answer.survey == survey.id)
    query = query.where(answer.about == about) if about else query
    if group is None:
        return query.group_by(*columns)
    return query.add_columns(group.label("within")).select_from(_who(t.survey_answer)).group_by(*columns, group)


def _people(
    survey: Survey, about: str, value: ColumnElement[str | None] | None, group: ColumnElement[str | None] | None
) -> Select[Any]:
    """How many people who answered anything have each value, in each group: (value, group, how many)."""
    answer = t.survey_answer.c
    asked = select(answer.learner_id).where(answer.survey == survey.id).distinct()
    asked = asked.where(answer.about == about) if about else asked
    people = asked.subquery()
    columns = [each for each in (value, group) if each is not None]
    shown: list[ColumnElement[Any]] = [literal("") if each is None else each for each in (value, group)]
    query: Select[Any] = select(shown[0].label("value"), shown[1].label("within"), func.count().label("many"))
    return query.select_from(_who(people) if columns else people).group_by(*columns)


# --- the tables ---


def _key_of(item: Item, value: str) -> str:
    """A district is kept in its own words; anything else as the option's key."""
    return next((each.key for each in item.question.options if each.says.within("ms") == value), value)


def _of_item(item: Item, found: Sequence[Row[Any]]) -> Counted:
    counted: list[tuple[str, str | None, int]] = []
    uncoded = 0
    for row in found:
        group = getattr(row, "within", None)
        if item.question.kind == "open":
            uncoded += 0 if row.theme else row.many
            counted += [(row.theme, group, row.many)] if row.theme else []
        else:
            counted.append((row.option, group, row.many))
    return _table(item, counted, uncoded)


def _table(item: Item, counted: Iterable[tuple[str, str | None, int]], uncoded: int = 0) -> Counted:
    """The lines of a question, its options in their order, then whatever else was answered, the most frequent first."""
    total: dict[str, int] = {}
    lines: dict[str, dict[str, int]] = {option.key: {} for option in item.question.options}
    joint = {"several": "+", "open": JOINT}.get(item.question.kind)
    for answer, group, many in counted:
        total[group or ""] = total.get(group or "", 0) + many
        for each in answer.split(joint) if joint else (answer,):
            line = lines.setdefault(each, {})
            line[group or ""] = line.get(group or "", 0) + many
    order = {option.key: place for place, option in enumerate(item.question.options)}
    made = [Line(answer, sum(by.values()), by) for answer, by in lines.items()]
    made.sort(key=lambda line: (order.get(line.answer, len(order)), -line.count, line.answer))
    return Counted(item, sum(total.values()), total, tuple(made), uncoded)


def spread(table: Counted) -> tuple[Fraction, Fraction, Fraction] | None:
    """The smallest, the mean and the largest number answered; None where nobody did, or no number was asked for."""
    if table.item.question.kind != "number" or not table.answered:
        return None
    values = [(Fraction(line.answer), line.count) for line in table.lines]
    mean = sum((value * count for value, count in values), Fraction()) / table.answered
    return min(values)[0], mean, max(values)[0]

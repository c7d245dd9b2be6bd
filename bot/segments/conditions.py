"""A description as a condition on a learner's row: one statement, of forms that Postgres plans well.

What is in another table is asked for as EXISTS and NOT EXISTS about her, which become one merge, or one look in an index
where few are left. A choice among such is one IN over a UNION ALL: with OR they would be asked for learner by learner.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, union_all

from bot.segments import described as d
from bot.segments.facts import When, leaf, rows_that_say
from bot.segments.joining import outside
from bot.store import tables as t

_L = t.learner.c


class Unresolved(LookupError):
    """A saved group is spoken of by a name that nobody has looked up: see `saved.resolved`."""


def condition(tree: d.Described, when: When) -> ColumnElement[bool]:
    """Whether the learner of the query around it is in the group. Raises Unresolved."""
    match tree:
        case d.All(parts=parts):
            return and_(*(condition(part, when) for part in _needed(parts)))
        case d.Either(parts=parts):
            return _either(parts, when)
        case d.Outside(part=d.All(parts=parts)):
            return condition(d.Either(tuple(outside(part) for part in parts)), when)
        case d.Outside(part=d.Either(parts=parts)):
            return condition(d.All(tuple(outside(part) for part in parts)), when)
        case d.Outside(part=d.Saved(name=name, means=means)):
            return condition(outside(_found(name, means)), when)
        case d.Outside(part=d.Outside(part=part)):
            return condition(part, when)
        case d.Outside(part=part):
            return ~condition(part, when)  # every leaf is true or false, never unknown
        case d.Saved(name=name, means=means):
            return condition(_found(name, means), when)
        case _:
            return leaf(tree, when)


def _found(name: str, means: d.Described | None) -> d.Described:
    if means is None:
        raise Unresolved(name)
    return means


def _needed(parts: tuple[d.Described, ...]) -> list[d.Described]:
    """The parts without those that another one says anyway: who has not finished a course is enrolled in it."""
    said = {part.courses for part in parts if isinstance(part, d.Stands | d.Passed | d.AtLesson)}
    return [part for part in parts if not (isinstance(part, d.Enrolled) and part.courses in said)]


def _at_hand(tree: d.Described) -> bool:
    """Whether her own row is enough to tell."""
    match tree:
        case d.All(parts=parts) | d.Either(parts=parts):
            return all(map(_at_hand, parts))
        case d.Outside(part=part):
            return _at_hand(part)
        case d.Saved(name=name, means=means):
            return _at_hand(_found(name, means))
        case _:
            return isinstance(tree, d.Everybody | d.District | d.Language | d.Joined | d.Active | d.Silent)


def _either(parts: tuple[d.Described, ...], when: When) -> ColumnElement[bool]:
    """Who is in one of them: as they stand where her own row tells, else her id among theirs."""
    at_hand = [condition(part, when) for part in parts if _at_hand(part)]
    others = [part for part in parts if not _at_hand(part)]
    if not others:
        return or_(*at_hand)
    asked = [select(_L.id).where(or_(*at_hand)).correlate(None)] if at_hand else []
    return _L.id.in_(union_all(*asked, *(_ids(part, when) for part in others)))


def _ids(part: d.Described, when: When) -> Select[Any]:
    """The ids of those who are in it; where a row of another table says it all, from there, past their own rows."""
    match part:
        case d.Tagged() | d.Answered() | d.About():
            return rows_that_say(part)
        case _:
            return select(_L.id).where(condition(part, when)).correlate(None)

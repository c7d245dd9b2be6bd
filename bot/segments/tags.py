"""Tags: a coordinator's own words for learners, put on and taken off by their numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select

from bot.phone import NotANumber, e164
from bot.segments.saved import named
from bot.store import audit, tables as t
from bot.store.database import Store
from bot.store.lists import among

MOST_AT_ONCE: Final = 1000
_tag = t.tag.c


@dataclass(frozen=True, slots=True)
class Tagged:
    """What came of it: how many learners changed, how many were as wanted before, and what is no learner's number."""

    changed: int
    as_before: int
    unknown: tuple[str, ...]


def add(store: Store, name: str, numbers: Iterable[str], by: str, *, now: datetime) -> Tagged:
    """Put a tag on everybody who has or shares one of these phones. Twice is as once; written to the audit.

    Raises `saved.Refused` for a name that cannot be one.
    """
    wanted, unknown = _numbers(numbers)
    name = named(name)
    with store.begin() as connection:
        hers, more = _learners(connection, wanted, on_sqlite=store.on_sqlite)
        new = sorted(hers - _carrying(connection, name))
        if new:
            connection.execute(insert(t.tag), [{"name": name, "learner_id": each} for each in new])
            audit.note(connection, by, "tag", f"{name}: {len(new)} learners", now=now)
    return Tagged(len(new), len(hers) - len(new), (*unknown, *more))


def remove(store: Store, name: str, numbers: Iterable[str], by: str, *, now: datetime) -> Tagged:
    """Take a tag off everybody who has or shares one of these phones; written to the audit."""
    wanted, unknown = _numbers(numbers)
    name = named(name)
    with store.begin() as connection:
        hers, more = _learners(connection, wanted, on_sqlite=store.on_sqlite)
        gone = sorted(hers & _carrying(connection, name))
        for each in gone:
            connection.execute(delete(t.tag).where(_tag.name == name, _tag.learner_id == each))
        if gone:
            audit.note(connection, by, "untag", f"{name}: {len(gone)} learners", now=now)
    return Tagged(len(gone), len(hers) - len(gone), (*unknown, *more))


def drop(store: Store, name: str, by: str, *, now: datetime) -> int:
    """Take a tag off everybody and return how many carried it; written to the audit."""
    name = named(name)
    with store.begin() as connection:
        gone = connection.execute(delete(t.tag).where(_tag.name == name)).rowcount
        if gone:
            audit.note(connection, by, "untag", f"{name}: {gone} learners, all", now=now)
    return gone


def listed(store: Store) -> Sequence[Row[Any]]:
    """Every tag and how many learners carry it: name, learners."""
    return store.look(select(_tag.name, func.count().label("learners")).group_by(_tag.name).order_by(_tag.name))


def _numbers(typed: Iterable[str]) -> tuple[list[str], list[str]]:
    """What was typed as E.164 numbers, each once; and what is none."""
    good, bad = dict[str, None](), list[str]()
    for each in typed:
        try:
            good[e164(each)] = None
        except NotANumber:
            bad.append(each)
    return list(good), bad


def _learners(connection: Connection, numbers: Sequence[str], *, on_sqlite: bool) -> tuple[set[int], list[str]]:
    """The learners of these phones, those who share one with them; and the numbers that are nobody's."""
    found, met = set[int](), set[str]()
    for number, of in ((t.address.c.identifier, t.address.c.learner_id), (t.profile.c.number, t.profile.c.learner_id)):
        query = select(number, of).where(among(number, "numbers", on_sqlite=on_sqlite), of.is_not(None))
        for start in range(0, len(numbers), MOST_AT_ONCE):
            for row in connection.execute(query, {"numbers": numbers[start : start + MOST_AT_ONCE]}):
                met.add(row[0])
                found.add(row[1])
    return found, [number for number in numbers if number not in met]


def _carrying(connection: Connection, name: str) -> set[int]:
    return set(connection.execute(select(_tag.learner_id).where(_tag.name == name)).scalars())

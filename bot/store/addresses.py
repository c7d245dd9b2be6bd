"""Which of a learner's addresses she wrote from last: the one to reach her at."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, ScalarSelect, or_, select

from bot.store import tables as t


def latest_first(address: FromClause = t.address) -> tuple[ColumnElement[Any], ...]:
    """Addresses in the order to try them: written from last first, never written from last of all.

    Postgres on its own would put the never written from first.
    """
    return address.c.last_inbound_at.desc().nulls_last(), address.c.id


def reaches(learner_id: ColumnElement[int] | int, address: FromClause = t.address) -> ColumnElement[bool]:
    """Whether an address reaches a learner: it is with her, or she shares the phone and another has it now."""
    shared = select(t.profile.c.number).where(t.profile.c.learner_id == learner_id).scalar_subquery()
    return or_(address.c.learner_id == learner_id, address.c.identifier == shared)


def latest_of(learner_id: ColumnElement[int], *, shared: bool = False) -> ScalarSelect[Any]:
    """The id of the address that the learner of an outer query wrote from last; with `shared`, of her phone at all."""
    hers = t.address.alias("hers")
    return (
        select(hers.c.id)
        .where(reaches(learner_id, hers) if shared else hers.c.learner_id == learner_id)
        .order_by(*latest_first(hers))
        .limit(1)
        .scalar_subquery()
    )

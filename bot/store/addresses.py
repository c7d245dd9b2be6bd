"""Which of a learner's addresses she wrote from last: the one to reach her at."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, ScalarSelect, select

from bot.store import tables as t


def latest_first(address: FromClause = t.address) -> tuple[ColumnElement[Any], ...]:
    """Addresses in the order to try them: written from last first, never written from last of all.

    Postgres on its own would put the never written from first.
    """
    return address.c.last_inbound_at.desc().nulls_last(), address.c.id


def latest_of(learner_id: ColumnElement[int]) -> ScalarSelect[Any]:
    """The id of the address that the learner of an outer query wrote from last."""
    hers = t.address.alias("hers")
    return (
        select(hers.c.id)
        .where(hers.c.learner_id == learner_id)
        .order_by(*latest_first(hers))
        .limit(1)
        .scalar_subquery()
    )

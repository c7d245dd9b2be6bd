"""Which of a learner's addresses to reach her at, and when each was last known to be hers."""

from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    FromClause,
    ScalarSelect,
    Select,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    update,
)

from bot.store import tables as t


def latest_first(
    address: FromClause = t.address, prefers: ColumnElement[Any] | None = None
) -> tuple[ColumnElement[Any], ...]:
    """Addresses in the order to try them: written from last first, never written from last of all.

    With `prefers`, the channel she likes best, those it reaches come before all others. Postgres on its own would put the
    never written from first.
    """
    order = (address.c.last_inbound_at.desc().nulls_last(), address.c.id)
    if prefers is None:
        return order
    by_sms = and_(prefers == "sms", address.c.kind == "tel")
    by_whatsapp = and_(prefers == "whatsapp", address.c.kind == "whatsapp", address.c.last_channel.is_not(None))
    return (case((or_(by_sms, by_whatsapp), 0), else_=1), *order)


def reaches(learner_id: ColumnElement[int] | int, address: FromClause = t.address) -> ColumnElement[bool]:
    """Whether an address reaches a learner: it is with her, or she shares the phone and another has it now."""
    shared = select(t.profile.c.number).where(t.profile.c.learner_id == learner_id)
    shared = shared.correlate_except(t.profile)  # by itself it looks out of one query only, and she may be named two up
    return or_(address.c.learner_id == learner_id, address.c.identifier == shared.scalar_subquery())


def latest_of(learner_id: ColumnElement[int], *, shared: bool = False, preferred: bool = False) -> ScalarSelect[Any]:
    """The id of the address that the learner of an outer query wrote from last; with `shared`, of her phone at all.

    With `preferred`, the one that the channel she likes best reaches comes before that.
    """
    hers = t.address.alias("hers")
    query = select(hers.c.id).where(reaches(learner_id, hers) if shared else hers.c.learner_id == learner_id)
    if preferred:  # SQLite does not look out of a subquery to order it, so she is looked up in it once more
        likes = t.learner.alias("likes")
        query = query.join_from(hers, likes, likes.c.id == hers.c.learner_id)
        return query.order_by(*latest_first(hers, likes.c.prefers)).limit(1).scalar_subquery()
    return query.order_by(*latest_first(hers)).limit(1).scalar_subquery()


def last_word(learner_id: int, *, but: str) -> Select[Any]:
    """When something last came from an address of hers other than those of a number that is none of hers any more."""
    a = t.address.c
    return select(func.max(a.last_inbound_at)).where(a.learner_id == learner_id, a.identifier != but)


def note_stopped(connection: Connection, learners: Select[Any]) -> None:
    """Keep in their own rows whether all addresses that reach these learners, or those who share a phone with them, are stopped."""
    hers, others, at = t.profile.alias("hers"), t.profile.alias("others"), t.address.alias("at")
    beside = select(others.c.learner_id).join_from(others, hers, hers.c.number == others.c.number)
    her = t.learner.c
    open_ = exists().where(reaches(her.id, at), at.c.opted_out_at.is_(None)).correlate(t.learner)
    these = or_(her.id.in_(learners), her.id.in_(beside.where(hers.c.learner_id.in_(learners))))
    connection.execute(update(t.learner).where(these).values(stopped=~open_))


def reached() -> tuple[Column[Any] | ColumnElement[Any], ...]:
    """All that choosing among addresses needs of each (see `pushes.Address`)."""
    a = t.address.c
    names = (a.id, a.kind, a.identifier, a.last_channel, a.last_inbound_at, a.opted_out_at, a.unreachable_at)
    return (*names, a.created_at.label("met_at"), *known())


def known() -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Of an address in an outer query: when somebody last wrote from its number, on any channel, as "wrote_at"; and when
    she, on paper, or a coordinator last said that the number is hers, as "confirmed_at".

    Both are of the number and not of the address alone: who writes on WhatsApp holds the telephone.
    """
    same, twin = t.address.alias("same_number"), t.address.alias("twin")
    wrote = select(func.max(same.c.last_inbound_at)).where(same.c.identifier == t.address.c.identifier)
    confirmed = (
        select(func.max(t.consent.c.given_at))
        .select_from(t.consent.join(twin, twin.c.id == t.consent.c.address_id))
        .where(t.consent.c.learner_id == t.address.c.learner_id, twin.c.identifier == t.address.c.identifier)
    )
    return (
        wrote.correlate(t.address).scalar_subquery().label("wrote_at"),
        confirmed.correlate(t.address).scalar_subquery().label("confirmed_at"),
    )

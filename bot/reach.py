"""How each address of a learner can be reached, with the evidence for it; what goes to her, and what waits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row, bindparam, func, or_, select

from bot import policy
from bot.channels.base import Status
from bot.channels.status import ARRIVED
from bot.pushes import Address, Pushes, Way, known_at
from bot.store import tables as t
from bot.store.addresses import latest_first, reached, reaches
from bot.store.database import Store

_out = t.outbound_message.c


class Word(StrEnum):
    """The reach of an address in a word."""

    REACHABLE = "reachable"  # she wrote from there, or a message was delivered
    RECEIVE_ONLY = "receive-only"  # the route carries no replies, or she never wrote from there
    UNREACHABLE = "unreachable"  # a provider said that nobody is there, and nothing has come from there since


@dataclass(frozen=True, slots=True)
class Reach:
    """The reach of an address, and the evidence in words; `since` when that evidence is from, where it has a moment."""

    word: Word
    evidence: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One address of hers: which, its reach, whether the number may be another's by now, and what came and went last."""

    kind: str
    identifier: str
    reach: Reach
    silent: bool
    last_in: datetime | None
    last_channel: str
    last_out: tuple[str, str, datetime] | None  # its purpose, its status, and when that was


@dataclass(frozen=True, slots=True)
class Her:
    """A learner as her coordinator asks after her."""

    learner_id: int
    locale: str
    district: str
    prefers: str
    addresses: tuple[Found, ...]
    way: str  # the channel that carries what we send by ourselves now, or why none does
    waits: tuple[tuple[str, datetime], ...]  # what, and when it is due; the first due first
    withheld: tuple[str, ...]  # what did not go to her, or not yet, and why


def of(address: Address, *, two_way: bool, unreachable_why: str = "", delivered_at: datetime | None = None) -> Reach:
    """The reach of one address. `two_way` says whether what is sent there goes by a route that carries replies."""
    if policy.unreachable(address.unreachable_at, address.last_inbound_at):
        return Reach(
            Word.UNREACHABLE, unreachable_why or "the provider says that nobody is there", address.unreachable_at
        )
    if not two_way:
        return Reach(Word.RECEIVE_ONLY, "the route there carries no replies", delivered_at)
    if address.last_inbound_at is not None:
        return Reach(Word.REACHABLE, "she wrote from there", address.last_inbound_at)
    if delivered_at is not None:
        return Reach(Word.REACHABLE, "a message was delivered there", delivered_at)
    return Reach(Word.RECEIVE_ONLY, "she never wrote from there")


def look(store: Store, pushes: Pushes, number: str, *, now: datetime) -> list[Her]:
    """The learners of a number (E.164, or WhatsApp's user id): she who has it now, and those who share the phone."""
    of_number = (t.address.c.identifier == number) & t.address.c.learner_id.is_not(None)
    sharing = select(t.profile.c.learner_id).where(t.profile.c.number == number)
    holding = select(t.address.c.learner_id).where(of_number)
    query = select(t.learner).where(or_(t.learner.c.id.in_(holding), t.learner.c.id.in_(sharing)))
    return [_her(store, pushes, row, now) for row in store.look(query.order_by(t.learner.c.id))]


def silent(store: Store, *, now: datetime) -> Iterator[Row[Any]]:
    """Every telephone of a learner that may be another's by now, for a coordinator to confirm; each with `known`, since when.

    Goes through all of them: for a person who asks, not for every tick.
    """
    her = t.address.join(t.learner, t.learner.c.id == t.address.c.learner_id)
    query = select(*reached(), t.learner.c.locale, t.learner.c.district).select_from(her)
    stale = t.address.c.created_at <= now - policy.silence()
    query = query.where(t.address.c.kind == "tel", t.address.c.opted_out_at.is_(None), stale)
    for row in store.look(query.order_by(t.address.c.id)):
        if policy.silent(known_at(row), now):
            yield row


def _her(store: Store, pushes: Pushes, learner: Row[Any], now: datetime) -> Her:
    query = select(*reached(), t.address.c.unreachable_why).where(reaches(learner.id)).order_by(*latest_first())
    addresses = store.look(query)
    way = pushes.way(addresses, at=now, prefers=learner.prefers)
    return Her(
        learner.id,
        learner.locale,
        learner.district or "",
        learner.prefers or "",
        tuple(_found(store, pushes, row, learner.id, now) for row in addresses),
        way.channel.name if isinstance(way, Way) else way.why,
        tuple(_waits(store, learner.id)),
        tuple(f"{row.purpose}: {row.why}" for row in store.look(_WITHHELD, {"her": learner.id})),
    )


_WITHHELD: Final = select(t.withheld).where(t.withheld.c.learner_id == bindparam("her")).order_by(t.withheld.c.at)


def _found(store: Store, pushes: Pushes, row: Row[Any], her: int, now: datetime) -> Found:
    hers = (_out.learner_id == her, _out.address_id == row.id)
    delivered = store.look(select(func.max(_out.settled_at)).where(*hers, _out.status.in_(ARRIVED)))[0][0]
    last = store.look(
        select(_out.purpose, _out.status, _out.settled_at, _out.created_at)
        .where(*hers)
        .order_by(_out.id.desc())
        .limit(1)
    )
    by = pushes.carrying(row, now)
    reach = of(
        row, two_way=by is None or by.profile.two_way, unreachable_why=row.unreachable_why or "", delivered_at=delivered
    )
    out = (last[0].purpose, last[0].status, last[0].settled_at or last[0].created_at) if last else None
    return Found(
        row.kind,
        row.identifier,
        reach,
        policy.silent(known_at(row), now),
        row.last_inbound_at,
        row.last_channel or "",
        out,
    )


def _waits(store: Store, her: int) -> Sequence[tuple[str, datetime]]:
    queued = select(_out.purpose, _out.due_at).where(_out.learner_id == her, _out.status == Status.QUEUED)
    nudge = select(t.nudge.c.due_at).where(t.nudge.c.learner_id == her)
    review = select(func.min(t.review.c.due_at)).where(t.review.c.learner_id == her)
    found = [(f"{row.purpose}, to be sent", row.due_at) for row in store.look(queued)]
    found += [("the next lesson or reminder", row.due_at) for row in store.look(nudge)]
    found += [("a question to be asked again", row[0]) for row in store.look(review) if row[0] is not None]
    certificate = select(t.certificate.c.tell_at).where(t.certificate.c.learner_id == her)
    told = store.look(certificate.where(t.certificate.c.tell_at.is_not(None)))
    found += [("a certificate to tell her of", row.tell_at) for row in told]
    return sorted(found, key=lambda each: each[1])

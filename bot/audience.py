"""Who an announcement is for, learner by learner, and how each is reached or why not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, select

from bot import policy
from bot.pushes import Pushes, Way
from bot.store import tables as t
from bot.store.addresses import latest_of

CHUNK: Final = 1000  # recipients a transaction


@dataclass(frozen=True, slots=True)
class Audience:
    """Who an announcement is for: everybody, or those of a course, of a district, or of both."""

    course: str | None = None
    district: str | None = None


def next_learners(
    connection: Connection, audience: Audience, after: int, joined_by: datetime, most: int = CHUNK
) -> Sequence[Row[Any]]:
    """The next learners after an id, each with the address she wrote from last. Those who join while it spreads are not in it."""
    query: Select[Any] = (
        select(
            t.learner.c.id.label("learner_id"),
            t.learner.c.locale,
            t.learner.c.consented_at,
            t.address.c.id,
            t.address.c.identifier,
            t.address.c.last_channel,
            t.address.c.last_inbound_at,
            t.address.c.opted_out_at,
            t.address.c.unreachable_at,
        )
        .select_from(t.learner.join(t.address, t.address.c.id == latest_of(t.learner.c.id)))
        .where(t.learner.c.id > after, t.learner.c.created_at <= joined_by)
        .order_by(t.learner.c.id)
        .limit(most)
    )
    if audience.district is not None:
        query = query.where(t.learner.c.district == audience.district)
    if audience.course is not None:
        query = query.where(
            t.learner.c.id.in_(select(t.enrolment.c.learner_id).where(t.enrolment.c.course == audience.course))
        )
    return connection.execute(query).all()


def way_to(sender: Pushes, her: Row[Any], now: datetime) -> Way | policy.No:
    """How the announcement reaches her, or why she does not get it."""
    way = sender.way([her], at=policy.next_opening(now, sender.zone, sender.off))
    if isinstance(way, policy.No):
        return way
    profile, opted_out = way.channel.profile, her.opted_out_at is not None
    reach = policy.Reach(
        profile.address, her.consented_at is not None, opted_out, her.last_inbound_at, profile.template
    )
    answer = policy.may_send("broadcast", reach, now=now, zone=sender.zone)
    return answer if isinstance(answer, policy.No) else way

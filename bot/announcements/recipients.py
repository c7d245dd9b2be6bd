"""Whom an announcement reaches, learner by learner, in one query: each with one address and the place of her outcome."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    and_,
    case,
    func,
    or_,
    select,
)

from bot import segments
from bot.announcements.ways import Ways
from bot.audience import Audience
from bot.segments.counting import KUCHING
from bot.store import tables as t
from bot.store.database import Store
from bot.store.lists import picked

_her: Final = t.learner.c
_a: Final = t.address.c


class Range(NamedTuple):
    """Learners whose ids are above `after`, and up to `last`."""

    after: int
    last: int

    def holds(self, learner_id: ColumnElement[Any]) -> tuple[ColumnElement[bool], ...]:
        """Whether it holds a learner."""
        return learner_id > self.after, learner_id <= self.last


EVERYBODY: Final = Range(-1, 2**63 - 1)


def whom(
    store: Store, audience: Audience, joined_by: datetime, within: Range = EVERYBODY, *, zone: ZoneInfo = KUCHING
) -> list[ColumnElement[bool]]:
    """What is true of the learners an announcement is for. Who joins later is not in it.

    `within` is said of each table that is asked: PostgreSQL does not conclude it for one from the other. Raises
    segments.NotUnderstood where the group cannot be read any more.
    """
    true = [_her.created_at <= joined_by, *within.holds(_her.id)]
    if audience.district is not None:
        true.append(_her.district == audience.district)
    if audience.course is not None:
        enrolled = t.enrolment.c
        same = (enrolled.course == audience.course, *within.holds(enrolled.learner_id))
        true.append(_her.id.in_(select(enrolled.learner_id).where(*same)))
    if audience.segment:
        described = segments.query(segments.read(store, audience.segment), joined_by, zone=zone).whereclause
        true += [described] if described is not None else []
    return true


def decided(
    ways: Ways, true: Sequence[ColumnElement[bool]], at: datetime, within: Range = EVERYBODY, *, on_sqlite: bool
) -> Select[Any]:
    """One row for each learner of whom this is `true` and who has an address: learner_id, address_id, last_channel, last_inbound_at,
    identifier,    `skipped` (1 or 0), and as `said` the place of her outcome, number and language (see `texts.Said`), for something that leaves `at`.

    Of several addresses it is the first with a way, in the order of `Pushes.way`; where none has one, the last that was tried.
    """
    facts = ways.facts(_her.consented_at.is_not(None), at)
    each = (
        select(
            _her.id.label("learner_id"),
            _her.prefers,
            _a.id.label("address_id"),
            _a.kind,
            _a.last_channel,
            _a.last_inbound_at,
            _a.identifier,
            ways.spoken(_her.locale).label("spoken"),
            picked(ways.coded, facts, Integer(), on_sqlite=on_sqlite).label("code"),
        )
        .select_from(t.learner.join(t.address, _a.learner_id == _her.id))
        .where(*true, *within.holds(_a.learner_id))
        .cte("each_address")
        .prefix_with("MATERIALIZED")  # what it takes to work out a code is worked out once
    )
    place = func.row_number().over(partition_by=each.c.learner_id, order_by=_in_order(each)).label("place")
    skipped = each.c.code.bitwise_rshift(1).bitwise_and(1).label("skipped")
    said = (each.c.code.bitwise_rshift(2) * ways.each + each.c.spoken).label("said")
    ranked = select(each, place, skipped, said).subquery("ranked")
    names = ("learner_id", "address_id", "last_channel", "last_inbound_at", "identifier", "skipped", "said")
    return select(*(ranked.c[name] for name in names)).where(ranked.c.place == 1)


def _in_order(tried: FromClause) -> tuple[ColumnElement[Any], ...]:
    """Those with a way first, in the order to try them; those without in the opposite order, for the last one's reason is told."""
    c = tried.c
    way = c.code.bitwise_and(1)
    by_sms = and_(c.prefers == "sms", c.kind == "tel")
    by_whatsapp = and_(c.prefers == "whatsapp", c.kind == "whatsapp", c.last_channel.is_not(None))
    liked = case((or_(by_sms, by_whatsapp), 0), else_=1)
    never = case((c.last_inbound_at.is_(None), 1), else_=0)
    sign = way * 2 - 1
    since = case((way == 1, c.last_inbound_at))
    until = case((way == 0, c.last_inbound_at))
    return (way.desc(), liked * sign, never * sign, since.desc(), until.asc(), c.address_id * sign)

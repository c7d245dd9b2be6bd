"""Whom an announcement reaches, learner by learner, in one query: each with one address and the place of her outcome."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Select,
    and_,
    case,
    func,
    or_,
    select,
    text,
)

from bot import segments
from bot.announcements.stretches import END
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


EVERYBODY: Final = Range(-1, END)


# A plan for any range would read every address, for every range. What a crash of the database undoes of rows and cursor
# together is done again, so nobody waits for the disk. Compiling costs more than it saves.
_AS_RANGES_ARE: Final = text(
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('synchronous_commit', 'off', true),"
    " set_config('jit', 'off', true), set_config('work_mem', '64MB', true)"
)


def prepare(connection: Connection) -> None:
    """Have this transaction read learners range by range, and write what it decides of them."""
    if connection.dialect.name != "sqlite":
        connection.execute(_AS_RANGES_ARE)


def range_after(connection: Connection, after: int, most: int, last: int = END) -> tuple[Range, int] | None:
    """The next `most` learners by id, up to `last`, and how many they are; None where there is nobody any more."""
    next_ = select(_her.id).where(_her.id > after, _her.id <= last).order_by(_her.id).limit(most).subquery()
    reached, count = connection.execute(select(func.max(next_.c.id), func.count()).select_from(next_)).one()
    return (Range(after, reached), count) if count else None


def ranges(connection: Connection, most: int) -> Iterator[Range]:
    """All learners, so many at a time."""
    after = -1
    while found := range_after(connection, after, most):
        yield found[0]
        after = found[0].last


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
    identifier, which of them she is as `nth` (from 1), `skipped` (1 or 0), the place of her `outcome`, and as `said` the place of her
    outcome, number and language (see `texts.Said`), for something that leaves `at`.

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
        # Within the SELECT: where a statement begins with WITH, SQLite's driver does not see that it writes, and begins no
        # transaction, so the rows would stand without the cursor behind them.
        .cte("each_address", nesting=True)
        .prefix_with("MATERIALIZED")  # what it takes to work out a code is worked out once
    )
    place = func.row_number().over(partition_by=each.c.learner_id, order_by=_in_order(each)).label("place")
    skipped = each.c.code.bitwise_rshift(1).bitwise_and(1).label("skipped")
    outcome = each.c.code.bitwise_rshift(2)
    said = (outcome * ways.each + each.c.spoken).label("said")
    nth = func.dense_rank().over(order_by=each.c.learner_id).label("nth")
    kept = ("learner_id", "address_id", "last_channel", "last_inbound_at", "identifier")
    ranked = select(*(each.c[name] for name in kept), place, nth, skipped, said, outcome.label("outcome")).subquery(
        "ranked"
    )
    names = (*kept, "nth", "skipped", "said", "outcome")
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

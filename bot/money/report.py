"""What was spent, as somebody asks for it: by channel, course, purpose, day, announcement or learner, and for a certificate."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, func, select

from bot.money.ledger import WENT, Line, days_of, gone
from bot.store import tables as t
from bot.store.database import Store

OF_LINES: Final = ("channel", "course", "purpose", "day")  # what sums of days can be told apart by
OF_ROWS: Final = ("broadcast", "learner")

_out = t.outbound_message.c


@dataclass(frozen=True, slots=True)
class Sum:
    """Messages that have something in common, and what they cost in millionths of a ringgit."""

    name: str
    messages: int
    unpriced: int  # of them: nobody knows the price, so they are not in the cost
    segments: int
    cost: int


def total(sums: Iterable[Sum | Line], name: str = "") -> Sum:
    """All of it together."""
    made = [_sum("", each) if isinstance(each, Line) else each for each in sums]
    return Sum(
        name,
        sum(each.messages for each in made),
        sum(each.unpriced for each in made),
        sum(each.segments for each in made),
        sum(each.cost for each in made),
    )


def by(lines: Iterable[Line], what: str) -> list[Sum]:
    """Lines added up by one of OF_LINES, in the order of their names."""
    alike = defaultdict[str, list[Line]](list)
    for line in lines:
        alike[getattr(line, what)].append(line)
    return [total(each, name) for name, each in sorted(alike.items())]


def by_broadcast(store: Store, month: str, zone: ZoneInfo) -> list[Sum]:
    """What each announcement that was begun in a month has cost so far, whenever its messages went."""
    begun, over = bounds(month, zone)
    of_month = select(t.broadcast.c.id).where(t.broadcast.c.created_at >= begun, t.broadcast.c.created_at < over)
    return _of_rows(store, _out.broadcast_id, (_out.broadcast_id.in_(of_month), WENT))


def by_learner(store: Store, month: str, zone: ZoneInfo, most: int) -> list[Sum]:
    """The `most` learners who cost most in a month, the dearest first. It reads every message of the month."""
    return _of_rows(store, _out.learner_id, gone(*days_of(month), zone), most)


def of_learner(store: Store, learner_id: int, month: str, zone: ZoneInfo) -> Sum:
    """What one learner cost in a month."""
    found = _of_rows(store, _out.learner_id, (_out.learner_id == learner_id, *gone(*days_of(month), zone)))
    return total(found, str(learner_id))


def certificates(store: Store, month: str, zone: ZoneInfo) -> dict[str, int]:
    """How many certificates of each course were earned in a month."""
    begun, over = bounds(month, zone)
    issued = t.certificate.c.issued_at
    query = select(t.certificate.c.course, func.count().label("earned")).where(issued >= begun, issued < over)
    return {row.course: row.earned for row in store.look(query.group_by(t.certificate.c.course))}


def bounds(month: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The moment a month begins there, and the moment it is over."""
    first, last = days_of(month)
    return _midnight(first, zone), _midnight(last + timedelta(days=1), zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _of_rows(store: Store, what: ColumnElement[Any], of: Sequence[Any], most: int | None = None) -> list[Sum]:
    cost = func.coalesce(func.sum(_out.cost), 0).label("cost")
    query = select(
        what.label("name"),
        func.count().label("messages"),
        func.sum(case((_out.cost.is_(None), 1), else_=0)).label("unpriced"),
        func.coalesce(func.sum(_out.segments), 0).label("segments"),
        cost,
    )
    rows = store.look(query.where(and_(*of)).group_by(what).order_by(cost.desc(), what).limit(most))
    return [Sum(str(row.name), row.messages, *map(int, (row.unpriced, row.segments, row.cost))) for row in rows]


def _sum(name: str, line: Line) -> Sum:
    return Sum(name, line.messages, 0 if line.priced else line.messages, line.segments, line.cost)

"""What was spent: rows added up by day, channel, purpose and course; days that are over kept as sums, the newest counted live."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import and_, bindparam, case, func, literal_column, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.channels import status
from bot.channels.base import Status
from bot.money.prices import Prices
from bot.store import tables as t
from bot.store.database import Store
from bot.store.ids import earliest_id

SETTLED_AFTER: Final = timedelta(days=8)  # a row may wait seven days to be sent, from the last minute of its day on
AT_ONCE: Final = 7  # days added up in one call, so that what else is to be done is not kept waiting
FRESH: Final = timedelta(minutes=1)  # of a day whose messages still go out
STILL: Final = timedelta(hours=1)  # of one that only a receipt may change
UNPRICED: Final = "?"  # after the purpose, in the table `spend`: those of its messages whose price nobody knew

_out = t.outbound_message.c
_spend = t.spend.c
WENT: Final = or_(  # also what may have gone, and what rides on a response of ours; not what failed: it costs nothing
    _out.status.in_(status.WENT),
    and_(_out.status == Status.SENDING, _out.cost.is_not(None)),
)
_WAITS: Final = _out.status.in_((Status.QUEUED, Status.SENDING))
_COURSE: Final = func.coalesce(_out.course, literal_column("''"))
_PRICED: Final = _out.cost.is_not(None)
_TEMPLATE: Final = _out.template.is_(True)


class Line(NamedTuple):
    """What one day brought by one channel, for one purpose, of one course.

    What has no known price is a line of its own, and so is what went as a template.
    """

    day: str  # there, of when the messages were made, like "2026-11-24"
    channel: str
    purpose: str
    course: str  # "" where they belong to none
    priced: bool
    template: bool
    messages: int
    segments: int
    cost: int  # in millionths of a ringgit


class Given(NamedTuple):
    """What a channel gave for nothing in a month: how many messages, and what they would have cost."""

    channel: str
    messages: int
    cost: int


@dataclass
class _Counted:
    """What was found, and when."""

    at: datetime
    lines: Sequence[Line]
    waits: bool = False  # some of it is still going out
    up_to: str = ""  # of days kept as sums: the last of all


@dataclass
class Ledger:
    """The spending of a month. Each process counts for itself and remembers: see FRESH and STILL."""

    store: Store
    prices: Prices
    zone: ZoneInfo
    _months: dict[str, _Counted] = field(default_factory=dict)
    _days: dict[str, _Counted] = field(default_factory=dict)

    def lines(self, month: str, now: datetime) -> list[Line]:
        """All that was spent in a month ("2026-11"), what is free included."""
        kept = self._kept(month, now)
        today = now.astimezone(self.zone).date()
        first, last = days_of(month)
        if kept.up_to:
            first = max(first, date.fromisoformat(kept.up_to) + timedelta(days=1))
        found = list(kept.lines)
        for after in range((min(last, today) - first).days + 1):
            found += self._live(first + timedelta(days=after), now)
        return found

    def given(self, lines: Iterable[Line], month: str) -> list[Given]:
        """What of these lines of a month WhatsApp gives for nothing, by channel: the first messages that were no templates."""
        return [given for channel in sorted(self.prices.free) if (given := self._given(lines, channel, month)).messages]

    def spent(self, month: str, now: datetime) -> dict[str, int]:
        """What each channel has cost in a month, without what was free, in millionths of a ringgit."""
        lines = self.lines(month, now)
        found = dict.fromkeys({line.channel for line in lines}, 0)
        for line in lines:
            found[line.channel] += line.cost
        for given in self.given(lines, month):
            found[given.channel] -= given.cost
        return found

    def _given(self, lines: Iterable[Line], channel: str, month: str) -> Given:
        free, messages, cost = self.prices.free_in(channel, month), 0, 0
        of_it = (line for line in lines if line.channel == channel and line.priced and not line.template)
        for line in sorted(of_it):
            count = min(line.messages, free.messages - messages)
            messages += count
            cost += max(0, line.cost * count // line.messages - free.still * count)
        return Given(channel, messages, cost)

    def _kept(self, month: str, now: datetime) -> _Counted:
        known = self._months.get(month)
        if known is None or not known.at <= now < known.at + STILL:
            up_to = _last_kept(self.store) or ""
            rows = self.store.look(_KEPT, {"first": f"{month}-01", "last": f"{month}-31"})
            known = self._months[month] = _Counted(now, [_as_line(row) for row in rows if row.messages], up_to=up_to)
        return known

    def _live(self, day: date, now: datetime) -> Sequence[Line]:
        name = day.isoformat()
        known = self._days.get(name)
        is_today = day == now.astimezone(self.zone).date()
        holds = FRESH if known is None or known.waits or is_today else STILL
        if known is None or not known.at <= now < known.at + holds:
            lines, waits = _added_up(self.store, day, self.zone)
            known = self._days[name] = _Counted(now, lines, waits)
        return known.lines


def roll_up(store: Store, now: datetime, zone: ZoneInfo) -> int:
    """Keep the sums of days whose messages have all been dealt with; returns how many days, mostly none.

    Where nothing is to do it costs one look at the primary key. May run twice or never: a day is one transaction, days go
    in order, and one that is kept already is left as it is.
    """
    newest = now.astimezone(zone).date() - SETTLED_AFTER
    last = _last_kept(store)
    if last is not None and last >= newest.isoformat():
        return 0
    day = date.fromisoformat(last) + timedelta(days=1) if last else min(_first_made(store, zone) or newest, newest)
    done = 0
    while day <= newest and done < AT_ONCE:
        lines, _ = _added_up(store, day, zone)
        with store.begin() as connection:
            made = (sqlite.insert if store.on_sqlite else postgresql.insert)(t.spend).on_conflict_do_nothing()
            connection.execute(made, [_as_row(line) for line in lines] or [_nothing(day)])
        day, done = day + timedelta(days=1), done + 1
    return done


def days_of(month: str) -> tuple[date, date]:
    """The first and the last day of a month ("2026-11")."""
    first = date.fromisoformat(f"{month}-01")
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def ids_from(day: date, zone: ZoneInfo) -> int:
    """The smallest id of what was made on that day there, or later."""
    return earliest_id(datetime.combine(day, time(), zone))


def gone(first: date, last: date, zone: ZoneInfo) -> tuple[Any, ...]:
    """The condition of rows that were made from one day to another, that one included, and went out."""
    return _out.id >= ids_from(first, zone), _out.id < ids_from(last + timedelta(days=1), zone), WENT


_KEPT: Final = select(t.spend).where(_spend.day.between(bindparam("first"), bindparam("last")))
_ADDED_UP: Final = (
    select(
        _out.channel,
        _out.purpose,
        _COURSE.label("course"),
        _PRICED.label("priced"),
        _TEMPLATE.label("template"),
        func.sum(case((WENT, 1), else_=0)).label("messages"),
        func.sum(case((WENT, func.coalesce(_out.segments, 0)), else_=0)).label("segments"),
        func.sum(case((WENT, func.coalesce(_out.cost, 0)), else_=0)).label("cost"),
        func.sum(case((_WAITS, 1), else_=0)).label("waits"),
    )
    .where(_out.id >= bindparam("first"), _out.id < bindparam("after"))
    .group_by(_out.channel, _out.purpose, _COURSE, _PRICED, _TEMPLATE)
)


def _added_up(store: Store, day: date, zone: ZoneInfo) -> tuple[list[Line], bool]:
    """The rows of a day, which are a range of the primary key, since ids begin with the time; and whether some still wait."""
    ids = {"first": ids_from(day, zone), "after": ids_from(day + timedelta(days=1), zone)}
    rows, name = store.look(_ADDED_UP, ids), day.isoformat()
    lines = [
        Line(
            name,
            row.channel,
            row.purpose,
            row.course,
            bool(row.priced),
            bool(row.template),
            *map(int, (row.messages, row.segments, row.cost)),
        )
        for row in rows
        if row.messages
    ]
    return lines, any(row.waits for row in rows)


def _last_kept(store: Store) -> str | None:
    last: str | None = store.look(select(func.max(_spend.day)))[0][0]
    return last


def _first_made(store: Store, zone: ZoneInfo) -> date | None:
    rows = store.look(select(_out.created_at).order_by(_out.id).limit(1))
    made: date | None = rows[0][0].astimezone(zone).date() if rows else None
    return made


def _as_row(line: Line) -> dict[str, Any]:
    purpose = line.purpose if line.priced else line.purpose + UNPRICED
    return line._asdict() | {"purpose": purpose}


def _as_line(row: Any) -> Line:
    purpose = row.purpose.removesuffix(UNPRICED)
    of_what = row.day, row.channel, purpose, row.course, purpose == row.purpose, row.template
    return Line(*of_what, row.messages, row.segments, row.cost)


def _nothing(day: date) -> dict[str, Any]:
    """The row of a day on which nothing went out, so that it is not looked through again."""
    return _as_row(Line(day.isoformat(), "", "", "", True, False, 0, 0, 0))

"""A coordinator's week in numbers: for her page, and as one SMS on the first working day of the week, once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Row, Table, exists, func, insert, select, true
from sqlalchemy.exc import IntegrityError

from bot import coordinators, inbox, policy, profiles, pushes, segments
from bot.policy import Off
from bot.pushes import Pushes, Way
from bot.ringing import Lists
from bot.ringing.dealing import week_of
from bot.store import statements as s, tables as t
from bot.store.addresses import reached
from bot.store.database import Store
from bot.store.ids import earliest_id, new_id
from bot.store.statements import Write
from flows.text import T, Words, invite
from flows.types import Say

DAYS: Final = 7
PURPOSE: Final = "digest"
_c: Final = t.coordinator.c
_d: Final = t.digest.c


@dataclass(frozen=True, slots=True)
class Week:
    """The last seven days of the learners of a district, or of all."""

    active: int  # who wrote
    joined: int
    answers: int
    completed: int  # courses
    stopped: int


def week(store: Store, district: str | None, *, now: datetime, zone: ZoneInfo) -> Week:
    """The last seven days in numbers: five counts, all but the first over what these days brought alone."""
    since = now - timedelta(days=DAYS)
    hers = t.address.join(t.learner, t.learner.c.id == t.address.c.learner_id)
    stops = select(func.count(t.address.c.learner_id.distinct())).select_from(hers)
    return Week(
        _active(store, district, now, zone),
        _new(store, t.learner, district, since, t.learner.c.consented_at.is_not(None)),
        _new(store, t.answer, district, since),
        _new(store, t.certificate, district, since),
        int(store.look(stops.where(t.address.c.opted_out_at >= since, _there(district)))[0][0]),
    )


def _active(store: Store, district: str | None, now: datetime, zone: ZoneInfo) -> int:
    words = f"aktif {DAYS} hari" if district is None else f'daerah "{district}", aktif {DAYS} hari'
    return segments.count(store, segments.parse(words), now, zone=zone)


def _new(store: Store, table: Table, district: str | None, since: datetime, *more: ColumnElement[bool]) -> int:
    """How many rows of a table were made since then: ids grow with time, so no others are looked at."""
    query = select(func.count()).select_from(table).where(table.c.id >= earliest_id(since), *more)
    if district is not None and table is not t.learner:
        query = query.join(t.learner, t.learner.c.id == table.c.learner_id)
    return int(store.look(query.where(_there(district)))[0][0])


def _there(district: str | None) -> ColumnElement[bool]:
    return true() if district is None else t.learner.c.district == district


def due(now: datetime, zone: ZoneInfo, off: Off) -> str | None:
    """The week, by the date of its Monday, of which coordinators are told now: on its first day that is not off, while something
    may be sent. None at any other time, so that a day on which nothing ran is not made up for."""
    monday = week_of(now, zone)
    opens, local = policy.next_opening(monday, zone, off), now.astimezone(zone)
    today = opens.astimezone(zone).date() == local.date() and opens <= now
    return monday.date().isoformat() if today and policy.next_opening(now, zone, off) == now else None


def next_time(now: datetime, zone: ZoneInfo, off: Off) -> datetime:
    """When coordinators are told next: now, or on the first day that is not off of a week to come."""
    if due(now, zone, off):
        return now
    opens = policy.next_opening(week_of(now, zone), zone, off)
    return opens if opens > now else policy.next_opening(week_of(now + timedelta(days=DAYS), zone), zone, off)


def owed(store: Store, monday: str) -> Sequence[Row[Any]]:
    """The coordinators who have not been told of that week: with a number, and the right to ring or to announce."""
    told = exists().where(_d.coordinator_id == _c.id, _d.week == monday)
    query = select(t.coordinator).where(_c.left_at.is_(None), _c.number.is_not(None), ~told).order_by(_c.name)
    return [row for row in store.look(query) if any(coordinators.may(row, right) for right in ("ring", "announce"))]


def said(store: Store, lists: Lists, her: Row[Any], *, now: datetime) -> Say:
    """Her week as it goes out by SMS: what is hers to do, and no word of any learner."""
    since = now - timedelta(days=DAYS)
    return Say(
        body(
            _active(store, her.district, now, lists.zone),
            _new(store, t.certificate, her.district, since),
            to_ring=lists.to_ring(her, now) if coordinators.may(her, "ring") else None,
            to_read=inbox.count(store, her.district, now=now),
        )
    )


def body(active: int, completed: int, *, to_ring: int | None, to_read: int) -> tuple[Words, ...]:
    """What is said of a week; in one SMS, whatever the numbers. `to_ring` is None for one who rings nobody."""
    # Five digits in a row would be taken for a telephone number, and held back (MY-SMS-010).
    numbers = {"active": f"{active:,}", "completed": f"{completed:,}"}
    said: list[Words] = [T("Last 7 days: {active} active, {completed} courses completed.", **numbers)]
    if to_ring is not None:
        said.append(T("To ring: {count}.", count=to_ring))
    said.append(T("Messages to read: {count}.", count=f"{to_read:,}"))
    if to_ring is not None:
        said.append(invite(T("TELEFON shows whom to ring.")))
    return tuple(said)


def preview(store: Store, sender: Pushes, lists: Lists, her: Row[Any], *, now: datetime) -> tuple[str, ...]:
    """The same as it would be sent to her number by SMS now; nothing is queued."""
    channel = sender.sms()
    if channel is None:
        return ("(no SMS channel is set up)",)
    return sender.texts(said(store, lists, her, now=now), her.locale, Way(0, her.number, channel))


def write(store: Store, sender: Pushes, her: Row[Any], say: Say, monday: str, *, now: datetime) -> str | None:
    """Queue it for her, or note why nothing can go; returns the reason, "" where it goes, None where she was told already.

    The message and the row that says so are one transaction, and the row is there once: killed anywhere, or done twice at
    once, she gets one.
    """
    try:
        with store.begin() as connection:
            rows, why = _rows(store, connection, sender, her, say, now=now)
            told = {"coordinator_id": her.id, "week": monday, "at": now, "why": why[:160]}
            connection.execute(insert(t.digest).values(told | {"message_id": rows[0]["id"] if rows else None}))
            if rows:
                connection.execute(insert(t.outbound_message), pushes.thought(rows))
    except IntegrityError:  # told already; or she writes for the first time this moment, and the clock looks again
        return None
    return why


def _rows(
    store: Store, connection: Connection, sender: Pushes, her: Row[Any], say: Say, *, now: datetime
) -> tuple[list[dict[str, Any]], str]:
    query = select(*reached(), t.address.c.learner_id).where(t.address.c.identifier == her.number)
    known = connection.execute(query).all()
    address = next((row for row in known if row.kind == "tel"), None)
    if address is None:
        _meet(store, connection, her.number, next((row.learner_id for row in known if row.learner_id), None), now)
        address = next(row for row in connection.execute(query) if row.kind == "tel")
    if address.learner_id is None:
        return [], "whoever has that number said it is not hers"
    way = sender.way([address], at=now, silent=True)
    if not isinstance(way, Way):
        return [], way.why
    reach = pushes.reach(way.channel.profile, address, consented=True)
    allowed = policy.may_send(PURPOSE, reach, now=now, zone=sender.zone, off=sender.off)
    if isinstance(allowed, policy.No):
        return [], allowed.why
    to = {"address_id": way.address_id, "channel": way.channel.name, "due_at": now}
    texts = sender.texts(say, her.locale, way)
    return [pushes.row(address.learner_id, PURPOSE, now, text=text, **to) for text in texts], ""


def _meet(store: Store, connection: Connection, number: str, known: int | None, now: datetime) -> None:
    """Make her number one that something can be sent to, as when she writes from it for the first time: she has agreed to nothing
    there, and is taught nothing."""
    her = known or new_id(now)
    writes = [] if known else profiles.new_learner(her, number, now)[1]
    row = {"id": new_id(now), "kind": "tel", "identifier": number, "learner_id": her, "created_at": now}
    store.add(connection, [*writes, Write(s.ADDRESS, row | {"opted_out_at": None})])

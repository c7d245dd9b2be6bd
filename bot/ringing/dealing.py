"""The week's names dealt out among coordinators: whose turn it is, and who rings whom.

- **In turn**: the fewest lessons to go first; of those, whoever has been waiting longest, which is silent the longest.
- **To whom**: a coordinator with the right `ring` for the learner's district, or for all; a learner whose district nobody
  knows may go to any. Of those, the one with the fewest names this week; of two with as many, one for that very district.
- **Ten a week**, from Monday on the calendar there, whatever becomes of them. A name stays where it is for the week.
- Next week it is dealt anew if nobody has said what came of it; and at once where its coordinator has left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, Select, func, or_, select, update

from bot.ringing.cases import NUMBER, WROTE_AT, close_when_she_writes, no_longer
from bot.store import tables as t

MOST_NAMES: Final = 10  # a coordinator and week: calls are what works, and hers are few
_AT_ONCE: Final = 50  # names looked at beyond those there is room for, since some will have come back
RIGHT: Final = "ring"

_ring = t.ring.c


@dataclass(slots=True)
class Hand:
    """A coordinator who rings, and how many names she was given this week."""

    coordinator_id: int
    district: str | None
    names: int

    def takes(self, district: str) -> bool:
        """Whether there is room, and a learner of that district is hers to ring; "" for one who named none."""
        return self.names < MOST_NAMES and (self.district is None or district in (self.district, ""))


def week_of(now: datetime, zone: ZoneInfo) -> datetime:
    """When this week began there: on Monday at midnight."""
    local = now.astimezone(zone)
    return (local - timedelta(days=local.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)


def deal(connection: Connection, week: datetime, now: datetime) -> None:
    """Give out the names that are next, to all coordinators at once, so that who looks first does not get them all.

    Coordinators are locked meanwhile: of two lists made at once the second finds the names of the first given out.
    """
    hands = _hands(connection, week)
    room = sum(MOST_NAMES - hand.names for hand in hands)
    if room <= 0:
        return
    asked = {each for hand in hands for each in ((None,) if hand.district is None else (hand.district, ""))}
    waiting = {row.id: row for each in asked for row in _next(connection, hands, each, week, now)}
    for row in sorted(waiting.values(), key=lambda row: (row.to_go, row.opened_at, row.id)):
        _give(connection, row, hands, now)


def _hands(connection: Connection, week: datetime) -> list[Hand]:
    c = t.coordinator.c
    there = select(c.id, c.district, c.rights).where(c.left_at.is_(None)).order_by(c.id).with_for_update(key_share=True)
    ringing = [row for row in connection.execute(there) if RIGHT in row.rights.split()]
    given = select(_ring.coordinator_id, func.max(_ring.place)).where(
        _ring.coordinator_id.in_([row.id for row in ringing]), _ring.listed_at >= week
    )
    names = dict(map(tuple, connection.execute(given.group_by(_ring.coordinator_id))))
    return [Hand(row.id, row.district, names.get(row.id, 0)) for row in ringing]


def _next(
    connection: Connection, hands: Sequence[Hand], district: str | None, week: datetime, now: datetime
) -> list[Row[Any]]:
    """Those whose turn it is in a district (None: in all), as many as there may be room for; whoever has come back is closed."""
    room = sum(MOST_NAMES - hand.names for hand in hands)
    while True:
        rows = connection.execute(_waiting(hands, district, week).limit(room + _AT_ONCE)).all()
        back = [(row.id, outcome) for row in rows if (outcome := no_longer(row))]
        for ring_id, outcome in back:
            close_when_she_writes(connection, ring_id, outcome, now)
        if not back or len(rows) - len(back) >= room:
            gone = {ring_id for ring_id, _ in back}
            return [row for row in rows if row.id not in gone]


def _waiting(hands: Sequence[Hand], district: str | None, week: datetime) -> Select[Any]:
    """Open rings on nobody's list of this week, in their turn: read along ix_ring_in_turn, or ix_ring_in_turn_there, as far as is wanted."""
    free = or_(
        _ring.listed_at.is_(None),
        _ring.listed_at < week,
        _ring.coordinator_id.not_in([hand.coordinator_id for hand in hands]),
    )
    wanted = [
        _ring.id,
        _ring.to_go,
        _ring.opened_at,
        _ring.district,
        WROTE_AT.label("wrote_at"),
        NUMBER.label("number"),
    ]
    query = select(*wanted).where(_ring.closed_at.is_(None), free)
    if district is not None:
        query = query.where(_ring.district == district)
    return query.order_by(_ring.to_go, _ring.opened_at, _ring.id)


def _give(connection: Connection, row: Row[Any], hands: Sequence[Hand], now: datetime) -> None:
    """Put a name on the list of whoever has the fewest, if any of them may have it."""
    may = [hand for hand in hands if hand.takes(row.district)]
    if not may:
        return
    hand = min(may, key=lambda hand: (hand.names, hand.district is None, hand.coordinator_id))
    hand.names += 1
    listed = {"coordinator_id": hand.coordinator_id, "listed_at": now, "place": hand.names}
    connection.execute(update(t.ring).where(_ring.id == row.id, _ring.closed_at.is_(None)).values(listed))

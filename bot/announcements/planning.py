"""What sending an announcement would mean: who would get it, who not and why, in how many SMS, and what it would cost."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, case, exists, func, literal, select

from bot import arbiter, gsm, policy
from bot.announcements.recipients import decided, prepare, ranges, whom
from bot.announcements.room import with_room
from bot.announcements.texts import Said
from bot.announcements.ways import ways_of
from bot.audience import Audience
from bot.money import NO_PRICES, Prices
from bot.money.prices import MALAYSIAN_ID
from bot.pushes import Pushes
from bot.store import tables as t
from bot.store.database import Store

STRETCH: Final = 50_000  # learners who are counted at a time


@dataclass(slots=True)
class Plan:
    """What sending would mean."""

    recipients: int = 0
    segments: int = 0
    cost: int = 0  # in millionths of a ringgit, before what WhatsApp gives for nothing
    unpriced: int = 0  # messages that nobody knows the price of
    by_locale: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)


def plan(
    store: Store,
    sender: Pushes,
    words: Mapping[str, str],
    audience: Audience,
    *,
    now: datetime,
    prices: Prices = NO_PRICES,
    urgent: bool = False,
    beyond_cap: bool = False,
) -> Plan:
    """Who would get it and who not, and what it would cost, without writing anything: counted in the database, by the same query
    that sends it, some thousands at a time. Takes some seconds for a million learners. `beyond_cap`: a coordinator lets it go to those
    too whose week is full."""
    leaves = now if urgent else policy.next_opening(now, sender.zone, sender.off)
    ways = ways_of(sender, list(words))
    said = Said(sender, ways, words)
    made = Plan()
    with store.engine.connect() as connection:
        prepare(connection)
        for within in ranges(connection, STRETCH):
            true = whom(store, audience, now, within, zone=sender.zone)
            her = decided(ways, true, leaves, within, on_sqlite=store.on_sqlite).subquery("her")
            beginning = _beginning(her.c.identifier, prices).label("beginning")
            asked = not (urgent or beyond_cap)
            room = with_room(her, leaves, within, asked=asked, on_sqlite=store.on_sqlite)
            full = case((room.full, 1), else_=0).label("full")
            open_ = case((her.c.last_inbound_at > leaves - policy.WINDOW, 1), else_=0).label("open")
            alike = (her.c.said, full, beginning, open_)
            counts = select(*alike, func.count()).select_from(room.source).group_by(*alike)
            for place, is_full, begins, is_open, count in map(tuple, connection.execute(counts)):
                if _added(made, said, place, count, is_full=bool(is_full)):
                    channel = sender.channels[said.outcomes[place].channel]
                    template = channel.profile.template and not is_open
                    paid = prices.of(channel, begins, said.texts[place], at=leaves, template=template)
                    made.cost += count * (paid.cost or 0)
                    made.unpriced += count * (paid.cost is None)
            if nowhere := _without_address(connection, true):
                made.skipped["no address"] += nowhere
    return made


def _added(made: Plan, said: Said, place: int, count: int, *, is_full: bool) -> bool:
    """Count those for whom the same text goes, or the same reason keeps it from going; returns whether it goes."""
    if why := said.outcomes[place].why or (arbiter.FULL if is_full else ""):
        made.skipped[why] += count
        return False
    made.recipients += count
    made.by_locale[said.locales[place]] += count
    made.segments += count * sum(map(gsm.segments, said.parts[place]))
    return True


def _beginning(identifier: ColumnElement[str], prices: Prices) -> ColumnElement[Any]:
    """The longest beginning of a number by which some channel has a price of its own; all that begin alike cost the same."""
    known = {route.begins for routes in prices.routes.values() for route in routes} | {MALAYSIAN_ID}
    longest = sorted(filter(None, known), key=lambda each: -len(each))
    return case(*((func.substr(identifier, 1, len(each)) == each, literal(each)) for each in longest), else_="")


def _without_address(connection: Connection, true: list[ColumnElement[bool]]) -> int:
    """Learners whom nothing reaches: they let go of their number, or another has the phone they share. They get no row."""
    somewhere = exists().where(t.address.c.learner_id == t.learner.c.id)
    return connection.execute(select(func.count()).select_from(t.learner).where(*true, ~somewhere)).scalar_one()

"""What sending an announcement would mean: who would get it, who not and why, in how many SMS, and what it would cost."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, exists, func, literal, select

from bot import gsm, policy
from bot.announcements.recipients import decided, whom
from bot.announcements.texts import Said
from bot.announcements.ways import ways_of
from bot.audience import Audience
from bot.money import NO_PRICES, Prices
from bot.money.prices import MALAYSIAN_ID
from bot.pushes import Pushes
from bot.store import tables as t
from bot.store.database import Store


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
) -> Plan:
    """Who would get it and who not, and what it would cost, without writing anything: counted in the database, by the same query
    that sends it. Takes a few seconds for a million learners."""
    leaves = now if urgent else policy.next_opening(now, sender.zone, sender.off)
    ways = ways_of(sender, list(words))
    said = Said(sender, ways, words)
    true = whom(store, audience, now, zone=sender.zone)
    her = decided(ways, true, leaves, on_sqlite=store.on_sqlite).subquery("her")
    beginning = _beginning(her.c.identifier, prices).label("beginning")
    open_ = case((her.c.last_inbound_at > leaves - policy.WINDOW, 1), else_=0).label("open")
    alike = (her.c.said, beginning, open_)
    made = Plan()
    for row in store.look(select(*alike, func.count()).group_by(*alike)):
        place, begins, is_open, count = tuple(row)
        outcome, text = said.outcomes[place], said.texts[place]
        if outcome.why:
            made.skipped[outcome.why] += count
            continue
        channel = sender.channels[outcome.channel]
        template = channel.profile.template and not is_open
        paid = prices.of(channel, begins, text, at=leaves, template=template)
        made.recipients += count
        made.by_locale[ways.locales[place % len(ways.locales)]] += count
        made.segments += count * sum(map(gsm.segments, said.parts[place]))
        made.cost += count * (paid.cost or 0)
        made.unpriced += count * (paid.cost is None)
    if nowhere := _without_address(store, true):
        made.skipped["no address"] += nowhere
    return made


def _beginning(identifier: ColumnElement[str], prices: Prices) -> ColumnElement[Any]:
    """The longest beginning of a number by which some channel has a price of its own; all that begin alike cost the same."""
    known = {route.begins for routes in prices.routes.values() for route in routes} | {MALAYSIAN_ID}
    longest = sorted(filter(None, known), key=lambda each: -len(each))
    return case(*((func.substr(identifier, 1, len(each)) == each, literal(each)) for each in longest), else_="")


def _without_address(store: Store, true: list[ColumnElement[bool]]) -> int:
    """Learners whom nothing reaches: they let go of their number, or another has the phone they share. They get no row."""
    somewhere = exists().where(t.address.c.learner_id == t.learner.c.id)
    found = store.look(select(func.count()).select_from(t.learner).where(*true, ~somewhere))
    return int(found[0][0])

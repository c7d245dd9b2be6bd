"""The file of prices: who costs how much, to which numbers, from which day on; and what a month holds for nothing."""

import re
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path as FilePath
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from bot.money.entries import DEAREST, UNKNOWN, Entry, entries, known_channels, rates, read, refuse
from bot.money.prices import GATEWAYS, NO_PRICES, PAID_FOR, Allowance, Period, Prices, Route

PRICES: Final = "prices"
FREE: Final = "free_each_month"
ELSE: Final = "else"
_PREFIX: Final = re.compile(r"\+[1-9][0-9]{0,11}").fullmatch


class _Price(NamedTuple):
    """One entry that could be read, and where it stands."""

    channel: str
    numbers: str
    begins: date
    until: date | None
    costs: dict[str, int | None]
    entry: Entry


def load(path: FilePath, channels: frozenset[str], zone: ZoneInfo) -> Prices:
    """The prices of a file, days being those of `zone`; none at all where there is no file.

    Raises WrongMoney with every mistake: a number that is none, a channel that is none, a route left out, two prices for
    the same day.
    """
    if not path.exists():
        return NO_PRICES
    source = read(path, (PRICES, FREE), also=("rates", "examples"))
    rate, known = rates(source), known_channels(channels)
    found = [price for entry in entries(source, PRICES) if (price := _price(entry, known, rate))]
    by_route = defaultdict[tuple[str, str], list[_Price]](list)
    for price in sorted(found, key=lambda each: each.begins):
        by_route[price.channel, price.numbers].append(price)
    routes = defaultdict[str, list[Route]](list)
    for (channel, numbers), prices in by_route.items():
        routes[channel].append(Route("" if numbers == ELSE else numbers, _periods(prices, zone)))
    _check_routes(found, routes)
    free = defaultdict[str, list[Allowance]](list)
    for entry in entries(source, FREE):
        _free(entry, known, free, rate)
    refuse(source, "PRICES")
    longest_first = {name: sorted(each, key=lambda route: -len(route.begins)) for name, each in routes.items()}
    newest_first = {name: sorted(each, reverse=True) for name, each in free.items()}
    return Prices(longest_first, newest_first, source.at("examples") is True)


def kind_of(channel: str) -> str:
    """Which kind of channel bears this name."""
    if channel == GATEWAYS or channel.startswith("gateway_"):
        return "sms"
    return channel.rpartition("_")[2]


def _price(entry: Entry, known: frozenset[str], rate: dict[str, Decimal]) -> _Price | None:
    channel, begins, until = entry.channel(known), entry.day("from"), entry.day("until", needed=False)
    if channel is None:
        return None
    what = PAID_FOR[kind_of(channel)]
    entry.only("channel", "from", "until", "numbers", *what)
    numbers = entry.text("numbers", needed=what == PAID_FOR["sms"]) or ELSE
    if numbers != ELSE and not _PREFIX(numbers):
        entry.wrong("numbers", f'{numbers} begins no number: write "+60" for Malaysia, or else for all others.')
    if begins and until and until < begins:
        entry.wrong("until", f"{until} is before {begins}.")
    costs = {each: _amount(entry, each, rate) for each in what}
    return _Price(channel, numbers, begins, until, costs, entry) if begins else None


def _amount(entry: Entry, name: str, rate: dict[str, Decimal]) -> int | None:
    if entry.text(name, needed=False) == UNKNOWN:
        return None
    amount = entry.amount(name, rate)
    if amount is not None and amount > DEAREST:
        entry.wrong(name, "this is more than RM10 for one message: is the point in the right place?")
    return amount


def _periods(prices: list[_Price], zone: ZoneInfo) -> list[Period]:
    """The prices of one route, the newest first: each ends where it says, or where the next begins."""
    made: list[Period] = []
    for place, price in enumerate(prices):
        later = prices[place + 1] if place + 1 < len(prices) else None
        if later and (price.begins == later.begins or (price.until and price.until >= later.begins)):
            line = later.entry.source.line(price.entry.path)
            says = f"from {later.begins} on there would be two prices: the one in line {line} holds then too."
            later.entry.wrong("from", says)
        day_after = price.until + timedelta(days=1) if price.until else later.begins if later else None
        made.append(
            Period(_midnight(price.begins, zone), _midnight(day_after, zone) if day_after else None, price.costs)
        )
    return made[::-1]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)  # compared for every message, and quicker so


def _check_routes(found: list[_Price], routes: dict[str, list[Route]]) -> None:
    for channel, each in routes.items():
        if all(route.begins for route in each):
            price = next(price for price in found if price.channel == channel)
            says = f"no price for other numbers by {channel}: write an entry with `numbers: {ELSE}`, or one with the price {UNKNOWN}."
            price.entry.wrong("numbers", says)


def _free(entry: Entry, known: frozenset[str], free: dict[str, list[Allowance]], rate: dict[str, Decimal]) -> None:
    entry.only("channel", "from", "messages", "still")
    channel, begins, messages = entry.channel(known), entry.day("from"), entry.text("messages")
    still = entry.amount("still", rate) if entry.has("still") else 0
    if messages is not None and not re.fullmatch(r"[0-9]{1,9}", messages):
        entry.wrong("messages", f"{messages} is no number of messages: write it like 1000.")
    elif channel and kind_of(channel) != "whatsapp":
        entry.wrong("channel", f"{channel} is no WhatsApp channel.")
    elif channel and begins and messages:
        free[channel].append(Allowance(begins, int(messages), still or 0))

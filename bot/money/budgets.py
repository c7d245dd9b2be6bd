"""Budgets: what a channel may cost in a month, and which have spent it, so that what may wait does."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path as FilePath
from typing import Final

from bot.money.entries import Entry, entries, rates, read, refuse
from bot.money.ledger import Ledger
from bot.money.prices import Prices, ringgit

log = logging.getLogger(__name__)

BUDGETS: Final = "budgets"
EVERY_MONTH: Final = ""
WARNED_AT: Final = 80  # per cent
ASKED_EVERY: Final = timedelta(minutes=1)  # so a channel may cost a minute's worth more than its budget
NOBODY: Final[frozenset[str]] = frozenset()

Limits = Mapping[tuple[str, str], int]  # in millionths of a ringgit, by channel and month


@dataclass(frozen=True, slots=True)
class Budget:
    """How a channel stands in a month, in millionths of a ringgit."""

    channel: str
    month: str
    limit: int
    spent: int

    @property
    def per_cent(self) -> int:
        """How much of it is spent, in whole per cent, rounded down."""
        return 100 * self.spent // self.limit if self.limit else 100

    @property
    def is_low(self) -> bool:
        """Whether somebody should know."""
        return self.per_cent >= WARNED_AT

    @property
    def is_out(self) -> bool:
        """Whether nothing goes by it any more but replies."""
        return self.per_cent >= 100

    def __str__(self) -> str:
        """What an operator is told."""
        says = f"{ringgit(self.spent)} of {ringgit(self.limit)} spent in {self.month} ({self.per_cent} %)"
        return says + (": announcements, nudges and reviews wait, replies go on" if self.is_out else "")


@dataclass
class Budgets:
    """The budgets there are, and how they stand. Where there is none, nothing is asked of the database."""

    limits: Limits
    ledger: Ledger
    _known: tuple[datetime, list[Budget]] | None = None
    _told: set[tuple[str, str, bool]] = field(default_factory=set)

    def standing(self, now: datetime) -> list[Budget]:
        """Every budget of this month and how it stands, as of the last minute. Low ones are told to the log, each once."""
        if not self.limits:
            return []
        if self._known is None or not self._known[0] <= now < self._known[0] + ASKED_EVERY:
            month = now.astimezone(self.ledger.zone).strftime("%Y-%m")
            spent = self.ledger.spent(month, now)
            found = [
                Budget(channel, month, limit, spent.get(channel, 0))
                for channel in sorted({channel for channel, _ in self.limits})
                if (limit := self.limit(channel, month)) is not None
            ]
            self._known = now, found
            self._tell(found)
        return self._known[1]

    def spent_out(self, now: datetime) -> frozenset[str]:
        """The channels that have spent their month's budget: by them nothing goes that may wait, and every reply."""
        if not self.limits:
            return NOBODY
        return frozenset(budget.channel for budget in self.standing(now) if budget.is_out)

    def limit(self, channel: str, month: str) -> int | None:
        """What a channel may cost in that month; None where nobody has said."""
        return self.limits.get((channel, month), self.limits.get((channel, EVERY_MONTH)))

    def low(self, now: datetime) -> list[Budget]:
        """Those that somebody should know of."""
        return [budget for budget in self.standing(now) if budget.is_low]

    def _tell(self, found: list[Budget]) -> None:
        for budget in found:
            this = budget.channel, budget.month, budget.is_out
            if budget.is_low and this not in self._told:
                self._told.add(this)
                says = "budget used up" if budget.is_out else "budget nearly used up"
                log.warning(says, extra={"channel": budget.channel, "why": str(budget)})


def load(path: FilePath, channels: frozenset[str]) -> Limits:
    """The budgets of a file; none where there is no file. Raises WrongMoney with every mistake."""
    if not path.exists():
        return {}
    source = read(path, (BUDGETS,), also=("rates",))
    rate = rates(source)
    limits: dict[tuple[str, str], int] = {}
    for entry in entries(source, BUDGETS):
        entry.only("channel", "month", "ringgit")
        channel, month, limit = entry.channel(channels), _month(entry), entry.amount("ringgit", rate)
        if channel is None or month is None or limit is None:
            continue
        if (channel, month) in limits:
            entry.wrong("channel", f"{channel} has a budget already for {month or 'every month'}: keep one of the two.")
        limits[channel, month] = limit
    refuse(source, "BUDGETS")
    return limits


def doubts(limits: Limits, prices: Prices) -> list[tuple[str, str]]:
    """Budgets that would never be used up, since nobody knows what their channel costs: the channel, and what to do."""
    says = "has a budget, and no price: it will never be used up. Write its price in the file of PRICES."
    return [(channel, says) for channel in sorted({channel for channel, _ in limits}) if not prices.knows(channel)]


def _month(entry: Entry) -> str | None:
    """The month of an entry, "" where it holds for every one, None where it is none."""
    written = entry.text("month", needed=False)
    if written is None:
        return EVERY_MONTH if not entry.has("month") else None
    if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", written):
        entry.wrong("month", f"{written} is no month: write it like 2026-12.")
        return None
    return written

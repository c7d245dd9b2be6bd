"""Coordinators of the village: every Monday they look at whom to ring, ring through the week, and note what came of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from math import ceil
from random import Random
from typing import Any, Final

from sqlalchemy import Row

from bot import coordinators, ringing
from bot.cli.village.assumptions import Assumed
from bot.cli.village.living import WHO, Village
from bot.cli.village.people import Villager
from bot.ringing import Entry

LOOKS_AT: Final = timedelta(hours=9)  # on Mondays
A_WEEK: Final = timedelta(days=7)


@dataclass
class Telephones:
    """Who rings, and how many calls were made."""

    village: Village
    assumed: Assumed
    chance: Random
    comes_back: Callable[[Villager, datetime], None]
    made: int = 0
    reached: int = 0
    _rings: list[Row[Any]] = field(default_factory=list)

    def begin(self, now: datetime) -> None:
        """Enter the coordinators, by district, and have each look at her list on the first Monday."""
        each = self.assumed.learners_each_coordinator
        if not each:
            return
        districts = [her.district for her in self.village.people]
        store = self.village.founded.bot.store
        for district in sorted(set(districts)):
            for place in range(ceil(districts.count(district) / each)):
                name = f"Penyelaras {district} {place + 1}"
                known = {"rights": ("ring",), "number": None, "district": district, "locale": "ms"}
                coordinators.add(store, name, WHO, now=now, **known)  # type: ignore[arg-type]
        self._rings = ringing.coordinators(store)
        days = (7 - now.astimezone(self.village.founded.bot.zone).weekday()) % 7
        self.village.later(now + timedelta(days=days) + LOOKS_AT, self._looks)

    def _looks(self, now: datetime) -> None:
        """Each looks at her names of the week, and means to ring each of them on one of its days."""
        bot = self.village.founded.bot
        lists = bot.lists
        for coordinator in self._rings:
            for entry in lists.this_week(coordinator, now):
                if not entry.outcome:
                    at = now + timedelta(days=self.chance.randrange(5), hours=self.chance.uniform(0.5, 8))
                    self.village.later(at, partial(self._calls, coordinator.name, entry))
        self.village.later(now + A_WEEK, self._looks)

    def _calls(self, name: str, entry: Entry, now: datetime) -> None:
        her = self._called(entry)
        if her is None or her.stopped:
            return
        bot = self.village.founded.bot
        answers = her.phone.signal_back(now) == now and self.chance.random() < self.assumed.answers_call
        outcome: ringing.Outcome = "reached" if answers else "not_reached"
        if not ringing.close(bot.store, entry.ring_id, outcome, name, now=now, zone=bot.zone):
            return  # she has come back meanwhile
        self.made += 1
        self.reached += answers
        if answers and self.chance.random() < self.assumed.back_after_call:
            self.comes_back(her, now)

    def _called(self, entry: Entry) -> Villager | None:
        phones: Mapping[str, list[Villager]] = self.village.people_by_number
        found = phones.get(entry.number, [])
        return next((each for each in found if each.on_phone == (entry.person or 1)), None)

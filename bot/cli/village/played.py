"""A village played from its first day to its last: who lives there, what they do, and what came of it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.cli.village import announcing, counting, people, promises
from bot.cli.village.assumptions import Assumptions, WrongVillage
from bot.cli.village.counting import Counted
from bot.cli.village.founding import Founded, founded
from bot.cli.village.habits import Habits
from bot.cli.village.living import Village
from bot.cli.village.people import Villager
from bot.cli.village.promises import Promise
from bot.cli.village.telephoning import Telephones
from bot.cli.village.visiting import Visits
from bot.money.ledger import Given
from bot.money.prices import A_RINGGIT
from bot.settings import Settings
from bot.wiring import Bot
from flows.learner.menu import MOST_COURSES

A_DAY: Final = timedelta(days=1)

Told = Callable[[float], None]  # how many days are over


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: so many learners, so long, from that day, and by which chance."""

    learners: int
    days: int
    seed: int
    begins: date


@dataclass(frozen=True, slots=True)
class Report:
    """All that can be told of a village. Money is in millionths of a ringgit."""

    wanted: Wanted
    counted: Counted
    held_back: Sequence[tuple[str, str, int]]  # for what purpose, why, and how often
    calls_made: int
    calls_reached: int
    free: int  # of the cost: what WhatsApp gives for nothing
    learners_pay: int  # for their own SMS
    promises: Sequence[Promise]
    assumptions: Assumptions
    examples: bool  # the prices are those that come with Titian

    def as_json(self) -> dict[str, Any]:
        """The report for a program."""
        wanted, counted = asdict(self.wanted), self.counted
        return {
            **wanted | {"begins": self.wanted.begins.isoformat()},
            "total": counted.total.as_json(),
            "courses": [each.as_json() for each in counted.courses],
            "districts": [each.as_json() for each in counted.districts],
            "weeks": [asdict(week) for week in counted.weeks],
            "held_back": [{"purpose": purpose, "why": why, "times": times} for purpose, why, times in self.held_back],
            "calls": {"needed": counted.total.to_ring, "made": self.calls_made, "reached": self.calls_reached},
            "free": self.free,
            "learners_pay": self.learners_pay,
            "promises": [asdict(each) for each in self.promises],
            "assumed": self.assumptions.assumed.model_dump(mode="json"),
            "guesses": self.assumptions.guesses,
            "example_prices": self.examples,
        }


def play(settings: Settings, wanted: Wanted, assumptions: Assumptions, told: Told) -> Report:
    """Play a village on the database of these settings. Raises NotEmpty, WrongVillage, and what `wiring.build` does."""
    begins = datetime.combine(wanted.begins, time(), ZoneInfo(settings.timezone))
    until = begins + timedelta(days=wanted.days)
    assumed = assumptions.assumed
    with promises.noted() as errors, founded(settings, begins, seed=wanted.seed) as made:
        village = Village(made, _settled(made, wanted, assumptions, begins))
        visits = Visits(made, assumed)
        habits = Habits(village, visits, assumed)
        chance = Random(f"{wanted.seed}/calls")  # noqa: S311 - whom they reach, no secret
        telephones = Telephones(village, assumed, chance, habits.comes_back)
        telephones.begin(begins)
        habits.begin()
        announcing.begin(village, assumed.announces_each_week, begins, until)
        village.live(until, visits.known, habits.comes, lambda at: told((at - begins) / A_DAY))
        told(wanted.days)
        bot = made.bot
        return Report(
            wanted,
            counting.count(village, visits, begins, until),
            counting.held_back(village),
            telephones.made,
            telephones.reached,
            sum(given.cost for month in promises.months(begins, until, bot) for given in _given(bot, month, until)),
            round(visits.by_sms * assumed.sms_costs_her * A_RINGGIT),
            promises.held(bot, visits, errors, begins, until),
            assumptions,
            bot.ledger.prices.examples,
        )


def _settled(made: Founded, wanted: Wanted, assumptions: Assumptions, begins: datetime) -> list[Villager]:
    courses, count = _courses(made, assumptions), wanted.learners
    return people.settle(assumptions.assumed, count, seed=wanted.seed, courses=courses, begins=begins, days=wanted.days)


def _given(bot: Bot, month: str, until: datetime) -> Sequence[Given]:
    return bot.ledger.given(bot.ledger.lines(month, until), month)


def _courses(made: Founded, assumptions: Assumptions) -> list[str]:
    """The courses that a learner can choose. Raises WrongVillage where another is named."""
    offered = list(made.library.courses)[:MOST_COURSES]
    if strange := sorted(set(assumptions.assumed.courses) - set(offered)):
        raise WrongVillage(f"courses: there is no {', '.join(strange)}; there are: {', '.join(offered)}")
    return offered

"""An experiment as it was declared before anybody was drawn: what is tried, on whom, by what it is judged, and on how many."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from statistics import NormalDist
from typing import Final

NUDGE_TEXT: Final = "nudge text"
NUDGE_HOURS: Final = "nudge hours"
CAME_BACK: Final = "came back within 72 h"
COMPLETED: Final = "completed within 60 days"
TERMS: Final = {CAME_BACK: timedelta(hours=72), COMPLETED: timedelta(days=60)}
CERTAIN: Final = 0.95  # of an interval; shared out where several arms are compared with the usual one


@dataclass(frozen=True, slots=True)
class Arm:
    """One of the ways. What it gives is `variant` or `hours`; neither where all stays as it is."""

    name: str
    weight: int
    target: int  # learners to draw
    variant: str = ""
    hours: int = 0


@dataclass(frozen=True, slots=True)
class Experiment:
    """What its file says. `worth` is the smallest difference worth having, a share; 0 where the file gives sizes alone."""

    id: str
    about: str
    tries: str  # NUDGE_TEXT or NUDGE_HOURS
    course: str
    outcome: str
    control: str
    arms: tuple[Arm, ...]
    worth: float
    begins: datetime
    ends: datetime  # from then on nobody more is drawn
    running: bool

    @property
    def term(self) -> timedelta:
        """How long after her draw an outcome of hers counts."""
        return TERMS[self.outcome]

    @property
    def certain(self) -> float:
        """How certain each single interval has to be for all of them together to be 95 % (Bonferroni)."""
        return 1 - (1 - CERTAIN) / (len(self.arms) - 1)

    def arm(self, name: str) -> Arm:
        """The arm of that name. Raises StopIteration where there is none."""
        return next(arm for arm in self.arms if arm.name == name)

    def declaration(self) -> str:
        """What may not change once somebody was drawn, as JSON: everything but the words about it and its days."""
        return json.dumps(
            {
                "tries": self.tries,
                "course": self.course,
                "outcome": self.outcome,
                "control": self.control,
                "worth": self.worth,
                "arms": [_declared(arm) for arm in self.arms],
            },
            ensure_ascii=False,
            sort_keys=True,
        )


def trying(experiments: Iterable[Experiment], tries: str, course: str, now: datetime) -> Experiment | None:
    """The experiment that is on for this course and this thing, so that its sender knows which to ask `arm_for`.

    One whose days are over is still given until the last term has ended, as its learners keep their arm that long.
    """
    for each in experiments:
        meant = each.running and (each.tries, each.course) == (tries, course)
        if meant and each.begins <= now < each.ends + each.term:
            return each
    return None


def sizes(weights: Sequence[int], control: int, *, usually: float, worth: float, power: float) -> list[int]:
    """How many learners each arm needs, so that a true difference of `worth` is found with that power.

    Two shares compared by a normal approximation, unpooled: n1 = (z_a + z_b)^2 (p1 q1 + p2 q2 w1 / w2) / worth^2 (Fleiss,
    Levin and Paik, Statistical Methods for Rates and Proportions, 3rd ed., chapter 4, without continuity correction).
    `control` is the place of the usual arm; the others are each compared with it, and share the 5 %.
    """
    of_chance = NormalDist().inv_cdf(1 - (1 - CERTAIN) / (2 * (len(weights) - 1)))
    z = of_chance + NormalDist().inv_cdf(power)
    better = usually + worth
    others = [weight for place, weight in enumerate(weights) if place != control]
    unit = max(
        z**2 * (usually * (1 - usually) / weights[control] + better * (1 - better) / other) / worth**2
        for other in others
    )
    return [ceil(unit * weight - 1e-9) for weight in weights]


def _declared(arm: Arm) -> dict[str, object]:
    return {
        "name": arm.name,
        "weight": arm.weight,
        "target": arm.target,
        "variant": arm.variant,
        "hours": arm.hours,
    }

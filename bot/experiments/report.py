"""What an experiment has found so far: only counts until it is complete, and then the difference with its interval.

scipy is loaded here alone, and only when there is something to compute.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import sqrt
from typing import Any, Final

from sqlalchemy import Connection, case, func, select

from bot.experiments.declared import CERTAIN, Arm, Experiment
from bot.store import tables as t
from bot.store.database import Store

UNLIKELY: Final = 0.001  # below it the arms' sizes cannot be chance (the usual line for a sample ratio mismatch)
FEWEST: Final = 5  # learners expected in an arm, for chi-square to hold

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """One arm: `share` and its 95 % `interval` (Wilson) are there only once the experiment is complete."""

    arm: str
    target: int
    drawn: int
    open: int  # learners whose term has not ended
    opted_out: int
    reached: int | None = None
    share: float | None = None
    interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """An arm's share less that of the usual one, and between what it lies."""

    arm: str
    by: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Report:
    """`complete` says whether outcomes were looked at at all; `mismatch` is the likelihood of the arms' sizes, if too small."""

    experiment: Experiment
    complete: bool
    stopped_why: str
    changed: bool
    lines: tuple[Line, ...]
    mismatch: float | None = None
    differences: tuple[Difference, ...] = field(default=())
    ended: bool = False
    open_until: datetime | None = None


def report(store: Store, experiment: Experiment, *, now: datetime) -> Report:
    """The report at this moment. Outcomes are not even read before every arm has its learners and every term has ended.

    An experiment that was stopped for good is complete when its terms have ended: nobody can go on after a glance.
    """
    with store.begin() as connection:
        begun = connection.execute(select(t.experiment).where(t.experiment.c.id == experiment.id)).first()
        lines, until = _counted(connection, experiment)
        stopped = begun is not None and begun.stopped_at is not None
        gone = set(begun.stopped_arms.split()) if begun is not None else set()
        full = all(line.drawn >= line.target for line in lines if line.arm not in gone)
        changed = begun is not None and begun.declared != experiment.declaration()
        drawn = all(line.drawn for line in lines)
        complete = drawn and (full or stopped) and not any(line.open for line in lines) and not changed
        reached = _reached(connection, experiment) if complete else {}
    told = tuple(_with_share(line, reached[line.arm]) for line in lines) if complete else tuple(lines)
    return Report(
        experiment=experiment,
        complete=complete,
        stopped_why=(begun.stopped_why or "") if begun is not None else "",
        changed=changed,
        lines=told,
        mismatch=None if gone else mismatch([line.drawn for line in lines], experiment.arms),
        differences=tuple(_differences(experiment, told)) if complete else (),
        ended=now >= experiment.ends,
        open_until=until,
    )


def wilson(reached: int, of: int, certain: float = CERTAIN) -> Interval:
    """The interval of a share that behaves well for few and for extreme ones (Wilson 1927)."""
    from scipy import stats

    found = stats.binomtest(reached, of).proportion_ci(confidence_level=certain, method="wilson")
    return float(found.low), float(found.high)


def newcombe(usual: tuple[int, int], other: tuple[int, int], certain: float = CERTAIN) -> Interval:
    """The interval of the second share less the first, from the Wilson intervals of both.

    Newcombe 1998, Statistics in Medicine 17:873-890, method 10; each share is given as (reached, of).
    """
    (low1, high1), (low2, high2) = wilson(*usual, certain), wilson(*other, certain)
    share1, share2 = usual[0] / usual[1], other[0] / other[1]
    by = share2 - share1
    return by - sqrt((share2 - low2) ** 2 + (high1 - share1) ** 2), by + sqrt(
        (high2 - share2) ** 2 + (share1 - low1) ** 2
    )


def mismatch(drawn: list[int], arms: tuple[Arm, ...]) -> float | None:
    """The likelihood (chi-square) of arms as unequal as these, where it is too small to be chance; else None."""
    whole, weights = sum(drawn), sum(arm.weight for arm in arms)
    expected = [whole * arm.weight / weights for arm in arms]
    if min(expected) < FEWEST:
        return None
    from scipy import stats

    likely = float(stats.chisquare(drawn, expected).pvalue)
    return likely if likely < UNLIKELY else None


def _counted(connection: Connection, experiment: Experiment) -> tuple[list[Line], datetime | None]:
    a = t.arm.c
    counted = select(
        a.arm,
        func.count().label("drawn"),
        func.sum(case((a.settled_at.is_(None), 1), else_=0)).label("open"),
        func.sum(case((a.opted_out, 1), else_=0)).label("opted_out"),
    )
    rows = connection.execute(counted.where(a.experiment == experiment.id).group_by(a.arm)).all()
    found = {row.arm: row for row in rows}
    last = select(func.max(a.closes_at)).where(a.experiment == experiment.id, a.settled_at.is_(None))
    return [_line(arm, found.get(arm.name)) for arm in experiment.arms], connection.execute(last).scalar()


def _line(arm: Arm, row: Any) -> Line:
    if row is None:
        return Line(arm.name, arm.target, 0, 0, 0)
    return Line(arm.name, arm.target, int(row.drawn), int(row.open), int(row.opted_out))


def _reached(connection: Connection, experiment: Experiment) -> Mapping[str, int]:
    a = t.arm.c
    counted = select(a.arm, func.sum(case((a.outcome, 1), else_=0)))
    rows = connection.execute(counted.where(a.experiment == experiment.id).group_by(a.arm))
    return {arm: int(reached) for arm, reached in rows}


def _with_share(line: Line, reached: int) -> Line:
    return Line(
        *(line.arm, line.target, line.drawn, line.open, line.opted_out),
        reached=reached,
        share=reached / line.drawn,
        interval=wilson(reached, line.drawn),
    )


def _differences(experiment: Experiment, lines: tuple[Line, ...]) -> list[Difference]:
    of = {line.arm: (line.reached or 0, line.drawn) for line in lines}
    usual = of.pop(experiment.control)
    return [
        Difference(name, each[0] / each[1] - usual[0] / usual[1], newcombe(usual, each, experiment.certain))
        for name, each in of.items()
    ]

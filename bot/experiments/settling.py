"""What became of each learner who was drawn, and the guard that stops an arm which drives learners away."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from math import comb
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, case, exists, func, select, update

from bot.experiments.declared import COMPLETED, Experiment
from bot.experiments.drawing import LOOKS_EVERY, begin
from bot.store import audit, tables as t
from bot.store.database import Store

FEWEST: Final = 5  # opt-outs in an arm before the guard says anything: four may be one family
# The guard looks every day, so each look must be strict. A false alarm only ends a trial; a missed one loses learners.
CHANCE: Final = 0.005


def settle(store: Store, experiments: Iterable[Experiment], *, now: datetime, most: int = 1000) -> int:
    """Look at up to `most` learners of each experiment whose day to be looked at has come; return how many were.

    May run twice or never: what is read lies in her term, which is past, and a settled row is not touched again. It
    costs what is due (ix_arm_looks_at). It also goes on after an experiment was stopped or is over: who was drawn has
    a right to count.
    """
    looked = 0
    for experiment in experiments:
        due = store.look(_due(experiment, now, most))
        if not due:  # as almost always: nothing is written then, and nobody waits for us
            continue
        with store.begin() as connection:
            connection.execute(_NOTED, [_noted(experiment, row, now) for row in due])
            if any(row.left and not row.opted_out for row in due):
                _guard(connection, experiment, now)
        looked += len(due)
    return looked


def likelihood(left: int, of: int, others_left: int, others_of: int) -> float:
    """How likely chance alone puts at least `left` of all opt-outs among the `of` of one arm (Fisher's exact, one-sided).

    Whole numbers, so that the workers need no library for it; tests compare it with scipy's.
    """
    stopped = left + others_left
    ways = sum(comb(of, k) * comb(others_of, stopped - k) for k in range(left, min(stopped, of) + 1))
    return ways / comb(of + others_of, stopped)


def driving_away(counts: Mapping[str, tuple[int, int]]) -> str | None:
    """The arm whose opt-outs are clearly more than those of the others together, by (opt-outs, drawn) of each; or None."""
    for name, (left, of) in counts.items():
        others = [each for other, each in counts.items() if other != name]
        theirs, of_them = sum(each[0] for each in others), sum(each[1] for each in others)
        more = left >= FEWEST and of_them > 0 and left * of_them > theirs * of
        if more and likelihood(left, of, theirs, of_them) < CHANCE:
            return name
    return None


def stop(connection: Connection, experiment: Experiment, who: str, why: str, *, now: datetime) -> bool:
    """End an experiment for good, whether or not anybody was drawn. False where it was stopped already."""
    of_it = t.experiment.c.id == experiment.id
    begin(connection, experiment, now)
    stopped = update(t.experiment).where(of_it, t.experiment.c.stopped_at.is_(None))
    done = connection.execute(stopped.values(stopped_at=now, stopped_why=why[:200])).rowcount == 1
    if done:
        audit.note(connection, who, "stop experiment", f"{experiment.id}: {why}"[:200], now=now)
    return done


def opt_outs(connection: Connection, experiment: str) -> Mapping[str, tuple[int, int]]:
    """By arm: how many opted out within their term, and how many were drawn."""
    a = t.arm.c
    counted = select(a.arm, func.sum(case((a.opted_out, 1), else_=0)).label("left"), func.count().label("drawn"))
    rows: Sequence[Row[Any]] = connection.execute(counted.where(a.experiment == experiment).group_by(a.arm)).all()
    return {row.arm: (int(row.left), int(row.drawn)) for row in rows}


def _guard(connection: Connection, experiment: Experiment, now: datetime) -> None:
    begun = connection.execute(select(t.experiment).where(t.experiment.c.id == experiment.id)).first()
    if begun is None or begun.stopped_at is not None:
        return
    stopped = begun.stopped_arms.split()
    counts = {name: each for name, each in opt_outs(connection, experiment.id).items() if name not in stopped}
    worst = driving_away(counts)
    if worst is None:
        return
    left, of = counts[worst]
    why = f"{left} of {of} in the arm {worst} opted out, clearly more than in the others"
    if worst == experiment.control or len(counts) <= 2:
        stop(connection, experiment, "the guard", why, now=now)
        return
    as_it_was = t.experiment.c.id == experiment.id, t.experiment.c.stopped_arms == begun.stopped_arms
    if connection.execute(
        update(t.experiment).where(*as_it_was).values(stopped_arms=" ".join([*stopped, worst]))
    ).rowcount:
        audit.note(connection, "the guard", "stop arm", f"{experiment.id}: {why}", now=now)


def _due(experiment: Experiment, now: datetime, most: int) -> Any:
    """The rows to look at, each with what has happened in her term. After a draw only: the message of it is not its effect."""
    a, i, d, e = t.arm.c, t.inbound_message.c, t.address.c, t.enrolment.c
    left = exists().where(d.learner_id == a.learner_id, d.opted_out_at > a.drawn_at, d.opted_out_at <= a.closes_at)
    if experiment.outcome == COMPLETED:
        reached = exists().where(
            *(e.learner_id == a.learner_id, e.course == experiment.course),
            *(e.completed_at > a.drawn_at, e.completed_at <= a.closes_at),
        )
    else:
        reached = exists().where(
            *(i.learner_id == a.learner_id, i.received_at > a.drawn_at, i.received_at <= a.closes_at),
        )
    rows = select(a.learner_id, a.opted_out, a.closes_at, left.label("left"), reached.label("reached"))
    return rows.where(a.experiment == experiment.id, a.looks_at <= now).order_by(a.looks_at).limit(most)


def _noted(experiment: Experiment, row: Row[Any], now: datetime) -> dict[str, Any]:
    """What is written of one learner. Who stopped has not come back, whatever word she stopped with."""
    opted_out = bool(row.opted_out or row.left)
    closed, completes = now >= row.closes_at, experiment.outcome == COMPLETED
    return {
        "of": experiment.id,
        "her": row.learner_id,
        "opted_out": opted_out,
        "outcome": bool(row.reached) and (completes or not opted_out) if closed else None,
        "settled_at": now if closed else None,
        "looks_at": None if closed else min(now + LOOKS_EVERY, row.closes_at),
    }


_NOTED: Final = (
    update(t.arm)
    .where(t.arm.c.experiment == bindparam("of"), t.arm.c.learner_id == bindparam("her"), t.arm.c.settled_at.is_(None))
    .values({name: bindparam(name) for name in ("opted_out", "outcome", "settled_at", "looks_at")})
)

"""Which arm a learner is in: drawn by lot once, in the transaction of what first uses it, and kept."""

import logging
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.experiments.declared import Arm, Experiment
from bot.store import tables as t

log = logging.getLogger(__name__)

LOOKS_EVERY: Final = timedelta(
    days=1
)  # at each learner within her term, for opt-outs; the guard should not wait for its end
_BY_LOT: Final = random.SystemRandom().random


def choose(arms: Sequence[Arm], point: float) -> str:
    """The arm under a point of [0, 1) when the arms lie side by side, each as wide as its weight."""
    reached, whole = 0, sum(arm.weight for arm in arms)
    for arm in arms:
        reached += arm.weight
        if point * whole < reached:
            return arm.name
    return arms[-1].name


def arm_for(
    connection: Connection,
    experiment: Experiment,
    learner_id: int,
    now: datetime,
    *,
    chance: Callable[[], float] = _BY_LOT,
) -> str | None:
    """Her arm, drawn now if she had none; None where she gets what everybody gets.

    None: she is not in it (not enrolled, or the course is finished), it has not begun or is over, every arm has its
    learners, the guard or a person stopped it, or its file was changed after the first draw. Call it in the transaction
    that writes what the arm decides, and only when something of hers is decided: her term begins with the draw.
    Two workers at once get the same arm: the second waits for the first one's row. Costs two rows by primary key;
    a draw also counts the arms, at most the target sizes, in an index.
    """
    if not experiment.running or now < experiment.begins:
        return None
    begun = connection.execute(select(t.experiment).where(t.experiment.c.id == experiment.id)).first()
    if begun is not None and (begun.stopped_at is not None or _changed(begun, experiment)):
        return None
    left = _left(experiment, begun)
    hers = connection.execute(_hers(experiment, learner_id)).first()
    if hers is None:
        if (
            now >= experiment.ends
            or not _is_in_it(connection, experiment, learner_id)
            or is_full(connection, experiment, left)
        ):
            return None
        if begun is None:
            begin(connection, experiment, now)
        return _draw(connection, experiment, learner_id, now, choose(left, chance()))
    if now >= experiment.ends and now >= hers.closes_at:
        return None
    return hers.arm if hers.arm in {arm.name for arm in left} else None


def is_full(connection: Connection, experiment: Experiment, arms: Sequence[Arm]) -> bool:
    """Whether each of these arms has its learners. Until then all are drawn for: a full arm goes on, or chance would end."""
    counted = select(t.arm.c.arm, func.count().label("drawn")).where(t.arm.c.experiment == experiment.id)
    drawn = {row.arm: int(row.drawn) for row in connection.execute(counted.group_by(t.arm.c.arm))}
    return all(drawn.get(arm.name, 0) >= arm.target for arm in arms)


def _hers(experiment: Experiment, learner_id: int) -> Any:
    return select(t.arm.c.arm, t.arm.c.closes_at).where(
        t.arm.c.experiment == experiment.id, t.arm.c.learner_id == learner_id
    )


def _left(experiment: Experiment, begun: Row[Any] | None) -> list[Arm]:
    stopped = set(begun.stopped_arms.split()) if begun is not None else set()
    return [arm for arm in experiment.arms if arm.name not in stopped]


def _changed(begun: Row[Any], experiment: Experiment) -> bool:
    changed = bool(begun.declared != experiment.declaration())
    if changed:
        log.error("experiment changed after its first draw", extra={"experiment": experiment.id})
    return changed


def _is_in_it(connection: Connection, experiment: Experiment, learner_id: int) -> bool:
    e = t.enrolment.c
    enrolled = select(e.course).where(
        e.learner_id == learner_id, e.course == experiment.course, e.completed_at.is_(None)
    )
    return connection.execute(enrolled).first() is not None


def begin(connection: Connection, experiment: Experiment, now: datetime) -> None:
    """Write down what is declared, once: from now on it is compared with the file."""
    row = {"id": experiment.id, "declared": experiment.declaration(), "begun_at": now, "stopped_arms": ""}
    connection.execute(_unless_there(connection, t.experiment).values(row))


def _draw(connection: Connection, experiment: Experiment, learner_id: int, now: datetime, arm: str) -> str:
    closes = now + experiment.term
    row = {
        "experiment": experiment.id,
        "learner_id": learner_id,
        "arm": arm,
        "drawn_at": now,
        "opted_out": False,
        "closes_at": closes,
        "looks_at": min(now + LOOKS_EVERY, closes),
    }
    connection.execute(_unless_there(connection, t.arm).values(row))
    return str(connection.execute(_hers(experiment, learner_id)).one().arm)  # another worker's, if it was first


def _unless_there(connection: Connection, table: Table) -> Any:
    made = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    return made(table).on_conflict_do_nothing()

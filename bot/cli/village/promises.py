"""What the bot promises, held against every row of a village: a broken promise is a bug of the bot's, or of the village's."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby, pairwise
from typing import Any, Final

from sqlalchemy import Row, func, select

from bot import arbiter
from bot.channels.base import Status
from bot.cli.village.living import EVERY
from bot.cli.village.visiting import Visits
from bot.money.ledger import WENT
from bot.store import tables as t
from bot.wiring import Bot

OPENS, CLOSES = time(8), time(20)  # by the clock there: no push before or after (MY-SMS-014)
MOST_TOLD: Final = 3
LATE: Final = EVERY  # what falls due here may leave so much later, since the workers look less often than they would
_out = t.outbound_message.c


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise, and where it was broken: the first few, in words."""

    says: str
    broken: int
    where: Sequence[str] = ()


@dataclass
class Errors(logging.Handler):
    """What went wrong and was only told to the log, as one learner's mishap keeps nobody waiting."""

    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it, with what was raised."""
        why = record.exc_info[1] if record.exc_info else None
        self.told.append(f"{record.getMessage()}: {why!r}" if why else record.getMessage())

    __hash__ = object.__hash__


@contextmanager
def noted() -> Iterator[Errors]:
    """Note every error that goes to the log meanwhile."""
    errors = Errors()
    logging.getLogger().addHandler(errors)
    try:
        yield errors
    finally:
        logging.getLogger().removeHandler(errors)


def held(bot: Bot, visits: Visits, errors: Errors, begins: datetime, until: datetime) -> list[Promise]:
    """Every promise, whether it was kept or not."""
    pushes = bot.store.look(
        select(_out.learner_id, _out.address_id, _out.purpose, _out.settled_at)
        .where(WENT, _out.purpose != "reply", _out.follows.is_(None))
        .order_by(_out.learner_id, _out.settled_at, _out.id)
    )
    return [
        _promise(f"at most {arbiter.MOST_PUSHES} pushes in any seven days", _too_many(pushes)),
        _promise("no two pushes within an hour", _too_close(pushes)),
        _promise("no push at night", _at_night(pushes, bot)),
        _promise("nothing pushed after STOP", _after_stop(bot, pushes)),
        Promise("every message answered", visits.unanswered + abs(visits.written - _heard(bot))),
        Promise("nothing failed, in doubt or left behind", _left(bot, until)),
        Promise("the sums of money are those of the messages", _money_off(bot, begins, until)),
        _promise("no error in the log", errors.told),
    ]


def _promise(says: str, broken: Sequence[str]) -> Promise:
    return Promise(says, len(broken), broken[:MOST_TOLD])


def _too_many(pushes: Sequence[Row[Any]]) -> list[str]:
    found = []
    for her, rows in groupby(pushes, key=lambda row: row.learner_id):
        hers = list(rows)
        for first, sixth in zip(hers, hers[arbiter.MOST_PUSHES :], strict=False):
            if sixth.settled_at - first.settled_at < arbiter.WEEK - LATE:
                found.append(f"learner {her}: {arbiter.MOST_PUSHES + 1} from {first.settled_at} to {sixth.settled_at}")
    return found


def _too_close(pushes: Sequence[Row[Any]]) -> list[str]:
    return [
        f"learner {a.learner_id}: {a.purpose} at {a.settled_at}, {b.purpose} at {b.settled_at}"
        for a, b in pairwise(pushes)
        if a.learner_id == b.learner_id and b.settled_at - a.settled_at < arbiter.APART - LATE
    ]


def _at_night(pushes: Sequence[Row[Any]], bot: Bot) -> list[str]:
    return [
        f"learner {row.learner_id}: {row.purpose} at {local}"
        for row in pushes
        if not OPENS <= (local := row.settled_at.astimezone(bot.zone)).time() < CLOSES
    ]


def _after_stop(bot: Bot, pushes: Sequence[Row[Any]]) -> list[str]:
    stopped = select(t.address.c.id, t.address.c.opted_out_at).where(t.address.c.opted_out_at.is_not(None))
    since: dict[int, datetime] = dict(map(tuple, bot.store.look(stopped)))
    return [
        f"learner {row.learner_id}: {row.purpose} at {row.settled_at}"
        for row in pushes
        if row.address_id in since and row.settled_at > since[row.address_id]
    ]


def _heard(bot: Bot) -> int:
    return int(bot.store.look(select(func.count()).select_from(t.inbound_message))[0][0])


def _left(bot: Bot, until: datetime) -> int:
    """Messages that failed or nobody knows of, and those that should have left long ago."""
    bad = select(func.count()).where(_out.status.in_((Status.FAILED, Status.UNDETERMINED, Status.SENDING)))
    late = select(func.count()).where(_out.status == Status.QUEUED, _out.due_at < until - timedelta(days=1))
    return int(bot.store.look(bad)[0][0]) + int(bot.store.look(late)[0][0])


def _money_off(bot: Bot, begins: datetime, until: datetime) -> int:
    """How far the ledger's sums of these months are from the messages' own prices, in millionths of a ringgit."""
    rows = bot.store.look(select(func.coalesce(func.sum(_out.cost), 0)).where(WENT))[0][0]
    lines = (line for month in months(begins, until, bot) for line in bot.ledger.lines(month, until))
    return abs(int(rows) - sum(line.cost for line in lines))


def months(begins: datetime, until: datetime, bot: Bot) -> list[str]:
    """The months from one moment to another, as the ledger names them."""
    first, last = begins.astimezone(bot.zone).date(), until.astimezone(bot.zone).date()
    found, day = [], date(first.year, first.month, 1)
    while day <= last:
        found.append(f"{day:%Y-%m}")
        day = (day + timedelta(days=31)).replace(day=1)
    return found

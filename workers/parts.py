"""Everything that time alone sets off, in the order in which it is looked at: by a worker every two seconds, and in a rehearsal.

Each part may be done twice or never, for it takes its rows by condition.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.money import roll_up
from bot.store import papers
from bot.wiring import Bot
from workers import (
    auditing,
    calls,
    confirming,
    credentials,
    digest,
    disclosing,
    doubting,
    nudges,
    outbox,
    reviews,
    telling,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to look at: what it is called, how it is done, and how many rows at most it takes at a time.

    `work` returns how many there were; where that is `most`, there may be more. A part without `most` takes all. Where it found
    any, the job `goes_on` is rung for, so that what is left need not wait until the clock looks again.
    """

    name: str
    work: Callable[[Bot], int]
    most: int = 0
    goes_on: str = ""

    def exhaust(self, bot: Bot) -> None:
        """Do it until nothing is left: where nobody looks again in two seconds."""
        while (done := self.work(bot)) and done == self.most:
            pass


# What somebody waits for at her phone.
FIRST: Final = (
    Part("expire", lambda bot: outbox.expire(bot.store, pushes=bot.pushes, now=bot.clock())),
    Part("calls", calls.fire, calls.BATCH),
    Part("tell", telling.tell, telling.BATCH),
)
# What goes to a phone by itself. Reviews come before lessons: see bot/arbiter.py.
PUSHED: Final = (
    Part("review", reviews.ask, reviews.BATCH),
    Part("disclose", disclosing.ask, disclosing.BATCH),
    Part("nudge", nudges.fire, nudges.BATCH),
    Part("confirm", confirming.confirm, confirming.BATCH),
    Part("digest", digest.fire),
)
SIGNED: Final = (
    Part("sign", credentials.sign, credentials.BATCH, goes_on="workers.jobs.sign"),
    Part("status lists", credentials.publish),
)
AUDITED: Final = (
    Part("audit link", auditing.link, goes_on="workers.jobs.audit"),
    Part("audit head", auditing.sign_head),
    Part("audit check", auditing.check, goes_on="workers.jobs.audit"),
)
# What nobody waits for.
KEPT: Final = (
    Part("settle", lambda bot: bot.experiments.settle(bot.store, now=bot.clock())),
    *SIGNED,
    Part("to print", lambda bot: papers.waiting(bot.store), goes_on="workers.jobs.press"),
    Part("paper forgotten", lambda bot: papers.drop_old(bot.store, now=bot.clock())),
    *AUDITED,
    Part("doubts", doubting.look, doubting.BATCH),
    Part("money", lambda bot: roll_up(bot.store, bot.clock(), bot.zone)),
)

"""The village lives: its clock jumps to whatever happens next, a learner who writes or something of the bot's that falls due."""

import asyncio
import heapq
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Final

from sqlalchemy import bindparam, select

from bot.cli import rehearsal
from bot.cli.village.founding import Founded
from bot.cli.village.people import Villager
from bot.money import roll_up
from bot.roster import Roster
from bot.roster_sheet import Entry
from bot.store import tables as t

EVERY: Final = timedelta(minutes=10)  # at the most, between something falling due and the workers' look at it
SELDOM: Final = timedelta(hours=6)  # they look at all events after
WHO: Final = "titian simulate"
PAPER: Final = {"ms": "Saya setuju belajar melalui mesej.", "en": "I agree to learn by text message."}
AT_ONCE: Final = 500

Acts = Callable[[datetime], None]
Comes = Callable[[Villager, str, datetime], None]  # something was pushed: to whom, for what purpose, and when it came

_out = t.outbound_message.c
_PUSHED: Final = select(_out.id, _out.learner_id, _out.purpose, _out.follows).where(
    _out.id.in_(bindparam("ids", expanding=True))
)
_WITHHELD: Final = select(t.withheld.c.purpose, t.withheld.c.why).where(
    t.withheld.c.at == bindparam("now", type_=t.withheld.c.at.type)
)


@dataclass
class Village:
    """Its people, what they mean to do and when, and the bot that they write to."""

    founded: Founded
    people: Sequence[Villager]
    held_back: Counter[tuple[str, str]] = field(default_factory=Counter)  # by purpose and reason
    _agenda: list[tuple[datetime, int, Acts]] = field(default_factory=list)
    _order: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        self.people_by_number = {her.phone.number: her.phone.people for her in self.people}
        self._looked_at = self._looks_at = self.founded.clock.now
        self._may_be_due = False

    def later(self, at: datetime, acts: Acts) -> None:
        """Have this done then; of two at the same moment what was meant first comes first."""
        heapq.heappush(self._agenda, (at, next(self._order), acts))
        self._may_be_due = True

    def live(self, until: datetime, known: dict[int, Villager], comes: Comes, told: Acts) -> None:
        """Let everything happen up to a moment. `comes` is called for each push that reaches a phone, `told` as time goes by."""
        clock = self.founded.clock
        with asyncio.Runner() as runner:
            while True:
                at = self._next()
                if at >= until:
                    break
                if at - clock.now >= EVERY:
                    told(at)
                clock.now = max(clock.now, at)
                if self._agenda and self._agenda[0][0] <= at:
                    _, _, acts = heapq.heappop(self._agenda)
                    acts(clock.now)
                else:
                    self._look(runner, known, comes)
            clock.now = until
            self._look(runner, known, comes)

    def enter(self, her: Villager, now: datetime) -> None:
        """Enter her as a coordinator enters a list: her first lesson comes to her."""
        founded = self.founded
        today = now.astimezone(founded.bot.zone).date()
        entry = Entry(0, her.phone.number, her.locale, her.district, her.course, today, PAPER[her.locale], None)
        Roster(founded.bot.store, lambda: founded.library, founded.bot.zone, founded.clock, WHO).enter(entry)

    def _next(self) -> datetime:
        """When something happens next; what falls due is asked of the database, since anything may have changed it."""
        first = self._agenda[0][0] if self._agenda else datetime.max.replace(tzinfo=self.founded.clock.now.tzinfo)
        if self._may_be_due and first - self._looked_at >= EVERY:
            self._ask()
        return min(first, self._looks_at)

    def _ask(self) -> None:
        now, due = self.founded.clock.now, rehearsal.waits(self.founded.bot.store)
        latest = now + SELDOM
        self._looks_at = min(latest, max(now + EVERY, _rounded(due))) if due else latest
        self._looked_at, self._may_be_due = now, False

    def _look(self, runner: asyncio.Runner, known: dict[int, Villager], comes: Comes) -> None:
        """What the workers do with what is due, and what of it reaches a phone."""
        bot, now = self.founded.bot, self.founded.clock.now
        rehearsal.look(bot, runner.run)
        roll_up(bot.store, now, bot.zone)
        for row in bot.store.look(_WITHHELD, {"now": now}):
            self.held_back[row.purpose, row.why] += 1
        sent = {message.id: message.to for message in self.founded.network.take()}
        ids = list(sent)
        for first in range(0, len(ids), AT_ONCE):
            rows = {row.id: row for row in bot.store.look(_PUSHED, {"ids": ids[first : first + AT_ONCE]})}
            for message_id in ids[first : first + AT_ONCE]:
                row = rows[message_id]
                owner = self.people_by_number[sent[message_id]][0]
                owner.phone.session = None  # a lesson or a review that comes has moved her on
                if row.follows is None:
                    comes(known.get(row.learner_id, owner), row.purpose, now)
        self._ask()


def _rounded(moment: datetime) -> datetime:
    """That moment, or the next full ten minutes after it: so that all of a village need not be looked at one by one."""
    seconds = EVERY.total_seconds()
    past = moment.timestamp() % seconds
    return moment if not past else moment + timedelta(seconds=seconds - past)

"""A whole bot in one process, with a clock that can be turned: for the phone in the terminal, and for the tests."""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from sqlalchemy import func, select

from bot import broadcasts, wiring
from bot.channels import line
from bot.channels.base import ChannelError, Outgoing, Status
from bot.channels.simulator import KINDS, Simulator
from bot.pushes import BULK, REPLIES
from bot.settings import Settings
from bot.store import tables as t
from bot.store.database import Store
from bot.wiring import Bot
from flows.machine import advance
from flows.session import Library, Session
from flows.types import Effect, Event, Step
from workers import outbox
from workers.parts import FIRST, KEPT, PUSHED

ROUND: Final = timedelta(minutes=10)  # of simulated time between two looks of the workers
MOST: Final = 100_000

_out = t.outbound_message.c
_WAITS: Final = select(
    select(func.min(t.nudge.c.due_at)).scalar_subquery(),
    select(func.min(t.review.c.due_at)).scalar_subquery(),
    select(func.min(t.disclosure.c.due_at)).scalar_subquery(),
    select(func.min(t.certificate.c.tell_at)).scalar_subquery(),
    select(func.min(t.approval.c.tell_at)).scalar_subquery(),
    select(func.min(t.conversation.c.drops_at)).scalar_subquery(),
    select(func.min(_out.due_at)).where(_out.status == Status.QUEUED).scalar_subquery(),
    select(func.min(_out.lease_until)).where(_out.status == Status.SENDING).scalar_subquery(),
    select(func.min(t.broadcast.c.created_at)).where(t.broadcast.c.status == "sending").scalar_subquery(),
)


class Clock:
    """The time, and how far it was turned. `base` is a real clock, or one that stands still."""

    def __init__(self, base: Callable[[], datetime]) -> None:
        self._base = base
        self._turned = timedelta()

    def __call__(self) -> datetime:
        return self._base() + self._turned

    def turn(self, by: timedelta) -> None:
        """Turn it on."""
        self._turned += by


@dataclass(frozen=True, slots=True)
class Sent:
    """One message that a provider was given: when, on which kind of channel, to whom, and its words."""

    at: datetime
    kind: str
    to: str
    text: str
    picture: str = ""  # what the picture that goes with it shows, in words


@dataclass
class Provider:
    """A provider that only listens. `refusals` are raised one after the other, before it accepts again."""

    clock: Callable[[], datetime]
    sent: list[Sent] = field(default_factory=list)
    refusals: deque[ChannelError] = field(default_factory=deque)

    def refuses(self, error: ChannelError, *, times: int = 1) -> None:
        """Accept nothing the next `times` that something is sent."""
        self.refusals.extend([error] * times)


class Listening(Simulator):
    """A simulated phone's channel that keeps what is sent by it; with `inline` off, replies are sent too."""

    def __init__(self, kind: str, provider: Provider, *, inline: bool) -> None:
        super().__init__(kind, lambda: uuid4().hex)
        self.profile = replace(self.profile, inline=inline or kind == "ussd")
        self._provider = provider

    async def send(self, message: Outgoing) -> str:
        """Keep the message. Raises the next of the provider's refusals."""
        if self._provider.refusals:
            raise self._provider.refusals.popleft()
        picture = message.picture.words if message.picture else ""
        self._provider.sent.append(Sent(self._provider.clock(), self.profile.kind, message.to, message.text, picture))
        return await super().send(message)


@dataclass
class Notes:
    """The machine's decisions, noted as they are made; what is noted is the same machine's."""

    events: list[Event] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)

    def advance(self, session: Session, event: Event, library: Library) -> Step:
        """Decide as the machine does, and note what happened and what is to be done."""
        step = advance(session, event, library)
        self.events.append(event)
        self.effects.extend(step.effects)
        return step


@dataclass
class Rehearsal:
    """A bot, its clock, and what came of everything so far."""

    bot: Bot
    clock: Clock
    provider: Provider
    notes: Notes

    def passes(self, time: timedelta) -> list[Sent]:
        """Turn the clock on, letting the workers look every ten minutes; returns what was sent meanwhile."""
        before = len(self.provider.sent)
        until = self.clock() + time
        while (left := until - self.clock()) > timedelta():
            self.clock.turn(min(self._idle(left), left))
            self._round()
        return self.provider.sent[before:]

    def _idle(self, left: timedelta) -> timedelta:
        """Whole rounds until one finds something to do: those between would look in vain."""
        next_due = waits(self.bot.store)
        if next_due is None:
            return left
        return ROUND * max(1, math.ceil((next_due - self.clock()) / ROUND))

    def delivers(self) -> list[Sent]:
        """Let the workers look once, now; returns what was sent."""
        before = len(self.provider.sent)
        self._round()
        return self.provider.sent[before:]

    def _round(self) -> None:
        look(self.bot)


def waits(store: Store) -> datetime | None:
    """When something falls due next; None where nothing waits."""
    return min((moment for moment in store.look(_WAITS)[0] if moment is not None), default=None)


def look(bot: Bot, run: outbox.Run = line.run) -> None:
    """What `workers.jobs.look` does, with nobody to tell that there is more: it is all done at once. `run` sends a batch."""
    for part in (*FIRST, *PUSHED):
        part.exhaust(bot)
    while broadcasts.spread(bot.store, bot.pushes, now=bot.clock()):
        pass
    for part in KEPT:
        part.exhaust(bot)
    for lane in (REPLIES, BULK):
        outbox.deliver(bot, lane, most=MOST, run=run)


def rehearse(settings: Settings, clock: Clock, *, inline: bool = True) -> Rehearsal:
    """A bot as `wiring` builds it, with simulated phones for channels, that notes what its machine decides."""
    provider, notes = Provider(clock), Notes()
    listening = [Listening(kind, provider, inline=inline) for kind in KINDS]
    channels = {channel.name: channel for channel in listening}
    bot = wiring.build(settings, clock=clock)
    bot = replace(
        bot,
        channels=channels,
        pushes=replace(bot.pushes, channels=channels),
        conversations=replace(bot.conversations, advance=notes.advance),
    )
    return Rehearsal(bot, clock, provider, notes)

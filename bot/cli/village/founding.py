"""A village is founded: the whole bot as it is wired, on an empty database, with a clock that jumps and networks that only listen."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import event, func, inspect, select

from bot import wiring
from bot.cli.db import bring_up_to_date
from bot.cli.village.network import Network, played
from bot.experiments import Experiments
from bot.settings import Settings
from bot.store import tables as t
from bot.store.database import Store
from bot.store.ids import drawn_by
from bot.throttle import Throttle
from bot.wiring import Bot
from flows.machine import advance
from flows.session import Library, Session
from flows.types import Event, Step


class NotEmpty(Exception):
    """The database has learners, and made-up ones must not come among them."""


@dataclass
class Clock:
    """The time in the village: whoever lives in it turns it."""

    now: datetime

    def __call__(self) -> datetime:
        """The time now."""
        return self.now


@dataclass
class Mind:
    """The machine, and the session that it left last: what she who was just answered sees."""

    last: Session | None = None

    def advance(self, session: Session, happened: Event, library: Library) -> Step:
        """Decide as the machine does."""
        step = advance(session, happened, library)
        self.last = step.session
        return step

    def take(self) -> Session | None:
        """The session it left since somebody looked last; None where it was not asked."""
        last, self.last = self.last, None
        return last


@dataclass(frozen=True)
class Founded:
    """The bot, and what of the world around it can be turned and looked at."""

    bot: Bot
    clock: Clock
    network: Network
    mind: Mind
    library: Library


@contextmanager
def founded(settings: Settings, begins: datetime, *, seed: int) -> Iterator[Founded]:
    """Give a whole bot at the beginning of time. Raises NotEmpty, and whatever `wiring.build` does."""
    settings.var_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    _refuse_others(settings.store_url)
    bring_up_to_date(settings.store_url)
    clock, network, mind = Clock(begins), Network(), Mind()
    with drawn_by(Random(f"{seed}/ids").getrandbits):  # noqa: S311 - so that the same seed is the same village
        bot = wiring.build(settings, clock=clock)
        try:
            _spare(bot)
            library = bot.library()  # once: nobody edits a course meanwhile
            channels = played(bot.channels, network)
            bot = replace(
                bot,
                channels=channels,
                pushes=replace(bot.pushes, channels=channels),
                throttle=Throttle(settings.queue_url, {}),  # a second of the village is none of ours
                experiments=_none_on(bot, settings.var_dir),
                conversations=replace(bot.conversations, advance=mind.advance, library=lambda: library),
            )
            yield Founded(bot, clock, network, mind, library)
        finally:
            bot.store.engine.dispose()


def _refuse_others(url: str) -> None:
    """Look before anything is changed, were it only the shape of a table."""
    store = Store(url)
    try:
        there = inspect(store.engine).has_table(t.learner.name)
        if there and store.look(select(func.count()).select_from(t.learner))[0][0]:
            raise NotEmpty("This database has learners. Give an empty one: made-up learners would be among them.")
    finally:
        store.engine.dispose()


def _none_on(bot: Bot, nowhere: Path) -> Experiments:
    """No experiment is on: its lots are drawn anew each time, and made-up learners would answer nothing by it."""
    return Experiments(bot.shelf, nowhere, bot.zone, clock=bot.clock, report=lambda problems: None)


def _spare(bot: Bot) -> None:
    """Spare SQLite the waiting for the disk: a village that is lost is played again."""
    if bot.store.on_sqlite:
        event.listen(bot.store.engine, "connect", _careless)
        bot.store.engine.dispose()


def _careless(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=OFF")
    cursor.close()

"""The experiments as their files are now, and the library with what they try in it."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path as FilePath
from threading import Lock
from zoneinfo import ZoneInfo

from bot.content import Problem, Shelf
from bot.experiments.declared import NUDGE_HOURS, Experiment, trying
from bot.experiments.files import read_experiments
from bot.experiments.settling import settle
from bot.store.database import Store
from flows.session import Library

log = logging.getLogger(__name__)


class Experiments:
    """Those that are in order, read again when the shelf has seen an edit. `report` is told of what is wrong in the others.

    A file with a mistake in it tries nothing, and everybody gets what is usual: no lesson waits for it.
    """

    def __init__(
        self,
        shelf: Shelf,
        directory: FilePath,
        zone: ZoneInfo,
        *,
        clock: Callable[[], datetime],
        report: Callable[[Sequence[Problem]], None],
    ) -> None:
        """Nothing is read before the library is asked for."""
        self._shelf, self._directory, self._zone, self._clock, self._report = shelf, directory, zone, clock, report
        self._found: Sequence[Experiment] = ()
        self._told: Sequence[Problem] = ()
        self._read_at: object = None
        self._reading = Lock()

    def library(self) -> Library:
        """The library of the shelf, and in it the courses that are to nudge sooner than usual, for an experiment."""
        live = self._shelf.library()
        if self._shelf.seen is not self._read_at and self._reading.acquire(blocking=False):
            try:
                self._read(live)
            finally:
                self._reading.release()
        sooner = _sooner(self._found, self._clock()) if self._found else {}
        return replace(live, sooner=sooner) if sooner else live

    def on(self, tries: str, course: str, now: datetime) -> Experiment | None:
        """The experiment that is on for this course and this thing; None where all is as usual. Asks no database."""
        return trying(self._found, tries, course, now)

    def settle(self, store: Store, *, now: datetime) -> int:
        """See what became of those who were drawn, and return how many were looked at. Before its days nobody was."""
        self.library()
        return settle(store, [each for each in self._found if now >= each.begins], now=now)

    def _read(self, live: Library) -> None:
        seen = self._shelf.seen
        self._read_at = seen
        try:
            self._found, problems = read_experiments(self._directory, self._zone, live.courses)
        except Exception as error:  # whatever is wrong here is no reason to leave a learner without her answer
            log.error("experiments not read", exc_info=error)
            self._found, problems = (), []
        if problems and problems != self._told:
            self._report(problems)
        self._told = problems


def _sooner(experiments: Iterable[Experiment], now: datetime) -> Mapping[str, int]:
    """By course, the fewest quiet hours that are being tried. Who is to wait longer is drawn then, and put off."""
    hours: dict[str, int] = {}
    for each in experiments:
        if each.tries == NUDGE_HOURS and each.running and each.begins <= now < each.ends:
            hours[each.course] = min(arm.hours for arm in each.arms if arm.hours)
    return hours

"""The library as it is today: read again when a file changes, and never swapped for one that is broken."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path as FilePath
from threading import Lock

from bot.content.library import load
from bot.content.problems import ContentError, Problem
from flows.session import Library

Fingerprint = tuple[tuple[str, int, int, int], ...]


class Shelf:
    """Holds the last good library. `report` is told once of every edit that cannot be used."""

    def __init__(
        self,
        directory: FilePath,
        *,
        clock: Callable[[], datetime],
        report: Callable[[Sequence[Problem]], None],
        every: float = 5.0,
    ) -> None:
        """Read the content. Raises ContentError if it is broken from the start."""
        self._directory, self._clock, self._report = directory, clock, report
        self._every = timedelta(seconds=every)
        self._looked, self._seen = clock(), _fingerprint(directory)
        self._library = load(directory)
        self._looking = Lock()

    def library(self) -> Library:
        """The library to teach from now: as edited, or as it was before the edit where that cannot be used."""
        now = self._clock()
        if abs(now - self._looked) >= self._every and self._looking.acquire(blocking=False):
            try:
                self._looked = now
                self._look()
            finally:
                self._looking.release()
        return self._library

    def _look(self) -> None:
        # Taken before reading: an edit made meanwhile is then seen as new the next time.
        seen = _fingerprint(self._directory)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._library = load(self._directory)
        except ContentError as error:
            self._report(error.problems)


def _fingerprint(directory: FilePath) -> Fingerprint:
    """What tells one state of the files from another without reading them."""
    found = []
    for path in sorted(directory.rglob("*")):
        try:
            about = path.stat()
        except OSError:  # gone between the listing and the look
            continue
        if path.suffix in {".yaml", ".yml", ".csv"}:
            found.append((str(path), about.st_mtime_ns, about.st_ctime_ns, about.st_size))
    return tuple(found)

"""The library as it is today: read again when a file changes, and never swapped for one that is broken."""

import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path as FilePath
from threading import Lock
from typing import Final

from bot.content.cache import Cache
from bot.content.library import read
from bot.content.problems import ContentError, Problem
from bot.content.shape import CourseShape
from flows.session import Library

log = logging.getLogger(__name__)

Fingerprint = tuple[tuple[str, int, int, int], ...]
Keep = Callable[[Mapping[str, CourseShape]], None]

KEEP_AGAIN: Final = timedelta(seconds=30)  # a database that is away takes three to say so


class Shelf:
    """Holds the last good library. `report` is told once of every edit that cannot be used.

    `keep` is given each version of a course before it is first taught, and later once more where that fails; but not before
    the library is asked for, since a command that only looks may run before there are tables.
    """

    def __init__(
        self,
        directory: FilePath,
        *,
        clock: Callable[[], datetime],
        report: Callable[[Sequence[Problem]], None],
        every: float = 5.0,
        cache: FilePath | None = None,
        keep: Keep | None = None,
    ) -> None:
        """Read the content, with the files in the directory `cache` to help. Raises ContentError if it is broken."""
        self._directory, self._clock, self._report, self._keep = directory, clock, report, keep
        self._every = timedelta(seconds=every)
        self._looked, self._seen = clock(), _fingerprint(directory)
        self._cache = Cache(cache)
        content = read(directory, self._cache)
        self._library, self._unkept = content.library, dict(content.anew) if keep else {}
        self._keep_at = self._looked
        self._looking = Lock()

    @property
    def seen(self) -> Fingerprint:
        """The files as they were when they were last looked at; another object after each edit."""
        return self._seen

    def library(self) -> Library:
        """The library to teach from now: as edited, or as it was before the edit where that cannot be used."""
        now = self._clock()
        if abs(now - self._looked) >= self._every and self._looking.acquire(blocking=False):
            try:
                self._looked = now
                self._look()
            finally:
                self._looking.release()
        if self._unkept and now >= self._keep_at and self._looking.acquire(blocking=False):
            try:
                self._keep_at = now + KEEP_AGAIN
                self._keep_versions()
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
            content = read(self._directory, self._cache)
        except ContentError as error:
            self._report(error.problems)
        else:
            if self._keep:
                self._unkept |= content.anew
                self._keep_versions()
            self._library = content.library

    def _keep_versions(self) -> None:
        if self._keep is None or not self._unkept:
            return
        try:
            self._keep(self._unkept)
        except Exception as error:  # a database that is away keeps nobody from learning by itself
            log.warning("versions not kept yet", extra={"versions": len(self._unkept)}, exc_info=error)
        else:
            self._unkept = {}


def _fingerprint(directory: FilePath) -> Fingerprint:
    """What tells one state of the files from another without reading them."""
    return tuple(sorted(_files(str(directory))))


def _files(directory: str) -> Iterator[tuple[str, int, int, int]]:
    try:
        with os.scandir(directory) as entries:
            found = list(entries)
    except OSError:  # gone between the listing and the look
        return
    for entry in found:
        try:
            if entry.is_dir():
                yield from _files(entry.path)
            elif entry.name.endswith((".yaml", ".yml", ".csv", ".png", ".jpg", ".jpeg")):
                about = entry.stat()
                yield entry.path, about.st_mtime_ns, about.st_ctime_ns, about.st_size
        except OSError:
            continue

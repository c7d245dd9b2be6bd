"""Days off: public holidays, and the coordinator's own calendar, on which nothing is pushed that can wait."""

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

log = logging.getLogger(__name__)

SABAH: Final = "MY-SBH"
LONGEST: Final = timedelta(days=366)  # of one entry: a longer one has a wrong year in it
_LISTS: Final = ("days_off", "working_days")
_FIELDS: Final = frozenset({"from", "to", "why"})

Days = Mapping[date, str]


class WrongCalendar(ValueError):
    """The calendar cannot be used; the text says where and what to write instead."""


class Calendar:
    """Which days are off, and why. The file is read again when it has changed; a broken one is told and the old one kept."""

    def __init__(self, place: str, path: Path) -> None:
        """`place` is a country and its part, as in ISO 3166-2 ("MY-SBH"), or "". Raises WrongCalendar."""
        self._public = public_holidays(place)
        self._path = path
        self._seen = _stamp(path)
        self._off, self._open = read(path)

    def off(self, day: date) -> str:
        """Why the day is off; "" where it is a day like any other."""
        self._look_again()
        return self._off.get(day) or ("" if day in self._open else self._public(day))

    def _look_again(self) -> None:
        stamp = _stamp(self._path)
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            self._off, self._open = read(self._path)
        except WrongCalendar as wrong:
            log.error("content not loaded", extra={"problem": str(wrong)})


def public_holidays(place: str) -> Callable[[date], str]:
    """The name of the public holiday on a day, "" where there is none. Raises WrongCalendar for a place nobody knows.

    The package is loaded for the first day that is asked for, as only what sends asks; one that is not Sabah at once.
    """
    if not place:
        return lambda day: ""
    country, _, part = place.partition("-")

    @cache
    def of_year(year: int) -> Days:
        import holidays

        found = holidays.country_holidays(country, subdiv=part or None, years=year)
        return {day: found[day] for day in found}

    if place != SABAH:
        try:
            of_year(2026)
        except NotImplementedError as unknown:
            raise WrongCalendar(f"HOLIDAYS: the holidays of {place} are not known; write it like {SABAH}") from unknown
    return lambda day: of_year(day.year).get(day, "")


def read(path: Path) -> tuple[Days, Days]:
    """The days off, and those that are not off although they are public holidays. Raises WrongCalendar."""
    try:
        written = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    except FileNotFoundError:
        return {}, {}
    except (OSError, UnicodeDecodeError) as error:
        raise WrongCalendar(f"{path.name}: cannot be read ({type(error).__name__})") from error
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 1
        raise WrongCalendar(f"{path.name}:{line}: this is not YAML") from error
    written = {} if written is None else written
    if not isinstance(written, dict) or not set(written) <= set(_LISTS):
        raise WrongCalendar(f"{path.name}: write two lists, `days_off:` and `working_days:`")
    off, open_ = (dict(_days(written.get(name), f"{path.name}: {name}")) for name in _LISTS)
    return off, open_


def _days(written: Any, where: str) -> Iterator[tuple[date, str]]:
    if written is not None and not isinstance(written, list):
        raise WrongCalendar(f"{where} is not a list")
    for place, entry in enumerate(written or (), start=1):
        at = f"{where}, entry {place}"
        if not isinstance(entry, dict) or not set(entry) <= _FIELDS:
            raise WrongCalendar(f"{at}: write it like {{from: 2026-12-26, to: 2026-12-28, why: flood relief}}")
        begins, why = entry.get("from"), entry.get("why")
        ends = entry.get("to", begins)
        if type(begins) is not date or type(ends) is not date:
            raise WrongCalendar(f"{at}: `from` and `to` are days like 2026-12-26")
        if not isinstance(why, str) or not why.strip():
            raise WrongCalendar(f"{at}: `why` is missing")
        if not timedelta() <= ends - begins <= LONGEST:
            raise WrongCalendar(f"{at}: `to` is before `from`, or more than a year after it")
        for after in range((ends - begins).days + 1):
            yield begins + timedelta(days=after), why.strip()


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size

"""Which day somebody means by a few words."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo


def day_meant(words: str, now: datetime, zone: ZoneInfo) -> date | None:
    """The day meant by "today", "yesterday", "tomorrow" or a month and day ("12-15"): of all years the one nearest to now.

    None where there is no such day.
    """
    today = now.astimezone(zone).date()
    if words in _NEAR:
        return today + timedelta(days=_NEAR[words])
    month, _, day = words.partition("-")
    years = (today.year - 1, today.year, today.year + 1)
    found = [each for each in (_date(year, month, day) for year in years) if each is not None]
    return min(found, key=lambda each: abs(each - today), default=None)


def _date(year: int, month: str, day: str) -> date | None:
    try:
        return date(year, int(month), int(day))
    except ValueError:
        return None


_NEAR: Final[Mapping[str, int]] = {"yesterday": -1, "today": 0, "tomorrow": 1}

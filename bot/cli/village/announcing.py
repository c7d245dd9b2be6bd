"""A coordinator's announcements to the whole village: each is one more push, for which a week has to have room."""

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from bot import broadcasts
from bot.audience import Audience
from bot.cli.village.living import WHO, Village

AT: Final = timedelta(days=2, hours=10)  # after a week begins: on a Wednesday at ten, where it is a Monday
WORDS: Final = {
    "ms": "Perjumpaan kumpulan {count}: Sabtu jam 9 pagi di dewan. Jumpa di sana!",
    "en": "Group meeting {count}: Saturday at 9 in the hall. See you there!",
}


def begin(village: Village, each_week: float, begins: datetime, until: datetime) -> None:
    """Have so many go out each week, evenly, always at ten."""
    at, count = begins + AT, 1
    while each_week and at < until:
        village.later(at, partial(_announces, village, count))
        at, count = begins + AT + timedelta(days=round(7 * count / each_week)), count + 1


def _announces(village: Village, count: int, now: datetime) -> None:
    words = {locale: text.format(count=count) for locale, text in WORDS.items()}
    broadcasts.approve(village.founded.bot.store, WHO, words, Audience(), now=now)

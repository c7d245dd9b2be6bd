"""Certificates asked for as files to print: made one after the other, and forgotten after a week."""

from typing import TYPE_CHECKING

from bot.paper import asking
from bot.store import papers
from bot.wiring import Bot

if TYPE_CHECKING:
    from bot.paper.press import Press


def press(bot: Bot, *, most: int = 1) -> int:
    """Make up to `most` papers that wait; how many were dealt with. Harmless twice or never: each is claimed by one worker."""
    if not papers.waiting(bot.store):
        return 0
    made, done = press_of(bot), 0
    while done < most and made.one():
        done += 1
    return done


def press_of(bot: Bot) -> "Press":
    """The press of a bot. What lays out a page is loaded here, where one is made."""
    from bot.credentials import issuing
    from bot.paper.press import Press

    house = asking.house_of(bot.settings, bot.zone)
    return Press(bot.store, house, bot.pushes.voice, bot.clock, issuing.safe_of(bot.settings))

"""Certificates asked for as files to print: made one after the other, and forgotten after a week."""

from bot.paper import asking
from bot.store import papers
from bot.wiring import Bot


def press(bot: Bot, *, most: int = 1) -> int:
    """Make up to `most` papers that wait; how many were dealt with. Harmless twice or never: each is claimed by one worker."""
    if not papers.waiting(bot.store):
        return 0
    from bot.credentials import issuing
    from bot.paper.press import Press  # what lays out a page is loaded where one is made

    made = Press(
        bot.store, asking.house_of(bot.settings, bot.zone), bot.pushes.voice, bot.clock, issuing.safe_of(bot.settings)
    )
    done = 0
    while done < most and made.one():
        done += 1
    return done

"""Coordinators told of their week: one SMS each, on its first working day."""

import logging
from typing import Final

from bot import digest
from bot.wiring import Bot

log = logging.getLogger(__name__)

UNTOLD: Final = "the week could not be told"


def fire(bot: Bot) -> int:
    """Tell the coordinators who are owed it, and return how many were told. Costs nothing but on that one day.

    May run twice or never: what says that she was told is written with the message, once for a coordinator and week. One
    who cannot be told keeps nobody waiting; she is tried again when the clock looks next.
    """
    now = bot.clock()
    monday = digest.due(now, bot.zone, bot.calendar.off)
    if monday is None:
        return 0
    done = 0
    for her in digest.owed(bot.store, monday):
        try:
            say = digest.said(bot.store, bot.lists, her, now=now)
            why = digest.write(bot.store, bot.pushes, her, say, monday, now=now)
        except Exception as error:
            log.error(UNTOLD, extra={"coordinator": her.id}, exc_info=error)
            continue
        if why:
            log.info(UNTOLD, extra={"coordinator": her.id, "why": why})
        done += why == ""
    return done

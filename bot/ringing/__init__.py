"""Whom a coordinator should ring this week: ten names at most, why, what to say, and what came of it."""

from bot.ringing.cases import (
    OUTCOMES as OUTCOMES,
    UNANSWERED as UNANSWERED,
    Outcome as Outcome,
    close as close,
    open_ring as open_ring,
)
from bot.ringing.dealing import MOST_NAMES as MOST_NAMES
from bot.ringing.entries import Entry as Entry, Missed as Missed
from bot.ringing.lists import Coordinator as Coordinator, Lists as Lists, coordinators as coordinators

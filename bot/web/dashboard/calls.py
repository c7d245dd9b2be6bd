"""Whom to ring this week, why, and what to say; what came of it in one tap."""

from typing import Final

from flask import request
from werkzeug.wrappers import Response as Answer

from bot.ringing import OUTCOMES
from bot.web.dashboard.visits import Visit
from flows.text import T

RIGHTS: Final = frozenset({"ring"})
NOTED: Final = {
    "reached": T("Noted: you spoke."),
    "not_reached": T("Noted: nobody answered."),
    "wrong": T("Noted: the number is another's. Nothing goes there any more."),
    "left": T("Noted: no need any more."),
}


def show(visit: Visit) -> Answer:
    """Her list of the week: those still to ring first."""
    entries = visit.bot.lists.this_week(visit.coordinator, visit.now)
    return visit.page(
        "ring",
        waiting=[entry for entry in entries if not entry.outcome],
        dealt_with=[entry for entry in entries if entry.outcome],
        noted=NOTED,
    )


def note(visit: Visit, ring_id: int) -> Answer:
    """Keep what came of one call. Again it changes nothing."""
    outcome = next((each for each in OUTCOMES if each == request.form.get("outcome")), None)
    if outcome is not None and visit.bot.lists.done(visit.coordinator, ring_id, outcome, visit.now):
        return visit.goes("ring", NOTED[outcome])
    return visit.goes("ring", T("That name is not on your list, or it is noted already."))

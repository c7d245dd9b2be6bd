"""What learners wrote that only a person can read: answered, or marked as dealt with."""

import json
from typing import Final

from flask import request
from werkzeug.wrappers import Response as Answer

from bot import inbox
from bot.phone import masked
from bot.reasons import known
from bot.web.dashboard.visits import Visit
from flows.text import T

RIGHTS: Final = frozenset({"ring", "announce"})
ABOUT: Final = {
    "announcement": T("Answer to an announcement"),
    "unread": T("Nobody understood this"),
    "problem": T("Something does not work"),
    "coming": T("Will come, it is not known to what"),
    "not_coming": T("Will not come, it is not known to what"),
}


def show(visit: Visit, *, status: int = 200, wrong: str = "", at: int = 0, typed: str = "") -> Answer:
    """Those who wait, the oldest first; with what was typed for one of them, where it could not go."""
    district = visit.coordinator.district
    return visit.page(
        "inbox",
        status,
        entries=inbox.waiting(visit.bot.store, district, now=visit.now),
        count=inbox.count(visit.bot.store, district, now=visit.now),
        about=ABOUT,
        masked=masked,
        announced=lambda words: json.loads(words).get(visit.locale, "") if words else "",
        tag=visit.bot.pushes.voice.tag,
        wrong=wrong,
        wrong_at=at,
        typed=typed,
    )


def answer(visit: Visit, entry: int) -> Answer:
    """Send her words."""
    words = " ".join(request.form.get("words", "")[:1000].split())
    her, bot = visit.coordinator, visit.bot
    try:
        due = inbox.answer(bot.store, bot.pushes, entry, words, district=her.district, who=her.name, now=visit.now)
    except inbox.Refused as refused:
        return show(visit, status=409, wrong=visit.say(refused.says), at=entry, typed=words)
    except inbox.Unfit as unfit:
        return show(visit, status=422, wrong=visit.say(known(str(unfit))), at=entry, typed=words)
    bot.wake()
    return visit.goes(
        "inbox", T("Your answer goes out now.") if due <= visit.now else T("Your answer goes out at 8 in the morning.")
    )


def done(visit: Visit, entry: int) -> Answer:
    """Mark it as dealt with."""
    her = visit.coordinator
    if inbox.done(visit.bot.store, entry, her.district, her.name, now=visit.now):
        return visit.goes("inbox", T("Marked as done."))
    return visit.goes("inbox", T("Somebody else has dealt with it already."))

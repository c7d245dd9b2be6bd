"""Her week in numbers, and what waits for her."""

from collections import Counter

from werkzeug.wrappers import Response as Answer

from bot import approving, digest, inbox, requests
from bot.web.dashboard import announcements, calls, messages
from bot.web.dashboard.visits import Visit


def show(visit: Visit) -> Answer:
    """The last seven days, of her district where she has one, and what waits, each with a link where she may deal with it."""
    bot, her = visit.bot, visit.coordinator
    statuses = Counter(row.status for row in announcements.hers(visit)) if visit.may(*announcements.RIGHTS) else None
    return visit.page(
        "home",
        week=digest.week(bot.store, her.district, now=visit.now, zone=bot.zone),
        to_ring=bot.lists.to_ring(her, visit.now) if visit.may(*calls.RIGHTS) else None,
        to_read=inbox.count(bot.store, her.district, now=visit.now) if visit.may(*messages.RIGHTS) else None,
        statuses=statuses,
        to_certify=sum(approving.counted(bot.store, her.district).values()) if visit.may("certify") else None,
        asked=requests.count(bot.store, her.district, without=inbox.KINDS),
    )

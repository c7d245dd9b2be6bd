"""Announcements: the newest, how far one has come, and the moves she may make with it."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Row
from werkzeug.wrappers import Response as Answer

from bot import coordinators, segments
from bot.announcements import drafts, moves, stopping
from bot.announcements.planning import Plan, plan
from bot.announcements.progress import progress
from bot.announcements.texts import Unfit, check, previews
from bot.money import ringgit
from bot.reasons import known
from bot.web.dashboard.visits import Gone, Visit
from flows.text import T

RIGHTS: Final = frozenset({"announce", "approve"})
MOST: Final = 30
BATCHES: Final = 10  # of what waits, stopped before the page answers: the workers do the rest
QUICK, SLOW = 5, 20  # seconds between two looks at one that moves
LARGE: Final = 10_000  # recipients, from which on looking costs so much that it is done less often

STATUSES: Final = {
    "draft": T("Draft"),
    "waiting": T("Approved, waits to go out"),
    "sending": T("Going out"),
    "paused": T("Paused"),
    "done": T("Done"),
    "cancelled": T("Cancelled"),
}
# Of the rows: what a coordinator reads for it, in the order in which she reads it.
ROWS: Final = {
    "queued": T("waiting"),
    "sending": T("on the way"),
    "sent": T("sent"),
    "delivered": T("delivered"),
    "read": T("read"),
    "failed": T("failed"),
    "undetermined": T("not known"),
    "cancelled": T("left out"),
}
REPLIES: Final = {
    "yes": T("HADIR: will come"),
    "no": T("TIDAK HADIR: will not come"),
    "free": T("Wrote something else"),
}
# What can be done with one, by its status; the words on the button, and what is said after it.
MOVES: Final = {
    "draft": ("approve", "cancel"),
    "waiting": ("back", "pause", "cancel"),
    "sending": ("pause", "cancel"),
    "paused": ("resume", "cancel"),
}
DONE: Final = {
    "approve": T("Approved. It goes out in five minutes at the earliest; until then you can take it back."),
    "back": T("It is a draft again."),
    "pause": T("Paused. Nothing more of it goes."),
    "resume": T("It goes on."),
    "cancel": T("Cancelled. What has gone out cannot be taken back."),
}


def hers(visit: Visit) -> Sequence[Row[Any]]:
    """The newest that concern her: with a district, none that is for another alone."""
    rows = drafts.newest(visit.bot.store, most=MOST)
    return [row for row in rows if _concerns(visit, row)]


def newest(visit: Visit) -> Answer:
    """The newest, the newest first."""
    return visit.page("announcements", rows=hers(visit), statuses=STATUSES, read=json.loads)


def show(visit: Visit, announcement: int, *, status: int = 200, wrong: str = "") -> Answer:
    """How far one has come, and what can be done with it. It looks again by itself while it moves."""
    row = _look(visit, announcement)
    reached = progress(visit.bot.store, announcement)
    again = SLOW if (reached.size or 0) >= LARGE else QUICK
    before, unfit = _before(visit, row) if row.status == "draft" else ({}, "")
    return visit.page(
        "announcement",
        status,
        row=row,
        words=json.loads(row.words),
        group=_group(visit, row.segment),
        reached=reached,
        skipped=_reasons(visit, reached.skipped),
        moves=MOVES.get(reached.status, ()),
        statuses=STATUSES,
        kinds=ROWS,
        replies=REPLIES,
        again=again if reached.status in ("waiting", "sending") else 0,
        wrong=wrong or unfit,
        **before,
    )


def make(visit: Visit, announcement: int, move: str) -> Answer:
    """Make a move, or say why it may not be made. Made twice it changes nothing."""
    row = _look(visit, announcement)
    if move not in _ACTS:
        raise Gone
    try:
        _ACTS[move](visit, row)
    except moves.Refused as refused:
        return show(visit, announcement, status=409, wrong=visit.say(known(str(refused))))
    visit.bot.bell.ring("bulk", "workers.jobs.spread")
    return visit.goes("announcement", DONE[move], announcement=announcement)


def _approve(visit: Visit, row: Row[Any]) -> None:
    meant, unfit = _meant(visit, row)
    if unfit:
        raise moves.Refused(unfit)
    her, size = visit.coordinator, meant.recipients if meant else 0
    second = coordinators.may(her, "approve")
    moves.approve(visit.bot.store, row.id, her.name, size=size, second=second, now=visit.now)


def _back(visit: Visit, row: Row[Any]) -> None:
    moves.take_back(visit.bot.store, row.id, visit.coordinator.name, now=visit.now)


def _pause(visit: Visit, row: Row[Any]) -> None:
    moves.pause(visit.bot.store, row.id, visit.coordinator.name, now=visit.now)
    _settle(visit, row)


def _resume(visit: Visit, row: Row[Any]) -> None:
    moves.resume(visit.bot.store, row.id, visit.coordinator.name, now=visit.now)
    _settle(visit, row)


def _cancel(visit: Visit, row: Row[Any]) -> None:
    moves.cancel(visit.bot.store, row.id, visit.coordinator.name, now=visit.now)
    _settle(visit, row)


_ACTS: Final[dict[str, Callable[[Visit, Row[Any]], None]]] = {
    "approve": _approve,
    "back": _back,
    "pause": _pause,
    "resume": _resume,
    "cancel": _cancel,
}


def _settle(visit: Visit, row: Row[Any]) -> None:
    for _ in range(BATCHES):
        if not stopping.settle_some(visit.bot.store, row.id, now=visit.now):
            return


def _look(visit: Visit, announcement: int) -> Row[Any]:
    try:
        row = drafts.look(visit.bot.store, announcement)
    except LookupError as nothing:
        raise Gone from nothing
    if not _concerns(visit, row):
        raise Gone
    return row


def _concerns(visit: Visit, row: Row[Any]) -> bool:
    district = visit.coordinator.district
    return district is None or row.district is None or row.district == district


def _before(visit: Visit, row: Row[Any]) -> tuple[dict[str, Any], str]:
    """What a page shows before a draft goes out; and why it cannot, or ""."""
    meant, unfit = _meant(visit, row)
    if meant is None:
        return {}, unfit
    shown = {
        "meant": meant,
        "cost": ringgit(meant.cost) if meant.unpriced < meant.recipients else "",
        "left_out": _reasons(visit, meant.skipped),
        "previews": list(previews(visit.bot.pushes, json.loads(row.words))),
    }
    return shown, ""


def _meant(visit: Visit, row: Row[Any]) -> tuple[Plan | None, str]:
    """What sending a draft would mean; or None and why it cannot go out as it is written."""
    bot, words, audience = visit.bot, json.loads(row.words), drafts.audience_of(row)
    try:
        check(words, bot.pushes.voice.tag)
        prices = bot.ledger.prices
        return plan(bot.store, bot.pushes, words, audience, now=visit.now, prices=prices, urgent=row.urgent), ""
    except Unfit as unfit:
        return None, visit.say(known(str(unfit)))
    except segments.NotUnderstood as wrong:
        return None, visit.say(wrong.says)


def _group(visit: Visit, described: str) -> str:
    """For whom it is, in her language; as it was written where that is understood no more."""
    if not described:
        return ""
    try:
        return segments.in_words(segments.read(visit.bot.store, described), visit.locale)
    except segments.NotUnderstood:
        return described


def _reasons(visit: Visit, counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Why some get nothing, in her language, the most first."""
    return [(visit.say(known(why)), count) for why, count in sorted(counts.items(), key=lambda each: -each[1])]

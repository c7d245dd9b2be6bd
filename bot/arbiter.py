"""One weekly budget for each learner: what of all that would be pushed goes to her now, later or not, with the reason in words.

Three learning messages a week teach more than one, and five no more than three; so three is what she gets unless she asked
for one or five, and five pushes of any kind are the most (Cortes, Fricke, Loeb, Song and York 2021; docs/sending.md). Replies
are never asked about: she wrote to us.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from bot import policy
from bot.policy import Answer, Later, No, Yes

MOST_PUSHES: Final = 5  # a week, of any kind
USUAL: Final = 3  # learning messages a week
WEEK: Final = timedelta(days=7)
APART: Final = timedelta(hours=1)  # never two pushes in an hour
SPREAD: Final = timedelta(minutes=75)  # from the beginning of a part of the day; it lasts two hours

FULL: Final = f"cap reached ({MOST_PUSHES} this week)"
TOO_SOON: Final = "something else went less than an hour ago"

LEARNING: Final = frozenset({"lesson", "review"})
# The first goes first where two are due at once. A review before a lesson: it is asked at most every few days, so that it
# takes a third of the week, and after the lesson there would never be room for it.
PRIORITY: Final = ("confirm", "review", "lesson", "nudge", "broadcast")
STALE: Final = frozenset({"broadcast"})  # what does not wait for room in her week


class Pushed(NamedTuple):
    """Something that was pushed to her, however many parts it had, or waits to be."""

    purpose: str
    at: datetime  # when it fell due


class Her(NamedTuple):
    """What is known of a learner when something is to be pushed to her."""

    pushed: Sequence[Pushed]  # of the last seven days, and what waits, in any order
    wants: int = USUAL  # learning messages a week: 1, 3 or 5, as she asked
    slot: str | None = None  # her part of the day
    place: int = 0  # any number of her own, such as her id: it spreads what is due at once


class Route(NamedTuple):
    """How it would go to her."""

    reach: policy.Reach
    two_way: bool = True


def decide(
    purpose: str,
    her: Her,
    route: Route,
    *,
    now: datetime,
    zone: ZoneInfo,
    off: policy.Off = policy.every_day,
    asks: bool = False,
    override: str = "",
) -> Answer:
    """Whether something with this purpose goes to her now. Pure: the same question gets the same answer.

    `asks` says that it asks for a reply. With an `override`, a coordinator's reason, her budget and her part of the day are
    not asked about; the law still is. Whoever overrides writes the reason into the audit.
    """
    allowed = policy.may_send(purpose, route.reach, now=now, zone=zone, off=off)
    if isinstance(allowed, No):
        return allowed
    if asks and not route.two_way:
        return No("it asks for a reply, and this route carries none")
    if not override:
        spared = _budget(purpose, her, now) or _slot(purpose, her, now, zone, off)
        if spared is not None:
            return spared
    return allowed


def _budget(purpose: str, her: Her, now: datetime) -> Answer | None:
    """Why her week has no room for it; None where it has. What waits has its place in it: it goes within the week."""
    recent = [each for each in her.pushed if each.at > now - WEEK]
    if len(recent) >= MOST_PUSHES:
        frees = sorted(each.at for each in recent)[-MOST_PUSHES] + WEEK
        return _unless_stale(purpose, frees, FULL)
    learnt = sorted(each.at for each in recent if each.purpose in LEARNING)
    if purpose in LEARNING and len(learnt) >= her.wants:
        return _unless_stale(purpose, learnt[-her.wants] + WEEK, f"she wants {her.wants} a week, and had them")
    last = max((each.at for each in recent), default=None)
    if last is not None and now - last < APART:
        return Later(last + APART, TOO_SOON)
    return None


def _slot(purpose: str, her: Her, now: datetime, zone: ZoneInfo, off: policy.Off) -> Answer | None:
    """When her part of the day comes; None where it is now, where she named none, or where it is no matter of hers."""
    if purpose == "broadcast" or her.slot is None or policy.in_slot(now, her.slot, zone):
        return None
    begins = policy.next_opening(policy.in_her_slot(now, her.slot, zone), zone, off)
    until = opens(her.slot, her.place, now=now, zone=zone, off=off)
    return Later(until, f"outside her hours until {begins.astimezone(zone):%H:%M}")


def opens(slot: str | None, place: int, *, now: datetime, zone: ZoneInfo, off: policy.Off) -> datetime:
    """`now` itself in her part of the day and the hours for what is pushed; else when she is to get what waits for them."""
    if policy.in_slot(now, slot, zone):
        begins = policy.next_opening(now, zone, off)
    else:
        begins = policy.next_opening(policy.in_her_slot(now, slot, zone), zone, off)
    return begins if begins == now else begins + spread(place)


def spread(place: int) -> timedelta:
    """How long after her part of the day begins: always the same for her, so that not all of a village is due in one second."""
    return SPREAD * ((place * 2654435761) % 2**32) / 2**32  # Knuth's multiplicative hash: neighbours come far apart


def in_words(answer: Answer, zone: ZoneInfo) -> str:
    """What a coordinator reads: "sent", "later: outside her hours until 18:00", "no: cap reached (5 this week)"."""
    match answer:
        case Yes():
            return "sent"
        case Later(until=until, why=why):
            return f"later: {why}" if " until " in why else f"later: {why}; {until.astimezone(zone):%Y-%m-%d %H:%M}"
        case No(why=why):
            return f"no: {why}"


def _unless_stale(purpose: str, until: datetime, why: str) -> Answer:
    return No(why) if purpose in STALE else Later(until, why)

"""May this message go to this address now? Yes, later and when, or no and why, in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from bot import blocked, sending_rules
from bot.days import day_meant as day_meant
from bot.sending_rules import RULES, Rule

LONGEST_OFF: Final = (
    400  # days in a row: a calendar with more of them is a mistake, and something has to go out some day
)
WINDOW: Final = timedelta(hours=24)  # WhatsApp's customer-service window
SLOT_LASTS: Final = timedelta(hours=2)
SLOTS: Final[Mapping[str, time]] = {
    "morning": time(8, 30),
    "noon": time(12, 15),
    "afternoon": time(16),
    "evening": time(18),
}


@dataclass(frozen=True, slots=True)
class Yes:
    """It may go."""


@dataclass(frozen=True, slots=True)
class Later:
    """It may go at `until`."""

    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class No:
    """It may not go at all."""

    why: str


Answer = Yes | Later | No


class Reach(NamedTuple):
    """What is known of an address when something is to be sent to it."""

    kind: str  # tel, whatsapp
    consented: bool
    opted_out: bool
    last_inbound_at: datetime | None
    template: bool = False  # an approved one may go there when the window is shut
    told: bool = False  # these very words went there within the time of MY-SMS-030
    known_at: datetime | None = (
        None  # when the number was last known to be hers; None where nobody asks (see `known_at`)
    )


class _Moment(NamedTuple):
    """When it would go: by the clock there, and why that day is off ("" where it is not); and what would go."""

    now: datetime
    local: datetime
    off: str
    message: "Message"


Off = Callable[[date], str]  # why a day is off, "" where it is a day like any other


def every_day(day: date) -> str:
    """No day is off."""
    return ""


class Message(NamedTuple):
    """What is known of a message itself when it is about to leave."""

    made_at: datetime | None = None  # when what it answers was heard, or when it was thought of
    text: str = ""  # as it goes out, where a network looks into it: an SMS to a Malaysian number; else ""
    two_way: bool = True  # the route carries her answer


NEW: Final = Message()
_ASKS_BACK: Final = "MY-SMS-025"


def may_send(
    purpose: str, reach: Reach, *, now: datetime, zone: ZoneInfo, off: Off = every_day, message: Message = NEW
) -> Answer:
    """Whether a message with this purpose may go to this address at `now`.

    The purposes are "reply", "nudge", "review", "call", "broadcast" and "confirm"; one that no rule names is kept to the
    rules of a nudge. The rules are those of content/sending_rules.yaml, in their order. Few of them are for replies: she
    wrote to us, so she is answered whatever the hour, and even to confirm her STOP.
    """
    moment = _moment(now, zone, off, message)
    if purpose not in _purposes():
        purpose = "nudge"
    for rule in _rules_for(purpose):
        if not _MET[rule.id](rule, reach, moment):
            continue
        says = rule.says.replace("{day}", moment.off)
        if "{rule}" in says:
            says = says.replace("{rule}", blocked_by(message.text, two_way=message.two_way))
        if rule.severity == "defer" and purpose not in rule.stale:
            return Later(next_opening(now, zone, off if keeps_days_off(purpose) else every_day), says)
        return No(says)
    return Yes()


def keeps_days_off(purpose: str) -> bool:
    """Whether what has this purpose waits on a day off."""
    rule = rules().get("MY-SMS-031")
    return rule is not None and purpose in rule.purposes


def same_words_within() -> timedelta:
    """How long the same words do not go to the same address again."""
    rule = rules().get("MY-SMS-030")
    return timedelta(hours=rule.hours if rule else 0)


def window_open(last_inbound_at: datetime | None, now: datetime) -> bool:
    """Whether WhatsApp still lets us write to her without a template."""
    return last_inbound_at is not None and now - last_inbound_at < WINDOW


def unreachable(since: datetime | None, last_inbound_at: datetime | None) -> bool:
    """Whether nobody is at an address: a provider said so, and nothing has come from there since."""
    return since is not None and (last_inbound_at is None or last_inbound_at <= since)


def known_at(*moments: datetime | None) -> datetime | None:
    """When a number was last known to be hers: the newest of when she wrote, a coordinator confirmed it, and we first had it."""
    return max((each for each in moments if each is not None), default=None)


def silent(known: datetime | None, now: datetime) -> bool:
    """Whether nobody has known for so long whether the number is still hers that it may be another's (MY-SMS-029)."""
    rule = rules().get("MY-SMS-029")
    return rule is not None and known is not None and now - known >= timedelta(days=rule.days)


def silence() -> timedelta:
    """How long a number may be silent before somebody asks whether it is still hers."""
    rule = rules().get("MY-SMS-029")
    return timedelta(days=rule.days) if rule else timedelta.max


@lru_cache(maxsize=8192)
def blocked_by(text: str, *, two_way: bool = True) -> str:
    """The id of the rule of content/sms_rules.yaml by which a network would not carry this text; "" where it would.

    By a route that carries her answer we may ask for one. Remembered, since an announcement has one text for a district.
    """
    found = (each.rule for each in blocked.broken(text) if each.blocks)
    return next((rule for rule in found if rule != _ASKS_BACK or not two_way), "")


def next_opening(moment: datetime, zone: ZoneInfo, off: Off = every_day) -> datetime:
    """`moment` itself inside the hours for pushed messages, else when they begin next; never on a day that is off."""
    local = moment.astimezone(zone)
    opens, closes = _hours()
    if opens <= local.time() < closes and not off(local.date()):
        return moment
    day = local.date() if local.time() < opens else local.date() + timedelta(days=1)
    for _ in range(LONGEST_OFF):
        if not off(day):
            break
        day += timedelta(days=1)
    return datetime.combine(day, opens, zone)


@lru_cache(maxsize=1)
def rules() -> Mapping[str, Rule]:
    """Every rule by its id, in the order of the file, read once."""
    return read(RULES)


def read(path: Path) -> Mapping[str, Rule]:
    """The rules of a file. Raises OSError or ValueError where it is missing or misspelt: nothing is sent by rules half read."""
    return sending_rules.read(path, _MET)


@lru_cache
def _rules_for(purpose: str) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules().values() if purpose in rule.purposes)


@lru_cache(maxsize=1)
def _purposes() -> frozenset[str]:
    return frozenset({"reply"}).union(*(rule.purposes for rule in rules().values()))


def _hours() -> tuple[time, time]:
    rule = rules().get("MY-SMS-014")
    return (rule.opens, rule.closes) if rule else (time(0), time.max)


def _moment(now: datetime, zone: ZoneInfo, off: Off, message: Message) -> _Moment:
    local = now.astimezone(zone)
    return _Moment(now, local, off(local.date()), message)


def _is_blocked(message: Message) -> bool:
    return bool(message.text) and bool(blocked_by(message.text, two_way=message.two_way))


def _too_old(rule: Rule, made_at: datetime | None, now: datetime) -> bool:
    return made_at is not None and now - made_at >= timedelta(hours=rule.hours)


_MET: Final[Mapping[str, Callable[[Rule, Reach, _Moment], bool]]] = {
    "MY-SMS-016": lambda rule, reach, moment: reach.opted_out,
    "MY-SMS-015": lambda rule, reach, moment: not reach.consented,
    "MY-WA-001": lambda rule, reach, moment: (
        reach.kind == "whatsapp" and not reach.template and not window_open(reach.last_inbound_at, moment.now)
    ),
    "MY-SMS-029": lambda rule, reach, moment: silent(reach.known_at, moment.now),
    "MY-SMS-033": lambda rule, reach, moment: _is_blocked(moment.message),
    "MY-SMS-032": lambda rule, reach, moment: _too_old(rule, moment.message.made_at, moment.now),
    "MY-SMS-030": lambda rule, reach, moment: reach.told,
    "MY-SMS-014": lambda rule, reach, moment: not rule.opens <= moment.local.time() < rule.closes,
    "MY-SMS-031": lambda rule, reach, moment: bool(moment.off),
}


def in_her_slot(moment: datetime, slot: str | None, zone: ZoneInfo) -> datetime:
    """The first time in her part of the day at or after `moment`; the moment itself where she named none."""
    if slot is None or slot not in SLOTS:
        return moment
    local = moment.astimezone(zone)
    begins = datetime.combine(local.date(), SLOTS[slot], zone)
    return begins if begins >= local else begins + timedelta(days=1)


def in_slot(moment: datetime, slot: str | None, zone: ZoneInfo) -> bool:
    """Whether `moment` is in her part of the day; always where she named none."""
    if slot is None or slot not in SLOTS:
        return True
    local = moment.astimezone(zone)
    begins = datetime.combine(local.date(), SLOTS[slot], zone)
    return begins <= local < begins + SLOT_LASTS

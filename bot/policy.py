"""May this message go to this address now? Yes, later and when, or no and why, in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import yaml

RULES: Final = Path(__file__).resolve().parent.parent / "content" / "sending_rules.yaml"
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


@dataclass(frozen=True, slots=True)
class Reach:
    """What is known of an address when something is to be sent to it."""

    kind: str  # tel, whatsapp
    consented: bool
    opted_out: bool
    last_inbound_at: datetime | None
    template: bool = False  # an approved one may go there when the window is shut
    told: bool = False  # these very words went there within the time of MY-SMS-030


class Rule(NamedTuple):
    """One rule of content/sending_rules.yaml; what each field means stands at its top."""

    id: str
    severity: str
    purposes: frozenset[str]
    says: str
    why: str
    sources: tuple[str, ...]
    stale: frozenset[str] = frozenset()
    hours: int = 0
    opens: time = time(0)
    closes: time = time(23, 59)


class _Moment(NamedTuple):
    """When it would go: by the clock there, and why that day is off ("" where it is not)."""

    now: datetime
    local: datetime
    off: str


Off = Callable[[date], str]  # why a day is off, "" where it is a day like any other


def every_day(day: date) -> str:
    """No day is off."""
    return ""


def may_send(purpose: str, reach: Reach, *, now: datetime, zone: ZoneInfo, off: Off = every_day) -> Answer:
    """Whether a message with this purpose ("reply", "nudge", "review", "call", "broadcast") may go to this address at `now`.

    The rules are those of content/sending_rules.yaml, in their order. No rule there is for replies: she wrote to us, so she
    is answered whatever the hour, and even to confirm her STOP. A purpose that no rule names is kept to those of a nudge.
    """
    moment = None
    if purpose not in _purposes():
        purpose = "nudge"
    for rule in rules().values():
        if purpose not in rule.purposes:
            continue
        moment = moment or _moment(now, zone, off)
        if not _MET[rule.id](rule, reach, moment):
            continue
        says = rule.says.replace("{day}", moment.off)
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
    found = [_rule(written) for written in yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)]
    return {rule.id: rule for rule in found}


def _rule(written: Mapping[str, Any]) -> Rule:
    fields = dict(written)
    if fields.get("id") not in _MET or fields.get("severity") not in ("block", "defer"):
        raise ValueError(
            f"{RULES.name}: {fields.get('id')}: no rule we know how to keep, or its severity is no block or defer"
        )
    fields |= {name: frozenset(fields.get(name, ())) for name in ("purposes", "stale")}
    fields |= {name: time.fromisoformat(fields[name]) for name in ("opens", "closes") if name in fields}
    try:
        return Rule(**fields | {"sources": tuple(fields.get("sources", ()))})
    except TypeError as wrong:
        raise ValueError(f"{RULES.name}: {fields['id']}: {wrong}") from wrong


@lru_cache(maxsize=1)
def _purposes() -> frozenset[str]:
    return frozenset({"reply"}).union(*(rule.purposes for rule in rules().values()))


def _hours() -> tuple[time, time]:
    rule = rules().get("MY-SMS-014")
    return (rule.opens, rule.closes) if rule else (time(0), time.max)


def _moment(now: datetime, zone: ZoneInfo, off: Off) -> _Moment:
    local = now.astimezone(zone)
    return _Moment(now, local, off(local.date()))


_MET: Final[Mapping[str, Callable[[Rule, Reach, _Moment], bool]]] = {
    "MY-SMS-016": lambda rule, reach, moment: reach.opted_out,
    "MY-SMS-015": lambda rule, reach, moment: not reach.consented,
    "MY-WA-001": lambda rule, reach, moment: (
        reach.kind == "whatsapp" and not reach.template and not window_open(reach.last_inbound_at, moment.now)
    ),
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


def day_meant(words: str, now: datetime, zone: ZoneInfo) -> date | None:
    """The day meant by "today", "yesterday", "tomorrow" or a month and day ("12-15"): of all years the one nearest to now.

    None where there is no such day.
    """
    today = now.astimezone(zone).date()
    if words in _NEAR:
        return today + timedelta(days=_NEAR[words])
    month, _, day = words.partition("-")
    years = (today.year - 1, today.year, today.year + 1)
    found = [each for each in (_date(year, month, day) for year in years) if each is not None]
    return min(found, key=lambda each: abs(each - today), default=None)


def _date(year: int, month: str, day: str) -> date | None:
    try:
        return date(year, int(month), int(day))
    except ValueError:
        return None


_NEAR: Final[Mapping[str, int]] = {"yesterday": -1, "today": 0, "tomorrow": 1}

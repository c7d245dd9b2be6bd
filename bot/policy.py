"""May this message go to this address now? Yes, later and when, or no and why, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

# Intersection of every published window for pushed SMS in Malaysia (sms rule MY-SMS-014; none is the regulator's own).
OPENS: Final = time(8)
CLOSES: Final = time(20)
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


def may_send(purpose: str, reach: Reach, *, now: datetime, zone: ZoneInfo) -> Answer:
    """Whether a message with this purpose ("reply", "nudge", "call", "broadcast") may go to this address at `now`."""
    if purpose == "reply":  # she wrote to us: whatever the hour, and even to confirm her STOP
        return Yes()
    if reach.opted_out:
        return No("opted out")
    if not reach.consented:
        return No("no consent on record")
    if reach.kind == "whatsapp" and not window_open(reach.last_inbound_at, now):
        return No("WhatsApp window shut: she last wrote over 24 hours ago, and no template is approved")
    opens = next_opening(now, zone)
    if purpose == "call" and opens > now:  # by morning it is stale: nobody still holds the phone, and a nudge is due
        return No("a call that dropped outside 08:00-20:00")
    return Yes() if opens <= now else Later(opens, "outside 08:00-20:00")


def window_open(last_inbound_at: datetime | None, now: datetime) -> bool:
    """Whether WhatsApp still lets us write to her without a template."""
    return last_inbound_at is not None and now - last_inbound_at < WINDOW


def next_opening(moment: datetime, zone: ZoneInfo) -> datetime:
    """`moment` itself inside the hours for pushed messages, else when they begin next."""
    local = moment.astimezone(zone)
    if OPENS <= local.time() < CLOSES:
        return moment
    day = local.date() if local.time() < OPENS else local.date() + timedelta(days=1)
    return datetime.combine(day, OPENS, zone)


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

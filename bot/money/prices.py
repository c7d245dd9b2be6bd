"""What one message costs: by channel, by the number it goes to, and by the price that holds when it is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from bot import gsm
from bot.channels.base import Channel

A_RINGGIT: Final = 1_000_000  # of the whole numbers that money is counted in here
GATEWAYS: Final = "gateways"  # every gateway that has no price of its own
SIMULATED: Final = "simulator_"  # made-up phones, which nobody pays for
# WhatsApp's own id of somebody whose number it does not tell begins with her country, and so does what she costs.
MALAYSIAN_ID, MALAYSIA = "MY.", "+60"

# What is paid for on each kind of channel. "service" is WhatsApp's word for whatever is no template.
PAID_FOR: Final[Mapping[str, tuple[str, ...]]] = {
    "sms": ("segment",),
    "whatsapp": ("service", "template"),
    "ussd": ("screen",),
}

segments_of = lru_cache(maxsize=4096)(gsm.segments)  # an announcement's text is counted once


class Paid(NamedTuple):
    """What a message is paid as: its SMS, None where it is none, and its cost in millionths of a ringgit, None if unknown."""

    segments: int | None
    cost: int | None


class Period(NamedTuple):
    """What holds from one moment up to another: a price in millionths of a ringgit, None where nobody knows it."""

    begins: datetime
    ends: datetime | None
    costs: Mapping[str, int | None]  # by what is paid for


class Route(NamedTuple):
    """Numbers that begin alike ("+60"; "" for all others), and their prices one after the other."""

    begins: str
    periods: Sequence[Period]


class Allowance(NamedTuple):
    """How many service messages a month are free, from a day on, and what each of them costs all the same."""

    begins: date
    messages: int
    still: int = 0  # in millionths of a ringgit: what a provider between WhatsApp and us takes


NOTHING_FREE: Final = Allowance(date.min, 0)


@dataclass(frozen=True)
class Prices:
    """Every price that is known. What is not known costs None, never 0: it is counted and shown."""

    routes: Mapping[str, Sequence[Route]] = field(default_factory=dict)  # by channel, the longest beginning first
    free: Mapping[str, Sequence[Allowance]] = field(default_factory=dict)  # by channel, the newest first
    examples: bool = False  # nobody has written down yet what is really paid

    def of(
        self, channel: Channel, to: str, text: str, *, at: datetime, template: bool = False, segments: int | None = None
    ) -> Paid:
        """What this text costs on this channel to this number, sent at that moment.

        Without what WhatsApp gives away each month, which is nobody's in particular: see `Ledger.given`. `segments` may be
        given by whoever has counted them already. Nothing is read or asked: it runs for every message of a broadcast.
        """
        kind = channel.profile.kind
        if kind == "sms":
            parts = segments_of(text) if segments is None else segments
            each = self.each(channel.name, "segment", to, at)
            return Paid(parts, None if each is None else each * parts)
        what = "screen" if kind == "ussd" else "template" if template else "service"
        return Paid(None, self.each(channel.name, what, to, at))

    def each(self, channel: str, what: str, to: str, at: datetime) -> int | None:
        """The price of one segment, service message, template or screen; None where it is not known."""
        if channel.startswith(SIMULATED):
            return 0
        if to.startswith(MALAYSIAN_ID):
            to = MALAYSIA
        for begins, periods in self._routes(channel):
            if to.startswith(begins):
                for period in periods:
                    if period.begins <= at and (period.ends is None or at < period.ends):
                        return period.costs.get(what)
        return None

    def knows(self, channel: str) -> bool:
        """Whether anything at all is known of what a channel costs."""
        return channel.startswith(SIMULATED) or bool(self._routes(channel))

    def free_in(self, channel: str, month: str) -> Allowance:
        """What a channel gives for nothing in a month ("2026-11")."""
        last = f"{month}-31"
        return next((each for each in self.free.get(channel, ()) if each.begins.isoformat() <= last), NOTHING_FREE)

    def _routes(self, channel: str) -> Sequence[Route]:
        found = self.routes.get(channel)
        if found is None and channel.startswith("gateway_"):
            found = self.routes.get(GATEWAYS)
        return found or ()


NO_PRICES: Final = Prices()


def ringgit(millionths: int) -> str:
    """An amount as people write it: "RM1,234.50"; below a ringgit with as many digits as it has, "RM0.0588".

    >>> ringgit(1_234_500_000), ringgit(58_800), ringgit(-60_000_000), ringgit(0)
    ('RM1,234.50', 'RM0.0588', '-RM60.00', 'RM0.00')
    """
    sign, amount = ("-" if millionths < 0 else ""), Decimal(abs(millionths)) / A_RINGGIT
    fine = 0 < amount < 1 and amount != round(amount, 2)
    return f"{sign}RM{amount:,.4f}" if fine else f"{sign}RM{amount:,.2f}"

"""What Twilio's statuses and error codes mean to us."""

from collections.abc import Mapping
from typing import Final

from bot.channels.base import Refusal, Status

NEEDS_TEMPLATE: Final = 63016  # WhatsApp's 24 hours are over
NO_SUCH_CONTENT: Final = 21655
TOO_LONG: Final = 21617

# What Twilio has in its hands counts as sent: it has cost money and will not come back to us.
STATUSES: Final[Mapping[str, Status]] = {
    "accepted": Status.SENT,
    "scheduled": Status.SENT,
    "queued": Status.SENT,
    "sending": Status.SENT,
    "sent": Status.SENT,
    "partially_delivered": Status.SENT,
    "delivered": Status.DELIVERED,
    "read": Status.READ,
    "undelivered": Status.FAILED,
    "failed": Status.FAILED,
    "canceled": Status.CANCELLED,
}

# https://www.twilio.com/docs/api/errors. A code that is not here is final, and shown, such as 30036: it waited too long.
REFUSALS: Final[Mapping[int, Refusal]] = {
    code: refusal
    for refusal, codes in {
        Refusal.OPT_OUT: (21610, 63033),
        Refusal.BAD_ADDRESS: (21211, 21214, 21217, 21614, 30005, 30006, 63003, 63024),
        # Account, token, permission for the country, sender.
        Refusal.CONFIGURATION: (
            *(20003, 20403, 20404, 21408, 21603, 21606, 21659, 21660, 21701, 21702, 21703, 21704, 21705),
            *(30002, 63001, 63007, 63020),
        ),
        # Empty or too long, filtered, a template that does not fit.
        Refusal.CONTENT: (
            *(21602, 21617, 21655, 21656, 30004, 30007, 30019),
            *(63005, 63013, 63021, 63027, 63028, 63029, 63030, 63032),
        ),
        Refusal.NEEDS_TEMPLATE: (NEEDS_TEMPLATE,),
        # Full queues, rate limits, a handset that is off, a channel that is down.
        Refusal.RETRY: (
            *(20429, 20500, 20503, 21611, 30001, 30003, 30008, 30017, 30022),
            *(63010, 63012, 63017, 63018),
        ),
        Refusal.WAIT_A_DAY: (63038,),
    }.items()
    for code in codes
}

ONCE: Final = frozenset({"30008"})  # an error nobody knows: once more, and no oftener


def meaning(code: str) -> Refusal | None:
    """The class of a code as a receipt has it; None where there is none, or none that we know."""
    return REFUSALS.get(int(code)) if code.isascii() and code.isdecimal() else None

"""What the statuses and error codes of the WhatsApp Cloud API mean to us."""

from collections.abc import Mapping
from typing import Final

from bot.channels.base import Refusal, Status

STATUSES: Final[Mapping[str, Status]] = {
    "sent": Status.SENT,
    "delivered": Status.DELIVERED,
    "read": Status.READ,
    "played": Status.READ,  # a voice message; we send none
    "failed": Status.FAILED,
}

# https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes. A code that is not here
# is final, and shown.
REFUSALS: Final[Mapping[int, Refusal]] = {
    code: refusal
    for refusal, codes in {
        Refusal.OPT_OUT: (131050,),
        # Not on WhatsApp or not reached by it; our own number; a user id where only a number will do.
        Refusal.BAD_ADDRESS: (131021, 131026, 131062),
        # Token, permission, account locked or not paid for, country, name of the number, test numbers.
        Refusal.CONFIGURATION: (
            *(0, 3, 10, 33, 190, *range(200, 300), 368),
            *(130497, 131005, 131030, 131031, 131037, 131042, 131045, 131057, 133010),
        ),
        # A parameter or a kind of message; a template that is not there, is paused or does not fit.
        Refusal.CONTENT: (
            *(100, 131008, 131009, 131051, 131063, 135000),
            *(132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132068, 132069),
        ),
        Refusal.NEEDS_TEMPLATE: (131047,),
        # Queues and rates (131056: one message in six seconds to one person), a fault of theirs, a picture not fetched.
        Refusal.RETRY: (1, 2, 4, 80007, 130429, 131000, 131016, 131053, 131056, 133004, 133016),
        # Too much of what people do not want, in their or in Meta's eyes; her number is in an experiment.
        Refusal.WAIT_A_DAY: (130472, 131048, 131049, 131064),
    }.items()
    for code in codes
}


def meaning(code: str) -> Refusal | None:
    """The class of a code as a receipt has it; None where there is none, or none that we know."""
    return REFUSALS.get(int(code)) if code.isascii() and code.isdecimal() else None

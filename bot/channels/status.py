"""How far a message of ours has come."""

from collections.abc import Mapping
from enum import StrEnum


class Status(StrEnum):
    """How far an outbound message has come. It only ever moves forward (see RANK)."""

    QUEUED = "queued"
    SENDING = "sending"
    UNDETERMINED = "undetermined"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    CANCELLED = "cancelled"


# A status is replaced only by one of a higher rank: late, early, doubled and reordered receipts are harmless.
RANK: Mapping[Status, int] = {
    Status.QUEUED: 0,
    Status.SENDING: 1,
    Status.UNDETERMINED: 2,
    Status.SENT: 3,
    Status.FAILED: 4,
    Status.DELIVERED: 5,
    Status.READ: 6,
    Status.CANCELLED: 9,
}

ARRIVED = (Status.DELIVERED, Status.READ)  # on her telephone
WENT = (Status.SENT, *ARRIVED, Status.UNDETERMINED)  # the provider has it, or may have it

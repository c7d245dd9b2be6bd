"""How she is reached: what should happen about it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SetPreferred:
    """She wants what we send by ourselves on this kind of channel: "sms" or "whatsapp". Replies go where she writes."""

    kind: str

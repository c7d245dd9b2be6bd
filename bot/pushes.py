"""How something that is not a reply reaches a learner: by which address and channel, in which texts, as which row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from bot import policy
from bot.channels.base import RANK, Channel, Status
from bot.render import Rendered, Voice
from bot.store.ids import new_id
from flows.types import Say

# The lanes of outbound messages: what may wait, waits for replies.
REPLIES: Final = 0
BULK: Final = 1


class Address(Protocol):
    """What of an address row is needed to choose among them."""

    id: int
    identifier: str
    last_channel: str | None
    last_inbound_at: datetime | None
    opted_out_at: datetime | None
    unreachable_at: datetime | None


@dataclass(frozen=True, slots=True)
class Way:
    """An address, and the channel that carries something to it."""

    address_id: int
    identifier: str
    channel: Channel


@dataclass(frozen=True)
class Pushes:
    """What is needed to push: the channels that are set up, the voice, the hours."""

    channels: Mapping[str, Channel]
    voice: Voice
    zone: ZoneInfo
    off: policy.Off = policy.every_day

    def way(self, addresses: Sequence[Address], *, at: datetime) -> Way | policy.No:
        """How to reach her at that time: where she wrote from last, or by SMS where WhatsApp's window is shut then."""
        why = policy.No("no address")
        for address in addresses:
            if address.opted_out_at is not None:
                why = policy.No("opted out")
                continue
            if policy.unreachable(address.unreachable_at, address.last_inbound_at):
                why = policy.No("nobody is at this address, as the provider says")
                continue
            spoke_on = self.channels.get(address.last_channel or "")
            pushes = self.channels.get(spoke_on.profile.pushes_by) if spoke_on else None
            if pushes is None:
                why = policy.No("no channel set up that can reach her")
                continue
            open_ = pushes.profile.template or policy.window_open(address.last_inbound_at, at)
            if pushes.profile.address == "whatsapp" and not open_:
                pushes = self._sms() if address.identifier.startswith("+") else None
                why = policy.No("WhatsApp window shut, and no SMS channel is set up")
            if pushes is not None:
                return Way(address.id, address.identifier, pushes)
        return why

    def texts(self, say: Say, locale: str, way: Way) -> tuple[str, ...]:
        """What is said, as that channel carries it."""
        return self.rendered(say, locale, way).texts

    def rendered(self, say: Say, locale: str, way: Way) -> Rendered:
        """The same, with the picture where that channel shows one. On a one-way route that may be nothing at all."""
        profile = way.channel.profile
        return self.voice.render(say, locale, profile.kind, way.identifier, two_way=profile.two_way)

    def _sms(self) -> Channel | None:
        return next((channel for channel in self.channels.values() if channel.profile.kind == "sms"), None)


def row(learner_id: int, purpose: str, now: datetime, **more: Any) -> dict[str, Any]:
    """The row of something pushed: queued, in the lane that may wait, unless `more` says otherwise."""
    return {
        "id": new_id(now),
        "learner_id": learner_id,
        "purpose": purpose,
        "lane": BULK,
        "status": Status.QUEUED,
        "rank": RANK[Status.QUEUED],
        "attempts": 0,
        "created_at": now,
    } | more

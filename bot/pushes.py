"""How something that is not a reply reaches a learner: by which address and channel, in which texts, as which row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from bot import policy
from bot.channels.base import RANK, Channel, Profile, Status
from bot.render import Rendered, Voice
from bot.store.ids import new_id
from flows.types import Say

MOST_WAITING: Final = timedelta(days=7)  # from when a push is made to when it is sent, over holidays and outages

# The lanes of outbound messages: what may wait, waits for replies.
REPLIES: Final = 0
BULK: Final = 1
HELD: Final = 2  # what is queued and paused: no worker looks into it


class Address(Protocol):
    """What of an address row is needed to choose among them: see `addresses.reached`."""

    id: int
    kind: str
    identifier: str
    last_channel: str | None
    last_inbound_at: datetime | None
    opted_out_at: datetime | None
    unreachable_at: datetime | None
    met_at: datetime
    wrote_at: datetime | None
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Way:
    """An address, and the channel that carries something to it."""

    address_id: int
    identifier: str
    channel: Channel

    def among(self, addresses: Iterable[Address]) -> Address:
        """That address, with what is known of it."""
        return next(each for each in addresses if each.id == self.address_id)


@dataclass(frozen=True)
class Pushes:
    """What is needed to push: the channels that are set up, the voice, the hours."""

    channels: Mapping[str, Channel]
    voice: Voice
    zone: ZoneInfo
    off: policy.Off = policy.every_day

    def way(
        self, addresses: Sequence[Address], *, at: datetime, prefers: str | None = None, silent: bool = False
    ) -> Way | policy.No:
        """How to reach her at that time: by the channel that she prefers ("sms", "whatsapp"), else where she wrote from last.

        Where WhatsApp's window is shut then, by SMS. `addresses` are in the order to try them. A number that may be another's
        by now is left out (MY-SMS-029), but for asking whether it is, with `silent`.
        """
        why = policy.No("no address")
        for address in sorted(addresses, key=lambda each: not self._is_by(each, prefers)):
            if address.opted_out_at is not None:
                why = policy.No("opted out")
            elif policy.unreachable(address.unreachable_at, address.last_inbound_at):
                why = policy.No("nobody is at this address, as the provider says")
            elif not silent and policy.silent(known_at(address), at):
                why = policy.No(policy.rules()["MY-SMS-029"].says)
            elif isinstance(carried := self._carried(address, at), policy.No):
                why = carried
            else:
                return Way(address.id, address.identifier, carried)
        return why

    def _is_by(self, address: Address, prefers: str | None) -> bool:
        """Whether what is sent there goes by the channel she prefers; WhatsApp only where she has written by it."""
        by = {"sms": "tel", "whatsapp": "whatsapp"}.get(prefers or "")
        return address.kind == by and (by == "tel" or address.last_channel is not None)

    def _carried(self, address: Address, at: datetime) -> Channel | policy.No:
        """The channel that carries something to an address: of those from which nobody has ever written, by SMS."""
        number = address.identifier.startswith("+")
        if address.last_channel is None:
            return (self.sms() if number else None) or policy.No("no channel set up that can reach her")
        spoke_on = self.channels.get(address.last_channel)
        pushes = self.channels.get(spoke_on.profile.pushes_by) if spoke_on else None
        if pushes is None:
            return policy.No("no channel set up that can reach her")
        open_ = pushes.profile.template or policy.window_open(address.last_inbound_at, at)
        if pushes.profile.address == "whatsapp" and not open_:
            return (self.sms() if number else None) or policy.No("WhatsApp window shut, and no SMS channel is set up")
        return pushes

    def texts(self, say: Say, locale: str, way: Way) -> tuple[str, ...]:
        """What is said, as that channel carries it."""
        return self.rendered(say, locale, way).texts

    def rendered(self, say: Say, locale: str, way: Way) -> Rendered:
        """The same, with the picture where that channel shows one. On a one-way route that may be nothing at all."""
        profile = way.channel.profile
        return self.voice.render(say, locale, profile.kind, way.identifier, two_way=profile.two_way)

    def carrying(self, address: Address, at: datetime) -> Channel | None:
        """The channel that would carry something to this address then, whatever she says of it; None where none can."""
        carried = self._carried(address, at)
        return None if isinstance(carried, policy.No) else carried

    def sms(self) -> Channel | None:
        """The SMS channel that carries what we send by ourselves; None where none is set up."""
        found = next((channel for channel in self.channels.values() if channel.profile.kind == "sms"), None)
        return self.channels.get(found.profile.pushes_by, found) if found else None


def known_at(address: Address) -> datetime | None:
    """When its number was last known to be hers: she wrote, somebody confirmed it, or we met it."""
    return policy.known_at(address.wrote_at, address.confirmed_at, address.met_at)


def reach(profile: Profile, address: Address, *, consented: bool, told: bool = False) -> policy.Reach:
    """What the policy asks about an address, for something that goes there by a channel of that profile."""
    return policy.Reach(
        profile.address,
        consented,
        opted_out=address.opted_out_at is not None,
        last_inbound_at=address.last_inbound_at,
        template=profile.template,
        told=told,
        known_at=known_at(address),
    )


def thought(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of one thought: each part follows the one before it."""
    made = list(rows)
    before = [None, *(each["id"] for each in made)]
    return [each | {"follows": follows} for each, follows in zip(made, before, strict=False)]


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

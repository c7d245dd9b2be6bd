"""The networks of the village: channels that carry nothing anywhere, and remember whom they were to reach."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from bot.channels.base import (
    UNKNOWN_RATE,
    Channel,
    Ignored,
    Outgoing,
    Profile,
    Read,
    Reply,
    WebhookReply,
    WebhookRequest,
)

# Where no channel of a kind is set up, one with this name: prices are known by it.
MADE_UP: Final[Mapping[str, Profile]] = {
    "gateway_sms": Profile("sms", "tel", inline=True, pushes_by="gateway_sms"),
    "whatsapp": Profile("whatsapp", "whatsapp", inline=True, pushes_by="whatsapp"),
    "africastalking_ussd": Profile("ussd", "tel", inline=True, pushes_by="gateway_sms"),
}
SIMULATED: Final = "simulator_"


@dataclass
class Network:
    """All that was given to channels to send since it was last looked at."""

    sent: list[Outgoing] = field(default_factory=list)

    def take(self) -> list[Outgoing]:
        """What was sent meanwhile."""
        sent, self.sent = self.sent, []
        return sent


class Played:
    """A channel as it is set up, whose provider takes everything at once and sends no receipts; always two-way."""

    def __init__(self, name: str, profile: Profile, network: Network) -> None:
        self.name = name
        self.profile = replace(
            profile, inline=True, receipts=False, two_way=True, rate=UNKNOWN_RATE, many=1, buttons_by_send=False
        )
        self._network = network

    def read(self, request: WebhookRequest) -> Read:
        """Nobody calls: learners are heard without the web."""
        return Ignored("a made-up channel")

    def answer(self, reply: Reply) -> WebhookReply:
        """The texts, one after the other."""
        return WebhookReply("\n".join(text for _, text in reply.texts))

    async def send(self, message: Outgoing) -> str:
        """Remember it."""
        self._network.sent.append(message)
        return f"played-{message.id}"


def played(set_up: Mapping[str, Channel], network: Network) -> dict[str, Channel]:
    """A channel of each kind that plays the first one set up, or a made-up one. Those of the simulator cost nothing, and do not count."""
    real = {name: each.profile for name, each in set_up.items() if not name.startswith(SIMULATED)}
    found: dict[str, Profile] = {}
    for name, profile in [*real.items(), *MADE_UP.items()]:
        if all(each.kind != profile.kind for each in found.values()):
            found[name] = profile
    by_sms = next(name for name, each in found.items() if each.kind == "sms")
    return {
        name: Played(name, replace(profile, pushes_by=name if profile.kind == "whatsapp" else by_sms), network)
        for name, profile in found.items()
    }


def by_kind(channels: Mapping[str, Channel], kind: str) -> Channel:
    """The channel by which that kind of message goes."""
    return next(each for each in channels.values() if each.profile.kind == kind)

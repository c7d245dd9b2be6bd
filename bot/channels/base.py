"""What every channel is: three methods, and the words the rest of the house uses for what providers say."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from bot.channels.refusals import ChannelError as ChannelError, Refusal as Refusal


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


class BadSignature(Exception):
    """The request does not come from the provider it names: answer 403, store nothing."""


class Malformed(Exception):
    """The request is the provider's, but cannot be read; the text says which field and why. Answer 400, store nothing."""


class Rate(NamedTuple):
    """How much a channel takes in a second; None where nobody says. 0.1 is one in ten seconds."""

    messages: float | None = None
    segments: float | None = None


UNKNOWN_RATE: Final = Rate()


@dataclass(frozen=True, slots=True)
class Profile:
    """What a channel can carry, and how a reply travels on it."""

    kind: str  # "sms", "ussd" or "whatsapp": how texts are rendered
    address: str  # "tel" or "whatsapp": which kind of address it reaches
    inline: bool  # a reply rides on the provider's own response
    receipts: bool = False  # the provider reports what became of a message
    pushes_by: str = ""  # the channel that carries what is not a reply; "" where none can
    two_way: bool = True  # she can answer by it; where not, nothing that goes by it asks for a reply
    rate: Rate = UNKNOWN_RATE
    template: bool = False  # it may write when WhatsApp's window is shut, by a template that is approved


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """An HTTP request as a channel needs it: what was sent, to which URL, and the secret in its path."""

    method: str
    url: str  # as the provider signed it: PUBLIC_URL + path + query
    headers: Mapping[str, str]  # names in lower case
    form: Mapping[str, Sequence[str]]
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    body: bytes = b""
    token: str = ""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A call that stays open over several requests (USSD): its id, and everything typed in it so far."""

    id: str
    transcript: str


@dataclass(frozen=True, slots=True)
class Pressed:
    """The button she pressed: under which message of ours, by the provider's id for it, and what the button says."""

    under: str
    words: str


@dataclass(frozen=True, slots=True)
class Inbound:
    """A person sent us something. `provider_id` is unique in its channel: the same one again is a retry."""

    channel: str
    provider_id: str
    sender: str  # E.164, or WhatsApp's own user id where there is no number
    text: str = ""
    dialogue: Dialogue | None = None
    answered: bool = False  # the provider has answered already (Twilio's Advanced Opt-Out): say nothing
    pressed: Pressed | None = None  # `text` is then the number of the choice in that message
    also: str = ""  # another identifier of hers on the same channel, under which she may write next time


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message of ours, found by our own id, by the provider's, or by who it went to."""

    channel: str
    status: Status
    message_id: int | None = None
    provider_id: str = ""
    error: str = ""
    to: str = field(default="", compare=False)
    refusal: Refusal | None = field(default=None, compare=False)  # the class of `error`, where the message failed


@dataclass(frozen=True, slots=True)
class OptedOut:
    """The provider tells us that this person wants no more messages."""

    channel: str
    sender: str
    provider_id: str


@dataclass(frozen=True, slots=True)
class Moved:
    """She has another number, or another user id, and the provider says so."""

    channel: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing to do, and why; answered 200 so that the provider does not come again."""

    why: str


News = Inbound | Receipt | OptedOut | Moved | Ignored


@dataclass(frozen=True, slots=True)
class Many:
    """Several things in one request, in their order. Each stands by itself; after an error the provider brings all again."""

    news: tuple[News, ...]


Read = News | Many


class Shown(NamedTuple):
    """A picture that goes with a text: `name` is "<hash>/<file>", `words` say in her language what it shows."""

    name: str
    words: str

    def kept(self) -> str:
        """The picture as it is written down. A name has no spaces in it."""
        return f"{self.name} {self.words}"

    @classmethod
    def read(cls, kept: str | None) -> "Shown | None":
        """The picture that `kept` wrote; None where none was."""
        name, _, words = (kept or "").partition(" ")
        return cls(name, words) if name else None


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said in answer to one message: texts with the ids of their rows, in order; a picture goes with the first."""

    texts: tuple[tuple[int, str], ...]
    ends: bool = False
    picture: Shown | None = None

    def kept(self) -> str:
        """The reply as JSON, so that a retry gets the same."""
        picture = [self.picture.kept()] if self.picture else []
        return json.dumps([self.texts, self.ends, *picture], ensure_ascii=False)

    @classmethod
    def read(cls, kept: str) -> "Reply":
        """The reply that `kept` wrote."""
        texts, ends, *picture = json.loads(kept)
        said = tuple((message_id, text) for message_id, text in texts)
        return cls(said, ends, Shown.read(picture[0]) if picture else None)


@dataclass(frozen=True, slots=True)
class WebhookReply:
    """The HTTP response that the provider gets."""

    body: str
    content_type: str = "text/plain; charset=utf-8"
    status: int = 200


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to send: the id of its row, the address, the text as it will be read, and the picture that goes with it."""

    id: int
    to: str
    text: str
    picture: Shown | None = None
    template: bool = False  # the window is shut: only a template may go


class Channel(Protocol):
    """One kind of message at one provider."""

    name: str
    profile: Profile

    def read(self, request: WebhookRequest) -> Read:
        """What the provider says happened. Raises BadSignature or Malformed."""
        ...

    def answer(self, reply: Reply) -> WebhookReply:
        """The response to the request that `read` read; it carries the reply where the profile says inline."""
        ...

    def send(self, message: Outgoing) -> str:
        """Send one message and return the provider's id for it. Raises ChannelError."""
        ...

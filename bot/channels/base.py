"""What every channel is: three methods, and the words the rest of the house uses for what providers say."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol, runtime_checkable

from bot.channels.news import (
    CallEnded as CallEnded,
    Dialogue as Dialogue,
    Ignored as Ignored,
    Inbound as Inbound,
    Many as Many,
    Moved as Moved,
    News as News,
    OptedOut as OptedOut,
    Pressed as Pressed,
    Read as Read,
    Receipt as Receipt,
)
from bot.channels.refusals import ChannelError as ChannelError, Refusal as Refusal
from bot.channels.status import RANK as RANK, Status as Status


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
    many: int = 1  # to how many numbers one request carries the same text; more than one: see SendsMany
    documents: bool = False  # a PDF can go by it, and the provider can fetch it from us
    buttons_by_send: bool = False  # inline, but a reply with what she may press goes by `send`
    once: frozenset[str] = frozenset()  # of the codes that may pass, those after which one more try is enough


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
    one_of: bool = False  # she answers with one of its lettered options


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

    async def send(self, message: Outgoing) -> str:
        """Send one message and return the provider's id for it. Raises ChannelError."""
        ...


@runtime_checkable
class SendsMany(Protocol):
    """A channel whose provider takes many numbers in one request, where the text is the same."""

    async def send_many(self, messages: Sequence[Outgoing]) -> Sequence[str | ChannelError]:
        """What became of each of these messages of one text, in their order. Raises ChannelError, which then is of them all."""
        ...

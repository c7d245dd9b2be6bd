"""What providers tell us: somebody wrote, a message of ours came further, a call is over."""

from dataclasses import dataclass, field

from bot.channels.refusals import Refusal
from bot.channels.status import Status


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A call that stays open over several requests (USSD): its id, and everything typed in it so far."""

    id: str
    transcript: str


@dataclass(frozen=True, slots=True)
class Pressed:
    """The button she pressed: under which message of ours, by the provider's id for it or by our own, and what it says.

    `lettered` is an option of a question, whose words mean nothing but that option.
    """

    under: str
    words: str
    message_id: int | None = None
    lettered: bool = False


@dataclass(frozen=True, slots=True)
class Inbound:
    """A person sent us something. `provider_id` is unique in its channel: the same one again is a retry."""

    channel: str
    provider_id: str
    sender: str  # E.164, or WhatsApp's own user id where there is no number
    text: str = ""
    dialogue: Dialogue | None = None
    answered: bool = False  # the provider has answered already (Twilio's Advanced Opt-Out): say nothing
    pressed: Pressed | None = None  # `text` is then the number or letter of the choice in that message
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
class CallEnded:
    """A call is over, and the provider says so: sooner than we would have noticed."""

    channel: str
    sender: str
    dialogue: str  # its id


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing to do, and why; answered 200 so that the provider does not come again."""

    why: str


News = Inbound | Receipt | OptedOut | Moved | CallEnded | Ignored


@dataclass(frozen=True, slots=True)
class Many:
    """Several things in one request, in their order. Each stands by itself; after an error the provider brings all again."""

    news: tuple[News, ...]


Read = News | Many

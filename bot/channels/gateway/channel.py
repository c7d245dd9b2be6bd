"""One gateway as a channel: made from its description, it reads, answers and sends as all channels do."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final

from bot.channels.base import (
    BadSignature,
    ChannelError,
    Many,
    Outgoing,
    Profile,
    Rate,
    Read,
    Refusal,
    Reply,
    WebhookReply,
    WebhookRequest,
)
from bot.channels.fields import check_token, cleaned
from bot.channels.gateway import charsets, hearing
from bot.channels.gateway.shape import Description
from bot.channels.gateway.wire import Request, Wire
from bot.phone import REGION

if TYPE_CHECKING:
    from bot.channels.gateway.answers import Answered
    from bot.channels.line import Line

PREFIX: Final = "gateway_"
COUNTRY_CODE: Final = "+60"  # of bot.phone.REGION, for gateways that want a number as it is dialled there


def path(name: str) -> str:
    """Where a gateway of that name calls us; the token follows."""
    return f"/webhooks/gateway/{name}"


@lru_cache(maxsize=1024)
def _coded(text: str) -> tuple[bool, str]:
    """Whether a GSM phone's own alphabet carries a text, and its bytes in hexadecimal digits; an announcement's is asked for often."""
    is_gsm = charsets.fits_gsm(text)
    return is_gsm, charsets.encoded(text, "gsm-7" if is_gsm else "utf-16-be").hex()


@dataclass(eq=False)
class Gateway:
    """SMS by an HTTP gateway. It signs nothing, so the secret at the end of our path is what we trust."""

    described: Description
    wire: Wire = field(repr=False)
    tokens: tuple[str, ...] = field(repr=False)
    reached_at: str  # how the gateway reaches us: a URL without a path

    def __post_init__(self) -> None:
        self.name = f"{PREFIX}{self.described.name}"
        self.profile = Profile(
            "sms",
            "tel",
            inline=False,
            receipts=self.described.receipts is not None,
            pushes_by=f"{PREFIX}{self.described.pushes_by or self.described.name}",
            two_way=self.described.hears,
            many=self.described.many,
            rate=Rate(self.described.rate.messages, self.described.rate.segments),
        )

    @property
    def webhook(self) -> str:
        """Where the gateway brings messages and receipts, the token left for the operator to fill in."""
        return f"{self.reached_at}{path(self.described.name)}/<token>"

    def read(self, request: WebhookRequest) -> Read:
        """Messages and receipts, told apart by the field of the status. Raises BadSignature or Malformed."""
        self._check(request.token)
        told = hearing.news(request, self.described, self.name)
        return told[0] if len(told) == 1 else Many(tuple(told))

    def answer(self, reply: Reply) -> WebhookReply:
        """What the gateway wants to hear; the reply goes by `send`."""
        said = self.described.answer
        return WebhookReply(said.body, said.type, said.status)

    async def send(self, message: Outgoing) -> str:
        """Send one message; return the gateway's id, or ours where it gives none. Raises ChannelError, with its code."""
        (became,) = await self.send_many([message])
        if isinstance(became, ChannelError):
            raise became
        return became

    async def send_many(self, messages: Sequence[Outgoing]) -> Sequence[str | ChannelError]:
        """Send one text to many numbers in one request; a number that this gateway cannot reach is left out of it."""
        from bot.channels.gateway import answers

        told: dict[int, str | ChannelError] = {}
        for message in messages:
            try:
                self._written(message.to)
            except ChannelError as error:
                told[message.id] = error
        rest = [message for message in messages if message.id not in told]
        if rest:
            answered = await self._asked(self._request(*rest), len(rest))
            became = answers.became(answered, self.described, [message.to for message in rest])
            told |= self._known_by(rest, became)
        return [told[message.id] for message in messages]

    def _known_by(
        self, messages: Sequence[Outgoing], became: Sequence[str | ChannelError]
    ) -> Mapping[int, str | ChannelError]:
        """What each message is known by. An id of several messages is theirs only where receipts name the number, too."""
        receipts, given = self.described.receipts, Counter(became)
        shared = {each for each in given if given[each] > 1 and receipts and not receipts.to}
        return {
            message.id: str(message.id) if each == "" or each in shared else each
            for message, each in zip(messages, became, strict=True)
        }

    def _request(self, *messages: Outgoing) -> Request:
        """The request that carries the text of these messages to all their numbers."""
        text = cleaned(messages[0].text)
        if self.described.longest and len(text) > self.described.longest:
            raise ChannelError(f"longer than {self.described.longest} characters", refusal=Refusal.CONTENT)
        is_gsm, digits = _coded(text)
        coding = self.described.coding
        values = {
            "text": text,
            "from": self.described.sender,
            "token": self.tokens[0] if self.tokens else "",
            "coding": coding.gsm if is_gsm else coding.ucs2,
            "hex": digits,
        }
        each = [values | self._places(message) for message in messages]
        if len(messages) > 1:
            between = self.described.send.many.between if self.described.send.many else ""
            values |= {"to": between.join(own["to"] for own in each), "id": "", "receipts": self._receipts("")}
        else:
            values = each[0]
        try:
            return self.wire.request(values, each)
        except charsets.NotInCharset as error:
            raise ChannelError(str(error), refusal=Refusal.CONTENT) from error

    def _places(self, message: Outgoing) -> dict[str, str]:
        """What is one message's own."""
        ours = str(message.id)
        return {"to": self._written(message.to), "id": ours, "receipts": self._receipts(ours)}

    async def _asked(self, request: Request, numbers: int) -> "Answered":
        from bot.channels.gateway.addresses import PrivateAddress
        from bot.channels.gateway.answers import LONGER, LONGEST, Answered

        try:
            answer = await self._line.ask(request.method, request.url, data=request.body, headers=request.headers)
        except PrivateAddress as error:
            raise ChannelError(f"{error}; allow_private: true would let it", refusal=Refusal.CONFIGURATION) from None
        except ChannelError as error:  # the words of its cause hold the address, which may hold a password
            raise error from None
        return Answered(answer.status, answer.headers, answer.body[: LONGEST + numbers * LONGER])

    @cached_property
    def _line(self) -> "Line":
        """The connections that stay open, made when first needed: the web, which never sends, never imports aiohttp."""
        from bot.channels.gateway import guard

        return guard.line(self.described.send.seconds, allow_private=self.described.allow_private)

    def _written(self, to: str) -> str:
        """The number as this gateway wants it."""
        match self.described.numbers:
            case "e164":
                return to
            case "digits":
                return to.removeprefix("+")
            case "00":
                return f"00{to.removeprefix('+')}"
            case "national":
                if not to.startswith(COUNTRY_CODE):
                    raise ChannelError(f"a number outside {REGION}", refusal=Refusal.BAD_ADDRESS)
                return f"0{to.removeprefix(COUNTRY_CODE)}"

    def _receipts(self, message_id: str) -> str:
        """Where receipts come to. A message's own id rides along, so that one that overtakes the answer finds its row."""
        if not (self.tokens and self.described.receipts):
            return ""
        return f"{self.reached_at}{path(self.described.name)}/{self.tokens[0]}?message={message_id}"

    def _check(self, given: str) -> None:
        """Raise BadSignature unless it is one of our tokens."""
        for token in self.tokens[1:]:
            with suppress(BadSignature):
                check_token(given, token)
                return
        check_token(given, self.tokens[0] if self.tokens else "")

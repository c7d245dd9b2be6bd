"""One gateway as a channel: made from its description, it reads, answers and sends as all channels do."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
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
    import requests

    from bot.channels.gateway.answers import Answered

PREFIX: Final = "gateway_"
COUNTRY_CODE: Final = "+60"  # of bot.phone.REGION, for gateways that want a number as it is dialled there


def path(name: str) -> str:
    """Where a gateway of that name calls us; the token follows."""
    return f"/webhooks/gateway/{name}"


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

    def send(self, message: Outgoing) -> str:
        """Send one message; return the gateway's id, or ours where it gives none. Raises ChannelError, with its code."""
        from bot.channels.gateway import answers

        answered = self._asked(self._request(message))
        return answers.provider_id(answered, self.described) or str(message.id)

    def _request(self, message: Outgoing) -> Request:
        text = cleaned(message.text)
        if self.described.longest and len(text) > self.described.longest:
            raise ChannelError(f"longer than {self.described.longest} characters", refusal=Refusal.CONTENT)
        is_gsm = charsets.fits_gsm(text)
        coding = self.described.coding
        values = {
            "to": self._written(message.to),
            "text": text,
            "from": self.described.sender,
            "id": str(message.id),
            "token": self.tokens[0] if self.tokens else "",
            "receipts": self._receipts(message.id),
            "coding": coding.gsm if is_gsm else coding.ucs2,
            "hex": charsets.encoded(text, "gsm-7" if is_gsm else "utf-16-be").hex(),
        }
        try:
            return self.wire.request(values)
        except charsets.NotInCharset as error:
            raise ChannelError(str(error), refusal=Refusal.CONTENT) from error

    def _asked(self, request: Request) -> "Answered":
        import requests

        from bot.channels import line
        from bot.channels.gateway.addresses import PrivateAddress
        from bot.channels.gateway.answers import LONGEST, Answered

        timeout = (line.PATIENCE_TO_CONNECT, self.described.send.seconds)
        try:
            with self._session.request(
                request.method,
                request.url,
                data=request.body,
                headers=dict(request.headers),
                timeout=timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                body = b"".join(_at_most(LONGEST, response))
                return Answered(response.status_code, response.headers, body)
        except PrivateAddress as error:
            raise ChannelError(f"{error}; allow_private: true would let it", refusal=Refusal.CONFIGURATION) from None
        except requests.RequestException as error:  # its words hold the address, which may hold a password
            raise line.failure(error) from None

    @cached_property
    def _session(self) -> "requests.Session":
        """The connections that stay open, made when first needed: the web, which never sends, never imports requests."""
        from bot.channels.gateway import guard

        return guard.session(allow_private=self.described.allow_private)

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

    def _receipts(self, message_id: int) -> str:
        """Where this message's receipts come to: our id rides along, so that one that overtakes the answer finds its row."""
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


def _at_most(most: int, response: "requests.Response") -> Iterator[bytes]:
    """The body, as far as anybody would read it."""
    for piece in response.iter_content(most):
        yield piece[:most]
        most -= len(piece)
        if most <= 0:
            return

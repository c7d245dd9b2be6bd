"""The WhatsApp Cloud API, without a company in between: signed webhooks that hold many things at once, replies by the outbox.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview · …/support/error-codes
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from bot.channels import whatsapp_messages as messages
from bot.channels.base import (
    BadSignature,
    ChannelError,
    Ignored,
    Many,
    Outgoing,
    Profile,
    Rate,
    Read,
    Reply,
    WebhookReply,
    WebhookRequest,
)
from bot.channels.fields import LONGEST_ID, PATIENCE, check_token, cleaned, optional
from bot.channels.whatsapp_codes import REFUSALS
from bot.channels.whatsapp_events import happenings, shortened

if TYPE_CHECKING:
    from bot.channels.line import Answer, Line

API: Final = "https://graph.facebook.com/v23.0"
HEADERS: Final = {"Accept": "application/json", "User-Agent": "Titian/0.1.0"}  # Meta's OpenAPI asks for such a name
SIGNED_WITH: Final = "sha256="
MOST_A_SECOND: Final = 80  # messages of one number; Meta raises it by itself for those who send more


@dataclass(eq=False)
class WhatsApp:
    """One number of ours at Meta."""

    number_id: str  # Meta's id of the number, not the number
    access_token: str = field(repr=False)
    app_secret: str = field(repr=False)  # signs what Meta sends us
    verify_token: str = field(repr=False)  # our own word, which Meta repeats when the webhook is set up
    template: str = ""  # an approved template with one place in it, and its language: "titian/ms"; "" for none
    api_url: str = ""  # another base URL than theirs
    patience: float = PATIENCE
    picture_url: Callable[[str], str] = lambda name: ""  # where Meta fetches a picture or document; "": it could not
    documents: bool = False  # a document of ours can be fetched there

    def __post_init__(self) -> None:
        self.name = "whatsapp"
        # Not inline: the response to a webhook carries nothing.
        self.profile = Profile(
            "whatsapp",
            "whatsapp",
            inline=False,
            receipts=True,
            pushes_by=self.name,
            rate=Rate(messages=MOST_A_SECOND),
            template=bool(self.template),
            documents=self.documents,
        )
        self._url = f"{self.api_url or API}/{self.number_id}/messages"

    def verified(self, request: WebhookRequest) -> WebhookReply:
        """The answer that shows Meta whose address this is. Raises BadSignature unless it knows our word."""
        check_token(optional(request.query, "hub.verify_token"), self.verify_token)
        if optional(request.query, "hub.mode") != "subscribe":
            raise BadSignature("hub.mode is not subscribe")
        return WebhookReply(optional(request.query, "hub.challenge")[:LONGEST_ID])

    def read(self, request: WebhookRequest) -> Read:
        """All that happened. Raises BadSignature, or Malformed where it is no envelope of Meta's."""
        self._check_signature(request)
        told = happenings(request.body, self.name, self.number_id)
        if len(told) == 1:
            return told[0]
        return Many(tuple(told)) if told else Ignored("a request that tells nothing")

    def answer(self, reply: Reply) -> WebhookReply:
        """An empty 200: the reply goes by `send`. After anything else Meta comes again for seven days."""
        return WebhookReply("")

    async def send(self, message: Outgoing) -> str:
        """Send one message; return its wamid. Raises ChannelError, with Meta's error code."""
        answer = await self._line.ask("POST", self._url, json=self._asked(message))
        if not 200 <= answer.status < 300:
            from bot.channels import line

            code, pause = _code(answer), line.wanted_pause(answer.headers)
            means = REFUSALS.get(code) if code else None
            raise line.refusal(answer.status, str(code or answer.status), means=means, retry_after=pause)
        try:
            return shortened(str(answer.json()["messages"][0]["id"]))
        except (ValueError, LookupError, TypeError) as error:  # it was accepted, but as what?
            raise ChannelError("unreadable answer", ambiguous=True) from error

    def _asked(self, message: Outgoing) -> dict[str, Any]:
        """The request: our id rides in it, so that a receipt that overtakes the answer still finds its row."""
        text = cleaned(message.text).strip()
        url = self.picture_url(message.picture.name) if message.picture else ""
        if message.template:
            said = messages.template(self.template, text)
        else:
            said = messages.content(text, url, one_of=message.one_of, message_id=message.id)
        to = {"to": message.to} if message.to.startswith("+") else {"recipient": message.to}
        head = {"messaging_product": "whatsapp", "recipient_type": "individual"}
        return head | to | said | {"biz_opaque_callback_data": str(message.id)}

    @cached_property
    def _line(self) -> "Line":
        """The connections that stay open, made when first needed: the web, which never sends, never imports aiohttp."""
        from bot.channels.line import Line

        return Line(self.patience, {"Authorization": f"Bearer {self.access_token}"} | HEADERS)

    def _check_signature(self, request: WebhookRequest) -> None:
        """Over the bytes as they came: the same JSON written anew would have another signature."""
        given = request.headers.get("x-hub-signature-256", "")
        if not given.startswith(SIGNED_WITH):
            raise BadSignature("no X-Hub-Signature-256")
        ours = hmac.new(self.app_secret.encode(), request.body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(ours.encode(), given.removeprefix(SIGNED_WITH).encode("utf-8", "replace")):
            raise BadSignature("X-Hub-Signature-256 does not fit: is WHATSAPP_APP_SECRET the secret of this app?")


def _code(answer: "Answer") -> int:
    """Meta's error code; 0 where the answer holds none."""
    try:
        code = answer.json()["error"]["code"]
    except (ValueError, LookupError, TypeError):
        return 0
    return code if isinstance(code, int) else 0

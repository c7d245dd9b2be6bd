"""Twilio: SMS and WhatsApp, signed webhooks, replies on the response, the rest over its REST API.

https://www.twilio.com/docs/messaging/guides/webhook-request · …/docs/usage/security · …/docs/messaging/api/message-resource
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from twilio.request_validator import RequestValidator, get_signature_algorithm  # type: ignore[import-untyped]

from bot.channels import twilio_content
from bot.channels.base import (
    BadSignature,
    ChannelError,
    Ignored,
    Inbound,
    Malformed,
    Outgoing,
    Profile,
    Rate,
    Read,
    Refusal,
    Reply,
    Shown,
    WebhookReply,
    WebhookRequest,
)
from bot.channels.fields import PATIENCE, Form, cleaned, number, optional, required
from bot.channels.twilio_codes import NEEDS_TEMPLATE, NO_SUCH_CONTENT, ONCE, REFUSALS, TOO_LONG
from bot.channels.twilio_fields import receipt, said

INBOUND: Final = frozenset({"", "received", "receiving"})
LONGEST: Final = 1600  # characters in one request
OPT_OUT_TYPES: Final = frozenset({"STOP", "START", "HELP"})
# What speaks against the buttons, perhaps, and not against sending to her: the text alone is tried.
AGAINST_BUTTONS: Final = frozenset({Refusal.CONTENT, Refusal.UNKNOWN})

_XML: Final = '<?xml version="1.0" encoding="UTF-8"?>'
_USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")

Json = dict[str, Any]


@dataclass(eq=False)
class Twilio:
    """SMS or WhatsApp at Twilio. Two auth tokens are given while one takes over from the other; the first one sends."""

    kind: str  # "sms" or "whatsapp"
    account_sid: str
    tokens: tuple[str, ...] = field(repr=False)
    sender: str  # "+60…", or the SID of a Messaging Service, MG…
    status_url: str  # where receipts come to; "" asks for none
    api_url: str = ""  # another base URL than Twilio's
    patience: float = PATIENCE
    picture_url: Callable[[str], str] = lambda name: ""  # where Twilio fetches a picture; "" where it could not
    documents: bool = False  # of WhatsApp: a document of ours can be fetched there
    buttons: bool = False  # of WhatsApp: menus have buttons, and then go by `send`
    template: str = ""  # of WhatsApp: an approved Content with one place in it, HX…; "" for none

    def __post_init__(self) -> None:
        self.name = f"twilio_{self.kind}"
        whatsapp = self.kind == "whatsapp"
        self._prefix = "whatsapp:" if whatsapp else ""
        self.profile = Profile(
            self.kind,
            "whatsapp" if whatsapp else "tel",
            inline=True,
            receipts=True,
            pushes_by=self.name,
            rate=Rate(messages=80 if whatsapp else None),  # of SMS that depends on the number: see RATES
            template=whatsapp and bool(self.template),
            buttons_by_send=whatsapp and self.buttons,
            once=ONCE,
            documents=whatsapp and self.documents,
        )
        self._validators = [RequestValidator(token) for token in self.tokens]
        if self.sender.startswith("MG"):
            self._from = {"messaging_service_sid": self.sender}
        else:
            self._from = {"from_": self._prefix + self.sender.removeprefix("whatsapp:")}
        self._contents = twilio_content.Contents(lambda: self._client)

    def read(self, request: WebhookRequest) -> Read:
        """What happened: a message came in, or one of ours has come further. Raises BadSignature or Malformed."""
        self._check_signature(request)
        form = request.form
        status = optional(form, "MessageStatus") or optional(form, "SmsStatus")
        if status not in INBOUND:
            return receipt(request, status)
        sid = required(form, "MessageSid")
        sender, also = self._sender(form)
        if sender is None:
            return Ignored("from a short code or a name, which cannot be answered")
        opt_out = optional(form, "OptOutType").strip().upper()
        if opt_out in OPT_OUT_TYPES:
            # Twilio has acted on the word already, whichever it was; so we act on its meaning.
            return Inbound(self.name, sid, sender, opt_out, answered=True, also=also)
        text, pressed = said(form)
        return Inbound(self.name, sid, sender, text, pressed=pressed, also=also)

    def answer(self, reply: Reply) -> WebhookReply:
        """TwiML with one message for each text; Twilio reports each of them under the id of its row."""
        url = self._picture(reply.picture)
        messages = "".join(
            f"<Message{self._reported(message_id)}>{_twiml(body, url if place == 0 else '')}</Message>"
            for place, (message_id, text) in enumerate(reply.texts)
            if (body := cleaned(text).strip())
        )
        return WebhookReply(f"{_XML}<Response>{messages}</Response>", "text/xml; charset=utf-8")

    async def send(self, message: Outgoing) -> str:
        """Send one message; return its MessageSid. Raises ChannelError, with Twilio's error code."""
        text = cleaned(message.text)
        if len(text) > LONGEST:
            raise ChannelError(str(TOO_LONG), refusal=Refusal.CONTENT)
        if message.template:
            if not self.profile.template:
                raise ChannelError(str(NEEDS_TEMPLATE), refusal=Refusal.NEEDS_TEMPLATE)
            filled = twilio_content.template(text)
            return await self._sent(message, {"content_sid": self.template, "content_variables": filled})
        media = {"media_url": [url]} if (url := self._picture(message.picture)) else {}
        if self.profile.buttons_by_send and not media:
            sid = await self._with_buttons(message, text)
            if sid:
                return sid
        return await self._sent(message, {"body": text} | media)

    async def _with_buttons(self, message: Outgoing, text: str) -> str:
        """Send a menu that she may press; return its MessageSid, or "" where the text has to go without. Raises ChannelError."""
        menu = twilio_content.menu(text, one_of=message.one_of, message_id=message.id)
        content = await self._contents.sid(menu) if menu else ""
        if not menu or not content:
            return ""
        try:
            filled = twilio_content.variables(menu.filled())
            return await self._sent(message, {"content_sid": content, "content_variables": filled})
        except ChannelError as error:
            if error.ambiguous or error.refusal not in AGAINST_BUTTONS:
                raise
            if error.code == str(NO_SUCH_CONTENT):
                self._contents.forget(menu)
            return ""

    async def _sent(self, message: Outgoing, what: Json) -> str:
        from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]

        from bot.channels import line, twilio_http

        wanted = {"to": self._prefix + message.to, "status_callback": self._callback(message.id)}
        try:
            accepted = await self._client.messages.create_async(**wanted, **self._from, **what)
        except TwilioException as error:
            code = getattr(error, "code", None)
            status = getattr(error, "status", 0)
            means = REFUSALS.get(code) if code else None
            raise line.refusal(status, str(code or status), means=means, retry_after=twilio_http.pause.get()) from error
        except (ValueError, AttributeError, TypeError) as error:  # a 201 that says nothing: accepted, but as what?
            raise ChannelError("unreadable answer", ambiguous=True) from error
        if not accepted.sid:
            raise ChannelError("answer without a sid", ambiguous=True)
        return str(accepted.sid)

    @cached_property
    def _client(self) -> Any:
        """The one REST client, made when first needed: importing it takes 95 ms and 15 MB, which the web never pays."""
        from twilio.rest import Client  # type: ignore[import-untyped]

        from bot.channels.line import Line
        from bot.channels.twilio_http import TwilioLine

        client = Client(self.account_sid, self.tokens[0], http_client=TwilioLine(Line(self.patience)))
        if self.api_url:
            client.api.base_url = client.content.base_url = self.api_url
        return client

    def _picture(self, picture: Shown | None) -> str:
        return self.picture_url(picture.name) if picture and self.kind == "whatsapp" else ""

    def _reported(self, message_id: int) -> str:
        callback = self._callback(message_id)
        return f" statusCallback={quoteattr(callback)}" if callback else ""

    def _callback(self, message_id: int) -> str | None:
        """Our id rides in the URL, so that a receipt that overtakes Twilio's own answer still finds its row."""
        return f"{self.status_url}?message={message_id}" if self.status_url else None

    def _check_signature(self, request: WebhookRequest) -> None:
        signature = request.headers.get("x-twilio-signature", "")
        if not signature:
            raise BadSignature("no X-Twilio-Signature")
        algorithm = get_signature_algorithm(request.headers.get("x-twilio-webhooks-signature-settings"))
        signed = _Signed(request.form)
        try:
            ours = any(v.validate(request.url, signed, signature, algorithm) for v in self._validators)
        except ValueError as error:  # characters or a URL that cannot have been signed
            raise BadSignature("X-Twilio-Signature cannot be checked") from error
        if not ours:
            raise BadSignature("X-Twilio-Signature does not fit: is PUBLIC_URL the address that Twilio calls?")

    def _sender(self, form: Form) -> tuple[str | None, str]:
        """Who wrote, None for a short code or a name; and her user id beside a number.

        On WhatsApp a person may have a user id and no number.
        """
        if not self._prefix:
            sender = required(form, "From")
            if ":" in sender:
                raise Malformed("From is not an SMS sender: WhatsApp belongs at /webhooks/twilio/whatsapp")
            return number(sender), ""
        also = optional(form, "ExternalUserId").strip().removeprefix(self._prefix)
        name = "From" if optional(form, "From").strip() or "ExternalUserId" not in form else "ExternalUserId"
        sender = required(form, name)
        bare = sender.removeprefix(self._prefix)
        if _USER_ID.fullmatch(bare):
            return bare, ""
        if bare == sender:
            raise Malformed(f"{name} is not a WhatsApp sender: SMS belongs at /webhooks/twilio/sms")
        return number(bare), also if _USER_ID.fullmatch(also) else ""


def _twiml(body: str, picture_url: str) -> str:
    """What stands in a <Message>: the words alone, or the words and where the picture is."""
    return f"<Body>{escape(body)}</Body><Media>{escape(picture_url)}</Media>" if picture_url else escape(body)


class _Signed(dict[str, Sequence[str]]):
    """The form as RequestValidator asks for it: with every value of a repeated name."""

    def getall(self, name: str) -> Sequence[str]:
        return self[name]

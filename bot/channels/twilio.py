"""Twilio: SMS and WhatsApp, signed webhooks, replies on the response, the rest over its REST API.

https://www.twilio.com/docs/messaging/guides/webhook-request · …/docs/usage/security · …/docs/messaging/api/message-resource
"""

import base64
import binascii
import re
import threading
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from twilio.request_validator import RequestValidator, get_signature_algorithm  # type: ignore[import-untyped]

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
    Receipt,
    Refusal,
    Reply,
    Shown,
    WebhookReply,
    WebhookRequest,
)
from bot.channels.fields import PATIENCE, Form, cleaned, number, optional, required
from bot.channels.twilio_codes import REFUSALS, STATUSES

INBOUND: Final = frozenset({"", "received", "receiving"})
TOO_LONG: Final = 21617

LONGEST: Final = 1600  # characters in one request
SHORTEST_BASE64: Final = 60  # no learner types a word this long
INSTEAD_OF_A_BODY: Final = ("ButtonText", "ButtonPayload", "ListTitle", "ListId")
OPT_OUT_TYPES: Final = frozenset({"STOP", "START", "HELP"})

_XML: Final = '<?xml version="1.0" encoding="UTF-8"?>'
_USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
_MESSAGE_ID = re.compile(r"[0-9]{1,18}|[0-8][0-9]{18}")


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

    def __post_init__(self) -> None:
        self.name = f"twilio_{self.kind}"
        self._prefix = "whatsapp:" if self.kind == "whatsapp" else ""
        self._last = threading.local()
        address = "whatsapp" if self._prefix else "tel"
        rate = Rate(messages=80 if self.kind == "whatsapp" else None)  # of SMS that depends on the number: see RATES
        self.profile = Profile(self.kind, address, inline=True, receipts=True, pushes_by=self.name, rate=rate)
        self._validators = [RequestValidator(token) for token in self.tokens]
        if self.sender.startswith("MG"):
            self._from = {"messaging_service_sid": self.sender}
        else:
            self._from = {"from_": self._prefix + self.sender.removeprefix("whatsapp:")}

    def read(self, request: WebhookRequest) -> Read:
        """What happened: a message came in, or one of ours has come further. Raises BadSignature or Malformed."""
        self._check_signature(request)
        form = request.form
        status = optional(form, "MessageStatus") or optional(form, "SmsStatus")
        if status not in INBOUND:
            return _receipt(request, status)
        sid = required(form, "MessageSid")
        sender = self._sender(form)
        if sender is None:
            return Ignored("from a short code or a name, which cannot be answered")
        opt_out = optional(form, "OptOutType").strip().upper()
        if opt_out in OPT_OUT_TYPES:
            # Twilio has acted on the word already, whichever it was; so we act on its meaning.
            return Inbound(self.name, sid, sender, opt_out, answered=True)
        return Inbound(self.name, sid, sender, _text(form))

    def answer(self, reply: Reply) -> WebhookReply:
        """TwiML with one message for each text; Twilio reports each of them under the id of its row."""
        url = self._picture(reply.picture)
        said = "".join(
            f"<Message{self._reported(message_id)}>{_twiml(body, url if place == 0 else '')}</Message>"
            for place, (message_id, text) in enumerate(reply.texts)
            if (body := cleaned(text).strip())
        )
        return WebhookReply(f"{_XML}<Response>{said}</Response>", "text/xml; charset=utf-8")

    def send(self, message: Outgoing) -> str:
        """Send one message; return its MessageSid. Raises ChannelError, with Twilio's error code."""
        import requests
        from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]

        from bot.channels import line

        text = cleaned(message.text)
        if len(text) > LONGEST:
            raise ChannelError(str(TOO_LONG), refusal=Refusal.CONTENT)
        wanted = {"to": self._prefix + message.to, "body": text, "status_callback": self._callback(message.id)}
        media = {"media_url": [url]} if (url := self._picture(message.picture)) else {}
        try:
            accepted = self._client.messages.create(**wanted, **self._from, **media)
        except requests.RequestException as error:
            raise line.failure(error) from error
        except TwilioException as error:
            code = getattr(error, "code", None)
            status = getattr(error, "status", 0)
            means = REFUSALS.get(code) if code else None
            pause = getattr(self._last, "pause", None)
            raise line.refusal(status, str(code or status), means=means, retry_after=pause) from error
        except (ValueError, AttributeError, TypeError) as error:  # a 201 that says nothing: accepted, but as what?
            raise ChannelError("unreadable answer", ambiguous=True) from error
        if not accepted.sid:
            raise ChannelError("answer without a sid", ambiguous=True)
        return str(accepted.sid)

    @cached_property
    def _client(self) -> Any:
        """The one REST client, made when first needed: importing it takes 95 ms and 15 MB, which the web never pays."""
        from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
        from twilio.rest import Client  # type: ignore[import-untyped]

        from bot.channels import line

        http = TwilioHttpClient()
        http.session = line.session()
        http.session.hooks["response"].append(self._note_pause)
        http.timeout = (line.PATIENCE_TO_CONNECT, self.patience)
        client = Client(self.account_sid, self.tokens[0], http_client=http)
        if self.api_url:
            client.api.base_url = self.api_url
        return client

    def _note_pause(self, answer: Any, *_: Any, **__: Any) -> None:
        """Twilio's exceptions do not tell the headers, so what Retry-After said is kept for the thread that asked."""
        from bot.channels import line

        self._last.pause = line.wanted_pause(answer.headers)

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

    def _sender(self, form: Form) -> str | None:
        """Who wrote, None for a short code or a name. On WhatsApp a person may have a user id and no number."""
        if not self._prefix:
            sender = required(form, "From")
            if ":" in sender:
                raise Malformed("From is not an SMS sender: WhatsApp belongs at /webhooks/twilio/whatsapp")
            return number(sender)
        name = "From" if optional(form, "From").strip() or "ExternalUserId" not in form else "ExternalUserId"
        sender = required(form, name)
        bare = sender.removeprefix(self._prefix)
        if _USER_ID.fullmatch(bare):
            return bare
        if bare == sender:
            raise Malformed(f"{name} is not a WhatsApp sender: SMS belongs at /webhooks/twilio/sms")
        return number(bare)


def _twiml(body: str, picture_url: str) -> str:
    """What stands in a <Message>: the words alone, or the words and where the picture is."""
    return f"<Body>{escape(body)}</Body><Media>{escape(picture_url)}</Media>" if picture_url else escape(body)


class _Signed(dict[str, Sequence[str]]):
    """The form as RequestValidator asks for it: with every value of a repeated name."""

    def getall(self, name: str) -> Sequence[str]:
        return self[name]


def _receipt(request: WebhookRequest, status: str) -> Receipt | Ignored:
    if status not in STATUSES:
        return Ignored(f"a status we do not know: {status[:40]}")
    form = request.form
    whatsapp = any(optional(form, name).startswith("whatsapp:") for name in ("To", "From"))
    given = optional(request.query, "message")
    code = optional(form, "ErrorCode").strip()[:40]
    return Receipt(
        "twilio_whatsapp" if whatsapp else "twilio_sms",
        STATUSES[status],
        int(given) if _MESSAGE_ID.fullmatch(given) else None,
        required(form, "MessageSid"),
        code,
        refusal=REFUSALS.get(int(code)) if code.isdecimal() and code.isascii() else None,
    )


def _text(form: Form) -> str:
    text = optional(form, "Body")
    if not text.strip():
        return next((said for name in INSTEAD_OF_A_BODY if (said := optional(form, name))), "")
    return _decoded(text) if optional(form, "NumSegments") not in ("", "0", "1") else text


def _decoded(text: str) -> str:
    """A long SMS that Twilio passed on in base64, as sometimes happens; any other text as it is."""
    if len(text) < SHORTEST_BASE64:
        return text
    try:
        decoded = base64.b64decode("".join(text.splitlines()), validate=True).decode()
    except (binascii.Error, ValueError):
        return text
    # Cf: what joins emoji together.
    readable = all(c.isprintable() or c.isspace() or unicodedata.category(c) == "Cf" for c in decoded)
    return cleaned(decoded) if readable else text

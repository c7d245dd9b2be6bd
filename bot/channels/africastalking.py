"""Africa's Talking: SMS over its API, and USSD, whose screens ride on the response.

https://developers.africastalking.com/docs/sms/sending · …/docs/sms/notifications · …/docs/ussd/handle_sessions
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from bot.channels.base import (
    CallEnded,
    ChannelError,
    Dialogue,
    Ignored,
    Inbound,
    Malformed,
    OptedOut,
    Outgoing,
    Profile,
    Read,
    Receipt,
    Refusal,
    Reply,
    Status,
    WebhookReply,
    WebhookRequest,
)
from bot.channels.fields import PATIENCE, Form, check_token, cleaned, number, optional, present, required, turn_id

if TYPE_CHECKING:
    from bot.channels.line import Line

STATUSES: Final[Mapping[str, Status]] = {
    "Sent": Status.SENT,
    "Submitted": Status.SENT,
    "Buffered": Status.SENT,
    "Success": Status.DELIVERED,
    "Rejected": Status.FAILED,
    "Failed": Status.FAILED,
    "Expired": Status.FAILED,
    "AbsentSubscriber": Status.FAILED,
}

ACCEPTED: Final = frozenset({"100", "101", "102"})  # processed, sent, queued
# …/docs/sms/sending#error-codes. A code or word that is not here is final, and shown.
REFUSALS: Final[Mapping[str, Refusal]] = {
    "402": Refusal.CONFIGURATION,
    "InvalidSenderId": Refusal.CONFIGURATION,
    "405": Refusal.CONFIGURATION,
    "InsufficientBalance": Refusal.CONFIGURATION,
    "403": Refusal.BAD_ADDRESS,
    "InvalidPhoneNumber": Refusal.BAD_ADDRESS,
    "404": Refusal.BAD_ADDRESS,  # a kind of number that cannot get an SMS
    "UnsupportedNumberType": Refusal.BAD_ADDRESS,
    "406": Refusal.OPT_OUT,
    "UserInBlacklist": Refusal.OPT_OUT,
    "UserInBlackList": Refusal.OPT_OUT,
    "500": Refusal.RETRY,  # in an answer that lists the number: not taken
    "501": Refusal.RETRY,
    "502": Refusal.RETRY,
}
# What a delivery report says of a message that failed.
REPORTED: Final[Mapping[str, Refusal]] = {
    "UserInBlackList": Refusal.OPT_OUT,
    "UserDoesNotExist": Refusal.BAD_ADDRESS,
    "NotNetworkSubscriber": Refusal.BAD_ADDRESS,
}

LIVE: Final = "https://api.africastalking.com/version1"
SANDBOX: Final = "https://api.sandbox.africastalking.com/version1"
MANY: Final = 100  # numbers a request: they state no limit, and an answer stays small
NOTHING_TO_SAY: Final = "OK"  # an empty screen is an error on the phone


@dataclass(eq=False)
class AfricasTalkingSms:
    """SMS at Africa's Talking: they sign nothing, so the secret at the end of our path is what we trust."""

    username: str  # "sandbox" is their playground
    api_key: str = field(repr=False)
    token: str = field(repr=False)
    sender: str = ""  # a short code or a registered name; "" leaves it to them
    api_url: str = ""  # another base URL than theirs
    patience: float = PATIENCE

    def __post_init__(self) -> None:
        self.name = "africastalking_sms"
        self.profile = Profile("sms", "tel", inline=False, receipts=True, pushes_by=self.name, many=MANY)
        self._url = f"{self.api_url or (SANDBOX if self.username == 'sandbox' else LIVE)}/messaging"

    def read(self, request: WebhookRequest) -> Read:
        """A message, a delivery report or an opt-out, told apart by their fields. Raises BadSignature or Malformed."""
        check_token(request.token, self.token)
        form = request.form
        if "updateType" in form:
            return Ignored("a subscription to paid content, which we do not sell")
        if "status" in form or ("retryCount" in form and "from" not in form):
            return self._receipt(form)
        if "senderId" in form and "from" not in form:
            return self._opted_out(form)
        provider_id = required(form, "id")
        sender = number(required(form, "from"))
        text = present(form, "text")
        if sender is None:
            return Ignored("from a short code or a name, which cannot be answered")
        return Inbound(self.name, provider_id, sender, text)

    def answer(self, reply: Reply) -> WebhookReply:
        """An empty 200: the reply goes by `send`. Anything else would make them come again for twelve hours."""
        return WebhookReply("")

    async def send(self, message: Outgoing) -> str:
        """Send one message; return its messageId. Raises ChannelError, with Africa's Talking's status code."""
        (became,) = await self.send_many([message])
        if isinstance(became, ChannelError):
            raise became
        return became

    async def send_many(self, messages: Sequence[Outgoing]) -> Sequence[str | ChannelError]:
        """Send one text to many numbers in one request: each has its own row, and its own code, in the answer."""
        to = ",".join(message.to for message in messages)
        form = {"username": self.username, "to": to, "message": cleaned(messages[0].text), "bulkSMSMode": "1"}
        if self.sender:
            form["from"] = self.sender
        answer = await self._line.ask("POST", self._url, data=form)
        if not 200 <= answer.status < 300:
            from bot.channels import line

            raise line.refusal(answer.status, str(answer.status), retry_after=line.wanted_pause(answer.headers))
        try:
            return _became(answer.json()["SMSMessageData"], messages)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            # It was accepted, but as what?
            raise ChannelError("unreadable answer", ambiguous=True) from error

    @cached_property
    def _line(self) -> "Line":
        """The connections that stay open, made when first needed: the web, which never sends, never imports aiohttp."""
        from bot.channels.line import Line

        return Line(self.patience, {"apiKey": self.api_key, "Accept": "application/json"})

    def _receipt(self, form: Form) -> Receipt | Ignored:
        provider_id = required(form, "id")
        status = required(form, "status")
        if status not in STATUSES:
            return Ignored(f"a status we do not know: {status[:40]}")
        to = number(optional(form, "phoneNumber")) or ""
        why = optional(form, "failureReason").strip()[:80]
        return Receipt(self.name, STATUSES[status], None, provider_id, why, to, REPORTED.get(why))

    def _opted_out(self, form: Form) -> OptedOut | Ignored:
        sender = number(required(form, "phoneNumber"))
        if sender is None:
            return Ignored("an opt-out without a number")
        # They give it no id, and opting out a second time, after coming back, is not a retry of the first.
        return OptedOut(self.name, sender, f"optout:{uuid.uuid4().hex}")


class AfricasTalkingUssd:
    """USSD at Africa's Talking: one request a screen, each with everything typed so far."""

    name = "africastalking_ussd"
    profile = Profile("ussd", "tel", inline=True, pushes_by="africastalking_sms")

    def __init__(self, token: str) -> None:
        self._token = token

    def read(self, request: WebhookRequest) -> Read:
        """What was typed. A request that comes again has the same provider_id. Raises BadSignature or Malformed."""
        check_token(request.token, self._token)
        form = request.form
        if "text" not in form and ("status" in form or "durationInMillis" in form):
            ended = optional(form, "sessionId"), number(optional(form, "phoneNumber"))
            return CallEnded(self.name, ended[1], ended[0]) if ended[0] and ended[1] else Ignored("the end of a call")
        call = Dialogue(required(form, "sessionId"), present(form, "text"))
        sender = number(required(form, "phoneNumber"))
        if sender is None:  # the caller waits for a screen, so this is not ignored in silence
            raise Malformed("phoneNumber is not a phone number")
        return Inbound(self.name, turn_id(call, sender), sender, call.transcript.rpartition("*")[2], dialogue=call)

    def answer(self, reply: Reply) -> WebhookReply:
        """The next screen, or the last one."""
        screen = cleaned("\n".join(text for _, text in reply.texts)).strip() or NOTHING_TO_SAY
        return WebhookReply(f"{'END' if reply.ends else 'CON'} {screen}")

    async def send(self, message: Outgoing) -> str:
        """USSD cannot begin a conversation; what is not a reply goes by SMS. Always raises ChannelError."""
        raise ChannelError("USSD only answers", refusal=Refusal.CONTENT)


def _became(data: Mapping[str, Any], messages: Sequence[Outgoing]) -> Sequence[str | ChannelError]:
    """What became of each message. A 201 may hold a refusal, for the whole request or for a number.

    A number that the answer does not list may have been sent to or not. One number alone is the one listed, however
    they write it.
    """
    listed = data["Recipients"]
    if not listed:
        raise _refused(str(data["Message"])[:80])
    if len(messages) == 1:
        return [_row(listed[0])]
    rows = {str(row["number"]): row for row in listed}
    return [
        _row(rows[message.to]) if message.to in rows else ChannelError("not in the answer", ambiguous=True)
        for message in messages
    ]


def _row(row: Mapping[str, Any]) -> str | ChannelError:
    code = str(row["statusCode"])[:40]
    return str(row["messageId"]) if code in ACCEPTED else _refused(code)


def _refused(code: str) -> ChannelError:
    return ChannelError(code, refusal=REFUSALS.get(code, Refusal.UNKNOWN))

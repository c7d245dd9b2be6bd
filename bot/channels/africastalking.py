"""Africa's Talking: SMS over its API, and USSD, whose screens ride on the response.

https://developers.africastalking.com/docs/sms/sending · …/docs/sms/notifications · …/docs/ussd/handle_sessions
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from bot.channels.base import (
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
    import requests

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
        self.profile = Profile("sms", "tel", inline=False, receipts=True, pushes_by=self.name)
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

    def send(self, message: Outgoing) -> str:
        """Send one message; return its messageId. Raises ChannelError, with Africa's Talking's status code."""
        import requests

        from bot.channels import line

        form = {"username": self.username, "to": message.to, "message": cleaned(message.text), "bulkSMSMode": "1"}
        if self.sender:
            form["from"] = self.sender
        try:
            timeout = (line.PATIENCE_TO_CONNECT, self.patience)
            answer = self._session.post(self._url, data=form, timeout=timeout, allow_redirects=False)
        except requests.RequestException as error:
            raise line.failure(error) from error
        if not 200 <= answer.status_code < 300:
            raise line.refusal(
                answer.status_code, str(answer.status_code), retry_after=line.wanted_pause(answer.headers)
            )
        try:
            return _message_id(answer.json()["SMSMessageData"])
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            # It was accepted, but as what?
            raise ChannelError("unreadable answer", ambiguous=True) from error

    @cached_property
    def _session(self) -> "requests.Session":
        """The connections that stay open, made when first needed: the web, which never sends, never imports requests."""
        from bot.channels import line

        kept = line.session()
        kept.headers.update({"apiKey": self.api_key, "Accept": "application/json"})
        return kept

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
            return Ignored("the end of a call")
        call = Dialogue(required(form, "sessionId"), present(form, "text"))
        sender = number(required(form, "phoneNumber"))
        if sender is None:  # the caller waits for a screen, so this is not ignored in silence
            raise Malformed("phoneNumber is not a phone number")
        return Inbound(self.name, turn_id(call, sender), sender, call.transcript.rpartition("*")[2], dialogue=call)

    def answer(self, reply: Reply) -> WebhookReply:
        """The next screen, or the last one."""
        screen = cleaned("\n".join(text for _, text in reply.texts)).strip() or NOTHING_TO_SAY
        return WebhookReply(f"{'END' if reply.ends else 'CON'} {screen}")

    def send(self, message: Outgoing) -> str:
        """USSD cannot begin a conversation; what is not a reply goes by SMS. Always raises ChannelError."""
        raise ChannelError("USSD only answers", refusal=Refusal.CONTENT)


def _message_id(data: Mapping[str, Any]) -> str:
    """The id of the one message that was asked for. A 201 may hold a refusal, for the whole request or for a number."""
    if not data["Recipients"]:
        raise _refused(str(data["Message"])[:80])
    row = data["Recipients"][0]
    code = str(row["statusCode"])[:40]
    if code not in ACCEPTED:
        raise _refused(code)
    return str(row["messageId"])


def _refused(code: str) -> ChannelError:
    return ChannelError(code, refusal=REFUSALS.get(code, Refusal.UNKNOWN))

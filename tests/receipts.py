"""What the providers in `tests.doubles` report about a message: requests to our webhooks, signed as theirs are."""

from dataclasses import dataclass
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from tests.doubles import ACCOUNT, AUTH_TOKEN, Accepted


@dataclass(frozen=True, slots=True)
class Callback:
    """A request that a provider makes, for a test client to make or for `post`."""

    url: str
    form: dict[str, str]
    headers: dict[str, str]

    def post(self) -> int:
        """Make it; return the status of the answer."""
        headers = self.headers | {"Content-Type": "application/x-www-form-urlencoded"}
        with urlopen(Request(self.url, urlencode(self.form).encode(), headers)) as answer:
            return int(answer.status)


def twilio_receipt(message: Accepted, status: str, *, error: int = 0, token: str = AUTH_TOKEN) -> Callback:
    """Twilio's receipt for a message: to the URL it was sent with, and signed."""
    form = {
        "AccountSid": ACCOUNT,
        "MessageSid": message.id,
        "SmsSid": message.id,
        "MessageStatus": status,
        "SmsStatus": status,
        "To": message.to,
        "From": message.sender,
        "ApiVersion": "2010-04-01",
    } | ({"ErrorCode": str(error)} if error else {})
    return Callback(message.callback, form, {"X-Twilio-Signature": sign(message.callback, form, token)})


def sign(url: str, form: dict[str, str], token: str = AUTH_TOKEN) -> str:
    """Twilio's signature."""
    return str(RequestValidator(token).compute_signature(url, form))


def africastalking_receipt(message: Accepted, status: str, url: str, *, reason: str = "") -> Callback:
    """Africa's Talking's delivery report: to the URL in their dashboard, which ends in our token."""
    form = {"id": message.id, "status": status, "phoneNumber": message.to, "networkCode": "99999", "retryCount": "0"}
    return Callback(url, form | ({"failureReason": reason} if reason else {}), {})

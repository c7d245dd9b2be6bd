"""Every channel as the contract sees it: the channel, a request that is really its provider's, and what is in it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bot.channels.africastalking import AfricasTalkingSms, AfricasTalkingUssd
from bot.channels.base import Channel, WebhookRequest
from bot.channels.simulator import Simulator
from bot.channels.twilio import Twilio
from tests.bot.channels import payloads as p
from tests.doubles import ACCOUNT, API_KEY, AUTH_TOKEN, USERNAME

Form = dict[str, Any]

STATUS_URL = f"{p.PUBLIC}/webhooks/twilio/status"
TWILIO_SMS = Twilio("sms", ACCOUNT, (AUTH_TOKEN, "the-next-token"), p.US, STATUS_URL)
TWILIO_WHATSAPP = Twilio("whatsapp", ACCOUNT, (AUTH_TOKEN,), p.US, STATUS_URL)
AT_SMS = AfricasTalkingSms(USERNAME, API_KEY, p.TOKEN)
AT_USSD = AfricasTalkingUssd(p.TOKEN)
FRESH = count(1)
SIM_SMS, SIM_USSD = (Simulator(kind, lambda: f"fresh-{next(FRESH)}") for kind in ("sms", "ussd"))


def as_lists(form: Form) -> dict[str, list[str]]:
    """The form as a webhook hands it over: every name with all its values."""
    return {name: value if isinstance(value, list) else [value] for name, value in form.items()}


class Repeated(dict[str, list[str]]):
    """A form as twilio's validator reads it."""

    getall = dict.__getitem__


def twilio_request(
    form: Form, *, url: str = f"{p.PUBLIC}/webhooks/twilio/sms", token: str = AUTH_TOKEN
) -> WebhookRequest:
    """A request signed by twilio's own code."""
    signed = as_lists(form)
    signature = RequestValidator(token).compute_signature(url, Repeated(signed))
    query = {
        name: [value] for name, _, value in (pair.partition("=") for pair in url.partition("?")[2].split("&")) if name
    }
    return WebhookRequest("POST", url, {"x-twilio-signature": signature}, signed, query)


def at_request(form: Form, token: str = p.TOKEN) -> WebhookRequest:
    """A request that ends in our token."""
    return WebhookRequest("POST", f"{p.PUBLIC}/webhooks/africastalking/any/{token}", {}, as_lists(form), token=token)


def json_request(form: Form) -> WebhookRequest:
    """A request of the simulator."""
    return WebhookRequest("POST", f"{p.PUBLIC}/webhooks/simulator", {}, {}, body=json.dumps(form).encode())


@dataclass(frozen=True)
class Subject:
    """A channel under contract."""

    channel: Channel
    valid: Form
    request: Callable[[Form], WebhookRequest]
    needs: tuple[str, ...]  # may be neither missing nor empty
    holds_text: str
    may_be_empty: bool = True  # but not missing: the text
    forged: tuple[WebhookRequest, ...] = ()

    def __str__(self) -> str:
        return self.channel.name


def twilio_forgeries(form: Form) -> tuple[WebhookRequest, ...]:
    """Requests that somebody else might send."""
    good = twilio_request(form)
    headers, fields = dict(good.headers), dict(good.form)
    algorithm = "x-twilio-webhooks-signature-settings"
    return (
        replace(good, headers={}),
        replace(good, headers={"x-twilio-signature": ""}),
        replace(good, headers={"x-twilio-signature": "é🌺"}),
        replace(good, headers=headers | {algorithm: "key=k,algorithm=HMAC_SHA256"}),
        replace(good, headers=headers | {algorithm: "key=k,algorithm=NONE"}),
        replace(good, form=fields | {"Body": ["STOP"]}),
        replace(good, form=fields | {"Added": [""]}),
        replace(good, form=fields | {"Body": ["\ud800"]}),
        replace(good, form={name: values for name, values in fields.items() if name != "ApiVersion"}),
        replace(good, url=good.url + "/"),
        replace(good, url=good.url + "?message=1"),
        replace(good, url=good.url.replace("https", "http")),
        twilio_request(form, token="somebody-else's-token"),
    )


def at_forgeries(form: Form) -> tuple[WebhookRequest, ...]:
    """Requests that somebody else might send."""
    wrong = ("", p.TOKEN[:-1], p.TOKEN + "x", p.TOKEN.upper(), "\ud800", "é" * 25)
    return tuple(replace(at_request(form), token=token) for token in wrong)


def twilio_subject(channel: Twilio, valid: Form) -> Subject:
    return Subject(channel, valid, twilio_request, ("MessageSid", "From"), "Body", True, twilio_forgeries(valid))


SUBJECTS = (
    twilio_subject(TWILIO_SMS, p.TWILIO_SMS),
    twilio_subject(TWILIO_WHATSAPP, p.TWILIO_WHATSAPP),
    Subject(AT_SMS, p.AT_SMS, at_request, ("id", "from"), "text", True, at_forgeries(p.AT_SMS)),
    Subject(AT_USSD, p.AT_USSD, at_request, ("sessionId", "phoneNumber"), "text", True, at_forgeries(p.AT_USSD)),
    Subject(SIM_SMS, p.SIMULATED, json_request, ("phone", "channel"), "text"),
    Subject(SIM_USSD, p.SIMULATED_CALL, json_request, ("phone", "channel"), "text"),
)

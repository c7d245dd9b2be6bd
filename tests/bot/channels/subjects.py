"""Every channel as the contract sees it: the channel, a request that is really its provider's, and what is in it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bot.channels import africastalking, twilio_codes, whatsapp_codes
from bot.channels.africastalking import AfricasTalkingSms, AfricasTalkingUssd
from bot.channels.base import Channel, Status, WebhookRequest
from bot.channels.simulator import Simulator
from bot.channels.twilio import Twilio
from bot.channels.whatsapp import WhatsApp
from tests import gateways, whatsapp_double as meta
from tests.bot.channels import payloads as p
from tests.doubles import ACCOUNT, API_KEY, AUTH_TOKEN, USERNAME, Accepted
from tests.gateways import SPOKEN, Spoken

Form = dict[str, Any]

STATUS_URL = f"{p.PUBLIC}/webhooks/twilio/status"
TWILIO_SMS = Twilio("sms", ACCOUNT, (AUTH_TOKEN, "the-next-token"), p.US, STATUS_URL)
TWILIO_WHATSAPP = Twilio("whatsapp", ACCOUNT, (AUTH_TOKEN,), p.US, STATUS_URL)
AT_SMS = AfricasTalkingSms(USERNAME, API_KEY, p.TOKEN)
AT_USSD = AfricasTalkingUssd(p.TOKEN)
FRESH = count(1)
WHATSAPP = WhatsApp(meta.NUMBER_ID, meta.ACCESS_TOKEN, meta.APP_SECRET, meta.VERIFY_TOKEN, meta.TEMPLATE)
SIM_SMS, SIM_USSD, SIM_WHATSAPP = (
    Simulator(kind, lambda: f"fresh-{next(FRESH)}") for kind in ("sms", "ussd", "whatsapp")
)


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
    forged: tuple[WebhookRequest, ...] = ()
    is_form: bool = False  # a form that somebody else has read already
    ignores: bool = False  # what it cannot read is left out with the reason: the rest of the request may be good
    words: Mapping[str, Status] = field(default_factory=dict)  # for a status
    reports: Callable[[str], WebhookRequest] | None = None  # a receipt with that word in it

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
    to = "whatsapp:" if channel.kind == "whatsapp" else ""

    def reports(word: str) -> WebhookRequest:
        form = p.TWILIO_RECEIPT | {"MessageStatus": word, "SmsStatus": word, "To": to + p.LEARNER}
        return twilio_request(form, url=f"{STATUS_URL}?message=77")

    return Subject(
        channel,
        valid,
        twilio_request,
        ("MessageSid", "From"),
        "Body",
        twilio_forgeries(valid),
        is_form=True,
        words=twilio_codes.STATUSES,
        reports=reports,
    )


def cloud_request(form: Form) -> WebhookRequest:
    """A message as Meta wraps it."""
    said: Form = {"timestamp": "1795482000", "type": "text"}
    said |= {name: form[name] for name in ("id", "from") if name in form}
    return meta.request(meta.envelope(said | {"text": {"body": form["text"]}}))


def cloud_forgeries(form: Form) -> tuple[WebhookRequest, ...]:
    """Requests that somebody else might send."""
    good = cloud_request(form)
    header = "x-hub-signature-256"
    return (
        replace(good, headers={}),
        replace(good, headers={header: ""}),
        replace(good, headers={header: "sha256="}),
        replace(good, headers={header: "sha256=é🌺"}),
        replace(good, headers={header: good.headers[header].replace("sha256=", "sha1=")}),
        replace(good, body=good.body.replace(b"Mula", b"STOP")),
        replace(good, body=good.body + b" "),
        meta.request(good.body, secret="somebody-else's-secret"),
    )


def cloud_subject() -> Subject:
    def reports(word: str) -> WebhookRequest:
        taken = Accepted("meta", "wamid.1", p.LEARNER, "hai", "", "77", 0.0)
        return meta.request(meta.envelope(statuses=(meta.status(taken, word),)))

    valid = {"id": "wamid.2", "from": p.LEARNER.removeprefix("+"), "text": "Mula 1"}
    return Subject(
        WHATSAPP,
        valid,
        cloud_request,
        ("id", "from"),
        "text",
        cloud_forgeries(valid),
        ignores=True,
        words=whatsapp_codes.STATUSES,
        reports=reports,
    )


def gateway_subject(spoken: Spoken) -> Subject:
    """A gateway on one of our presets, as it is set up to call first."""
    make = spoken.makes[0]
    with TemporaryDirectory() as directory:
        (channel,) = gateways.read(Path(directory), gateways.described(spoken.name))
    wrong = ("", p.TOKEN[:-1], p.TOKEN + "x", p.TOKEN.upper(), "\ud800")
    return Subject(
        channel,
        dict(spoken.inbound),
        lambda form: make(form, spoken.name),
        (spoken.holds_id, spoken.holds_sender),
        spoken.holds_text,
        tuple(replace(made, token=token) for token in wrong for made in (spoken.says(make), spoken.reports(make))),
        words=spoken.words,
        reports=lambda word: spoken.reports(make, **spoken.reporting(word)),
    )


SUBJECTS = (
    twilio_subject(TWILIO_SMS, p.TWILIO_SMS),
    twilio_subject(TWILIO_WHATSAPP, p.TWILIO_WHATSAPP),
    Subject(
        AT_SMS,
        p.AT_SMS,
        at_request,
        ("id", "from"),
        "text",
        at_forgeries(p.AT_SMS),
        is_form=True,
        words=africastalking.STATUSES,
        reports=lambda word: at_request(p.AT_RECEIPT | {"status": word}),
    ),
    Subject(
        AT_USSD, p.AT_USSD, at_request, ("sessionId", "phoneNumber"), "text", at_forgeries(p.AT_USSD), is_form=True
    ),
    cloud_subject(),
    *map(gateway_subject, SPOKEN),
    Subject(SIM_SMS, p.SIMULATED, json_request, ("phone", "channel"), "text"),
    Subject(SIM_USSD, p.SIMULATED_CALL, json_request, ("phone", "channel"), "text"),
    Subject(SIM_WHATSAPP, p.SIMULATED | {"channel": "whatsapp"}, json_request, ("phone", "channel"), "text"),
)
REPORTING = tuple(subject for subject in SUBJECTS if subject.reports)

"""What providers send us when somebody writes: whole requests, signed as theirs are, and how to read what we answer."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import urlencode
from xml.etree import ElementTree

from flask.testing import FlaskClient

from tests.bot.channels import payloads as p
from tests.receipts import sign

FORM: Final = "application/x-www-form-urlencoded"
TOKEN: Final = p.TOKEN
MOST_PAGES: Final = 9


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a provider; made again, it is the provider's retry."""

    path: str
    form: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        """The form as it is on the wire."""
        return urlencode(self.form).encode()


@dataclass(frozen=True, slots=True)
class Answer:
    """What we answered: the status, the words (none where they go another way), and whether the call is over.

    `callbacks` are where the provider is to report what became of each.
    """

    status: int
    texts: tuple[str, ...] = ()
    ends: bool = False
    body: str = ""
    callbacks: tuple[str, ...] = ()
    media: tuple[str, ...] = ()  # where a picture is, for each text; "" where none goes with it

    @property
    def text(self) -> str:
        """All of it in one."""
        return "\n".join(self.texts)


def twilio_sms(number: str, text: str, name: str, *, base: str = p.PUBLIC) -> Call:
    """An SMS that Twilio passes on."""
    return twilio("sms", p.TWILIO_SMS | {"From": number, "Body": text}, name, base)


def twilio_whatsapp(number: str, text: str, name: str, *, base: str = p.PUBLIC) -> Call:
    """A WhatsApp message that Twilio passes on."""
    form = p.TWILIO_WHATSAPP | {"From": f"whatsapp:{number}", "WaId": number.removeprefix("+"), "Body": text}
    return twilio("whatsapp", form, name, base)


def twilio(kind: str, form: Mapping[str, str], name: str, base: str = p.PUBLIC) -> Call:
    """Any message of Twilio's, under the id made of `name`."""
    sid = f"SM{name:0>32}"
    named = dict(form) | {"MessageSid": sid, "SmsSid": sid, "SmsMessageSid": sid}
    path = f"/webhooks/twilio/{kind}"
    return Call(path, named, {"X-Twilio-Signature": sign(base + path, named)})


def at_sms(number: str, text: str, name: str, *, token: str = TOKEN) -> Call:
    """An SMS that Africa's Talking passes on."""
    form = p.AT_SMS | {"from": number, "text": text, "id": f"ATUid_{name}"}
    return Call(f"/webhooks/africastalking/sms/{token}", form)


def at_ussd(number: str, transcript: str, call: str, *, token: str = TOKEN) -> Call:
    """One hop of a USSD call, with everything typed so far."""
    form = p.AT_USSD | {"phoneNumber": number, "text": transcript, "sessionId": f"ATUid_{call}"}
    return Call(f"/webhooks/africastalking/ussd/{token}", form)


def read(status: int, body: str) -> Answer:
    """An answer of ours as the provider reads it."""
    if body.startswith(("CON ", "END ")):
        return Answer(status, (body[4:],), body.startswith("END "), body)
    if body.startswith("<?xml"):
        said = list(ElementTree.fromstring(body))
        callbacks = tuple(each.get("statusCallback", "") for each in said)
        texts = tuple(each.findtext("Body", each.text or "") for each in said)
        media = tuple(each.findtext("Media", "") for each in said)
        return Answer(status, texts, body=body, callbacks=callbacks, media=media)
    if body.startswith("{"):
        spoken = json.loads(body)
        return Answer(status, tuple(spoken.get("replies", ())), bool(spoken.get("ends")), body)
    return Answer(status, body=body)


def make(client: FlaskClient, call: Call) -> Answer:
    """Make a request of the application in this process."""
    made = client.post(call.path, data=call.body, headers=dict(call.headers), content_type=FORM)
    return read(made.status_code, made.get_data(as_text=True))


@dataclass
class UssdCall:
    """A call as she holds it: what she typed so far goes with every key, and 98 turns the page."""

    make: Callable[[Call], Answer]
    number: str
    name: str
    typed: list[str] = field(default_factory=list)
    token: str = TOKEN

    def hop(self) -> Call:
        """The request that the network made last, to be made again."""
        return at_ussd(self.number, "*".join(self.typed), self.name, token=self.token)

    def dials(self) -> Answer:
        """Open the call and turn to the page with the keys."""
        return self._whole(self.make(self.hop()))

    def presses(self, keys: str) -> Answer:
        """Press keys and turn to the page that has the next ones."""
        self.typed.append(keys)
        return self._whole(self.make(self.hop()))

    def _whole(self, answer: Answer) -> Answer:
        pages = [answer.text]
        while "\n98 " in answer.text and len(pages) < MOST_PAGES:
            self.typed.append("98")
            answer = self.make(self.hop())
            pages.append(answer.text)
        return replace(answer, texts=tuple(pages))

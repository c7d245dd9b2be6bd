"""Descriptions of gateways as an operator would write them, one on each preset, and what each gateway sends to our webhooks."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import yaml

from bot import gateways
from bot.channels.base import Status, WebhookRequest
from bot.channels.gateway.channel import Gateway
from tests.bot.channels import payloads as p
from tests.gateway_double import KEY, PASSWORD, USER

ENVIRONMENT: Final = {"GATEWAY_TOKEN": p.TOKEN, "GATEWAY_PASSWORD": PASSWORD, "GATEWAY_KEY": KEY, "GATEWAY_USER": USER}
NOBODY: Final = "http://127.0.0.1:9"
DIGITS: Final = p.LEARNER.removeprefix("+")

Fields = dict[str, Any]


def described(name: str, url: str = NOBODY) -> Fields:
    """What is written of a gateway beside its preset."""
    account: dict[str, Fields] = {
        "kannel": {"url": f"{url}/cgi-bin/sendsms", "query": {"username": USER, "password": "${GATEWAY_PASSWORD}"}},
        "jasmin": {"url": f"{url}/send", "form": {"username": USER, "password": "${GATEWAY_PASSWORD}"}},
        "infobip": {"url": f"{url}/sms/3/messages", "headers": {"Authorization": "App ${GATEWAY_KEY}"}},
        "vonage": {
            "url": f"{url}/sms/json",
            "form": {"api_key": "${GATEWAY_USER}", "api_secret": "${GATEWAY_PASSWORD}"},
        },
        "isms": {"url": f"{url}/isms_send_all_id.php", "form": {"un": USER, "pwd": "${GATEWAY_PASSWORD}"}},
        "aggregator-my": {"url": f"{url}/bulksms/send", "form": {"user": USER, "pass": "${GATEWAY_PASSWORD}"}},
    }
    send = account[name] | {"seconds": 0.3}
    return {
        "name": name,
        "preset": name,
        "token": "${GATEWAY_TOKEN}",
        "sender": "22384",
        "allow_private": True,
        "send": send,
    }


def read(directory: Path, *written: Fields, environment: Mapping[str, str] = ENVIRONMENT) -> list[Gateway]:
    """The channels of these descriptions, by way of a file. Raises WrongGateways."""
    file = directory / "gateways.yaml"
    file.write_text(yaml.safe_dump({"gateways": list(written)}, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return gateways.read(file, environment, p.PUBLIC)


def by_get(fields: Fields, name: str, token: str = p.TOKEN) -> WebhookRequest:
    """A request with everything in its address."""
    return WebhookRequest("GET", f"{at(name, token)}?{urlencode(fields, doseq=True)}", {}, {}, token=token)


def by_form(fields: Fields, name: str, token: str = p.TOKEN) -> WebhookRequest:
    """A form that is posted."""
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return WebhookRequest(
        "POST", at(name, token), headers, {}, body=urlencode(fields, doseq=True).encode(), token=token
    )


def by_json(fields: Fields, name: str, token: str = p.TOKEN) -> WebhookRequest:
    """An object of JSON that is posted."""
    body = json.dumps(fields).encode()
    return WebhookRequest("POST", at(name, token), {"content-type": "application/json"}, {}, body=body, token=token)


def by_results(fields: Fields, name: str, token: str = p.TOKEN) -> WebhookRequest:
    """The same, as one of several results."""
    return by_json({"results": [fields], "messageCount": 1, "pendingMessageCount": 0}, name, token)


def at(name: str, token: str = p.TOKEN) -> str:
    """Where a gateway calls us."""
    return f"{p.PUBLIC}/webhooks/gateway/{name}/{token}"


Make = Callable[..., WebhookRequest]


@dataclass(frozen=True)
class Spoken:
    """A gateway as it speaks to us: an inbound message, a receipt, and which fields of them it must not leave out."""

    name: str
    inbound: Fields
    receipt: Fields
    makes: Sequence[Make]  # all the ways in which it may be set up to call
    holds_sender: str
    holds_text: str
    holds_id: str
    holds_status: str
    words: Mapping[str, Status]  # for a status
    acknowledged: str

    def __str__(self) -> str:
        return self.name

    def says(self, make: Make | None = None, *, token: str = p.TOKEN, **fields: Any) -> WebhookRequest:
        """An inbound message, with some fields of it changed; None leaves one out."""
        return self._asks(self.inbound, make, token, fields)

    def reports(self, make: Make | None = None, *, token: str = p.TOKEN, **fields: Any) -> WebhookRequest:
        """A receipt, with some fields of it changed; None leaves one out."""
        return self._asks(self.receipt, make, token, fields)

    def reporting(self, word: str) -> Fields:
        """The field of the status, with this word for it."""
        if "/" not in self.holds_status:
            return {self.holds_status: word}
        _, whole, part = self.holds_status.split("/")
        return {whole: self.receipt[whole] | {part: word}}

    def _asks(self, base: Fields, make: Make | None, token: str, fields: Fields) -> WebhookRequest:
        asked = {name: value for name, value in (base | fields).items() if value is not None}
        return (make or self.makes[0])(asked, self.name, token)


SPOKEN: Final = (
    Spoken(
        "kannel",
        {
            "from": p.LEARNER,
            "to": "22384",
            "text": "Mula 1",
            "id": "0ef6cea9",
            "coding": "0",
            "date": "2026-11-24 01:00:00",
        },
        {"message": "77", "status": "1", "smsc_answer": ""},
        (by_get, by_form),
        "from",
        "text",
        "id",
        "status",
        {"1": Status.DELIVERED, "2": Status.FAILED, "4": Status.SENT, "8": Status.SENT, "16": Status.FAILED},
        "",
    ),
    Spoken(
        "jasmin",
        {"id": "16fd2706", "from": DIGITS, "to": "22384", "origin-connector": "maxis", "content": "Mula 1"},
        {"id": "07033084", "message_status": "DELIVRD", "level": "2", "err": "000", "text": "RM0.00 TITIAN"},
        (by_form, by_get),
        "from",
        "content",
        "id",
        "message_status",
        {
            "ESME_ROK": Status.SENT,
            "ENROUTE": Status.SENT,
            "ACCEPTD": Status.SENT,
            "DELIVRD": Status.DELIVERED,
            "UNDELIV": Status.FAILED,
            "EXPIRED": Status.FAILED,
            "DELETED": Status.FAILED,
            "REJECTD": Status.FAILED,
        },
        "ACK/Jasmin",
    ),
    Spoken(
        "infobip",
        {"messageId": "817790313235066447", "from": DIGITS, "to": "22384", "text": "Mula 1", "smsCount": 1},
        {
            "messageId": "77",
            "to": DIGITS,
            "status": {"groupId": 3, "groupName": "DELIVERED", "id": 5, "name": "DELIVERED_TO_HANDSET"},
            "error": {"groupId": 0, "name": "NO_ERROR", "permanent": False},
        },
        (by_results,),
        "from",
        "text",
        "messageId",
        "/status/groupName",
        {
            "PENDING": Status.SENT,
            "DELIVERED": Status.DELIVERED,
            "UNDELIVERABLE": Status.FAILED,
            "EXPIRED": Status.FAILED,
            "REJECTED": Status.FAILED,
        },
        "",
    ),
    Spoken(
        "vonage",
        {"msisdn": DIGITS, "to": "22384", "messageId": "0B0000004B65F62F", "text": "Mula 1", "type": "text"},
        {"msisdn": DIGITS, "to": "22384", "messageId": "0C000000217B7F02", "status": "delivered", "err-code": "0"},
        (by_form, by_get, by_json),
        "msisdn",
        "text",
        "messageId",
        "status",
        {
            "accepted": Status.SENT,
            "buffered": Status.SENT,
            "delivered": Status.DELIVERED,
            "failed": Status.FAILED,
            "rejected": Status.FAILED,
            "expired": Status.FAILED,
            "deleted": Status.FAILED,
        },
        "",
    ),
    Spoken(
        "aggregator-my",
        {"shortcode": "22384", "from": DIGITS, "text": "Mula 1", "msgid": "mk1", "time": "2026-11-2409:00:05"},
        {"msgid": "aggregator-1", "status": "DELIVERED"},
        (by_form, by_get),
        "from",
        "text",
        "msgid",
        "status",
        {
            "ACCEPTED": Status.SENT,
            "PROCESSING": Status.SENT,
            "DELIVERED": Status.DELIVERED,
            "UNDELIVERED": Status.FAILED,
        },
        "-1",
    ),
)

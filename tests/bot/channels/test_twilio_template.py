"""`titian doctor` and WhatsApp's template at Twilio: there, approved, of the right kind, with the one place that we fill."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import Result

from tests.bot.channels.payloads import US
from tests.doubles import ACCOUNT, AUTH_TOKEN, JSON, Answer, Fault, ProviderDouble, is_twilios, twilio_error

SID = "HX" + "b" * 32
WORDS = "Titian: {{1}} Balas MENU untuk pilihan."
GOOD = {"status": "approved", "category": "UTILITY", "name": "titian", "rejection_reason": "", "type": "whatsapp"}
Asked = Callable[..., Result]


class Contents(ProviderDouble):
    """Twilio with one Content in the account, and what WhatsApp says of it."""

    def __init__(self) -> None:
        super().__init__()
        self.types: dict[str, Any] = {"twilio/text": {"body": WORDS}}
        self.approval: dict[str, Any] | None = GOOD
        self.breaks = 0  # the status of every answer about it, where that is not 200

    def others(self, path: str, headers: dict[str, str], body: bytes, fault: Fault) -> Answer:
        """A Content or its approval; of the account, that all is well."""
        if not is_twilios(headers):
            return twilio_error(401, 20003)
        if self.breaks and "/Content/" in path:
            return self.breaks, JSON, "<html>"
        told: dict[str, Any] = {
            f"/v1/Content/{SID}": {"sid": SID, "types": self.types, "language": "ms", "variables": {"1": "Hai"}},
            f"/v1/Content/{SID}/ApprovalRequests": {"sid": SID, "whatsapp": self.approval},
            f"/2010-04-01/Accounts/{ACCOUNT}.json": {"status": "active"},
        }
        return (200, JSON, json.dumps(told[path])) if path in told else twilio_error(404, 20404)


@pytest.fixture
def twilio() -> Iterator[Contents]:
    """Twilio on this machine."""
    with Contents() as double:
        yield double


@pytest.fixture
def doctor(twilio: Contents, titian: Asked) -> Asked:
    """Ask the doctor, with Twilio's WhatsApp set up and nothing else."""
    usual = {
        "PUBLIC_URL": "http://127.0.0.1:9",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_WHATSAPP_FROM": US,
        "TWILIO_WHATSAPP_TEMPLATE": SID,
        "TWILIO_API_URL": twilio.url,
    }
    return lambda *words, **env: titian("doctor", *words, **usual | env)


@pytest.mark.parametrize(
    "types",
    [
        {"twilio/text": {"body": WORDS}},
        {"twilio/text": {"body": WORDS}, "twilio/quick-reply": {"body": "{{ 1 }}", "actions": [{"title": "MENU"}]}},
    ],
    ids=["words", "words and buttons"],
)
def test_a_template_that_is_approved_and_fits_is_nothing_to_speak_of(
    doctor: Asked, twilio: Contents, types: dict[str, Any]
):
    twilio.types = types

    told = doctor("--online")

    assert "TWILIO" not in told.output.partition("asked")[2]
    assert f"GET /v1/Content/{SID}/ApprovalRequests" in twilio.called


@pytest.mark.parametrize(
    ("approval", "said"),
    [
        (None, "never submitted to WhatsApp"),
        (GOOD | {"status": "unsubmitted"}, "never submitted to WhatsApp"),
        (GOOD | {"status": "pending"}, "not approved but pending"),
        (GOOD | {"status": "paused"}, "not approved but paused"),
        (GOOD | {"status": "rejected", "rejection_reason": "Variables at the end."}, "(Variables at the end): make"),
        (GOOD | {"status": "rejected", "rejection_reason": None}, "rejected by WhatsApp (without a reason)"),
        (GOOD | {"category": "MARKETING"}, "Make one that is utility"),
    ],
)
def test_what_whatsapp_says_against_it_is_said(
    doctor: Asked, twilio: Contents, approval: dict[str, Any] | None, said: str
):
    twilio.approval = approval

    told = doctor("--online")

    assert told.exit_code == 1
    assert f"TWILIO_WHATSAPP_TEMPLATE: {SID} " in told.output
    assert said in told.output
    assert "exactly one place" not in told.output


@pytest.mark.parametrize(
    "types",
    [
        {"twilio/text": {"body": "{{1}} dan {{2}}"}},
        {"twilio/text": {"body": "{{1}}, sekali lagi {{1}}"}},
        {"twilio/text": {"body": "Hai {{nama}}"}},
        {"twilio/text": {"body": "Tiada tempat"}},
        {"twilio/text": {"body": WORDS}, "twilio/media": {"body": WORDS, "media": ["https://titian.example/{{2}}"]}},
        {"twilio/quick-reply": {"body": WORDS, "actions": [{"title": "{{1}}", "id": "1"}]}},
        {"whatsapp/card": {"body": None, "header_text": "{{1}}"}},
        {},
        None,
    ],
)
def test_a_template_without_exactly_the_place_that_we_fill_is_told(doctor: Asked, twilio: Contents, types: Any):
    twilio.types = types

    told = doctor("--online")

    assert told.exit_code == 1
    assert f"TWILIO_WHATSAPP_TEMPLATE: {SID} does not have exactly one place, {{{{1}}}}, in its body" in told.output


@pytest.mark.parametrize(
    ("env", "breaks", "said"),
    [
        ({"TWILIO_WHATSAPP_TEMPLATE": "HX" + "c" * 32}, 0, "is not a Content of this account"),
        ({}, 500, "could not be asked about: the answer was 500"),
        ({}, 200, "could not be asked about: the answer is not JSON"),
        ({"TWILIO_API_URL": "http://127.0.0.1:9"}, 0, "could not be asked about: no answer"),
        ({"TWILIO_AUTH_TOKEN": "not-this-one"}, 0, "could not be asked about: the answer was 401"),
    ],
)
def test_one_that_is_not_there_or_cannot_be_asked_about_is_told_without_a_secret(
    doctor: Asked, twilio: Contents, env: dict[str, str], breaks: int, said: str
):
    twilio.breaks = breaks

    told = doctor("--online", **env)

    assert told.exit_code == 1
    assert said in told.output
    assert env.get("TWILIO_AUTH_TOKEN", AUTH_TOKEN) not in told.output


@pytest.mark.parametrize("without", ["TWILIO_WHATSAPP_TEMPLATE", "TWILIO_WHATSAPP_FROM"])
def test_where_no_template_is_used_nobody_is_asked(doctor: Asked, twilio: Contents, without: str):
    doctor("--online", **{without: ""})

    assert not any("/Content/" in called for called in twilio.called)

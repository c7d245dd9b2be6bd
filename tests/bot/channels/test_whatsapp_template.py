"""`titian doctor` and WhatsApp's template: approved or not, in which language, with how many places."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import Result

from tests.whatsapp_double import (
    ACCESS_TOKEN,
    ACCOUNT_ID,
    APP_SECRET,
    NUMBER_ID,
    TEMPLATE,
    VERIFY_TOKEN,
    WhatsAppDouble,
)

NAME, LANGUAGE = TEMPLATE.split("/")
BODY = {"type": "BODY", "text": "Titian: {{1}} Balas MENU untuk pilihan."}
GOOD = {"name": NAME, "language": LANGUAGE, "status": "APPROVED", "category": "UTILITY", "components": [BODY]}
Asked = Callable[..., Result]


@pytest.fixture
def provider() -> Iterator[WhatsAppDouble]:
    """Meta on this machine."""
    with WhatsAppDouble() as double:
        yield double


@pytest.fixture
def doctor(provider: WhatsAppDouble, titian: Asked) -> Asked:
    """Ask the doctor, with WhatsApp set up and nothing else."""
    usual = {
        "WHATSAPP_PHONE_NUMBER_ID": NUMBER_ID,
        "WHATSAPP_ACCESS_TOKEN": ACCESS_TOKEN,
        "WHATSAPP_APP_SECRET": APP_SECRET,
        "WHATSAPP_VERIFY_TOKEN": VERIFY_TOKEN,
        "WHATSAPP_TEMPLATE": TEMPLATE,
        "WHATSAPP_ACCOUNT_ID": ACCOUNT_ID,
        "WHATSAPP_API_URL": provider.url,
    }
    return lambda *words, **env: titian("doctor", *words, **usual | env)


def test_a_template_that_is_approved_and_fits_is_nothing_to_speak_of(doctor: Asked, provider: WhatsAppDouble):
    provider.templates = [GOOD | {"name": f"{NAME}_lama", "status": "REJECTED"}, GOOD]

    told = doctor("--online")

    assert "WHATSAPP" not in told.output
    assert told.exception is None or isinstance(told.exception, SystemExit)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ({"status": "PENDING"}, "not approved but pending"),
        ({"status": "PAUSED"}, "not approved but paused"),
        ({"language": "en"}, "only in en"),
        ({"name": f"{NAME}_baru"}, "not known to this account"),
        ({"category": "MARKETING"}, "utility"),
        ({"components": [{"type": "BODY", "text": "{{1}} dan {{2}}"}]}, "exactly one place"),
        ({"components": [{"type": "BODY", "text": "Titian: {{pesan}} Balas."}]}, "exactly one place"),
        ({"components": [{"type": "HEADER", "format": "TEXT", "text": "{{1}}"}, BODY]}, "none anywhere else"),
        ({"components": None}, "exactly one place"),
    ],
)
def test_what_is_wrong_with_a_template_is_said(
    doctor: Asked, provider: WhatsAppDouble, template: dict[str, Any], said: str
):
    provider.templates = [GOOD | template]

    told = doctor("--online")

    assert told.exit_code == 1
    assert "WHATSAPP_TEMPLATE" in told.output
    assert said in told.output


def test_without_the_accounts_id_it_says_that_it_cannot_know(doctor: Asked):
    told = doctor(WHATSAPP_ACCOUNT_ID="", PUBLIC_URL="https://titian.example")

    assert "WHATSAPP_ACCOUNT_ID is missing: whether WHATSAPP_TEMPLATE is approved cannot be known" in told.output
    assert told.exit_code == 0


@pytest.mark.parametrize(
    ("env", "said"),
    [({"WHATSAPP_ACCOUNT_ID": "7"}, "400"), ({"WHATSAPP_API_URL": "http://127.0.0.1:9"}, "no answer")],
)
def test_an_account_that_cannot_be_asked_is_said_without_a_secret(doctor: Asked, env: dict[str, str], said: str):
    told = doctor("--online", **env)

    assert told.exit_code == 1
    assert "WHATSAPP_ACCOUNT_ID" in told.output
    assert said in told.output
    assert ACCESS_TOKEN not in told.output

"""Which requests are Twilio's: each signed by twilio-python as Twilio signs it, and made of the whole application."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from twilio.request_validator import RequestValidator

from bot import wiring
from bot.app import create_app
from bot.cli.rehearsal import Clock
from tests.bot.channels import payloads as p
from tests.bots import made_settings
from tests.callers import FORM
from tests.doubles import AUTH_TOKEN

SMS = "/webhooks/twilio/sms"
STATUS = "/webhooks/twilio/status"
NEXT_TOKEN, SHARED_KEY = "the-token-that-takes-over", "the-secret-of-a-shared-key"
SIGNED_256 = {"X-Twilio-Webhooks-Signature-Settings": "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"}


@contextmanager
def reached_at(public_url: str, database_url: str, var_dir: Path, clock: Clock) -> Iterator[FlaskClient]:
    """The application as it is reached at that address."""
    tokens = (AUTH_TOKEN, NEXT_TOKEN, SHARED_KEY)
    made = wiring.build(
        made_settings(database_url, var_dir, public_url=public_url, twilio_auth_token=tokens), clock=clock
    )
    yield create_app(made).test_client()
    made.store.engine.dispose()


@pytest.fixture
def home(sqlite_url: str, tmp_path: Path, clock: Clock) -> tuple[str, Path, Clock]:
    return sqlite_url, tmp_path, clock


def signed(url: str, form: dict[str, str], token: str = AUTH_TOKEN, algorithm: str = "HMAC_SHA1") -> dict[str, str]:
    return {"X-Twilio-Signature": RequestValidator(token).compute_signature(url, form, algorithm)}


def status(client: FlaskClient, path: str, form: dict[str, str], headers: dict[str, str]) -> int:
    return client.post(path, data=urlencode(form), headers=headers, content_type=FORM).status_code


AT_HOME = "https://titian.example"


@pytest.mark.parametrize(
    ("public_url", "signed_as", "expected"),
    [
        (AT_HOME, f"{AT_HOME}{SMS}", 200),
        (AT_HOME, f"{AT_HOME}:443{SMS}", 200),  # Twilio tries both forms of a port that goes without saying
        (f"{AT_HOME}:443", f"{AT_HOME}{SMS}", 200),
        (f"{AT_HOME}:8443", f"{AT_HOME}:8443{SMS}", 200),
        (AT_HOME, f"{AT_HOME}:8443{SMS}", 403),
        (f"{AT_HOME}/belajar", f"{AT_HOME}/belajar{SMS}", 200),  # a proxy takes the prefix away before we see it
        (AT_HOME, f"{AT_HOME}/belajar{SMS}", 403),
        (f"{AT_HOME}/", f"{AT_HOME}{SMS}", 200),
        (AT_HOME, f"http://titian.example{SMS}", 403),
        ("http://titian.example", f"{AT_HOME}{SMS}", 403),
        (AT_HOME, f"{AT_HOME}{SMS}/", 403),
        (AT_HOME, f"https://Titian.example{SMS}", 403),
        (AT_HOME, f"{AT_HOME}{SMS}#rc=2&rp=all", 403),  # for Twilio alone, which does not sign it
        (AT_HOME, f"{AT_HOME}{SMS}?", 403),
    ],
)
def test_the_url_must_be_the_one_that_twilio_calls(
    home: tuple[str, Path, Clock], public_url: str, signed_as: str, expected: int
):
    with reached_at(public_url, *home) as client:
        assert status(client, SMS, p.TWILIO_SMS, signed(signed_as, p.TWILIO_SMS)) == expected


@pytest.mark.parametrize(
    "query", ["?message=77", "?message=77&a=b%20c", "?message=77&a=b+c", "?message=77&a=%C3%A9&b="]
)
def test_a_query_is_signed_as_it_was_written(home: tuple[str, Path, Clock], query: str):
    with reached_at(AT_HOME, *home) as client:
        headers = signed(f"{AT_HOME}{STATUS}{query}", p.TWILIO_RECEIPT)

        assert status(client, STATUS + query, p.TWILIO_RECEIPT, headers) == 200
        other = query.replace("%20", "+") if "%20" in query else query.replace("+", "%20") + "&"
        assert status(client, STATUS + other, p.TWILIO_RECEIPT, headers) == 403


def test_blank_fields_count_and_so_do_those_that_nobody_knows(home: tuple[str, Path, Clock]):
    form = p.TWILIO_SMS | {"ToCity": "", "AddedNextYear": "x y+z", "Body": "A+B & é 😀\n"}
    headers = signed(f"{AT_HOME}{SMS}", form)
    with reached_at(AT_HOME, *home) as client:
        assert status(client, SMS, form, headers) == 200
        assert status(client, SMS, {name: value for name, value in form.items() if value}, headers) == 403
        assert status(client, SMS, form | {"Body": "A B & é 😀\n"}, headers) == 403


@pytest.mark.parametrize(
    "headers", [{}, {"X-Twilio-Signature": ""}, {"X-Twilio-Signature": "AAAA"}, SIGNED_256], ids=str
)
def test_a_request_without_a_signature_is_refused_and_breaks_nothing(
    home: tuple[str, Path, Clock], headers: dict[str, str]
):
    with reached_at(AT_HOME, *home) as client:
        assert status(client, SMS, p.TWILIO_SMS, headers) == 403


@pytest.mark.parametrize(
    ("token", "algorithm", "settings", "expected"),
    [
        (AUTH_TOKEN, "HMAC_SHA1", {}, 200),
        (NEXT_TOKEN, "HMAC_SHA1", {}, 200),
        ("somebody-else's", "HMAC_SHA1", {}, 403),
        (SHARED_KEY, "HMAC_SHA256", SIGNED_256, 200),
        (SHARED_KEY, "HMAC_SHA256", {name: value.lower() for name, value in SIGNED_256.items()}, 200),
        (SHARED_KEY, "HMAC_SHA256", {}, 403),
        (SHARED_KEY, "HMAC_SHA1", SIGNED_256, 403),
        ("somebody-else's", "HMAC_SHA256", SIGNED_256, 403),
        (SHARED_KEY, "HMAC_SHA256", dict.fromkeys(SIGNED_256, "key=k,algorithm=NONE"), 403),
    ],
)
def test_two_tokens_and_a_shared_key_sign_side_by_side(
    home: tuple[str, Path, Clock], token: str, algorithm: str, settings: dict[str, str], expected: int
):
    headers = signed(f"{AT_HOME}{SMS}", p.TWILIO_SMS, token, algorithm) | settings
    with reached_at(AT_HOME, *home) as client:
        assert status(client, SMS, p.TWILIO_SMS, headers) == expected

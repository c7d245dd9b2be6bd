"""`titian channels` and `titian doctor`: what is there, what is wrong with it, and one message to see it arrive."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result

from bot import receipts
from bot.channels.base import Receipt, Status
from bot.store import tables as t
from bot.store.database import Store
from tests import gateways
from tests.bot.channels import payloads as p
from tests.bots import BEGINS
from tests.doubles import JSON, Answer, Fault
from tests.gateway_double import GatewayDouble

Run = Callable[..., Result]

ACCOUNT = "AC" + "0" * 32
TOKEN = "0123456789abcdef" * 2


class Providers(GatewayDouble):
    """Gateways, and what Twilio and Africa's Talking tell of an account to whoever has its key."""

    def __init__(self) -> None:
        super().__init__()
        self.tells: dict[str, tuple[int, Any]] = {}

    def others(self, path: str, headers: dict[str, str], body: bytes, fault: Fault) -> Answer:
        """What is told at a path; a gateway's answer for any other."""
        told = self.tells.get(path.partition("?")[0])
        if told is None:
            return super().others(path, headers, body, fault)
        return told[0], JSON, json.dumps(told[1])


@pytest.fixture
def double() -> Iterator[Providers]:
    """They all are on this machine."""
    with Providers() as double:
        yield double


@pytest.fixture
def run(titian: Run, tmp_path: Path) -> Run:
    """Give a command, in an environment with these settings and no others."""
    usual = {"REDIS_URL": f"unix://{tmp_path}/nobody.sock", **gateways.ENVIRONMENT}
    return lambda *words, **env: titian(*words, **usual | env)


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., str]:
    """Write a file of gateways; returns where it is."""

    def file(*written: gateways.Fields) -> str:
        path = tmp_path / "gateways.yaml"
        path.write_text(yaml.safe_dump({"gateways": list(written)}), encoding="utf-8")
        return str(path)

    return file


def test_channels_are_listed_with_what_they_can_do(run: Run, file: Callable[..., str]):
    two = file(gateways.described("kannel"), gateways.described("aggregator-my") | {"two_way": False, "receipts": None})

    told = run("channels", GATEWAYS=two)

    assert told.exit_code == 0, told.output
    kannel, aggregator, *_ = told.output.splitlines()
    assert kannel.split() == ["gateway_kannel", "sms", "two-way", "receipts", "ok"]
    assert aggregator.split()[:5] == ["gateway_aggregator-my", "sms", "one-way", "no", "receipts"]
    assert "`receipts` is not described" in told.output


def test_with_nothing_set_up_the_way_is_shown(run: Run):
    told = run("channels")

    assert "docs/channels.md" in told.output


def test_one_message_is_sent_and_what_came_of_it_is_said(
    run: Run, file: Callable[..., str], double: Providers, sqlite_url: str
):
    store = Store(sqlite_url)

    def report() -> None:
        """The gateway's receipt, as `titian web` would hear it."""
        for _ in range(200):
            if double.messages:
                receipts.settle(
                    store, Receipt("gateway_jasmin", Status.DELIVERED, None, double.messages[0].id), now=BEGINS
                )
                return
            threading.Event().wait(0.05)

    reporting = threading.Thread(target=report)
    reporting.start()

    told = run("channels", "test", "jasmin", "011-1000 0001", GATEWAYS=file(gateways.described("jasmin", double.url)))

    reporting.join()
    store.engine.dispose()
    assert told.exit_code == 0, told.output
    (sent,) = double.messages
    assert sent.to == p.LEARNER.removeprefix("+")
    assert sent.text == "RM0.00 TITIAN: Mesej ujian daripada kami. Anda tidak perlu berbuat apa-apa."
    assert f"Sent, as {sent.id}" in told.output
    assert "The provider says: delivered." in told.output


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"status": 403}, "A setting is wrong"),
        ({"status": 503}, "Try again"),
        ({"status": 502}, "Nobody knows whether it went"),
        ({"status": 418}, "We do not know this code"),
    ],
)
def test_a_message_that_was_not_taken_is_explained(
    run: Run, file: Callable[..., str], double: Providers, fault: dict[str, int], says: str
):
    double.behave(**fault)

    told = run("channels", "test", "kannel", p.LEARNER, GATEWAYS=file(gateways.described("kannel", double.url)))

    assert told.exit_code == 1
    assert says in told.output
    assert str(fault["status"]) in told.output


def test_a_message_to_whoever_sent_stop_is_not_sent(
    run: Run, file: Callable[..., str], double: Providers, sqlite_url: str
):
    store = Store(sqlite_url)
    with store.begin() as connection:
        connection.execute(t.learner.insert().values(id=1, locale="ms", created_at=BEGINS))
        connection.execute(
            t.address.insert().values(
                id=1, kind="tel", identifier=p.LEARNER, learner_id=1, created_at=BEGINS, opted_out_at=BEGINS
            )
        )
    store.engine.dispose()

    told = run("channels", "test", "kannel", p.LEARNER, GATEWAYS=file(gateways.described("kannel", double.url)))

    assert (told.exit_code, double.messages) == (1, [])
    assert "STOP" in told.output


@pytest.mark.parametrize(
    ("words", "says"), [(("nobody", p.LEARNER), "There are: gateway_kannel"), (("kannel", "CELCOM"), "+60111000000")]
)
def test_a_wrong_name_or_number_is_told(run: Run, file: Callable[..., str], words: tuple[str, str], says: str):
    told = run("channels", "test", *words, GATEWAYS=file(gateways.described("kannel")))

    assert told.exit_code != 0
    assert says in told.output


# --- doctor ---------------------------------------------------------------------------------------------------------

WHOLE = {"PUBLIC_URL": "https://titian.example.org"}
TWILIO = WHOLE | {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_SMS_FROM": p.US}
AT = WHOLE | {"AT_USERNAME": "titian", "AT_API_KEY": "key", "AT_TOKEN": p.TOKEN, "AT_SENDER": "22384"}


def test_nothing_wrong_is_said_too(run: Run):
    told = run("doctor", **TWILIO)

    assert (told.exit_code, told.output.split(".")[0]) == (0, "Nothing is wrong that can be seen from here")


SEEN = [
    ({}, 1, "set up no channel"),
    ({"PORT": "no"}, 1, "PORT"),
    (TWILIO | {"PUBLIC_URL": ""}, 1, "PUBLIC_URL is missing, but TWILIO_ACCOUNT_SID is set"),
    (TWILIO | {"PUBLIC_URL": "https://192.168.1.2"}, 1, "which no provider reaches"),
    (TWILIO | {"PUBLIC_URL": "http://localhost"}, 1, "127.0.0.1"),
    (TWILIO | {"PUBLIC_URL": "http://titian.example.org"}, 0, "for everybody to read"),
    (TWILIO | {"PUBLIC_URL": "https://titian.example.org/bot"}, 1, "has a path"),
    (TWILIO | {"SIMULATOR": "1"}, 1, "may write as any number"),
    (TWILIO | {"TWILIO_ACCOUNT_SID": "SK" + "0" * 32}, 1, "no account's SID"),
    (TWILIO | {"TWILIO_AUTH_TOKEN": "a word of mine"}, 1, "no auth token"),
    (TWILIO | {"TWILIO_SMS_FROM": "TITIAN"}, 1, "learners cannot write to it"),
    (TWILIO | {"TWILIO_SMS_FROM": ""}, 1, "Twilio is not used"),
    (TWILIO | {"TWILIO_MESSAGING_SERVICE_SID": "XX1"}, 1, "no Messaging Service"),
    (TWILIO | {"TWILIO_SMS_FROM": "", "TWILIO_WHATSAPP_FROM": "+14155238886"}, 0, "sandbox"),
    (TWILIO | {"TWILIO_SMS_FROM": "", "TWILIO_WHATSAPP_FROM": p.US}, 0, "24 hours"),
    (WHOLE | {"TWILIO_SMS_FROM": p.US}, 1, "TWILIO_ACCOUNT_SID is not"),
    (AT | {"AT_USERNAME": "sandbox"}, 0, "only their simulator"),
    (AT | {"AT_SENDER": ""}, 0, "cannot answer"),
    (AT | {"AT_USERNAME": ""}, 1, "Africa's Talking is not used"),
    (AT | {"PUBLIC_URL": ""}, 1, "nobody outside knows"),
    (TWILIO | {"RATES": "nobody=1"}, 1, "nobody"),
]


@pytest.mark.parametrize(("env", "code", "says"), SEEN)
def test_what_is_wrong_with_a_setting_is_explained(run: Run, env: dict[str, str], code: int, says: str):
    told = run("doctor", **env)

    assert says in told.output
    assert told.exit_code == code
    for secret in (TOKEN, p.TOKEN, "a word of mine"):
        assert secret not in told.output


def test_a_wrong_description_is_told_with_its_line(run: Run, file: Callable[..., str]):
    told = run("doctor", GATEWAYS=file(gateways.described("kannel") | {"allow_private": False}))

    assert told.exit_code == 1
    assert "gateways.yaml:" in told.output
    assert "allow_private: true" in told.output


def test_what_is_doubtful_about_a_gateway_is_told(run: Run, file: Callable[..., str]):
    described = gateways.described("aggregator-my", "http://sms.example.com") | {
        "allow_private": False,
        "two_way": False,
    }

    told = run("doctor", GATEWAYS=file(described))

    assert "http://" in told.output
    assert "webhooks/gateway/aggregator-my/<token>" in told.output
    assert "no SMS channel that learners can write to" in told.output
    assert p.TOKEN not in told.output


HOME = f"/2010-04-01/Accounts/{ACCOUNT}"
NUMBER = {"phone_number": p.US, "capabilities": {"sms": True}, "sms_url": "{site}/webhooks/twilio/sms#rc=2"}
ACTIVE = (200, {"status": "active"})


@pytest.mark.parametrize(
    ("account", "numbers", "says"),
    [
        ((401, {}), [NUMBER], "TWILIO_AUTH_TOKEN, the first one: refused"),
        ((500, {}), [NUMBER], "the answer was 500"),
        ((200, {"status": "suspended"}), [NUMBER], "the account is suspended"),
        ((200, {"status": "active", "type": "Trial"}), [NUMBER], "verified"),
        (ACTIVE, [], "not a number of this account"),
        (ACTIVE, [NUMBER | {"capabilities": {"sms": False}}], "cannot receive SMS"),
        (ACTIVE, [NUMBER | {"sms_url": "https://old.example.org/x"}], "PUBLIC_URL: Twilio brings what comes to"),
        (ACTIVE, [NUMBER], ""),
    ],
)
def test_twilio_is_asked(
    run: Run, double: Providers, account: tuple[int, Any], numbers: list[dict[str, Any]], says: str
):
    held = [each | {"sms_url": each["sms_url"].replace("{site}", double.url)} for each in numbers]
    double.tells["/healthz"] = 200, {"alive": True}
    double.tells[f"{HOME}.json"] = account
    double.tells[f"{HOME}/IncomingPhoneNumbers.json"] = 200, {"incoming_phone_numbers": held}

    told = run("doctor", "--online", **(TWILIO | {"TWILIO_API_URL": double.url, "PUBLIC_URL": double.url}))

    assert says in told.output
    assert ("asked " in told.output) == bool(says)
    assert TOKEN not in told.output
    assert double.messages == []


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((401, {}), "AT_API_KEY: refused"),
        ((200, {"UserData": {"balance": "MYR 0.0000"}}), "no money is left"),
        ((200, {"UserData": {"balance": "MYR 10.50"}}), ""),
    ],
)
def test_africas_talking_is_asked(run: Run, double: Providers, answer: tuple[int, Any], says: str):
    double.tells["/healthz"] = 200, {"alive": True}
    double.tells["/version1/user"] = answer

    told = run("doctor", "--online", **(AT | {"AT_API_URL": f"{double.url}/version1", "PUBLIC_URL": double.url}))

    assert says in told.output
    assert ("AT_" in told.output) == bool(says)


@pytest.mark.parametrize(("answer", "is_told"), [((401, {}), True), ((200, {"id": "1"}), False)])
def test_meta_is_asked(run: Run, double: Providers, answer: tuple[int, Any], is_told: bool):
    double.tells["/healthz"] = 200, {"alive": True}
    double.tells["/v23.0/123"] = answer
    env = {
        "PUBLIC_URL": double.url,
        "WHATSAPP_PHONE_NUMBER_ID": "123",
        "WHATSAPP_ACCESS_TOKEN": "a-token-of-meta",
        "WHATSAPP_APP_SECRET": "a-secret",
        "WHATSAPP_VERIFY_TOKEN": "a-word",
        "WHATSAPP_API_URL": f"{double.url}/v23.0",
    }

    told = run("doctor", "--online", **env)

    assert ("WHATSAPP_ACCESS_TOKEN or WHATSAPP_PHONE_NUMBER_ID: refused" in told.output) == is_told
    assert "a-token-of-meta" not in told.output


def test_a_gateway_where_nobody_answers_is_told(run: Run, double: Providers, file: Callable[..., str]):
    double.tells["/healthz"] = 200, {"alive": True}
    with GatewayDouble() as gone:
        pass

    told = run("doctor", "--online", PUBLIC_URL=double.url, GATEWAYS=file(gateways.described("kannel", gone.url)))

    assert told.exit_code == 1
    assert f"gateway_kannel: nobody answers at 127.0.0.1, port {gone.port}" in told.output


def test_somebody_else_at_our_address_is_told(run: Run, double: Providers, file: Callable[..., str]):
    double.tells["/healthz"] = 200, {"hello": "world"}

    told = run("doctor", "--online", PUBLIC_URL=double.url, GATEWAYS=file(gateways.described("kannel", double.url)))

    assert "PUBLIC_URL: somebody else answers there" in told.output

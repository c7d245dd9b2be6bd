"""A gateway's way in and out, whole: its requests over HTTP, a real database, and a gateway that takes what is sent."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import pytest
import yaml
from flask.testing import FlaskClient

from bot import wiring
from bot.cli.rehearsal import Clock
from bot.store import tables as t
from bot.wiring import Bot
from tests import gateways
from tests.bot.channels import payloads as p
from tests.bots import count, made_settings, rows, to_a_certificate, villager
from tests.gateway_double import GatewayDouble
from tests.gateways import DIGITS, SPOKEN, Fields, Spoken
from workers import nudges, outbox

NOTHING_ELSE: Any = {"twilio_account_sid": "", "at_username": "", "simulator": False}
KANNEL, JASMIN, INFOBIP, VONAGE, AGGREGATOR = SPOKEN
every_gateway = pytest.mark.parametrize("spoken", SPOKEN, ids=str)


@pytest.fixture
def double() -> Iterator[GatewayDouble]:
    """All gateways on this machine."""
    with GatewayDouble() as double:
        yield double


@pytest.fixture
def written(double: GatewayDouble) -> list[Fields]:
    """What the operator wrote: a gateway on each preset."""
    return [gateways.described(spoken.name, double.url) for spoken in SPOKEN]


@pytest.fixture
def bot(
    migrated_url: str, tmp_path: Path, clock: Clock, written: list[Fields], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bot]:
    """A bot with gateways and no other provider, set up as an operator does: everything of it is real but the clock."""
    for name, secret in gateways.ENVIRONMENT.items():
        monkeypatch.setenv(name, secret)
    file = tmp_path / "gateways.yaml"
    file.write_text(yaml.safe_dump({"gateways": written}), encoding="utf-8")
    made = wiring.build(made_settings(migrated_url, tmp_path, gateways=str(file), **NOTHING_ELSE), clock=clock)
    yield made
    made.store.engine.dispose()


def calls(client: FlaskClient, asked: Any) -> tuple[int, str]:
    """A gateway makes a request; returns the status and the body of our answer."""
    target = asked.url.removeprefix(p.PUBLIC)
    kind = asked.headers.get("content-type")
    answered = client.open(target, method=asked.method, data=asked.body, content_type=kind)
    return answered.status_code, answered.text


def delivers(bot: Bot) -> None:
    """The workers look once."""
    for lane in (0, 1):
        outbox.deliver(bot, lane, most=100)


class Phone:
    """A phone behind a gateway: what is said, and the SMS that came."""

    def __init__(self, bot: Bot, client: FlaskClient, double: GatewayDouble, spoken: Spoken) -> None:
        self.bot, self.client, self.double, self.spoken = bot, client, double, spoken
        self.said = 0

    def says(self, words: str) -> str:
        """Send an SMS; returns what comes back."""
        self.said += 1
        cast(Clock, self.bot.clock).turn(timedelta(seconds=10))
        before = len(self.double.messages)
        fields = {self.spoken.holds_text: words, self.spoken.holds_id: f"m-{self.said}"}
        assert calls(self.client, self.spoken.says(**fields)) == (200, self.spoken.acknowledged)
        delivers(self.bot)
        return "\n".join(each.text for each in self.double.messages[before:])


def reports(client: FlaskClient, double: GatewayDouble, spoken: Spoken, word: str) -> None:
    """The gateway reports every message it has taken, as it was asked to."""
    for taken in double.messages:
        asked = spoken.reports(**spoken.reporting(word))
        if spoken is KANNEL:  # it fills the address that it was given, and calls it
            called = taken.callback.replace("%d", word).replace("%A", "")
            assert client.get(called.removeprefix(p.PUBLIC)).status_code == 200
            continue
        fields = {spoken.holds_id if spoken.holds_id in spoken.receipt else "id": taken.id}
        asked = spoken.reports(**spoken.reporting(word) | fields)
        assert calls(client, asked)[0] == 200


@every_gateway
def test_a_course_ends_in_a_certificate_and_every_message_is_reported(
    spoken: Spoken, bot: Bot, client: FlaskClient, double: GatewayDouble
):
    phone = Phone(bot, client, double, spoken)

    said = [phone.says(words) for words in to_a_certificate(bot)]

    (certificate,) = rows(bot, t.certificate)
    assert certificate.code in said[-1].replace("-", "")
    assert all(each.text.startswith("RM0.00 TITIAN: ") for each in double.messages)
    assert {each.to.removeprefix("+") for each in double.messages} == {DIGITS}
    assert {row.status for row in rows(bot, t.outbound_message)} == {"sent"}
    assert {row.channel for row in rows(bot, t.outbound_message)} == {f"gateway_{spoken.name}"}

    delivered = next(word for word, status in spoken.words.items() if status == "delivered")
    late = next(word for word, status in spoken.words.items() if status == "sent")
    for word in (delivered, late, delivered):
        reports(client, double, spoken, word)
    assert {row.status for row in rows(bot, t.outbound_message)} == {"delivered"}


@every_gateway
def test_the_same_message_again_moves_nothing(spoken: Spoken, bot: Bot, client: FlaskClient, double: GatewayDouble):
    for make in [*spoken.makes, *spoken.makes]:
        assert calls(client, spoken.says(make, **{spoken.holds_text: "hai"})) == (200, spoken.acknowledged)
        delivers(bot)

    assert (count(bot, t.inbound_message), len(double.messages)) == (1, 1)


def test_messages_of_one_request_are_each_heard_and_after_a_broken_one_too(
    bot: Bot, client: FlaskClient, double: GatewayDouble
):
    results = [INFOBIP.inbound | {"messageId": f"m-{place}", "text": "hai"} for place in range(3)]
    results[1] |= {"messageId": ""}
    results[2] |= {"from": "601110000002"}

    for _ in range(2):
        assert calls(client, gateways.by_json({"results": results}, "infobip")) == (200, "")
        delivers(bot)

    assert sorted(each.to for each in double.messages) == [DIGITS, "601110000002"]


@every_gateway
def test_strangers_and_forgeries_leave_nothing(spoken: Spoken, bot: Bot, client: FlaskClient):
    for make in spoken.makes:
        assert calls(client, spoken.says(make, token="guessed-by-somebody-else"))[0] == 403
        assert calls(client, spoken.reports(make, token="guessed-by-somebody-else"))[0] == 403
        assert calls(client, make(spoken.inbound, "nobody"))[0] == 404
        assert calls(client, spoken.says(make, **{spoken.holds_sender: None}))[0] == 400
    assert client.put(f"/webhooks/gateway/{spoken.name}/{p.TOKEN}").status_code == 405
    assert client.get(f"/webhooks/gateway/{spoken.name}/").status_code == 404

    assert [count(bot, table) for table in (t.learner, t.inbound_message, t.outbound_message, t.early_receipt)] == [
        0
    ] * 4


def test_ten_thousand_characters_are_heard(bot: Bot, client: FlaskClient, double: GatewayDouble):
    long = KANNEL.says(gateways.by_form, text="x" * 10_000)
    assert calls(client, long) == (200, "")
    delivers(bot)

    assert len(double.messages) == 1


def test_a_receipt_that_is_quicker_than_the_answer_finds_its_message(
    bot: Bot, client: FlaskClient, double: GatewayDouble
):
    """The gateway says yes and dies before we hear it; what it reports settles the message."""
    double.behave(times=1, reset=True)
    Phone(bot, client, double, VONAGE).says("hai")
    (row,) = rows(bot, t.outbound_message)
    assert row.status == "undetermined"

    (taken,) = double.messages
    fields = urlencode(VONAGE.receipt | {"messageId": taken.id})
    answered = client.post(
        taken.callback.removeprefix(p.PUBLIC), data=fields, content_type="application/x-www-form-urlencoded"
    )

    assert answered.status_code == 200
    (row,) = rows(bot, t.outbound_message)
    assert (row.status, row.provider_id) == ("delivered", taken.id)


def test_a_gateway_that_fails_for_a_while_gets_the_message_again_and_takes_it_once(
    bot: Bot, client: FlaskClient, double: GatewayDouble
):
    double.behave(times=1, status=503)
    assert Phone(bot, client, double, KANNEL).says("hai") == ""

    cast(Clock, bot.clock).turn(timedelta(minutes=10))
    delivers(bot)

    assert len(double.messages) == 1
    assert [row.status for row in rows(bot, t.outbound_message)] == ["sent"]


# --- one-way --------------------------------------------------------------------------------------------------------


class TestOneWay:
    """She writes by one gateway; what we send by ourselves goes by another one, which carries no replies."""

    @pytest.fixture
    def written(self, double: GatewayDouble) -> list[Fields]:
        """Kannel with a modem for what she sends, and an aggregator for the lessons."""
        return [
            gateways.described("kannel", double.url) | {"pushes_by": "aggregator-my"},
            gateways.described("aggregator-my", double.url) | {"two_way": False},
        ]

    def test_a_lesson_is_pushed_and_asks_for_no_reply(self, bot: Bot, double: GatewayDouble):
        villager(bot, p.LEARNER, "gateway_kannel")
        with bot.store.begin() as connection:
            (her,) = rows(bot, t.learner)
            due = bot.clock() - timedelta(minutes=1)
            connection.execute(t.nudge.insert().values(learner_id=her.id, turn=0, due_at=due))

        nudges.fire(bot)
        delivers(bot)

        assert {each.provider for each in double.messages} == {"aggregator"}
        pushed = "\n".join(each.text for each in double.messages)
        assert pushed.startswith("RM0.00 TITIAN: ")
        assert "Hantar" not in pushed
        assert "Balas" not in pushed

    def test_a_reply_goes_by_the_gateway_she_wrote_to(self, bot: Bot, client: FlaskClient, double: GatewayDouble):
        Phone(bot, client, double, KANNEL).says("hai")

        assert [each.provider for each in double.messages] == ["kannel"]

    def test_whatever_she_sends_to_the_one_way_number_is_not_heard(self, bot: Bot, client: FlaskClient):
        assert calls(client, AGGREGATOR.says()) == (200, "-1")

        assert count(bot, t.learner) == 0

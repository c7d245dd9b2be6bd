"""The gateway channel against a gateway that nobody here wrote: Debian's Kannel, from a learner's SMS to its delivery report."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
import yaml
from werkzeug.serving import make_server

from bot import wiring
from bot.app import create_app
from bot.channels import line
from bot.channels.base import ChannelError, Outgoing, Refusal
from bot.channels.gateway.channel import Gateway
from bot.cli.rehearsal import Clock
from bot.store import tables as t
from bot.wiring import Bot
from tests import kannel
from tests.bot.channels import payloads as p
from tests.bots import count, made_settings, rows, to_a_certificate
from tests.kannel import Kannel
from workers import outbox

pytestmark = pytest.mark.skipif(bool(kannel.missing()), reason=kannel.missing())

PHONE = "601110000001"
SETTINGS = {
    "name": "kannel",
    "preset": "kannel",
    "token": "${GATEWAY_TOKEN}",
    "sender": "22384",
    "allow_private": True,
}


class Journey:
    """A whole bot on one side of Kannel, and a phone on the other."""

    def __init__(self, bot: Bot, gateway: Kannel) -> None:
        self.bot, self.gateway = bot, gateway

    @property
    def channel(self) -> Gateway:
        """The channel that sends by it."""
        channel = self.bot.channels["gateway_kannel"]
        assert isinstance(channel, Gateway)
        return channel

    def says(self, words: str) -> str:
        """Somebody sends an SMS; returns all that comes back to her phone."""
        heard, before = count(self.bot, t.inbound_message), len(self.gateway.received)
        cast(Clock, self.bot.clock).turn(timedelta(seconds=10))
        self.gateway.says(PHONE, words)
        self.gateway.wait_until("an SMS to be heard", lambda: count(self.bot, t.inbound_message) > heard)
        outbox.deliver(self.bot, 0, most=100)
        lines = sum(row.text.count("\n") + 1 for row in rows(self.bot, t.outbound_message))
        self.gateway.wait_until("the reply to come", lambda: len(self.gateway.received) >= lines)
        return "\n".join(self.gateway.received[before:])

    def settled(self) -> None:
        """Wait until every message has been reported."""

        def done() -> bool:
            return {row.status for row in rows(self.bot, t.outbound_message)} <= {"delivered", "failed"}

        self.gateway.wait_until("delivery reports", done)


@pytest.fixture
def journey(sqlite_url: str, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journey]:
    """Kannel and the bot, each knowing where the other is. Logging is the test run's own again afterwards."""
    monkeypatch.setenv("GATEWAY_TOKEN", p.TOKEN)
    monkeypatch.setenv("GATEWAY_PASSWORD", kannel.PASSWORD)
    (port,) = kannel.free_ports(1)
    site = f"http://127.0.0.1:{port}"
    gateway = Kannel(tmp_path, f"{site}/webhooks/gateway/kannel/{p.TOKEN}")
    send = {"url": gateway.sendsms, "query": {"username": kannel.USER, "password": "${GATEWAY_PASSWORD}"}}
    file = tmp_path / "gateways.yaml"
    file.write_text(yaml.safe_dump({"gateways": [SETTINGS | {"send": send}]}), encoding="utf-8")
    bot = wiring.build(
        made_settings(sqlite_url, tmp_path, public_url=site, gateways=str(file), twilio_account_sid="", at_username=""),
        clock=clock,
    )
    with kannel.quiet_logs():
        server = make_server("127.0.0.1", port, create_app(bot), threaded=True)
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        serving.start()
        try:
            with gateway:
                yield Journey(bot, gateway)
        finally:
            server.shutdown()
            serving.join()
            server.server_close()
            bot.store.engine.dispose()


def test_a_course_by_kannel_ends_in_a_certificate_and_every_sms_is_reported_delivered(journey: Journey):
    said = [journey.says(words) for words in to_a_certificate(journey.bot)]

    (certificate,) = rows(journey.bot, t.certificate)
    assert certificate.code in said[-1].replace("-", "")
    assert all(each.startswith(f"22384 +{PHONE} text RM0.00 TITIAN: ") for each in said)
    journey.settled()
    sent = rows(journey.bot, t.outbound_message)
    assert {row.status for row in sent} == {"delivered"}
    lines = sum(row.text.count("\n") + 1 for row in sent)
    assert len(journey.gateway.received) == lines  # what we answer to Kannel's own request is sent to nobody


@pytest.mark.parametrize(
    ("text", "arrives"),
    [
        ("A+B & C=10% [x] {y} ~ @ £ é ñ $1", "text A+B & C=10% [x] {y} ~ @ £ é ñ $1"),
        ("é 日", "ucs-2 %00%E9%00+e%E5"),
    ],
)
def test_kannel_understands_what_we_write(journey: Journey, text: str, arrives: str):
    assert line.run(journey.channel.send(Outgoing(77, p.LEARNER, text))) == "77"

    journey.gateway.wait_until("the SMS", lambda: bool(journey.gateway.received))
    assert journey.gateway.received == [f"22384 +{PHONE} {arrives}"]


def test_a_long_text_goes_out_in_parts(journey: Journey):
    line.run(journey.channel.send(Outgoing(77, p.LEARNER, "x" * 400)))

    journey.gateway.wait_until("three parts", lambda: len(journey.gateway.received) == 3)


def test_words_come_in_as_they_were_typed(journey: Journey):
    for words in ("é ñ @ & + % # ; $ ~", "a?b=c&d"):
        journey.says(words)

    heard = [row.text for row in rows(journey.bot, t.inbound_message)]
    assert heard == ["é ñ @ & + % # ; $ ~", "a?b=c&d"]


def test_a_wrong_password_is_ours_to_put_right(journey: Journey, tmp_path: Path):
    from tests import gateways

    send = {"url": journey.gateway.sendsms, "query": {"username": kannel.USER, "password": "${GATEWAY_PASSWORD}"}}
    (wrong,) = gateways.read(tmp_path, SETTINGS | {"send": send})

    with pytest.raises(ChannelError) as refused:
        line.run(wrong.send(Outgoing(77, p.LEARNER, "hai")))

    assert (refused.value.refusal, refused.value.code) == (Refusal.CONFIGURATION, "403")

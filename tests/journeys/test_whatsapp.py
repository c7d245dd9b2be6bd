"""Whole journeys on WhatsApp by buttons alone: signed webhooks in, the worker sends, Meta's reports back; each its own process."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import requests

from bot.store import tables as t
from tests import services, whatsapp_double as meta
from tests.bot.channels import payloads as p
from tests.bots import to_a_certificate
from tests.journeys.processes import House, wait_until
from tests.whatsapp_double import ACCESS_TOKEN, APP_SECRET, NUMBER_ID, VERIFY_TOKEN, WhatsAppDouble, envelope

pytestmark = pytest.mark.journey

LANGUAGES: Final = {"ms": "1", "en": "2"}
HEAD: Final = {"ms": "Anda tamat", "en": "You have finished"}
LESSONS: Final = 7


class WhatsAppHouse(House):
    """A house that has a number of its own at Meta."""

    provider: WhatsAppDouble

    def environment(self) -> dict[str, str]:
        """What its processes are told, WhatsApp's settings among it."""
        return super().environment() | {
            "WHATSAPP_PHONE_NUMBER_ID": NUMBER_ID,
            "WHATSAPP_ACCESS_TOKEN": ACCESS_TOKEN,
            "WHATSAPP_APP_SECRET": APP_SECRET,
            "WHATSAPP_VERIFY_TOKEN": VERIFY_TOKEN,
            "WHATSAPP_API_URL": self.provider.url,
        }

    def told(self, what: meta.Json) -> int:
        """Meta tells us something; returns the status of our answer."""
        body = json.dumps(what).encode()
        return requests.post(f"{self.base}{meta.PATH}", data=body, headers=meta.signed(body), timeout=20).status_code


@pytest.fixture
def home(tmp_path: Path, database_url: str, valkey: services.Valkey) -> Iterator[WhatsAppHouse]:
    """Web, worker and clock, and Meta on this machine."""
    (tmp_path / "house").mkdir()
    with WhatsAppDouble() as provider:
        made = WhatsAppHouse(tmp_path / "house", database_url, valkey.url)
        made.provider = provider
        try:
            made.start("web", "worker1", "clock")
            yield made
        finally:
            made.stop()


class Phone:
    """A phone with WhatsApp on it, whose owner would rather press than type."""

    def __init__(self, home: WhatsAppHouse, sender: str) -> None:
        self.home, self.sender = home, sender
        self.said = 0

    def _sends(self, told: meta.Json) -> str:
        before = len(self._heard())
        for _ in range(2):  # Meta is not sure that we have it
            assert self.home.told(envelope(told)) == 200
        wait_until(lambda: len(self._heard()) > before, "her reply")
        return meta.read(self.home.provider.asked[self._heard()[-1]])

    def _heard(self) -> list[int]:
        return [at for at, each in enumerate(self.home.provider.messages) if each.to == self.sender]

    def says(self, words: str) -> str:
        """Type something; returns what comes back."""
        self.said += 1
        return self._sends(meta.text(self.sender, words, f"{self.sender}-{self.said}"))

    def presses(self, key: str) -> str:
        """Press the button with this number or letter under the last message; returns what comes back."""
        self.said += 1
        last = self._heard()[-1]
        asked, taken = self.home.provider.asked[last], self.home.provider.messages[last]
        keys = [each["id"].partition(":")[2].split()[0].rstrip(")") for each in meta.choices(asked)]
        assert key in keys, f"no button {key} under: {meta.read(asked)}"
        place = keys.index(key) + 1
        return self._sends(meta.press(self.sender, asked, taken.id, place, f"{self.sender}-{self.said}"))


@pytest.mark.parametrize(("language", "sender"), [("ms", p.LEARNER), ("en", p.USER_ID)])
def test_buttons_lead_from_the_first_word_to_a_certificate(home: WhatsAppHouse, language: str, sender: str):
    """With a number and without one; every message comes twice, and Meta reports in the order it likes."""
    phone = Phone(home, sender)
    first, _, *keys = to_a_certificate(home.bot)

    phone.says(first)
    said = [phone.presses(key) for key in (LANGUAGES[language], *keys)][-1]

    (certificate,) = home.rows(t.certificate)
    assert certificate.code in said.replace("-", "")
    assert HEAD[language] in said
    assert len(home.rows(t.lesson_pass)) == LESSONS
    assert all(each.correct for each in home.rows(t.answer))
    page = requests.get(f"{home.base}/verify/{certificate.code}", timeout=5)
    assert page.status_code == 200

    taken = home.provider.messages
    wait_until(home.quiet, "all of it sent")
    assert len(taken) == len(home.rows(t.outbound_message)) == len(keys) + 2
    statuses = [meta.status(each, word) for word in ("read", "delivered", "sent") for each in taken]
    assert home.told(envelope(statuses=tuple(statuses))) == 200
    assert home.statuses() == {"read": len(taken)}
    tells_nothing(home, sender)


def test_a_report_that_comes_before_the_answer_is_kept(home: WhatsAppHouse):
    """Meta takes the message, reports it delivered, and only then answers the worker that is still asking."""
    home.provider.behave(times=1, latency=2.0)
    assert home.told(envelope(meta.text(p.LEARNER, "hai", "first"))) == 200
    taken = wait_until(lambda: home.provider.messages, "the reply at Meta")[0]

    assert home.told(envelope(statuses=(meta.status(taken, "delivered"),))) == 200

    assert home.statuses() == {"delivered": 1}
    phone = Phone(home, p.LEARNER)
    phone.said = 1
    assert "[" in phone.presses("1")  # she may press it meanwhile, too
    wait_until(home.quiet, "the answer")
    first = min(home.rows(t.outbound_message), key=lambda each: each.id)
    assert (first.status, first.provider_id) == ("delivered", taken.id)
    assert [each.to for each in home.provider.messages] == [p.LEARNER] * 2


def tells_nothing(home: WhatsAppHouse, sender: str) -> None:
    """Every line that every process has said is one JSON object, without a number, an id or a secret in it."""
    for part in ("web", "worker1", "clock"):
        said = home.log(part)
        assert all(isinstance(json.loads(line), dict) for line in said.splitlines())
        assert not any(secret in said for secret in (sender.lstrip("+"), ACCESS_TOKEN, APP_SECRET, VERIFY_TOKEN))

"""Twilio's WhatsApp by buttons: signed webhooks in, the worker makes Contents and sends, receipts back; each its own process."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.store import tables as t
from tests import services
from tests.bot.channels import payloads as p
from tests.bots import to_a_certificate
from tests.callers import twilio
from tests.journeys.processes import House, wait_until

pytestmark = pytest.mark.journey

LANGUAGE = "1"
SCREENS = 6  # from the first word: the languages, the notice, the course, its first lesson and questions


class ButtonsHouse(House):
    """A house as an operator of Twilio has it when nothing is set otherwise: with buttons."""

    def environment(self) -> dict[str, str]:
        """What its processes are told."""
        return super().environment() | {"TWILIO_WHATSAPP_BUTTONS": "1"}


@pytest.fixture
def home(tmp_path: Path, database_url: str, valkey: services.Valkey) -> Iterator[ButtonsHouse]:
    """Web, worker and Twilio."""
    (tmp_path / "house").mkdir()
    made = ButtonsHouse(tmp_path / "house", database_url, valkey.url)
    try:
        made.start("provider", "web", "worker1")
        yield made
    finally:
        made.stop()


class Phone:
    """A phone with WhatsApp at Twilio, whose owner presses what is offered."""

    def __init__(self, home: ButtonsHouse) -> None:
        self.home, self.caller, self.said = home, home.caller(), 0

    def says(self, words: str, **fields: str) -> dict[str, Any]:
        """Send something, and Twilio once more; returns the one message that comes back, as the provider took it."""
        self.said += 1
        form = p.TWILIO_WHATSAPP | {"Body": words} | fields
        for _ in range(2):
            answer = self.caller(twilio("whatsapp", form, str(self.said), self.home.base))
            assert (answer.status, answer.texts) == (200, ())
        taken = wait_until(lambda: self.home.accepted()[self.said - 1 :], "her reply")
        return dict(taken[-1])

    def presses(self, key: str, under: dict[str, Any]) -> dict[str, Any]:
        """Press the button with this number or letter; returns what comes back."""
        button = next(each for each in offered(under) if each["id"].partition(":")[2].split()[0].rstrip(")") == key)
        name = "ButtonPayload" if "title" in button else "ListId"
        words = button.get("title") or button["item"]
        return self.says(words, **{name: button["id"], "OriginalRepliedMessageSid": under["id"]})


def offered(message: dict[str, Any]) -> list[dict[str, str]]:
    """The quick replies or the rows of a message, as she sees them."""
    shown = json.loads(message["shown"])
    return list(shown.get("actions") or shown["items"])


def test_quick_replies_are_pressed_from_the_first_word_into_a_lesson(home: ButtonsHouse):
    """Every webhook comes twice, and the receipts of each message in the wrong order."""
    phone = Phone(home)
    first, _, *keys = to_a_certificate(home.bot)

    screens = [phone.says(first)]
    for key in (LANGUAGE, *keys)[: SCREENS - 1]:
        screens.append(phone.presses(key, under=screens[-1]))

    assert [each["title"] for each in offered(screens[0])] == ["1 Bahasa Malaysia", "2 English"]
    assert len({each["text"] for each in screens}) == SCREENS
    assert all(each["content"].startswith("HX") and offered(each) for each in screens)
    shapes = {(len(offered(each)), "title" in offered(each)[0]) for each in screens}
    assert len({each["content"] for each in screens}) == len(shapes)  # a Content for each shape, and not for each menu
    assert len(home.accepted()) == SCREENS == len(home.rows(t.outbound_message))
    wait_until(lambda: home.statuses() == {"delivered": SCREENS}, "the receipts")
    assert any(each.correct for each in home.rows(t.answer))

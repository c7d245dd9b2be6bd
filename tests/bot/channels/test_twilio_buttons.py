"""Twilio's WhatsApp with buttons, whole: signed webhooks in, a real database, menus by the outbox and all else on the response."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from bot import wiring
from bot.cli.rehearsal import Clock
from bot.pushes import REPLIES, row
from bot.store import tables as t
from bot.store.addresses import reached
from bot.wiring import Bot
from tests.bot.channels import payloads as p
from tests.bots import made_settings, rows, to_a_certificate, villager
from tests.callers import Answer, Call, make, twilio
from tests.doubles import Accepted, ProviderDouble
from tests.receipts import twilio_receipt
from workers import outbox

TEMPLATE = "HX" + "a" * 32


@pytest.fixture
def bot(migrated_url: str, tmp_path: Path, clock: Clock, provider: ProviderDouble) -> Iterator[Bot]:
    """A bot as it is when an operator sets Twilio up, and everything of it real but Twilio and the clock."""
    made = wiring.build(
        made_settings(
            migrated_url,
            tmp_path,
            twilio_whatsapp_buttons=True,
            twilio_whatsapp_template=TEMPLATE,
            twilio_api_url=provider.url,
        ),
        clock=clock,
    )
    yield made
    made.store.engine.dispose()


@dataclass
class Phone:
    """A phone with WhatsApp, at Twilio's."""

    client: FlaskClient
    bot: Bot
    provider: ProviderDouble
    number: str = p.LEARNER
    sent: list[Call] = field(default_factory=list)
    seen: int = 0  # of the provider's messages

    def says(self, words: str, **fields: str) -> str:
        """Send something; returns all that comes back, whichever way."""
        form = p.TWILIO_WHATSAPP | {"From": f"whatsapp:{self.number}", "WaId": self.number[1:], "Body": words} | fields
        self.sent.append(twilio("whatsapp", form, f"{self.number[-3:]}{len(self.sent)}"))
        answer = self.again()
        assert answer.status == 200
        outbox.deliver(self.bot, REPLIES, most=10)
        new, self.seen = self.provider.messages[self.seen :], len(self.provider.messages)
        return "\n".join((*answer.texts, *(each.text for each in new)))

    def again(self) -> Answer:
        """Twilio makes the last request, and perhaps once more."""
        return make(self.client, self.sent[-1])

    def presses(self, key: str, under: Accepted | None = None) -> str:
        """Press the button with this number or letter under the last message, or under an older one."""
        message = under or self.provider.messages[-1]
        keys = {each["id"].partition(":")[2].split()[0].rstrip(")"): each for each in offered(message)}
        assert key in keys, f"no button {key} under: {message.text}"
        button = keys[key]
        name = "ButtonPayload" if "title" in button else "ListId"
        words = button.get("title") or button["item"]
        return self.says(words, **{name: button["id"], "OriginalRepliedMessageSid": message.id})


def offered(message: Accepted) -> list[dict[str, str]]:
    """The buttons or rows under a message."""
    shown: dict[str, Any] = json.loads(message.shown) if message.shown else {}
    found: list[dict[str, str]] = shown.get("actions") or shown.get("items") or []
    return found


@pytest.fixture
def phone(client: FlaskClient, bot: Bot, provider: ProviderDouble) -> Phone:
    return Phone(client, bot, provider)


@pytest.mark.parametrize(("language", "head"), [("1", "Anda tamat"), ("2", "You have finished")], ids=["ms", "en"])
def test_buttons_lead_from_the_first_word_to_a_certificate(phone: Phone, bot: Bot, language: str, head: str):
    first, _, *keys = to_a_certificate(bot)

    phone.says(first)
    said = [phone.presses(key) for key in (language, *keys)][-1]

    (certificate,) = rows(bot, t.certificate)
    assert certificate.code in said.replace("-", "")
    assert head in said
    assert all(each.correct for each in rows(bot, t.answer))
    made = {each["friendly_name"] for each in phone.provider.contents}
    assert len(made) == len(phone.provider.contents) <= 4  # a shape for each number of choices, not one for each menu


def test_a_menu_goes_by_the_outbox_and_its_retry_says_nothing_twice(phone: Phone, bot: Bot, provider: ProviderDouble):
    said = phone.says("hai")
    again = phone.again()
    outbox.deliver(bot, REPLIES, most=10)

    assert "1 Bahasa" in said
    assert (again.status, again.texts) == (200, ())
    assert [each.text for each in provider.messages] == [said]
    (row,) = rows(bot, t.outbound_message)
    assert (row.status, row.provider_id) == ("sent", provider.messages[0].id)


def test_what_offers_nothing_to_press_rides_on_the_response(phone: Phone, provider: ProviderDouble):
    phone.says("hai")
    asked = len(provider.called)

    answer = phone.says("STOP")

    assert "MULA" in answer
    assert len(provider.called) == asked


def test_a_button_under_an_older_question_does_not_answer_the_one_she_is_at(phone: Phone, provider: ProviderDouble):
    phone.says("hai")
    phone.presses("1")
    phone.presses("1")
    question = provider.messages[-1]
    phone.presses("B")
    at = provider.messages[-1].text

    late = phone.presses("A", under=question)

    assert late.startswith("Butang itu untuk mesej yang lebih awal.")
    assert at.rpartition("\n\n")[2] in late


def test_words_typed_in_place_of_a_press_are_the_same(phone: Phone, provider: ProviderDouble):
    phone.says("hai")
    phone.says("1")

    assert "[" not in phone.says("ya")
    assert offered(provider.messages[-1])


def test_a_receipt_settles_what_was_sent_with_buttons(phone: Phone, client: FlaskClient, bot: Bot):
    phone.says("hai")
    told = twilio_receipt(phone.provider.messages[0], "read")

    path = told.url.removeprefix(p.PUBLIC)
    assert client.post(path, data=told.form, headers=told.headers).status_code == 200
    assert [each.status for each in rows(bot, t.outbound_message)] == ["read"]


def test_when_no_content_can_be_made_the_lesson_goes_on_by_words(phone: Phone, provider: ProviderDouble):
    provider.behave(times=1, status=403)

    said = phone.says("hai")

    assert "1 Bahasa" in said
    assert offered(provider.messages[0]) == []


@pytest.mark.parametrize("hours", [23, 25])
def test_after_a_day_of_silence_the_template_carries_it(bot: Bot, provider: ProviderDouble, hours: int):
    provider.templates.add(TEMPLATE)
    her = villager(bot, p.LEARNER, "twilio_whatsapp", last_inbound_at=bot.clock() - timedelta(hours=hours))
    (address,) = bot.store.look(select(*reached()))
    assert bot.pushes.way([address], at=bot.clock()).channel.name == "twilio_whatsapp"
    words = "Pelajaran 2.\n\n1 Sambung"
    due = row(
        her, "nudge", bot.clock(), due_at=bot.clock(), address_id=address.id, channel="twilio_whatsapp", text=words
    )
    with bot.store.begin() as connection:
        connection.execute(t.outbound_message.insert().values(due))

    for lane in (0, 1):
        outbox.deliver(bot, lane, most=10)

    (message,) = provider.messages
    assert (message.content == TEMPLATE) == (hours > 24)
    assert bool(offered(message)) == (hours < 24)
    assert rows(bot, t.outbound_message)[0].template == (True if hours > 24 else None)

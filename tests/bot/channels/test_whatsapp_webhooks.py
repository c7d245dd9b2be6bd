"""WhatsApp's way in and out, whole: requests signed as Meta's are, a real database, and a Meta that takes what is sent."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from bot import wiring
from bot.cli.rehearsal import Clock
from bot.pushes import REPLIES, row
from bot.store import tables as t
from bot.store.addresses import reached
from bot.wiring import Bot
from flows.course import Question
from flows.session import Session
from tests import whatsapp_double as meta
from tests.bot.channels import payloads as p
from tests.bots import COURSE, count, made_settings, right_letter, rows, to_a_certificate, villager
from tests.callers import make, twilio_sms
from tests.whatsapp_double import (
    NUMBER_ID,
    TEMPLATE,
    VERIFY_TOKEN,
    WhatsAppDouble,
    envelope,
    message,
    text,
)
from workers import outbox

NEW_NUMBER = "+601110000002"


@pytest.fixture
def provider() -> Iterator[WhatsAppDouble]:
    """Meta on this machine."""
    with WhatsAppDouble() as double:
        yield double


@pytest.fixture
def bot(migrated_url: str, tmp_path: Path, clock: Clock, provider: WhatsAppDouble) -> Iterator[Bot]:
    """A bot with WhatsApp set up as an operator does, and everything of it real but Meta and the clock."""
    given = made_settings(migrated_url, tmp_path, whatsapp_template=TEMPLATE, **provider.settings)
    made = wiring.build(given, clock=clock)
    yield made
    made.store.engine.dispose()


def tells(client: FlaskClient, told: meta.Json) -> int:
    """Meta makes a request; returns the status of our answer."""
    body = json.dumps(told).encode()
    return client.post(meta.PATH, data=body, headers=meta.signed(body), content_type="application/json").status_code


def delivers(bot: Bot) -> None:
    """The workers look once."""
    for lane in (0, 1):
        outbox.deliver(bot, lane, most=100)


class Phone:
    """A phone with WhatsApp on it: what is said, and the messages that came."""

    def __init__(self, bot: Bot, client: FlaskClient, provider: WhatsAppDouble, sender: str = p.LEARNER) -> None:
        self.bot, self.client, self.provider, self.sender = bot, client, provider, sender
        self.said = 0

    def _sends(self, told: meta.Json) -> str:
        before = len(self.provider.messages)
        cast(Clock, self.bot.clock).turn(timedelta(seconds=10))
        assert tells(self.client, envelope(told)) == 200
        delivers(self.bot)
        return "\n".join(each.text for each in self.provider.messages[before:])

    def says(self, words: str) -> str:
        """Type something; returns what comes back."""
        self.said += 1
        return self._sends(text(self.sender, words, f"{self.sender}-{self.said}"))

    def presses(self, place: int, under: int = -1) -> str:
        """Press a button under the last message, or under an earlier one."""
        self.said += 1
        asked, taken = self.provider.asked[under], self.provider.messages[under]
        return self._sends(meta.press(self.sender, asked, taken.id, place, f"{self.sender}-{self.said}"))


@pytest.fixture
def phone(bot: Bot, client: FlaskClient, provider: WhatsAppDouble) -> Phone:
    """A learner's."""
    return Phone(bot, client, provider)


# --- a learner's way ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sender", [p.LEARNER, p.USER_ID])
def test_a_course_ends_in_a_certificate(bot: Bot, client: FlaskClient, provider: WhatsAppDouble, sender: str):
    """With a number, and without one. Every message is answered by one, and each is read in the end."""
    phone = Phone(bot, client, provider, sender)

    said = [phone.says(words) for words in to_a_certificate(bot)]

    (certificate,) = rows(bot, t.certificate)
    assert certificate.code in said[-1].replace("-", "")
    assert len(provider.messages) == len(said)
    assert {each.to for each in provider.messages} == {sender}
    assert len({each.id for each in provider.messages}) == len(said)
    statuses = [meta.status(each, word) for word in ("read", "sent", "delivered") for each in provider.messages]
    assert tells(client, envelope(statuses=tuple(statuses))) == 200
    assert {row.status for row in rows(bot, t.outbound_message)} == {"read"}


def test_menus_are_pressed_from_the_first_word_to_the_first_question(bot: Bot, phone: Phone):
    assert "[1 Bahasa Malaysia]" in phone.says("hai")
    phone.presses(2)
    assert rows(bot, t.learner)[0].locale == "en"

    phone.presses(1)

    assert rows(bot, t.learner)[0].consented_at is not None


def asked(bot: Bot) -> Question:
    """The question of the first lesson."""
    return bot.library().courses[COURSE].lessons[0].bank[0]


def at_a_question(phone: Phone) -> str:
    """She has come to the first question."""
    return [phone.says(words) for words in ("hai", "1", "1")][-1]


def stands(bot: Bot) -> tuple[str, str, int]:
    """Where she is, and how often she was not understood there."""
    session = Session.from_json(rows(bot, t.conversation)[0].session)
    return session.state, session.question, session.misses


@pytest.mark.parametrize("right", [True, False])
def test_a_question_is_answered_by_a_button(bot: Bot, phone: Phone, right: bool):
    question = at_a_question(phone)
    assert "[A)" in question or "[A]" in question
    letter = right_letter(asked(bot)) if right else next(each for each in "AB" if each != right_letter(asked(bot)))

    phone.presses("ABC".index(letter) + 1)

    assert [each.correct for each in rows(bot, t.answer)] == [right]
    assert rows(bot, t.inbound_message)[-1].text == letter


def test_a_button_of_an_older_question_answers_none_and_the_question_of_now_is_put_again(bot: Bot, phone: Phone):
    """She scrolls up to a question that is behind her, and presses what was right there."""
    at_a_question(phone)
    answers = ("ABC".index(right_letter(asked(bot))) + 1, 1)
    phone.presses(answers[0])
    second = phone.presses(answers[1])
    before = stands(bot)

    said = phone.presses(answers[0], under=2)

    assert said.startswith("Butang itu untuk mesej yang lebih awal. Sekarang:")
    assert [line for line in said.split("\n") if line.startswith("[")] == [
        line for line in second.split("\n") if line.startswith("[")
    ]
    assert count(bot, t.answer) == 1
    assert stands(bot) == before
    phone.presses(1)
    assert count(bot, t.answer) == 2


@pytest.mark.parametrize("words", ["BERHENTI", "Betul", "MENU", "1A 2C 3B"])
def test_the_words_of_an_older_option_mean_nothing_else(bot: Bot, client: FlaskClient, phone: Phone, words: str):
    at_a_question(phone)
    reply = {"type": "button_reply", "button_reply": {"id": f"7:A) {words}", "title": f"A) {words}"}}

    said = phone._sends(message(p.LEARNER, "old", type="interactive", interactive=reply, context={"id": "wamid.old"}))

    assert said.startswith("Butang itu untuk mesej yang lebih awal.")
    assert count(bot, t.answer) == 0
    assert not any(each.opted_out_at for each in rows(bot, t.address))


def test_an_announcement_or_a_reminder_makes_no_question_older(bot: Bot, phone: Phone):
    at_a_question(phone)
    address, at = rows(bot, t.address)[0], bot.clock()
    for purpose in ("broadcast", "nudge"):
        told = row(address.learner_id, purpose, at, due_at=at, address_id=address.id, channel="whatsapp", text=purpose)
        with bot.store.begin() as connection:
            connection.execute(t.outbound_message.insert().values(told))
    delivers(bot)
    assert {each.text for each in phone.provider.messages[-2:]} == {"broadcast", "nudge"}

    phone.presses(1, under=-3)

    assert count(bot, t.answer) == 1


def test_who_has_gone_on_by_sms_has_left_the_buttons_behind(bot: Bot, client: FlaskClient, phone: Phone):
    """The last question on WhatsApp is not the one she is at."""
    at_a_question(phone)
    for words in (right_letter(asked(bot)), "1"):
        phone.said += 1
        make(client, twilio_sms(p.LEARNER, words, f"sms{phone.said}"))
    assert count(bot, t.answer) == 1

    said = phone.presses(1)

    assert said.startswith("Butang itu")
    assert count(bot, t.answer) == 1


def test_a_press_that_overtakes_our_note_of_the_messages_id_is_no_old_one(bot: Bot, phone: Phone):
    """She is quick, and the worker that sent it has not yet written down Meta's id."""
    at_a_question(phone)
    with bot.store.begin() as connection:
        connection.execute(t.outbound_message.update().values(provider_id=None))

    phone.presses(1)

    assert count(bot, t.answer) == 1


def test_a_button_of_an_old_menu_is_its_words_and_no_answer_to_the_question_of_now(bot: Bot, phone: Phone):
    """She scrolls up while a question waits, and presses "1": that is no A."""
    at_a_question(phone)

    phone.presses(1, under=0)

    assert count(bot, t.answer) == 0
    assert rows(bot, t.inbound_message)[-1].text == "Bahasa Malaysia"
    phone.says(right_letter(asked(bot)))
    assert [each.correct for each in rows(bot, t.answer)] == [True]


def test_a_picture_or_a_voice_gets_a_helpful_reply_and_a_thumb_none(bot: Bot, client: FlaskClient, phone: Phone):
    phone.says("hai")

    for kind in ("image", "audio", "sticker", "location", "unsupported"):
        assert phone._sends(message(p.LEARNER, kind, type=kind, **{kind: {"id": "1"}})), kind
    assert phone._sends(message(p.LEARNER, "thumb", type="reaction", reaction={"emoji": "👍"})) == ""

    assert count(bot, t.inbound_message) == 6


def test_her_number_may_stay_away_one_day_and_she_is_the_same_learner(bot: Bot, client: FlaskClient, phone: Phone):
    told = text(p.LEARNER, "hai", "first", from_user_id=p.USER_ID)
    assert tells(client, envelope(told)) == 200

    assert tells(client, envelope(text(p.USER_ID, "1", "second"))) == 200
    delivers(bot)

    assert count(bot, t.learner) == 1
    assert {each.to for each in phone.provider.messages} == {p.LEARNER, p.USER_ID}


def test_who_came_without_a_number_is_the_same_when_it_shows(bot: Bot, client: FlaskClient):
    assert tells(client, envelope(text(p.USER_ID, "hai", "first"))) == 200

    assert tells(client, envelope(text(p.LEARNER, "1", "second", from_user_id=p.USER_ID))) == 200

    assert count(bot, t.learner) == 1
    assert rows(bot, t.conversation)[0].turn == 2


# --- many in one request, and retries -------------------------------------------------------------------------------


def test_many_messages_in_one_request_are_each_answered_once_however_often_it_comes(
    bot: Bot, client: FlaskClient, provider: WhatsAppDouble
):
    numbers = [f"+60111000000{place}" for place in range(1, 6)]
    batch = envelope(*(text(number, "hai", number) for number in numbers), text(numbers[0], "1", "again"))

    assert [tells(client, batch) for _ in range(3)] == [200] * 3
    delivers(bot)

    assert count(bot, t.learner) == 5
    assert sorted(each.to for each in provider.messages) == sorted([*numbers, numbers[0]])


def test_a_batch_larger_than_any_other_provider_sends_is_heard(bot: Bot, client: FlaskClient):
    padded = [message(p.LEARNER, f"r{place}", type="reaction", padding="x" * 900) for place in range(120)]

    assert tells(client, envelope(*padded, text(p.LEARNER, "hai", "a"))) == 200

    assert count(bot, t.inbound_message) == 1


def test_what_fails_does_not_stop_the_others_and_comes_again(app: Flask, bot: Bot, client: FlaskClient):
    """A flow breaks on one word: whoever else is in the request is heard, and the retry answers nobody twice."""
    batch = envelope(
        text(p.LEARNER, "hai", "a"),
        text(NEW_NUMBER, "broken", "b"),
        text(NEW_NUMBER, "later", "c"),
        text("+601110000003", "hai", "d"),
    )
    advance = bot.conversations.advance

    def breaking(session, event, library):
        if event.text == "broken":
            raise ZeroDivisionError("in a flow")
        return advance(session, event, library)

    app.extensions["titian"] = replace(bot, conversations=replace(bot.conversations, advance=breaking))
    first = tells(client, batch)
    heard = {each.provider_id: each.turn for each in rows(bot, t.inbound_message)}
    app.extensions["titian"] = bot
    second = tells(client, batch)

    assert (first, second) == (503, 200)
    assert heard == {"wamid.a": 1, "wamid.d": 1}
    hers = {each.provider_id: each.turn for each in rows(bot, t.inbound_message)}
    assert hers == {"wamid.a": 1, "wamid.d": 1, "wamid.b": 1, "wamid.c": 2}
    assert count(bot, t.outbound_message) == 4


def test_a_signed_request_nobody_can_read_and_an_unsigned_one_keep_nothing(bot: Bot, client: FlaskClient):
    body = json.dumps(envelope(text(p.LEARNER, "hai", "a"))).encode()

    assert client.post(meta.PATH, data=body).status_code == 403
    assert client.post(meta.PATH, data=body, headers=meta.signed(body + b" ")).status_code == 403
    assert client.post(meta.PATH, data=b"{}", headers=meta.signed(b"{}")).status_code == 400
    assert count(bot, t.inbound_message) == count(bot, t.learner) == 0


def test_meta_is_shown_whose_address_this_is(client: FlaskClient):
    asked = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158201444"}

    shown = client.get(f"{meta.PATH}?{urlencode(asked)}")
    hidden = client.get(f"{meta.PATH}?{urlencode(asked | {'hub.verify_token': 'guessed'})}")

    assert (shown.status_code, shown.text) == (200, "1158201444")
    assert (hidden.status_code, "1158201444" in hidden.text) == (403, False)


# --- receipts -------------------------------------------------------------------------------------------------------


def test_a_receipt_that_overtakes_the_answer_settles_a_message_in_doubt(
    bot: Bot, client: FlaskClient, provider: WhatsAppDouble, phone: Phone
):
    """Meta took it and its answer was cut off: undetermined, never sent again, until the receipt tells."""
    provider.behave(times=1, reset=True)
    phone.says("hai")
    assert [row.status for row in rows(bot, t.outbound_message)] == ["undetermined"]

    tells(client, envelope(statuses=(meta.status(provider.messages[0], "delivered"),)))

    (row,) = rows(bot, t.outbound_message)
    assert (row.status, row.provider_id) == ("delivered", provider.messages[0].id)
    assert len(provider.messages) == 1


def test_a_failure_that_is_told_later_is_seen_with_its_code(bot: Bot, client: FlaskClient, phone: Phone):
    phone.says("hai")

    tells(client, envelope(statuses=(meta.status(phone.provider.messages[0], "failed", error=131026),)))

    failed, again = rows(bot, t.outbound_message)
    assert (failed.status, failed.error.partition(";")[0]) == ("cancelled", "131026")
    assert (again.status, again.channel) == ("queued", "twilio_sms")


def test_a_receipt_about_nothing_of_ours_is_taken_quietly(bot: Bot, client: FlaskClient):
    told = {"id": "wamid.unknown", "status": "delivered", "recipient_id": "601110000009"}

    assert tells(client, envelope(statuses=(told,))) == 200


def test_whatsapps_own_stop_holds_on_every_channel(bot: Bot, client: FlaskClient, phone: Phone):
    phone.says("hai")
    told = {"wa_id": p.LEARNER[1:], "category": "marketing_messages", "value": "stop"}

    assert tells(client, envelope(field="user_preferences", user_preferences=[told])) == 200

    assert all(row.opted_out_at for row in rows(bot, t.address))


# --- another number -------------------------------------------------------------------------------------------------

CHANGED = {"type": "user_changed_number", "wa_id": NEW_NUMBER[1:]}


def test_she_takes_her_course_to_her_new_number(bot: Bot, client: FlaskClient, phone: Phone):
    for words in ("hai", "1", "1"):
        phone.says(words)
    moved = envelope(message(p.LEARNER, "moved", type="system", system=CHANGED))

    assert [tells(client, moved) for _ in range(2)] == [200, 200]
    Phone(bot, client, phone.provider, NEW_NUMBER).says("MENU")

    assert count(bot, t.learner) == 1
    assert {row.identifier for row in rows(bot, t.address)} == {NEW_NUMBER}
    assert phone.provider.messages[-1].to == NEW_NUMBER
    assert [row.did for row in rows(bot, t.audit_event)] == ["change number"]


def test_a_new_number_that_is_somebody_elses_thread_is_left_alone(bot: Bot, client: FlaskClient, phone: Phone):
    phone.says("hai")
    Phone(bot, client, phone.provider, NEW_NUMBER).says("hai")

    assert tells(client, envelope(message(p.LEARNER, "moved", type="system", system=CHANGED))) == 200

    assert {row.identifier for row in rows(bot, t.address)} == {p.LEARNER, NEW_NUMBER}
    assert count(bot, t.audit_event) == 0


def test_a_stranger_who_changes_numbers_is_nobody_to_us(bot: Bot, client: FlaskClient):
    assert tells(client, envelope(message(p.LEARNER, "moved", type="system", system=CHANGED))) == 200

    assert count(bot, t.learner) == 0


# --- after the window -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [23, 25])
def test_after_a_day_of_silence_only_the_template_may_go(bot: Bot, clock: Clock, provider: WhatsAppDouble, hours: int):
    her = villager(bot, p.LEARNER, "whatsapp", last_inbound_at=bot.clock() - timedelta(hours=hours))
    (address,) = bot.store.look(select(*reached()))
    way = bot.pushes.way([address], at=bot.clock())
    assert way.channel.name == "whatsapp"
    words = "Pelajaran 2.\n\n1 Sambung"
    due = row(her, "nudge", bot.clock(), due_at=bot.clock(), address_id=address.id, channel="whatsapp", text=words)
    with bot.store.begin() as connection:
        connection.execute(t.outbound_message.insert().values(due))

    delivers(bot)

    assert provider.asked[0]["type"] == ("interactive" if hours < 24 else "template")


def test_replies_are_written_before_they_are_sent(bot: Bot, client: FlaskClient, provider: WhatsAppDouble):
    assert tells(client, envelope(text(p.LEARNER, "hai", "a"))) == 200

    (said,) = rows(bot, t.outbound_message)
    assert (said.status, said.lane, provider.messages) == ("queued", REPLIES, [])


# --- set up or not --------------------------------------------------------------------------------------------------


def test_a_number_without_its_secrets_is_not_set_up(tmp_path: Path):
    with pytest.raises(ValueError, match="WHATSAPP_APP_SECRET is missing"):
        made_settings("sqlite:///unused.db", tmp_path, whatsapp_phone_number_id=NUMBER_ID)


def test_without_a_number_there_is_no_door(app: Flask, bot: Bot, client: FlaskClient):
    channels = {name: channel for name, channel in bot.channels.items() if name != "whatsapp"}
    app.extensions["titian"] = replace(bot, channels=channels)

    assert client.get(meta.PATH).status_code == 404
    assert tells(client, envelope(text(p.LEARNER, "hai", "a"))) == 404

"""Pictures, voice notes and stickers, from each provider: she hears in her language that only words can be read."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from bot.pushes import REPLIES
from bot.store import tables as t
from bot.wiring import Bot
from tests.bot.channels import payloads as p
from tests.bots import rows
from tests.callers import Call, at_sms, make, twilio
from tests.world import World
from workers import outbox

ONLY_WORDS = {
    "ms": "Saya hanya boleh baca tulisan. Sila taip jawapan anda.",
    "en": "I can only read words. Please type your reply.",
}
LANGUAGES = {"ms": "1", "en": "2"}
MEDIA = {"Body": "", "NumMedia": "1", "MediaUrl0": "https://m.example/1", "MediaContentType0": "audio/ogg"}


def voice_note(kind: str, name: str) -> Call:
    if kind == "sms":
        return twilio("sms", p.TWILIO_SMS | MEDIA, name)
    form = p.TWILIO_WHATSAPP | MEDIA | {"MessageType": "audio"}
    return twilio("whatsapp", {field: value for field, value in form.items() if field != "Body"}, name)


def typed(kind: str, words: str, name: str) -> Call:
    form = p.TWILIO_SMS if kind == "sms" else p.TWILIO_WHATSAPP
    return twilio(kind, form | {"Body": words}, name)


@pytest.mark.parametrize("kind", ["sms", "whatsapp"])
@pytest.mark.parametrize("language", ["ms", "en"])
def test_a_voice_note_at_twilio_is_answered_and_the_question_stays(client: FlaskClient, kind: str, language: str):
    for place, words in enumerate(("hai", LANGUAGES[language], "1")):
        asked = make(client, typed(kind, words, f"1{place}")).text

    answer = make(client, voice_note(kind, "2")).text

    assert ONLY_WORDS[language] in answer
    assert asked.split("\n")[-1] in answer  # the last option of the question
    assert "tulisan" not in make(client, typed(kind, "B", "3")).text


def test_an_empty_sms_at_africas_talking_is_answered(client: FlaskClient, bot: Bot):
    for place, words in enumerate(("hai", "1", "1", "")):
        assert make(client, at_sms(p.LEARNER, words, str(place))).status == 200
    outbox.deliver(bot, REPLIES, most=20)

    assert any(ONLY_WORDS["ms"] in row.text for row in rows(bot, t.outbound_message))


@pytest.mark.parametrize("send", [lambda w: w.says("", "whatsapp"), lambda w: w.says("  ", "whatsapp")])
def test_three_pictures_in_a_row_are_no_three_mistakes(world: World, send: Callable[[World], str]):
    world.says_all("hai", "1", "1", channel="whatsapp")

    said = {send(world) for _ in range(4)}

    assert len(said) == 1
    assert world.session().misses == 0


def test_a_key_pressed_without_a_number_in_a_call_is_a_wrong_key_as_before(world: World):
    world.dials()

    assert "tulisan" not in world.presses("")

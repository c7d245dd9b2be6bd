"""pywa, a client of the Cloud API that somebody else wrote, beside ours: it asks Meta the same, and reads what our Meta sends."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pywa import WhatsApp as Pywa, utils
from pywa.types import (
    Button,
    CallbackButton,
    CallbackSelection,
    Message,
    MessageStatus,
    MessageType,
    PhoneNumberChange,
    Section,
    SectionList,
    SectionRow,
)
from pywa.types.templates import BodyText, TemplateLanguage

from bot.channels import line
from bot.channels.base import Outgoing, Shown
from bot.channels.whatsapp import WhatsApp
from bot.channels.whatsapp_codes import STATUSES
from tests import whatsapp_double as meta
from tests.bot.channels import payloads as p
from tests.whatsapp_double import ACCESS_TOKEN, APP_SECRET, NUMBER_ID, TEMPLATE, VERIFY_TOKEN, WhatsAppDouble, envelope

PICTURE = f"{p.PUBLIC}/media/abc/batas.png"


@pytest.fixture
def provider() -> Iterator[WhatsAppDouble]:
    """Meta on this machine."""
    with WhatsAppDouble() as double:
        yield double


@pytest.fixture
def theirs(provider: WhatsAppDouble) -> Iterator[Pywa]:
    """The other client, which writes to our double."""
    with httpx.Client() as session:
        made = Pywa(NUMBER_ID, ACCESS_TOKEN, session=session, app_secret=APP_SECRET)
        session.base_url = provider.url
        yield made


@pytest.fixture
def ours(provider: WhatsAppDouble) -> WhatsApp:
    """Ours."""
    return WhatsApp(
        NUMBER_ID, ACCESS_TOKEN, APP_SECRET, VERIFY_TOKEN, TEMPLATE, provider.url, picture_url=lambda name: PICTURE
    )


# --- what is sent ---------------------------------------------------------------------------------------------------


def told(asked: meta.Json) -> Any:
    """A request without what may be there or not: what says nothing, and a "to" with its plus or without."""
    if isinstance(asked, dict):
        known = {name: told(value) for name, value in asked.items() if name not in ("preview_url", "policy")}
        return {name: value for name, value in known.items() if value not in (None, [], {})} | (
            {"to": asked["to"].removeprefix("+")} if "to" in asked else {}
        )
    return [told(each) for each in asked] if isinstance(asked, list) else asked


FOUR = "Apa yang anda mahu?\n\n1 Sambung\n2 Kursus\n3 Sijil saya\n4 Tolong"


def test_words_are_asked_for_as_another_client_asks(ours: WhatsApp, theirs: Pywa, provider: WhatsAppDouble):
    line.run(ours.send(Outgoing(42, p.LEARNER, "Selamat 😀")))
    theirs.send_message(p.LEARNER, "Selamat 😀", tracker="42")

    assert told(provider.asked[0]) == told(provider.asked[1])


def test_buttons_are_asked_for_as_another_client_asks(ours: WhatsApp, theirs: Pywa, provider: WhatsAppDouble):
    lines = ("1 Sambung", "2 Menu")

    line.run(ours.send(Outgoing(42, p.LEARNER, "Pilih satu.\n\n1 Sambung\n2 Menu")))
    theirs.send_message(
        p.LEARNER,
        "Pilih satu.",
        buttons=[Button(title=each, callback_data=f"42:{each}") for each in lines],
        tracker="42",
    )

    assert told(provider.asked[0]) == told(provider.asked[1])


def test_a_list_is_asked_for_as_another_client_asks(ours: WhatsApp, theirs: Pywa, provider: WhatsAppDouble):
    rows = [SectionRow(title=each, callback_data=f"42:{each}") for each in FOUR.split("\n\n")[1].split("\n")]

    line.run(ours.send(Outgoing(42, p.LEARNER, FOUR)))
    listed = SectionList(button_title="Pilih / Choose", sections=[Section(title="", rows=rows)])
    theirs.send_message(p.LEARNER, FOUR, buttons=listed, tracker="42")

    mine, other = (told(asked) for asked in provider.asked)
    other["interactive"]["action"]["sections"][0].pop("title", None)  # Meta asks for one only where there are several
    assert mine == other


def test_a_picture_is_asked_for_as_another_client_asks(ours: WhatsApp, theirs: Pywa, provider: WhatsAppDouble):
    line.run(ours.send(Outgoing(42, p.LEARNER, "Sebuah batas.", Shown("abc/batas.png", "batas"))))
    theirs.send_image(p.LEARNER, PICTURE, caption="Sebuah batas.", tracker="42")

    assert told(provider.asked[0]) == told(provider.asked[1])


def test_a_question_is_asked_for_as_another_client_asks(ours: WhatsApp, theirs: Pywa, provider: WhatsAppDouble):
    lines = ("A) Hijau", "B) Kuning")

    line.run(ours.send(Outgoing(42, p.LEARNER, "Warna daun?\n\nA) Hijau\nB) Kuning", one_of=True)))
    theirs.send_message(
        p.LEARNER,
        "Warna daun?",
        buttons=[Button(title=each, callback_data=f"42:{each}") for each in lines],
        tracker="42",
    )

    assert told(provider.asked[0]) == told(provider.asked[1])


def test_a_document_is_asked_for_as_another_client_asks(theirs: Pywa, provider: WhatsAppDouble):
    document = f"{p.PUBLIC}/media/abc/sijil.pdf"
    ours = WhatsApp(
        *(NUMBER_ID, ACCESS_TOKEN, APP_SECRET, VERIFY_TOKEN, TEMPLATE, provider.url), picture_url=lambda name: document
    )

    line.run(ours.send(Outgoing(42, p.LEARNER, "Sijil anda.", Shown("abc/sijil.pdf", "sijil"))))
    theirs.send_document(p.LEARNER, document, filename="sijil.pdf", caption="Sijil anda.", tracker="42")

    assert told(provider.asked[0]) == told(provider.asked[1])


def test_a_template_is_asked_for_as_another_client_asks(ours: WhatsApp, theirs: Pywa, provider: WhatsAppDouble):
    line.run(ours.send(Outgoing(42, p.LEARNER, "Pelajaran 2\nmenunggu.", template=True)))
    filled = BodyText.params("Pelajaran 2 menunggu.")
    theirs.send_template(p.LEARNER, "titian_pesan", TemplateLanguage.MALAY, [filled], tracker="42")

    mine, other = (told(asked) for asked in provider.asked)
    part = other["template"]["components"][0]
    part["type"] = part["type"].lower()  # as Meta's own pages and schema write it
    assert mine == other


# --- what comes in --------------------------------------------------------------------------------------------------


def test_the_doubles_signature_is_one_that_another_client_trusts():
    body = json.dumps(envelope(meta.text(p.LEARNER, "😀", "a"))).encode()
    (signature,) = meta.signed(body).values()

    assert utils.webhook_updates_validator(APP_SECRET, body, signature)


CONTACTS = [{"profile": {"name": "Aina"}, "wa_id": p.LEARNER[1:], "user_id": p.USER_ID}]
BUTTONS = {"type": "button", "action": {"buttons": [{"reply": {"id": "2 Menu", "title": "2 Menu"}}]}}
LISTED = {"type": "list", "action": {"sections": [{"rows": [{"id": "2 Menu", "title": "2 Menu"}]}]}}


def test_the_doubles_words_are_read_alike(theirs: Pywa, ours: WhatsApp):
    said = envelope(meta.text(p.LEARNER, "Mula 1", "a"), contacts=CONTACTS)

    other, mine = Message.from_update(theirs, said), ours.read(meta.request(said))

    assert (other.id, f"+{other.from_user.wa_id}", other.text) == (mine.provider_id, mine.sender, mine.text)
    assert other.from_user.bsuid == mine.also


@pytest.mark.parametrize(("asked", "read"), [(BUTTONS, CallbackButton), (LISTED, CallbackSelection)])
def test_the_doubles_buttons_are_read_alike(theirs: Pywa, ours: WhatsApp, asked: meta.Json, read: Any):
    said = envelope(meta.press(p.LEARNER, {"interactive": asked}, "wamid.ours", 1, "a"), contacts=CONTACTS)

    other, mine = read.from_update(theirs, said), ours.read(meta.request(said))

    assert other.data == f"{mine.text} {mine.pressed.words}"
    assert other.reply_to_message.id == mine.pressed.under


def test_the_doubles_letters_are_read_alike(theirs: Pywa, ours: WhatsApp, provider: WhatsAppDouble):
    line.run(ours.send(Outgoing(42, p.LEARNER, "Warna daun?\n\nA) Hijau\nB) Kuning", one_of=True)))
    said = envelope(meta.press(p.LEARNER, provider.asked[0], provider.messages[0].id, 2, "a"), contacts=CONTACTS)

    other, mine = CallbackButton.from_update(theirs, said), ours.read(meta.request(said))

    assert other.title == "B) Kuning"
    assert other.data == f"{mine.pressed.message_id}:{mine.text}) {mine.pressed.words}"
    assert other.reply_to_message.id == mine.pressed.under


@pytest.mark.parametrize("kind", ["audio", "sticker", "unsupported"])
def test_what_the_double_sends_without_words_is_read_alike(theirs: Pywa, ours: WhatsApp, kind: str):
    part = {
        "id": "1",
        "mime_type": "x/y",
        "sha256": "x",
        "url": "https://m.example/1",
        "animated": False,
        "type": "poll",
    }
    said = envelope(meta.message(p.LEARNER, "a", type=kind, **{kind: part}), contacts=CONTACTS)

    other, mine = Message.from_update(theirs, said), ours.read(meta.request(said))

    assert (other.type, other.text, mine.text) == (MessageType(kind), None, "")


@pytest.mark.parametrize("word", STATUSES)
def test_the_doubles_statuses_are_read_alike(provider: WhatsAppDouble, theirs: Pywa, ours: WhatsApp, word: str):
    line.run(ours.send(Outgoing(42, p.LEARNER, "hai")))
    error = 131026 if word == "failed" else 0
    said = envelope(statuses=(meta.status(provider.messages[0], word, error=error),), contacts=CONTACTS)

    other, mine = MessageStatus.from_update(theirs, said), ours.read(meta.request(said))

    assert (other.id, other.status.value, other.tracker) == (mine.provider_id, word, str(mine.message_id))
    assert str(other.error.code if other.error else "") == mine.error


def test_the_doubles_change_of_number_is_read_alike(theirs: Pywa, ours: WhatsApp):
    system = {"type": "user_changed_number", "wa_id": "601110000002", "body": "User changed"}
    said = envelope(meta.message(p.LEARNER, "a", type="system", system=system))

    other, mine = PhoneNumberChange.from_update(theirs, said), ours.read(meta.request(said))

    assert (f"+{other.old_wa_id}", f"+{other.new_wa_id}") == (mine.old, mine.new)

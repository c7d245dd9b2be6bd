"""What we send to Meta, held against Meta's own OpenAPI: META_OPENAPI=path/to/messages.json, and Prism."""

from collections.abc import Iterator

import pytest

from bot.channels import line
from bot.channels.base import Outgoing, Shown
from bot.channels.whatsapp import HEADERS, WhatsApp
from tests.bot.channels import payloads as p
from tests.prism import prism
from tests.whatsapp_double import ACCESS_TOKEN, APP_SECRET, NUMBER_ID, TEMPLATE, VERIFY_TOKEN, Json, WhatsAppDouble

PICTURE, DOCUMENT = Shown("abc/batas.png", "Sebuah batas"), Shown("abc/sijil.pdf", "Sijil anda")
LONG = "ayat yang panjang " * 8
EVERY_FORM = {
    "words": Outgoing(42, p.LEARNER, "Selamat 😀"),
    "the longest words": Outgoing(42, p.LEARNER, "x" * 4096),
    "buttons": Outgoing(42, p.LEARNER, "Pilih.\n\n1 Sambung\n2 Menu\n3 Sijil"),
    "buttons too small for their words": Outgoing(42, p.LEARNER, f"Pilih.\n\n1 {LONG}\n2 Menu"),
    "a list": Outgoing(42, p.LEARNER, "Pilih.\n\n" + "\n".join(f"{n} {LONG}" for n in range(1, 6))),
    "a question": Outgoing(42, p.LEARNER, "Warna?\n\nA) Hijau\nB) Kuning", one_of=True),
    "a question with many options": Outgoing(
        42, p.LEARNER, "Warna?\n\nA) Hijau\nB) Kuning\nC) Merah\nD) Putih\nE) Biru", one_of=True
    ),
    "a picture": Outgoing(42, p.LEARNER, "Sebuah batas.", PICTURE),
    "a picture above buttons": Outgoing(42, p.LEARNER, "Warna?\n\nA) Hijau\nB) Kuning", PICTURE, one_of=True),
    "a document": Outgoing(42, p.LEARNER, "Sijil anda.", DOCUMENT),
    "a document above buttons": Outgoing(42, p.LEARNER, "Sijil anda.\n\n1 Menu", DOCUMENT),
    "a template": Outgoing(42, p.LEARNER, "Pelajaran 2\nmenunggu.", template=True),
}


@pytest.fixture(scope="module")
def meta() -> Iterator[str]:
    """Where messages go, as Meta's OpenAPI describes it."""
    with prism("META_OPENAPI") as url:
        yield f"{url}/v23.0/{NUMBER_ID}/messages"


def asked(message: Outgoing) -> Json:
    """What we ask of Meta for this message, without our own id in it: their pages name that field, their file does not."""
    with WhatsAppDouble() as double:
        picture_url = f"{p.PUBLIC}/media/{{}}".format
        ours = WhatsApp(
            NUMBER_ID, ACCESS_TOKEN, APP_SECRET, VERIFY_TOKEN, TEMPLATE, double.url, picture_url=picture_url
        )
        line.run(ours.send(message))
        return {name: value for name, value in double.asked[0].items() if name != "biz_opaque_callback_data"}


def told(url: str, what: Json, **headers: str) -> line.Answer:
    return line.run(line.Line(headers=HEADERS | headers).ask("POST", url, json=what))


OURS = {"Authorization": f"Bearer {ACCESS_TOKEN}"}


@pytest.mark.parametrize("message", EVERY_FORM.values(), ids=EVERY_FORM.keys())
def test_metas_own_description_allows_what_we_send(meta: str, message: Outgoing):
    answer = told(meta, asked(message), **OURS)

    assert answer.status == 200, answer.body.decode()
    assert answer.json()["messages"][0]["id"]


def broken(what: Json) -> Iterator[Json]:
    yield what | {"type": "hologram"}
    yield {name: value for name, value in what.items() if name != "to"}
    yield {name: value for name, value in what.items() if name != "recipient_type"}
    yield what | {"unheard of": 1}


def test_it_does_not_allow_just_anything(meta: str):
    """Else the tests above would say nothing."""
    words = asked(EVERY_FORM["words"])

    assert [told(meta, each, **OURS).status for each in broken(words)] == [422] * 4
    assert told(meta, words).status == 401


def test_its_limits_are_the_ones_that_we_keep(meta: str):
    """A fourth button, a title of 21 letters, a description of 73: what we would send if our own limits were wrong."""
    few, many = asked(EVERY_FORM["buttons"]), asked(EVERY_FORM["a list"])
    buttons = few["interactive"]["action"]["buttons"]
    row = many["interactive"]["action"]["sections"][0]["rows"][0]

    buttons.append({"type": "reply", "reply": {"id": "4 x", "title": "4 x"}})
    row["description"] = "x" * 73

    assert [told(meta, each, **OURS).status for each in (few, many)] == [422, 422]
    del buttons[3]
    assert told(meta, few, **OURS).status == 200
    buttons[0]["reply"]["title"] = "x" * 21
    assert told(meta, few, **OURS).status == 422

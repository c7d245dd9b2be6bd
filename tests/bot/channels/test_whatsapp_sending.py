"""What Meta is asked to send: words, buttons, lists, pictures, templates; and every way in which that can fail."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, strategies as st

from bot import render
from bot.channels import line, whatsapp_messages as messages
from bot.channels.base import ChannelError, Outgoing, Refusal, Shown
from bot.channels.whatsapp import WhatsApp
from bot.channels.whatsapp_codes import REFUSALS
from bot.i18n import Catalogues
from flows.text import Localized
from flows.types import Say
from tests.bot.channels import payloads as p
from tests.whatsapp_double import (
    ACCESS_TOKEN,
    APP_SECRET,
    NUMBER_ID,
    TEMPLATE,
    VERIFY_TOKEN,
    WhatsAppDouble,
    choices,
    read,
)

SHORT = "Pilih satu.\n\n1 Sambung\n2 Menu"
FOUR = "Apa yang anda mahu?\n\n1 Sambung\n2 Kursus\n3 Sijil saya\n4 Tolong"
LONG_TITLE = "Setuju?\n\n1 Ya, saya setuju dengan semua ini\n2 Tidak"
QUESTION = "Warna daun?\n\nA) Hijau\nB) Kuning"
SHOWN = Shown("abc/batas.png", "Sebuah batas")
PICTURE = f"{p.PUBLIC}/media/abc/batas.png"


@pytest.fixture
def provider() -> Iterator[WhatsAppDouble]:
    """Meta on this machine."""
    with WhatsAppDouble() as double:
        yield double


def whatsapp(url: str, token: str = ACCESS_TOKEN, template: str = "") -> WhatsApp:
    return WhatsApp(
        NUMBER_ID,
        token,
        APP_SECRET,
        VERIFY_TOKEN,
        template,
        url,
        patience=0.3,
        picture_url=lambda name: f"{p.PUBLIC}/media/{name}",
    )


def sent(provider: WhatsAppDouble, text: str, **more: Any) -> dict[str, Any]:
    """What Meta was asked, to send this text."""
    line.run(whatsapp(provider.url, template=TEMPLATE).send(Outgoing(42, p.LEARNER, text, **more)))
    return provider.asked[-1]


# --- forms ----------------------------------------------------------------------------------------------------------


def test_words_are_sent_as_they_are_with_our_id_and_the_answer_brings_metas(provider: WhatsAppDouble):
    wamid = line.run(whatsapp(provider.url).send(Outgoing(42, p.LEARNER, "Selamat 😀 & <b>\x00 datang")))

    assert [(m.id, m.to, m.text) for m in provider.messages] == [(wamid, p.LEARNER, "Selamat 😀 & <b> datang")]
    assert provider.asked == [
        {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": p.LEARNER,
            "type": "text",
            "text": {"body": "Selamat 😀 & <b> datang", "preview_url": False},
            "biz_opaque_callback_data": "42",
        }
    ]


def test_who_has_no_number_is_written_to_by_her_id(provider: WhatsAppDouble):
    line.run(whatsapp(provider.url).send(Outgoing(1, p.USER_ID, "hai")))

    assert provider.asked[0]["recipient"] == p.USER_ID
    assert "to" not in provider.asked[0]


def test_a_short_menu_has_buttons_that_show_the_whole_choice(provider: WhatsAppDouble):
    asked = sent(provider, SHORT)

    assert asked["interactive"]["body"] == {"text": "Pilih satu."}
    assert choices(asked) == [{"id": f"42:{each}", "title": each} for each in ("1 Sambung", "2 Menu")]


def test_where_a_choice_is_too_long_for_a_button_the_text_says_it_and_the_button_has_its_number(
    provider: WhatsAppDouble,
):
    asked = sent(provider, LONG_TITLE)

    assert asked["interactive"]["body"] == {"text": LONG_TITLE}
    assert [each["title"] for each in choices(asked)] == ["1", "2"]


def test_a_longer_menu_is_a_list_and_its_numbers_stay_in_the_text(provider: WhatsAppDouble):
    asked = sent(provider, FOUR)

    assert asked["interactive"]["type"] == "list"
    assert asked["interactive"]["body"] == {"text": FOUR}
    assert [each["title"] for each in choices(asked)] == ["1 Sambung", "2 Kursus", "3 Sijil saya", "4 Tolong"]


def test_a_row_too_long_for_its_title_says_the_rest_below_it(provider: WhatsAppDouble):
    words = "Kursus tentang sayur di belakang rumah " * 4
    asked = sent(provider, FOUR.replace("2 Kursus", f"2 {words}"))

    row = choices(asked)[1]
    assert (row["title"], row["id"][:13]) == ("2", "42:2 Kursus t")
    assert words.startswith(row["description"])
    assert len(row["description"]) > 60


@pytest.mark.parametrize(
    "text",
    [
        QUESTION,  # some questions want several letters, or all in order
        "hai",
        "1 Sambung\n2 Menu",
        "Baca:\n\n1 Sambung\n3 Menu",
        "Baca:\n\n2 Sambung",
        "Baca:\n\n1 ",
        "Tahun\n\n1957 ialah tahun merdeka",
        ("x" * 1030) + "\n\n1 Sambung\n2 Menu",
    ],
)
def test_what_is_no_menu_or_too_long_for_one_is_words(provider: WhatsAppDouble, text: str):
    asked = sent(provider, text)

    assert asked["type"] == "text"
    assert asked["text"]["body"] == text.strip()


def test_a_picture_goes_with_the_words_below_it(provider: WhatsAppDouble):
    asked = sent(provider, QUESTION, picture=SHOWN)

    assert asked["image"] == {"link": PICTURE, "caption": QUESTION}


def test_a_picture_stands_above_buttons_and_takes_the_place_of_a_list(provider: WhatsAppDouble):
    with_buttons, without_list = sent(provider, SHORT, picture=SHOWN), sent(provider, FOUR, picture=SHOWN)

    assert with_buttons["interactive"]["header"] == {"type": "image", "image": {"link": PICTURE}}
    assert choices(with_buttons)
    assert without_list["image"] == {"link": PICTURE, "caption": FOUR}


FIVE = "\n".join(
    ["Bila menyiram?\n", "A) Pagi", "B) Tengah hari yang panas terik", "C) Petang", "D) Malam", "E) Tidak"]
)


def test_a_question_that_wants_one_letter_has_buttons_that_show_the_whole_option(provider: WhatsAppDouble):
    asked = sent(provider, QUESTION, one_of=True)

    assert asked["interactive"]["body"] == {"text": "Warna daun?"}
    assert choices(asked) == [{"id": f"42:{each}", "title": each} for each in ("A) Hijau", "B) Kuning")]


def test_where_an_option_is_too_long_for_a_button_the_text_says_it_and_the_button_has_its_letter(
    provider: WhatsAppDouble,
):
    text = "Bila?\n\nA) Pagi\nB) Tengah hari yang panas\nC) Petang"

    asked = sent(provider, text, one_of=True)

    assert asked["interactive"]["body"] == {"text": text}
    assert [each["title"] for each in choices(asked)] == ["A", "B", "C"]
    assert choices(asked)[1]["id"] == "42:B) Tengah hari yang panas"


def test_more_than_three_options_are_a_list_and_stay_in_the_text(provider: WhatsAppDouble):
    asked = sent(provider, FIVE, one_of=True)

    assert asked["interactive"]["type"] == "list"
    assert asked["interactive"]["body"] == {"text": FIVE}
    assert [each["title"] for each in choices(asked)] == ["A) Pagi", "B", "C) Petang", "D) Malam", "E) Tidak"]
    assert choices(asked)[1]["description"] == "Tengah hari yang panas terik"


@pytest.mark.parametrize("text", ["Berapa?", "Baca:\n\n1 Sambung", "Baca:\n\nB) Hijau", "Baca:\n\nA) Hijau\nC) Kuning"])
def test_one_letter_is_wanted_only_where_letters_stand(provider: WhatsAppDouble, text: str):
    """The last bubble of a question too long for one may begin in the middle of its options."""
    assert sent(provider, text, one_of=True)["type"] == "text"


def test_a_picture_stands_above_a_questions_buttons(provider: WhatsAppDouble):
    asked = sent(provider, QUESTION, picture=SHOWN, one_of=True)

    assert asked["interactive"]["header"] == {"type": "image", "image": {"link": PICTURE}}
    assert len(choices(asked)) == 2


CERTIFICATE = Shown("abc/sijil%20aina.pdf", "Sijil anda")


def test_a_document_goes_with_its_name_and_the_words_below_it(provider: WhatsAppDouble):
    asked = sent(provider, "Tahniah!", picture=CERTIFICATE)

    link = f"{p.PUBLIC}/media/abc/sijil%20aina.pdf"
    assert asked["type"] == "document"
    assert asked["document"] == {"link": link, "filename": "sijil aina.pdf", "caption": "Tahniah!"}


def test_a_document_stands_above_buttons(provider: WhatsAppDouble):
    header = sent(provider, SHORT, picture=CERTIFICATE)["interactive"]["header"]

    assert (header["type"], header["document"]["filename"]) == ("document", "sijil aina.pdf")


def test_words_too_long_for_a_picture_go_without_it(provider: WhatsAppDouble):
    assert sent(provider, "x" * 1025, picture=SHOWN)["type"] == "text"


def test_after_the_window_has_shut_the_words_go_in_a_template_on_one_line(provider: WhatsAppDouble):
    asked = sent(provider, "Pelajaran 2 menunggu.\n\n1 Sambung\n2 Menu", template=True)

    assert asked["template"] == {
        "name": "titian_pesan",
        "language": {"policy": "deterministic", "code": "ms"},
        "components": [
            {"type": "body", "parameters": [{"type": "text", "text": "Pelajaran 2 menunggu. 1 Sambung 2 Menu"}]}
        ],
    }


@pytest.mark.parametrize(("text", "template", "code"), [("x" * 4097, False, "100"), ("x" * 1025, True, "132005")])
def test_a_text_that_meta_would_refuse_is_not_sent(provider: WhatsAppDouble, text: str, template: bool, code: str):
    with pytest.raises(ChannelError) as failed:
        sent(provider, text, template=template)

    assert (fate(failed.value), failed.value.code, provider.messages) == ("content", code, [])


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=90).filter(
    lambda words: words.strip() and words.split()
)


@given(body=st.lists(WORDS, min_size=1, max_size=3), listed=st.lists(WORDS, min_size=1, max_size=9))
def test_the_menu_that_was_written_is_the_menu_that_is_read(body: list[str], listed: list[str]):
    """Whatever the words: numbered choices come back from the text of a bubble as they were said."""
    spoken, chosen = (tuple(Localized((("ms", words),)) for words in said) for said in (body, listed))
    rendered = render.bubble(Say(spoken, chosen), "ms", Catalogues())
    said = tuple(f"{place} {' '.join(words.split())}" for place, words in enumerate(listed, start=1))

    found, lines = messages.menu(rendered.texts[-1])

    assert lines == said
    assert found + "\n\n" + "\n".join(lines) == rendered.texts[-1]


@given(body=st.lists(WORDS, min_size=1, max_size=3), listed=st.lists(WORDS, min_size=1, max_size=5), one=st.booleans())
def test_the_options_that_were_written_are_the_options_that_are_read(body: list[str], listed: list[str], one: bool):
    """Whatever the words: buttons where one is wanted, and none where several are."""
    spoken, shown = (tuple(Localized((("ms", words),)) for words in said) for said in (body, listed))
    rendered = render.bubble(Say(spoken, shown, lettered=True, one_of=one), "ms", Catalogues())
    said = tuple(f"{letter}) {' '.join(words.split())}" for letter, words in zip("ABCDE", listed, strict=False))

    assert rendered.one_of == one
    assert messages.choices_of(rendered.texts[-1], one_of=rendered.one_of)[1] == (said if one else ())


@given(text=st.text(max_size=300))
def test_no_text_breaks_the_forms(text: str):
    made = messages.content(f"{text}\n\n1 {text}\n2 Menu", PICTURE)

    assert read(made | {"biz_opaque_callback_data": "1"})


# --- failures -------------------------------------------------------------------------------------------------------


def fate(error: ChannelError) -> str:
    """The error in a word: what the outbox will do about it."""
    return "ambiguous" if error.ambiguous else error.refusal.value


FATES = [
    ({"status": 429, "code": 130429, "retry_after": 3}, "retry", "130429", 0),
    ({"status": 429}, "retry", "429", 0),
    ({"status": 400, "code": 131056}, "retry", "131056", 0),
    ({"status": 400, "code": 80007}, "retry", "80007", 0),
    ({"status": 400, "code": 131050}, "opt_out", "131050", 0),
    ({"status": 400, "code": 131026}, "bad_address", "131026", 0),
    ({"status": 400, "code": 131047}, "needs_template", "131047", 0),
    ({"status": 400, "code": 131049}, "wait_a_day", "131049", 0),
    ({"status": 400, "code": 132001}, "content", "132001", 0),
    ({"status": 400, "code": 131042}, "configuration", "131042", 0),
    ({"status": 401, "code": 190}, "configuration", "190", 0),
    ({"status": 403}, "configuration", "403", 0),
    ({"status": 400, "code": 999999}, "unknown", "999999", 0),
    ({"status": 400}, "unknown", "400", 0),
    ({"status": 302}, "unknown", "302", 0),
    ({"status": 500, "code": 131000}, "ambiguous", "131000", 0),
    ({"status": 503, "code": 131016}, "ambiguous", "131016", 0),
    ({"status": 502, "accepts": True}, "ambiguous", "502", 1),
    ({"garbage": True}, "ambiguous", "unreadable answer", 1),
    ({"garbage": True, "status": 500}, "ambiguous", "500", 0),
    ({"reset": True}, "ambiguous", "ClientOSError", 1),
    ({"latency": 1.0}, "ambiguous", "TimeoutError", 1),
]


@pytest.mark.parametrize(("fault", "expected", "code", "accepted"), FATES)
def test_every_failure_says_whether_to_try_again(
    provider: WhatsAppDouble, fault: dict[str, Any], expected: str, code: str, accepted: int
):
    provider.behave(times=1, **fault)

    with pytest.raises(ChannelError) as failed:
        line.run(whatsapp(provider.url).send(Outgoing(1, p.LEARNER, "hai")))

    assert (fate(failed.value), failed.value.code) == (expected, code)
    assert len(provider.messages) == accepted


def test_meta_says_how_long_it_wants_nothing_from_us(provider: WhatsAppDouble):
    provider.behave(times=1, status=429, code=130429, retry_after=7)

    with pytest.raises(ChannelError) as failed:
        line.run(whatsapp(provider.url).send(Outgoing(1, p.LEARNER, "hai")))

    assert failed.value.retry_after == 7


def test_every_class_of_refusal_has_its_codes():
    assert set(REFUSALS.values()) == set(Refusal) - {Refusal.NOT_REACHED, Refusal.UNKNOWN}


def test_meta_that_cannot_be_reached_has_not_got_it():
    with WhatsAppDouble() as gone:
        pass

    with pytest.raises(ChannelError) as failed:
        line.run(whatsapp(gone.url).send(Outgoing(1, p.LEARNER, "hai")))

    assert fate(failed.value) == "not_reached"


def test_a_wrong_token_is_refused(provider: WhatsAppDouble):
    with pytest.raises(ChannelError) as failed:
        line.run(whatsapp(provider.url, token="wrong").send(Outgoing(1, p.LEARNER, "hai")))

    assert (fate(failed.value), failed.value.code) == ("configuration", "190")


def test_many_at_once_share_a_few_connections_and_each_gets_its_own_answer(provider: WhatsAppDouble):
    channel = whatsapp(provider.url)

    async def all_of_them() -> list[str]:
        return await asyncio.gather(*(channel.send(Outgoing(n, p.LEARNER, str(n))) for n in range(200)))

    sent_as = dict(enumerate(line.run(all_of_them())))

    assert {int(m.text): m.id for m in provider.messages} == sent_as
    assert provider.connections <= line.CONNECTIONS


def test_a_connection_that_meta_has_closed_is_opened_again(provider: WhatsAppDouble):
    channel, lines = whatsapp(provider.url), line.Exchange()
    lines.run(channel.send(Outgoing(1, p.LEARNER, "satu")))

    provider.hang_up()
    lines.run(channel.send(Outgoing(2, p.LEARNER, "dua")))
    lines.close()

    assert [m.text for m in provider.messages] == ["satu", "dua"]

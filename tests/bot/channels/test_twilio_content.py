"""Menus that may be pressed, over Twilio: Contents that are made once and found again, and the words alone where there is none."""

import asyncio
import json
from typing import Any

import pytest

from bot.channels import line
from bot.channels.base import ChannelError, Inbound, Outgoing, Pressed, Shown
from bot.channels.twilio import Twilio
from tests.bot.channels import payloads as p, subjects as s
from tests.doubles import ACCOUNT, AUTH_TOKEN, Accepted, ProviderDouble

STATUS_URL = f"{p.PUBLIC}/webhooks/twilio/status"
TEMPLATE = "HX" + "a" * 32
FEW = "Apa sekarang?\n\n1 Sambung\n2 Menu"
MANY = "Apa sekarang?\n\n" + "\n".join(f"{n} Pelajaran {n}" for n in range(1, 6))
LONG = "Kira wang anda dua kali setiap hari"
MIXED = f"Yang mana?\n\n1 Ya\n2 {LONG}\n3 Tidak\n4 Mungkin"
LETTERED = "Warna padi?\n\nA) Hijau\nB) Kuning"


def twilio(url: str, **more: Any) -> Twilio:
    given: dict[str, Any] = {"kind": "whatsapp", "buttons": True, "patience": 0.5, "api_url": url}
    return Twilio(account_sid=ACCOUNT, tokens=(AUTH_TOKEN,), sender=p.US, status_url=STATUS_URL, **(given | more))


def send(channel: Twilio, text: str, **more: Any) -> str:
    return line.run(channel.send(Outgoing(42, p.LEARNER, text, **more)))


def shown(message: Accepted) -> dict[str, Any]:
    """What she sees: the buttons or the list, with all words in their places."""
    read: dict[str, Any] = json.loads(message.shown)
    return read


def made(provider: ProviderDouble) -> int:
    """How often a Content was asked to be made."""
    return provider.called.count("POST /v1/Content")


# --- what she sees --------------------------------------------------------------------------------------------------


def test_a_few_choices_are_buttons(provider: ProviderDouble):
    sent = send(twilio(provider.url), FEW)

    (message,) = provider.messages
    assert (message.id, message.text, message.callback) == (sent, FEW, f"{STATUS_URL}?message=42")
    assert shown(message) == {
        "body": "Apa sekarang?",
        "actions": [
            {"type": "QUICK_REPLY", "title": "1 Sambung", "id": "42:1 Sambung"},
            {"type": "QUICK_REPLY", "title": "2 Menu", "id": "42:2 Menu"},
        ],
    }


def test_more_choices_are_a_list(provider: ProviderDouble):
    send(twilio(provider.url), MANY)

    seen = shown(provider.messages[0])
    assert (seen["body"], seen["button"]) == (MANY, "Pilih / Choose")
    assert seen["items"][4] == {"item": "5 Pelajaran 5", "id": "42:5 Pelajaran 5"}


def test_where_one_row_needs_small_words_all_have_them(provider: ProviderDouble):
    send(twilio(provider.url), MIXED)

    items = [(each["item"], each["description"]) for each in shown(provider.messages[0])["items"]]
    assert items == [("1", "Ya"), ("2", LONG), ("3", "Tidak"), ("4", "Mungkin")]


def test_a_question_that_wants_one_letter_has_buttons_and_another_has_none(provider: ProviderDouble):
    channel = twilio(provider.url)
    send(channel, LETTERED, one_of=True)
    send(channel, LETTERED)

    first, second = provider.messages
    assert [each["title"] for each in shown(first)["actions"]] == ["A) Hijau", "B) Kuning"]
    assert (second.content, second.text) == ("", LETTERED)


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("Selamat datang.", {}),
        (f"{'x' * 1100}\n\n1 Ya\n2 Tidak", {}),
        (FEW, {"picture": Shown("abc/padi.png", "Padi")}),
    ],
    ids=["nothing to choose", "too long for buttons", "under a picture"],
)
def test_what_buttons_cannot_carry_goes_as_words(provider: ProviderDouble, text: str, more: dict[str, Any]):
    send(twilio(provider.url, picture_url=f"{p.PUBLIC}/media/{{}}".format), text, **more)

    (message,) = provider.messages
    assert (message.text, message.content, made(provider)) == (text, "", 0)
    assert bool(message.media) == ("picture" in more)


@pytest.mark.parametrize("more", [{"kind": "sms"}, {"buttons": False}], ids=["by SMS", "switched off"])
def test_where_there_are_no_buttons_nothing_is_made(provider: ProviderDouble, more: dict[str, Any]):
    send(twilio(provider.url, **more), FEW)

    assert [m.text for m in provider.messages] == [FEW]
    assert made(provider) == 0


def test_a_straight_apostrophe_is_not_what_stops_a_menu(provider: ProviderDouble):
    send(twilio(provider.url), "Let's go on?\n\n1 Let's\n2 Don't")

    (message,) = provider.messages
    assert [each["title"] for each in shown(message)["actions"]] == ["1 Let’s", "2 Don’t"]


# --- made once ------------------------------------------------------------------------------------------------------


def test_one_shape_is_made_once_and_another_process_finds_it(provider: ProviderDouble):
    provider.contents.extend({"sid": f"HX{n:032}", "friendly_name": f"somebody's {n}", "types": {}} for n in range(250))
    channel = twilio(provider.url)
    for text in (FEW, FEW.replace("Menu", "Sijil"), MANY, FEW):
        send(channel, text)
    send(twilio(provider.url), FEW)

    assert made(provider) == 2
    first, *_, last = provider.messages
    assert first.content == last.content
    assert {each.content for each in provider.messages} <= {each["sid"] for each in provider.contents[250:]}
    assert all("twilio/text" in each["types"] for each in provider.contents[250:])


def test_a_whole_batch_at_once_makes_it_once(provider: ProviderDouble):
    channel = twilio(provider.url, patience=10)

    async def batch() -> list[str]:
        return await asyncio.gather(*(channel.send(Outgoing(n, p.LEARNER, FEW)) for n in range(64)))

    sent = line.run(batch())

    assert made(provider) == 1
    assert sorted(sent) == sorted(m.id for m in provider.messages)
    assert all(m.content for m in provider.messages)


def test_a_content_that_somebody_deleted_is_made_anew(provider: ProviderDouble):
    channel = twilio(provider.url)
    send(channel, FEW)
    provider.contents.clear()

    send(channel, FEW)
    send(channel, FEW)

    assert [bool(m.content) for m in provider.messages] == [True, False, True]  # the second had words alone
    assert made(provider) == 2


# --- where it does not go -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault", [{"status": 403}, {"status": 429}, {"status": 500}, {"garbage": True}, {"latency": 1.5}], ids=str
)
@pytest.mark.parametrize("calm", [0, 1], ids=["looked for", "made"])
def test_where_no_content_can_be_had_the_words_go_alone(provider: ProviderDouble, fault: dict[str, Any], calm: int):
    channel = twilio(provider.url)
    if calm:
        provider.behave(times=calm)
    provider.behave(times=1, **fault)

    async def twice() -> None:
        await channel.send(Outgoing(1, p.LEARNER, FEW))
        await channel.send(Outgoing(2, p.LEARNER, FEW))

    line.run(twice())

    assert [(m.text, m.content) for m in provider.messages] == [(FEW, ""), (FEW, "")]
    assert sum("/v1/Content" in each for each in provider.called) == calm + 1  # the second did not ask again


@pytest.mark.parametrize("code", [21656, 63013, 63021, 99999])
def test_a_menu_that_is_refused_goes_as_words(provider: ProviderDouble, code: int):
    channel = twilio(provider.url)
    provider.behave(times=2)
    provider.behave(times=1, status=400, code=code)

    send(channel, FEW)

    assert [(m.text, m.content) for m in provider.messages] == [(FEW, "")]


@pytest.mark.parametrize(
    ("fault", "fate"),
    [
        ({"status": 400, "code": 21610}, "opt_out"),
        ({"status": 400, "code": 63003}, "bad_address"),
        ({"status": 400, "code": 63016}, "needs_template"),
        ({"status": 429, "code": 20429}, "retry"),
        ({"status": 401, "code": 20003}, "configuration"),
        ({"status": 500, "code": 20500, "accepts": True}, "ambiguous"),
        ({"garbage": True}, "ambiguous"),
        ({"reset": True}, "ambiguous"),
        ({"latency": 1.5}, "ambiguous"),
    ],
)
def test_what_has_nothing_to_do_with_buttons_is_not_tried_without(
    provider: ProviderDouble, fault: dict[str, Any], fate: str
):
    """Else she might get it twice."""
    channel = twilio(provider.url)
    provider.behave(times=2)
    provider.behave(times=1, **fault)

    with pytest.raises(ChannelError) as failed:
        send(channel, FEW)

    assert ("ambiguous" if failed.value.ambiguous else failed.value.refusal.value) == fate
    assert sum("/Messages.json" in each for each in provider.called) == 1


# --- when the 24 hours are over -------------------------------------------------------------------------------------


def test_after_a_day_of_silence_an_approved_template_carries_the_text_on_one_line(provider: ProviderDouble):
    provider.templates.add(TEMPLATE)
    channel = twilio(provider.url, template=TEMPLATE)

    send(channel, "Pelajaran 2\nmenunggu.\n\n1 Sambung\n2 Menu", template=True)

    (message,) = provider.messages
    assert channel.profile.template
    assert (message.content, message.text) == (TEMPLATE, "Pelajaran 2 menunggu. 1 Sambung 2 Menu")


@pytest.mark.parametrize("more", [{}, {"kind": "sms", "template": TEMPLATE}], ids=["none is set", "by SMS"])
def test_without_a_template_nothing_is_asked(provider: ProviderDouble, more: dict[str, Any]):
    channel = twilio(provider.url, **more)

    with pytest.raises(ChannelError) as failed:
        send(channel, FEW, template=True)

    assert (failed.value.code, failed.value.refusal.value) == ("63016", "needs_template")
    assert not channel.profile.template
    assert provider.called == []


# --- a button comes back --------------------------------------------------------------------------------------------

OLD = "SM" + "7" * 32


def pressed(**fields: str) -> Inbound:
    form = p.TWILIO_WHATSAPP | {"OriginalRepliedMessageSid": OLD} | fields
    read = s.TWILIO_WHATSAPP.read(s.twilio_request(form, url=f"{p.PUBLIC}/webhooks/twilio/whatsapp"))
    assert isinstance(read, Inbound)
    return read


@pytest.mark.parametrize(
    ("fields", "text", "button"),
    [
        (
            {"Body": "1 Sambung", "ButtonText": "1 Sambung", "ButtonPayload": "42:1 Sambung", "MessageType": "button"},
            "1",
            Pressed(OLD, "Sambung", 42),
        ),
        ({"Body": "A) Hijau", "ButtonPayload": "42:A) Hijau"}, "A", Pressed(OLD, "Hijau", 42, lettered=True)),
        (
            {"Body": "2", "ListId": f"42:2 {LONG}", "ListTitle": "2", "ListDescription": LONG},
            "2",
            Pressed(OLD, LONG, 42),
        ),
        ({"Body": "Ya", "ButtonText": "Ya", "ButtonPayload": "yes-please"}, "Ya", None),
        ({"Body": "", "ButtonText": "Ya", "ButtonPayload": "yes-please"}, "Ya", None),
        ({"Body": "Wang", "ListId": "topic_7", "ListTitle": "Wang"}, "Wang", None),
        ({"Body": "1"}, "1", None),
    ],
)
def test_which_button_she_pressed_is_read(fields: dict[str, str], text: str, button: Pressed | None):
    read = pressed(**fields)

    assert (read.text, read.pressed) == (text, button)


def test_what_we_send_is_what_is_read_when_she_presses_it(provider: ProviderDouble):
    channel = twilio(provider.url)
    for text, one_of in ((FEW, False), (MANY, False), (MIXED, False), (LETTERED, True)):
        send(channel, text, one_of=one_of)

    read = []
    for message in provider.messages:
        seen = shown(message)
        last = (seen.get("actions") or seen.get("items"))[-1]
        name = "ButtonPayload" if "actions" in seen else "ListId"
        read.append(pressed(Body=last.get("title", last.get("item")), **{name: last["id"]}))

    assert [each.text for each in read] == ["2", "5", "4", "B"]
    assert [each.pressed and each.pressed.message_id for each in read] == [42] * 4

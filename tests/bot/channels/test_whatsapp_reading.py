"""What Meta's webhooks hold, one table for all kinds: who wrote what, which button, what became of ours, who moved."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from bot.channels.base import (
    BadSignature,
    Ignored,
    Inbound,
    Malformed,
    Many,
    Moved,
    OptedOut,
    Pressed,
    Receipt,
    Refusal,
    Reply,
    Status,
    WebhookRequest,
)
from bot.channels.fields import LONGEST_ID
from bot.channels.whatsapp import WhatsApp
from bot.channels.whatsapp_codes import STATUSES
from tests import whatsapp_double as meta
from tests.bot.channels import payloads as p
from tests.whatsapp_double import ACCESS_TOKEN, APP_SECRET, NUMBER_ID, VERIFY_TOKEN, envelope, message, request, text

CHANNEL = WhatsApp(NUMBER_ID, ACCESS_TOKEN, APP_SECRET, VERIFY_TOKEN)
NEW_NUMBER = "+601110000002"
NEW_ID = "MY.2602576394655843"


def read(told: meta.Json | bytes):
    return CHANNEL.read(request(told))


def contact(**fields: str) -> dict[str, object]:
    return {"contacts": [{"profile": {"name": "Aina 🌺"}, **fields}]}


# --- messages -------------------------------------------------------------------------------------------------------

PICTURE = {"mime_type": "image/jpeg", "sha256": "x", "id": "1"}
WORDS = {
    "text": (text(p.LEARNER, "Mula 1", "a"), "Mula 1"),
    "blanks": (text(p.LEARNER, "  Berhenti \n", "a"), "  Berhenti \n"),
    "emoji": (text(p.LEARNER, "😀👨‍👩‍👧 ok", "a"), "😀👨‍👩‍👧 ok"),
    "jawi": (text(p.LEARNER, "سلامت", "a"), "سلامت"),
    "control": (text(p.LEARNER, "a\0b\x1bc\ud800", "a"), "abc"),
    "markup": (text(p.LEARNER, "<b>&amp;+%41", "a"), "<b>&amp;+%41"),
    "10 000 letters": (text(p.LEARNER, "x" * 10_000, "a"), "x" * 10_000),
    "nothing": (text(p.LEARNER, "", "a"), ""),
    "no body": (message(p.LEARNER, "a", type="text"), ""),
    "a body that is no text": (message(p.LEARNER, "a", type="text", text={"body": 7}), ""),
    "forwarded": (text(p.LEARNER, "hai", "a", context={"forwarded": True}), "hai"),
    "from an advertisement": (text(p.LEARNER, "hai", "a", referral={"source_type": "ad"}), "hai"),
    "a template's button": (message(p.LEARNER, "a", type="button", button={"text": "Ya", "payload": "x"}), "Ya"),
    "a picture": (message(p.LEARNER, "a", type="image", image=PICTURE), ""),
    "a picture with words": (message(p.LEARNER, "a", type="image", image=PICTURE | {"caption": "B"}), "B"),
    "a voice": (message(p.LEARNER, "a", type="audio", audio={"voice": True}), ""),
    "a sticker": (message(p.LEARNER, "a", type="sticker", sticker={}), ""),
    "a place": (message(p.LEARNER, "a", type="location", location={"latitude": 6.0, "longitude": 116.1}), ""),
    "somebody's number": (message(p.LEARNER, "a", type="contacts", contacts=[{}]), ""),
    "an order": (message(p.LEARNER, "a", type="order", order={"text": "3"}), ""),
    "a form": (message(p.LEARNER, "a", type="interactive", interactive={"type": "nfm_reply", "nfm_reply": {}}), ""),
    "half a press": (message(p.LEARNER, "a", type="interactive"), ""),
    "unsupported": (message(p.LEARNER, "a", type="unsupported", errors=[{"code": 131051}]), ""),
    "a kind of next year": (message(p.LEARNER, "a", type="hologram", hologram={"text": "hai"}), ""),
    "no kind": (message(p.LEARNER, "a"), ""),
}


@pytest.mark.parametrize(("told", "heard"), WORDS.values(), ids=WORDS.keys())
def test_whatever_she_sends_she_is_heard(told: meta.Json, heard: str):
    """Without words too: she gets a helpful reply, as by Twilio."""
    body = json.dumps(envelope(told)).encode()  # Meta escapes what is not ASCII

    assert read(body) == Inbound("whatsapp", "wamid.a", p.LEARNER, heard)


@pytest.mark.parametrize(
    ("sender", "also", "told"),
    [
        (p.LEARNER, "", envelope(text(p.LEARNER, "hai", "a"))),
        (p.LEARNER, "", envelope(text("+60 11-1000 0001", "hai", "a"))),
        (p.LEARNER, p.USER_ID, envelope(text(p.LEARNER, "hai", "a", from_user_id=p.USER_ID))),
        (
            p.LEARNER,
            p.USER_ID,
            envelope(text(p.LEARNER, "hai", "a"), **contact(wa_id="601110000001", user_id=p.USER_ID)),
        ),
        (p.USER_ID, "", envelope(text(p.USER_ID, "hai", "a"))),
        (p.USER_ID, "", envelope(text(p.USER_ID, "hai", "a"), **contact(user_id=p.USER_ID))),
        (p.USER_ID, "", envelope(message("+", "a", type="text", text={"body": "hai"}), **contact(user_id=p.USER_ID))),
        (p.USER_ID, "", envelope(text("", "hai", "a") | {"from": p.USER_ID})),
        (p.LEARNER, "", envelope(text(p.LEARNER, "hai", "a", from_user_id="not an id"))),
    ],
)
def test_she_is_known_by_her_number_or_else_by_whatsapps_own_id(sender: str, also: str, told: meta.Json):
    assert read(told) == Inbound("whatsapp", "wamid.a", sender, "hai", also=also)


@pytest.mark.parametrize("kind", ["button", "list"])
def test_a_button_stands_for_its_number_and_remembers_its_words(kind: str):
    row = {"id": "2 Menu utama", "title": "2 Menu utama"}
    action = {"buttons": [{"reply": row}]} if kind == "button" else {"sections": [{"rows": [row]}]}
    asked = {"interactive": {"type": kind, "action": action}}

    told = meta.press(p.LEARNER, asked, "wamid.ours", 1, "a")

    assert read(envelope(told)) == Inbound(
        "whatsapp", "wamid.a", p.LEARNER, "2", pressed=Pressed("wamid.ours", "Menu utama")
    )


PRESSED = {
    "42:2 Menu": ("2", Pressed("wamid.ours", "Menu", 42)),
    "42:B) Tengah hari": ("B", Pressed("wamid.ours", "Tengah hari", 42, lettered=True)),
    "A) 1 2 3:": ("A", Pressed("wamid.ours", "1 2 3:", lettered=True)),
    "2 30:4 petang": ("2", Pressed("wamid.ours", "30:4 petang")),
    "9999999999999999999:1 Ya": ("1", Pressed("wamid.ours", "Ya")),
}


@pytest.mark.parametrize(("given", "heard"), PRESSED.items())
def test_a_button_tells_of_which_message_it_is_and_whether_it_answers(given: str, heard: tuple[str, Pressed]):
    """Its id is ours; those that phones keep from before our id was in it are read too."""
    asked = {"interactive": {"type": "button", "action": {"buttons": [{"reply": {"id": given, "title": "x"}}]}}}

    said = read(envelope(meta.press(p.LEARNER, asked, "wamid.ours", 1, "a")))

    assert isinstance(said, Inbound)
    assert (said.text, said.pressed) == heard


def test_a_button_that_is_not_ours_is_what_it_says():
    reply = {"type": "button_reply", "button_reply": {"id": "payload-7", "title": "Ya"}}

    assert read(envelope(message(p.LEARNER, "a", type="interactive", interactive=reply))) == Inbound(
        "whatsapp", "wamid.a", p.LEARNER, "Ya"
    )


def test_an_id_longer_than_our_column_is_kept_as_its_hash_and_stays_one_message():
    told = envelope(text(p.USER_ID, "hai", "x" * 400))

    first, again = read(told), read(told)

    assert first == again
    assert isinstance(first, Inbound)
    assert len(first.provider_id) <= LONGEST_ID


IGNORED = {
    "a reaction": envelope(message(p.LEARNER, "a", type="reaction", reaction={"emoji": "👍"})),
    "an edit": envelope(message(p.LEARNER, "a", type="edit", edit={})),
    "taken back": envelope(message(p.LEARNER, "a", type="revoke", revoke={})),
    "a chat opened": envelope(message(p.LEARNER, "a", type="request_welcome")),
    "in a group": envelope(text(p.LEARNER, "hai", "a", group_id="g")),
    "another key": envelope(message(p.LEARNER, "a", type="system", system={"type": "customer_identity_changed"})),
    "no id": envelope(text(p.LEARNER, "hai", "a") | {"id": " "}),
    "no sender": envelope({"id": "wamid.a", "type": "text", "text": {"body": "hai"}}),
    "a name for a sender": envelope(text("+CELCOM", "hai", "a")),
    "a status without id": envelope(statuses=({"status": "sent"},)),
    "a status of next year": envelope(statuses=({"id": "wamid.a", "status": "teleported"},)),
    "an error of theirs": envelope(errors=[{"code": 131000}]),
    "our own echo": envelope(field="smb_message_echoes", message_echoes=[{}]),
    "a template's state": envelope(field="message_template_status_update", event="APPROVED"),
    "another number's": envelope(text(p.LEARNER, "hai", "a"), metadata={"phone_number_id": "9"}),
    "nobody's": envelope(text(p.LEARNER, "hai", "a"), metadata=None),
    "marketing again": envelope(
        field="user_preferences", user_preferences=[{"wa_id": "601110000001", "value": "resume"}]
    ),
    "nothing": {"object": "whatsapp_business_account", "entry": []},
    "strange lists": {"entry": [7, {"changes": [7, {"field": "messages", "value": 7}]}, {"changes": "x"}]},
}


@pytest.mark.parametrize("told", IGNORED.values(), ids=IGNORED.keys())
def test_what_is_not_for_us_is_ignored_with_a_reason(told: meta.Json):
    found = read(told)
    news = found.news if isinstance(found, Many) else (found,)

    assert all(isinstance(each, Ignored) and each.why for each in news)


# --- what became of ours --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("word", "meant"), STATUSES.items())
def test_every_status_is_a_receipt_and_finds_our_row(word: str, meant: Status):
    told = {"id": "wamid.ours", "status": word, "recipient_id": "601110000001", "biz_opaque_callback_data": "77"}
    errors = [{"code": 131026, "title": "Message undeliverable"}]

    found = read(envelope(statuses=(told | ({"errors": errors} if word == "failed" else {}),)))

    error = "131026" if word == "failed" else ""
    assert found == Receipt("whatsapp", meant, 77, "wamid.ours", error, p.LEARNER)
    assert isinstance(found, Receipt)
    assert (found.to, found.refusal) == (p.LEARNER, Refusal.BAD_ADDRESS if error else None)


@pytest.mark.parametrize("told", [{"recipient_id": p.USER_ID}, {"recipient_user_id": p.USER_ID}])
def test_a_status_may_name_her_by_her_id_alone(told: dict[str, str]):
    found = read(envelope(statuses=({"id": "wamid.ours", "status": "sent"} | told,)))

    assert isinstance(found, Receipt)
    assert found.to == p.USER_ID


@pytest.mark.parametrize("given", ["", "x", "-1", "9" * 19, None, 7])
def test_a_receipt_without_an_id_of_ours_is_found_by_metas(given: object):
    told = {"id": "wamid.ours", "status": "sent", "biz_opaque_callback_data": given}

    assert read(envelope(statuses=(told,))) == Receipt("whatsapp", Status.SENT, None, "wamid.ours")


def test_many_things_in_one_request_are_told_in_their_order():
    told = envelope(text(p.LEARNER, "satu", "a"), {}, statuses=({"id": "wamid.ours", "status": "read"},))
    told["entry"].append(envelope(text(NEW_NUMBER, "dua", "b"))["entry"][0])

    found = read(told)

    assert isinstance(found, Many)
    assert [type(each) for each in found.news] == [Inbound, Ignored, Receipt, Inbound]


# --- who she is now -------------------------------------------------------------------------------------------------

CHANGED = {"wa_id": NEW_NUMBER[1:], "type": "user_changed_number", "body": "User A changed"}
BOTH = CHANGED | {"previous_user_id": p.USER_ID, "user_id": NEW_ID}
ID_ONLY = {"type": "user_changed_user_id", "previous_user_id": p.USER_ID, "user_id": NEW_ID}
MOVED = Moved("whatsapp", p.LEARNER, NEW_NUMBER)
MOVED_ID = Moved("whatsapp", p.USER_ID, NEW_ID)


@pytest.mark.parametrize(
    ("sender", "system", "expected"),
    [
        (p.LEARNER, CHANGED, [MOVED]),
        (p.LEARNER, BOTH, [MOVED, MOVED_ID]),
        (p.USER_ID, ID_ONLY, [MOVED_ID]),
        (p.LEARNER, {"type": "customer_changed_number", "new_wa_id": NEW_NUMBER[1:]}, [MOVED]),
        (p.LEARNER, {"type": "user_changed_number"}, []),
        (p.LEARNER, CHANGED | {"wa_id": p.LEARNER[1:]}, []),
        ("+", CHANGED, []),
        (p.USER_ID, ID_ONLY | {"user_id": "no id"}, []),
    ],
)
def test_a_change_of_number_tells_both_or_is_ignored(sender: str, system: meta.Json, expected: list[Moved]):
    found = read(envelope(message(sender, "a", type="system", system=system)))
    news = list(found.news) if isinstance(found, Many) else [found]

    assert news == expected or (not expected and all(isinstance(each, Ignored) for each in news))


def test_whatsapps_own_stop_is_a_stop():
    told = envelope(field="user_preferences", user_preferences=[{"wa_id": "601110000001", "value": "stop"}])

    found = read(told)

    assert isinstance(found, OptedOut)
    assert found.sender == p.LEARNER


# --- whose request it is --------------------------------------------------------------------------------------------

GOOD = request(envelope(text(p.LEARNER, "😀 ok", "a")))
SIGNATURE = GOOD.headers["x-hub-signature-256"]


@pytest.mark.parametrize(
    "forged",
    [
        replace(GOOD, headers={}),
        replace(GOOD, headers={"x-hub-signature-256": ""}),
        replace(GOOD, headers={"x-hub-signature-256": "sha256="}),
        replace(GOOD, headers={"x-hub-signature-256": "é🌺"}),
        replace(GOOD, headers={"x-hub-signature-256": SIGNATURE.removeprefix("sha256=")}),
        replace(GOOD, headers={"x-hub-signature-256": SIGNATURE.upper()}),
        replace(GOOD, headers={"x-hub-signature": SIGNATURE}),
        replace(GOOD, body=GOOD.body + b" "),
        replace(GOOD, body=GOOD.body.replace(b"ok", b"no")),
        replace(GOOD, body=json.dumps(json.loads(GOOD.body)).encode()),
        replace(GOOD, body=b""),
        request(GOOD.body, "somebody-else's-secret"),
        request(GOOD.body, ""),
    ],
)
def test_what_meta_has_not_signed_is_refused(forged: WebhookRequest):
    with pytest.raises(BadSignature):
        CHANNEL.read(forged)


def test_the_bytes_are_signed_and_not_what_they_mean():
    for told in (GOOD.body, json.dumps(json.loads(GOOD.body)).encode(), b"  " + GOOD.body):
        found = CHANNEL.read(request(told))

        assert isinstance(found, Inbound)
        assert found.text == "😀 ok"


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b"[]", b"1", b"null", b"{}", b'{"entry": 7}'])
def test_a_body_nobody_can_read_is_refused_in_words(body: bytes):
    with pytest.raises(Malformed):
        CHANNEL.read(request(body))


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from([p.LEARNER[1:]]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "messages statuses errors contacts metadata from id type text body system status context interactive".split()
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@given(value=st.dictionaries(st.sampled_from(["messages", "statuses", "errors", "contacts"]), ANY))
def test_no_json_whatever_breaks_it(value: meta.Json):
    told = envelope()
    told["entry"][0]["changes"][0]["value"] |= value

    assert read(json.dumps(told).encode()) is not None


# --- setting up -----------------------------------------------------------------------------------------------------


def asks(**query: str | list[str]) -> WebhookRequest:
    given = {f"hub.{name}": value if isinstance(value, list) else [value] for name, value in query.items()}
    return WebhookRequest("GET", f"{p.PUBLIC}{meta.PATH}", {}, {}, given)


def test_the_address_is_shown_to_be_ours():
    answered = CHANNEL.verified(asks(mode="subscribe", verify_token=VERIFY_TOKEN, challenge="1158201444"))

    assert (answered.status, answered.body) == (200, "1158201444")
    assert answered.content_type.startswith("text/plain")


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"mode": "subscribe", "challenge": "1"},
        {"mode": "subscribe", "verify_token": "guessed", "challenge": "1"},
        {"mode": "subscribe", "verify_token": "", "challenge": "1"},
        {"mode": "unsubscribe", "verify_token": VERIFY_TOKEN, "challenge": "1"},
        {"verify_token": VERIFY_TOKEN, "challenge": "1"},
    ],
)
def test_who_does_not_know_our_word_is_shown_nothing(query: dict[str, str]):
    with pytest.raises(BadSignature):
        CHANNEL.verified(asks(**query))


def test_a_reply_never_rides_on_the_response():
    assert CHANNEL.answer(Reply(((1, "later"),))).body == ""
    assert not CHANNEL.profile.inline


def test_no_secret_is_in_what_a_log_would_show():
    assert not any(secret in repr(CHANNEL) for secret in (ACCESS_TOKEN, APP_SECRET, VERIFY_TOKEN))

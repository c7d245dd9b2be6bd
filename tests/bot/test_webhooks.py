"""What strangers, broken phones and a broken database send or do to our webhooks: never a 5xx, never half a row."""

import json
import sqlite3
import time
from dataclasses import replace

import pytest
from sqlalchemy import create_engine, text

from bot.listening import LONGEST
from bot.store import tables as t
from bot.store.engine import PATIENCE
from tests.bot.channels import payloads as p
from tests.bots import at_the_same_moment, count, rows
from tests.callers import FORM, TOKEN, Call, at_sms, at_ussd, make, read, twilio, twilio_sms, twilio_whatsapp
from tests.receipts import sign

NUMBER = "+60111000001"
WAYS_IN = [twilio_sms, twilio_whatsapp, at_sms, at_ussd]
EVERYTHING = [t.learner, t.address, t.conversation, t.inbound_message, t.outbound_message, t.nudge, t.consent]


def nothing_is_kept(bot):
    return [table.name for table in EVERYTHING if count(bot, table)] == []


# --- strangers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way_in", WAYS_IN)
def test_a_forged_request_is_refused_and_nothing_is_kept(bot, client, way_in):
    genuine = way_in(NUMBER, "hai", "forged")
    forged = Call(genuine.path.replace(TOKEN, "guessed-by-somebody"), genuine.form, {"X-Twilio-Signature": "forged="})

    assert make(client, forged).status == 403
    assert nothing_is_kept(bot)


@pytest.mark.parametrize("way_in", [twilio_sms, twilio_whatsapp])
def test_an_unsigned_request_is_refused_and_nothing_is_kept(bot, client, way_in):
    unsigned = Call(way_in(NUMBER, "hai", "unsigned").path, way_in(NUMBER, "hai", "unsigned").form)

    assert make(client, unsigned).status == 403
    assert nothing_is_kept(bot)


def test_words_changed_on_the_way_are_refused(bot, client):
    signed = twilio_sms(NUMBER, "hai", "changed")

    assert make(client, Call(signed.path, {**signed.form, "Body": "STOP"}, signed.headers)).status == 403
    assert nothing_is_kept(bot)


@pytest.mark.parametrize("kind", ["sms", "ussd", "delivery", "optout"])
def test_every_door_without_a_signature_has_its_token(bot, client, kind):
    assert make(client, Call(f"/webhooks/africastalking/{kind}/wrong-token-of-some-length", p.AT_SMS)).status == 403
    assert client.post(f"/webhooks/africastalking/{kind}").status_code == 404
    assert client.post(f"/webhooks/africastalking/{kind}/").status_code == 404
    assert nothing_is_kept(bot)


@pytest.mark.parametrize("path", ["/webhooks/twilio/fax", "/webhooks/nobody", f"/webhooks/africastalking/fax/{TOKEN}"])
def test_a_door_that_is_not_there_is_a_404(client, path):
    assert client.post(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/webhooks/twilio/sms", f"/webhooks/africastalking/sms/{TOKEN}", "/webhooks/simulator"]
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_another_method_is_a_405(client, path, method):
    assert client.open(path, method=method).status_code == 405


# --- requests nobody can read ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("way_in", "missing"),
    [
        *((at_sms, name) for name in ("id", "from", "text")),
        *((at_ussd, name) for name in ("sessionId", "phoneNumber", "text")),
    ],
)
def test_a_missing_field_is_named_and_nothing_is_kept(bot, client, way_in, missing):
    whole = way_in(NUMBER, "hai", "missing")

    answer = make(client, Call(whole.path, {name: v for name, v in whole.form.items() if name != missing}))

    assert answer.status == 400
    assert missing in answer.body
    assert nothing_is_kept(bot)


@pytest.mark.parametrize("missing", ["MessageSid", "From"])
def test_a_missing_field_of_twilios_is_named_even_where_the_signature_fits(bot, client, missing):
    whole = twilio_sms(NUMBER, "hai", "missing")
    form = {name: value for name, value in whole.form.items() if name != missing}

    answer = make(client, Call(whole.path, form, {"X-Twilio-Signature": sign(p.PUBLIC + whole.path, form)}))

    assert answer.status == 400
    assert missing in answer.body
    assert nothing_is_kept(bot)


UNKNOWN_KINDS = [
    "application/json",
    "text/plain",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "",
    "nonsense",
]


@pytest.mark.parametrize("kind", UNKNOWN_KINDS)
@pytest.mark.parametrize("way_in", WAYS_IN)
def test_an_unknown_content_type_is_refused(bot, client, way_in, kind):
    whole = way_in(NUMBER, "hai", "kind")

    status = client.post(whole.path, data=whole.body, headers=dict(whole.headers), content_type=kind).status_code

    assert 400 <= status < 500
    assert nothing_is_kept(bot)


def test_a_strange_character_set_is_heard_all_the_same(bot, client):
    whole = at_sms(NUMBER, "hai", "charset")

    made = client.post(whole.path, data=whole.body, content_type=f"{FORM}; charset=utf-7")

    assert made.status_code == 200
    assert rows(bot, t.inbound_message)[0].text == "hai"


@pytest.mark.parametrize("size", [70_000, 1_000_000])
@pytest.mark.parametrize("way_in", WAYS_IN)
def test_a_huge_body_is_refused(bot, client, way_in, size):
    answer = make(client, way_in(NUMBER, "x" * size, "huge"))

    assert answer.status == 413
    assert nothing_is_kept(bot)


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\xfe\x00", b"null", b"[]", b'"hai"', b"{", b"{}", b"[" * 60_000, b'{"a":' * 10_000, b'{"phone":5}',
     b'{"phone":"+60111000001","channel":[],"text":"x"}', b'{"phone":"+60111000001","channel":"sms","text":null}',
     b'{"phone":"+60111000001","channel":"fax","text":"x"}', b'{"phone":"\\ud800","channel":"sms","text":"x"}',
     b'{"phone":"+60111000001","channel":"sms","text":"x","id":{}}', b"1e999999", b'{"phone":1e999}'],
    ids=lambda body: body[:24].decode("latin-1"),
)  # fmt: skip
def test_the_simulator_refuses_in_words_what_it_cannot_read(bot, client, body):
    made = client.post("/webhooks/simulator", data=body, content_type="application/json")

    assert made.status_code == 400
    assert made.get_data(as_text=True)
    assert nothing_is_kept(bot)


def test_invalid_utf8_is_no_error_of_ours(bot, client):
    body = at_sms(NUMBER, "hai", "utf8").body.replace(b"hai", b"%FF%FE%C3%28")

    assert client.post(at_sms(NUMBER, "", "").path, data=body, content_type=FORM).status_code == 200
    assert client.post(at_sms(NUMBER, "", "").path, data=b"\xff\xfe" + body, content_type=FORM).status_code < 500
    assert count(bot, t.inbound_message) == 1


# --- strange words of real people -----------------------------------------------------------------------------------

STRANGE = {
    "nothing": "",
    "blanks": "   \n\t ",
    "NUL": "\x00",
    "NUL in words": "ha\x00i",
    "control characters": "\x01\x07\x1b[31m",
    "one emoji": "👍",
    "a family of emoji": "👨‍👩‍👧‍👦🇲🇾",
    "Jawi": "سلامت داتڠ",
    "Tamil": "வணக்கம்",
    "right to left marks": "\u202e\u200fhai",
    "combining marks": "h" + "\u0301" * 200,
    "not a character": "\ufffe\uffff",
    "300 digits": "1" * 300,
    "Arabic digits": "١",
    "a superscript": "²",
    "10 000 letters": "x" * 10_000,
    "SQL": "'; DROP TABLE learner; --",
    "a format": "%(id)s %s {0} {name} :id ?",
    "markup": "<script>alert(1)</script>&amp;",
    "JSON": '{"a": [1, 2]}',
    "stars": "*" * 400,
    "newlines": "1\r\n2\r\n",
}


@pytest.mark.parametrize("words", STRANGE.values(), ids=STRANGE.keys())
@pytest.mark.parametrize("way_in", WAYS_IN)
def test_whatever_she_writes_she_gets_a_helpful_reply_and_whole_rows(bot, client, way_in, words):
    """In the first message, and in the middle of a lesson."""
    for place, said in enumerate(["hai", "1", "1"]):
        make(client, way_in("+60111000002", said, f"before-{place}"))

    for number in (NUMBER, "+60111000002"):
        answer = make(client, way_in(number, words, f"strange-{number}"))
        assert answer.status == 200
        assert way_in is at_sms or answer.text.strip()

    assert count(bot, t.learner) == 2
    heard = rows(bot, t.inbound_message)
    assert len(heard) == 5
    assert all(len(row.text) <= LONGEST and "\0" not in row.text for row in heard)
    replies = {row.address_id for row in rows(bot, t.outbound_message) if row.purpose == "reply" and row.text.strip()}
    assert replies == {row.address_id for row in heard}
    assert make(client, way_in(NUMBER, words, f"strange-{NUMBER}")).status == 200
    assert count(bot, t.inbound_message) == 5


def test_a_picture_without_a_word_gets_a_helpful_reply(bot, client):
    form = p.TWILIO_WHATSAPP | {
        "Body": "",
        "NumMedia": "1",
        "MediaUrl0": "https://example.org/1",
        "MediaContentType0": "image/jpeg",
    }
    del form["Body"]

    answer = make(client, twilio("whatsapp", form, "picture"))

    assert answer.status == 200
    assert answer.text.strip()
    assert rows(bot, t.inbound_message)[0].text == ""


def test_a_button_pressed_is_a_reply(bot, client):
    make(client, twilio_whatsapp(p.LEARNER, "hai", "hai"))
    form = p.TWILIO_WHATSAPP | {"Body": "", "ButtonText": "English", "ButtonPayload": "2"}

    answer = make(client, twilio("whatsapp", form, "button"))

    assert answer.status == 200
    assert rows(bot, t.learner)[0].locale == "en"


@pytest.mark.parametrize("sender", ["22384", "TITIAN", "+", "", "+60", "anonymous"])
def test_who_cannot_be_written_to_is_answered_quietly(bot, client, sender):
    answer = make(client, twilio_sms(sender, "hai", "sender"))

    assert answer.status in {200, 400}
    assert nothing_is_kept(bot)


# --- something breaks -----------------------------------------------------------------------------------------------


def test_a_table_that_is_gone_is_a_short_503_and_the_retry_is_heard_once(bot, client):
    """The database fails in the middle of a turn: nothing of it is kept, and the same message is heard when it is back."""
    make(client, twilio_sms(NUMBER, "hai", "first"))
    second = twilio_sms(NUMBER, "1", "second")
    with bot.store.begin() as connection:
        connection.execute(text("ALTER TABLE outbound_message RENAME TO gone"))

    answer = make(client, second)

    with bot.store.begin() as connection:
        connection.execute(text("ALTER TABLE gone RENAME TO outbound_message"))
    assert answer.status in {500, 503}
    assert len(answer.body) < 200
    assert count(bot, t.inbound_message) == 1
    assert rows(bot, t.conversation)[0].turn == 1
    assert make(client, second).status == 200
    assert make(client, second).status == 200
    assert count(bot, t.inbound_message) == 2


@pytest.mark.parametrize("migrated_url", ["postgres"], indirect=True)
def test_connections_that_the_server_closed_are_replaced_and_nobody_is_refused(bot, app):
    """As after a restart or a failover: what lay in the pool is dead, and the first to find out is a learner's message."""
    at_the_same_moment(
        *[lambda n=n: make(app.test_client(), twilio_sms(f"+6011100000{n}", "hai", f"before-{n}")) for n in range(6)]
    )
    ours = text(
        "SELECT pg_terminate_backend(pid, 3000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    other = create_engine(bot.store.engine.url)
    with other.connect() as connection:
        killed = connection.execute(ours).all()
    other.dispose()

    answers = at_the_same_moment(
        *[lambda n=n: make(app.test_client(), twilio_sms(f"+6011100000{n}", "1", f"after-{n}")) for n in range(6)]
    )

    assert len(killed) >= 2
    assert {answer.status for answer in answers} == {200}


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
def test_a_file_locked_by_somebody_else_is_a_503_soon_for_everybody_who_waits(bot, app):
    other = sqlite3.connect(bot.store.engine.url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()

    answers = at_the_same_moment(
        *[lambda n=n: make(app.test_client(), at_sms(f"+6011100000{n}", "hai", f"locked-{n}")) for n in range(8)]
    )
    took = time.monotonic() - began
    other.execute("ROLLBACK")
    other.close()

    assert {answer.status for answer in answers} == {503}
    assert took < 2 * PATIENCE + 1
    assert nothing_is_kept(bot)
    assert make(app.test_client(), at_sms("+60111000000", "hai", "locked-0")).status == 200


def test_an_error_in_a_flow_keeps_nothing_and_tells_the_provider_to_come_again(bot, app):
    """She may send it again once it is mended; that is the same message."""

    def broken(*_):
        raise ZeroDivisionError("in a flow")

    hai = twilio_sms(NUMBER, "hai", "broken")
    app.extensions["titian"] = replace(bot, conversations=replace(bot.conversations, advance=broken))
    answer = make(app.test_client(), hai)
    app.extensions["titian"] = bot

    assert answer.status == 500
    assert "ZeroDivisionError" not in answer.body
    assert count(bot, t.inbound_message) == count(bot, t.outbound_message) == 0
    assert make(app.test_client(), hai).status == 200
    assert count(bot, t.inbound_message) == 1


def test_a_queue_that_is_away_changes_nothing_for_a_reply(bot, client):
    """The fixture's queue is a socket that nobody listens on."""
    assert not bot.bell.answers()

    by_at = make(client, at_sms(NUMBER, "hai", "no-queue"))

    assert by_at.status == 200
    assert [row.status for row in rows(bot, t.outbound_message)] == ["queued"]


def test_health_is_told_without_a_queue_and_ready_too(client):
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")

    assert ready.status_code == 200
    assert json.loads(ready.data)["redis"] == "not reached"


def test_the_form_of_an_answer_is_the_providers_own(client):
    sms, ussd, at = (make(client, way(NUMBER, "", "form")) for way in (twilio_sms, at_ussd, at_sms))

    assert sms.body.startswith("<?xml")
    assert ussd.body.startswith("CON ")
    assert at.body == ""
    assert read(200, "END bye").ends

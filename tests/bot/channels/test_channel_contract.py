"""What every channel promises, each provider's cases in one table: nothing a stranger or a provider sends is a surprise."""

import json
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode
from xml.etree import ElementTree

import pytest
from hypothesis import given, strategies as st
from sqlalchemy import select

from bot import pushes, receipts, wiring
from bot.channels import line
from bot.channels.base import (
    RANK,
    BadSignature,
    ChannelError,
    Ignored,
    Inbound,
    Malformed,
    OptedOut,
    Outgoing,
    Receipt,
    Reply,
    Status,
)
from bot.store import tables as t
from bot.wiring import Bot
from tests.bot.channels import payloads as p, subjects as s
from tests.bot.channels.subjects import REPORTING, SUBJECTS, Subject
from tests.bots import BEGINS, made_settings, rows, villager

every_channel = pytest.mark.parametrize("subject", SUBJECTS, ids=str)
signed_channel = pytest.mark.parametrize("subject", [subject for subject in SUBJECTS if subject.forged], ids=str)
form_channel = pytest.mark.parametrize("subject", [subject for subject in SUBJECTS if subject.is_form], ids=str)
FIELDS = [(subject, name) for subject in SUBJECTS for name in subject.needs]
every_field = pytest.mark.parametrize(("subject", "name"), FIELDS, ids=str)
reporting_channel = pytest.mark.parametrize("subject", REPORTING, ids=str)
STATUSES = [(subject, word) for subject in REPORTING for word in subject.words]

# --- read: what every channel does ----------------------------------------------------------------------------------


@every_channel
def test_a_message_is_read(subject: Subject):
    heard = subject.channel.read(subject.request(subject.valid))

    assert isinstance(heard, Inbound)
    assert (heard.channel, heard.sender, heard.text) == (subject.channel.name, p.LEARNER, "Mula 1")
    assert heard.provider_id
    assert not heard.answered


@every_channel
def test_the_same_request_again_is_the_same_message(subject: Subject):
    first, again = (subject.channel.read(subject.request(subject.valid)) for _ in range(2))

    assert first == again


@signed_channel
def test_what_the_provider_has_not_sent_is_refused(subject: Subject):
    for request in subject.forged:
        with pytest.raises(BadSignature):
            subject.channel.read(request)


@every_field
def test_a_missing_field_is_named(subject: Subject, name: str):
    form = {other: value for other, value in subject.valid.items() if other != name}

    assert name in not_read(subject, form)


@every_field
@pytest.mark.parametrize("blank", ["", "  ", "\0"])
def test_a_blank_field_is_named(subject: Subject, name: str, blank: str):
    assert name in not_read(subject, subject.valid | {name: blank})


def not_read(subject: Subject, form: s.Form) -> str:
    """Why this is not read, in words."""
    if subject.ignores:
        read = subject.channel.read(subject.request(form))
        assert isinstance(read, Ignored)
        return read.why
    with pytest.raises(Malformed) as refused:
        subject.channel.read(subject.request(form))
    return str(refused.value)


@every_channel
@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("", ""),
        ("  Berhenti \n", "  Berhenti \n"),
        ("😀👨‍👩‍👧 ok", "😀👨‍👩‍👧 ok"),
        ("أنا اليوم", "أنا اليوم"),
        ("a\0b\x1bc", "abc"),
        ("A+B & C=10% é/ñ", "A+B & C=10% é/ñ"),
        ("<Message>&amp;", "<Message>&amp;"),
        ("x" * 10_000, "x" * 10_000),
    ],
    ids=["empty", "blanks", "emoji", "jawi", "control", "reserved", "markup", "long"],
)
def test_words_arrive_as_they_were_typed(subject: Subject, text: str, heard: str):
    read = subject.channel.read(subject.request(subject.valid | {subject.holds_text: text}))

    assert isinstance(read, Inbound)
    assert read.text == heard


@form_channel
def test_a_parameter_that_comes_twice_is_read_only_if_it_says_the_same(subject: Subject):
    field = subject.holds_text
    twice = subject.channel.read(subject.request(subject.valid | {field: ["ya", "ya"]}))
    assert isinstance(twice, Inbound)
    assert twice.text == "ya"

    with pytest.raises(Malformed, match=field):
        subject.channel.read(subject.request(subject.valid | {field: ["ya", "tidak"]}))


@form_channel
@pytest.mark.parametrize("body", ["%ZZ", "text=%E9%FF&Body=%E9", "=", "&&;", "a" * 10_000, "text=%00", quote("{}")])
def test_bytes_that_are_no_form_are_refused_in_words(subject: Subject, body: str):
    form = parse_qs(body, keep_blank_values=True, errors="replace")

    with pytest.raises(Malformed):
        subject.channel.read(subject.request(form))


@form_channel
def test_the_wire_changes_nothing(subject: Subject):
    sent = urlencode(subject.valid | {subject.holds_text: "é + & 😀"})

    read = subject.channel.read(subject.request(parse_qs(sent, keep_blank_values=True)))

    assert isinstance(read, Inbound)
    assert read.text == "é + & 😀"


# --- read: what became of a message ---------------------------------------------------------------------------------


def told(subject: Subject, word: str) -> Receipt | Ignored:
    assert subject.reports is not None
    read = subject.channel.read(subject.reports(word))
    assert isinstance(read, Receipt | Ignored)
    return read


@pytest.mark.parametrize(("subject", "word"), STATUSES, ids=str)
def test_every_status_is_a_receipt_of_the_message_it_is_about(subject: Subject, word: str):
    receipt = told(subject, word)

    assert isinstance(receipt, Receipt)
    assert (receipt.channel, receipt.status) == (subject.channel.name, subject.words[word])
    assert receipt.message_id == 77 or receipt.provider_id
    assert told(subject, word) == receipt


@reporting_channel
@pytest.mark.parametrize("word", ["teleported", "😀", "x" * 100], ids=["unknown", "emoji", "long"])
def test_a_status_that_nobody_knows_is_ignored_with_a_reason(subject: Subject, word: str):
    read = told(subject, word)

    assert isinstance(read, Ignored)
    assert len(read.why) < 200


@reporting_channel
def test_receipts_that_come_twice_and_in_the_wrong_order_end_as_the_last_one_does(
    subject: Subject, sqlite_url: str, tmp_path: Path
):
    bot = wiring.build(made_settings(sqlite_url, tmp_path), clock=lambda: BEGINS)
    words = sorted(subject.words, key=lambda word: RANK[subject.words[word]])
    best = [word for word in words if subject.words[word] is not Status.CANCELLED][-1]
    first = told(subject, words[0])
    assert isinstance(first, Receipt)
    message_id = written(bot, subject, first)

    for word in (best, *words[:-1], best, words[0]):
        receipt = told(subject, word)
        assert isinstance(receipt, Receipt)
        if receipt.status is not Status.CANCELLED:
            receipts.settle(bot.store, receipt, now=BEGINS)

    (row,) = rows(bot, t.outbound_message)
    assert (row.id, row.status) == (message_id, subject.words[best])
    bot.store.engine.dispose()


def written(bot: Bot, subject: Subject, about: Receipt) -> int:
    """A message on its way by that channel, as its provider knows it."""
    carrier = "twilio_whatsapp" if subject.channel.profile.address == "whatsapp" else "twilio_sms"
    her = villager(bot, p.LEARNER, carrier)
    (address,) = bot.store.look(select(t.address.c.id))
    made = pushes.row(
        her, "nudge", BEGINS, due_at=BEGINS, address_id=address.id, channel=subject.channel.name, text="hai"
    )
    made |= {"id": about.message_id or made["id"], "provider_id": about.provider_id or None}
    made |= {"status": "sending", "rank": RANK[Status.SENDING]}
    with bot.store.begin() as connection:
        connection.execute(t.outbound_message.insert().values(made))
    return int(made["id"])


NAMES = sorted({name for subject in SUBJECTS for name in subject.valid} | set(p.TWILIO_RECEIPT) | set(p.AT_OPT_OUT))
VALUES = st.one_of(
    st.text(max_size=30), st.sampled_from([p.LEARNER, f"whatsapp:{p.USER_ID}", "delivered", "Success", "22384"])
)


@form_channel
@given(form=st.dictionaries(st.sampled_from(NAMES), st.lists(VALUES, min_size=1, max_size=2)))
def test_no_form_whatever_breaks_a_channel(subject: Subject, form: dict[str, list[str]]):
    with suppress(Malformed):
        assert isinstance(subject.channel.read(subject.request(form)), Inbound | Receipt | OptedOut | Ignored)


# --- answer ---------------------------------------------------------------------------------------------------------

HARD = 'Tom & <Jerry> "é" 😀\nbaris\x00\x0b\x1b dua\ud800'
SOFT = 'Tom & <Jerry> "é" 😀\nbaris dua'


def test_twilio_is_answered_in_twiml_with_a_receipt_wanted_for_each_text():
    answered = s.TWILIO_SMS.answer(Reply(((5, HARD), (6, "  "), (7, "dua"))))

    assert answered.content_type.startswith("text/xml")
    messages = ElementTree.fromstring(answered.body)
    assert [message.text for message in messages] == [SOFT, "dua"]
    assert [message.get("statusCallback") for message in messages] == [
        f"{s.STATUS_URL}?message=5",
        f"{s.STATUS_URL}?message=7",
    ]


@pytest.mark.parametrize(
    ("texts", "ends", "body"),
    [
        ((), False, "CON OK"),
        ((), True, "END OK"),
        (((1, " \n Selamat datang\n1. Ya "),), False, "CON Selamat datang\n1. Ya"),
        (((1, HARD), (2, "akhir")), True, f"END {SOFT}\nakhir"),
        (((1, "\0"),), True, "END OK"),
    ],
)
def test_a_ussd_screen_is_never_empty_and_begins_at_once(texts: tuple[tuple[int, str], ...], ends: bool, body: str):
    answered = s.AT_USSD.answer(Reply(texts, ends))

    assert (answered.body, answered.status) == (body, 200)
    assert answered.content_type.startswith("text/plain")


def test_nothing_to_say_is_said_to_each_provider_in_its_way():
    assert ElementTree.fromstring(s.TWILIO_SMS.answer(Reply(())).body).tag == "Response"
    assert s.AT_SMS.answer(Reply(((1, "later"),))).body == ""
    assert json.loads(s.SIM_SMS.answer(Reply(())).body) == {"replies": [], "ends": False}


def test_a_simulated_phone_is_answered_in_json():
    answered = s.SIM_USSD.answer(Reply(((1, "Hai 😀"), (2, "dua")), ends=True))

    assert json.loads(answered.body) == {"replies": ["Hai 😀", "dua"], "ends": True}
    assert answered.content_type == "application/json"


# --- profiles -------------------------------------------------------------------------------------------------------


@every_channel
def test_what_is_not_a_reply_has_a_channel_to_go_by(subject: Subject):
    profile = subject.channel.profile
    carriers = {other.channel.name: other.channel.profile for other in SUBJECTS}

    assert profile.address in {"tel", "whatsapp"}
    assert carriers[profile.pushes_by].address == profile.address
    assert carriers[profile.pushes_by].kind != "ussd"


def test_ussd_cannot_begin():
    with pytest.raises(ChannelError) as refused:
        line.run(s.AT_USSD.send(Outgoing(1, p.LEARNER, "hai")))

    assert not refused.value.retryable


def test_a_simulated_phone_is_sent_to_without_a_provider():
    assert line.run(s.SIM_SMS.send(Outgoing(1, p.LEARNER, "hai")))

"""What a gateway tells us: every preset's messages and receipts in every way it may call, and whatever else may come."""

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings as hypothesis_settings, strategies as st

from bot.channels.base import (
    BadSignature,
    Ignored,
    Inbound,
    Malformed,
    Many,
    Receipt,
    Refusal,
    Reply,
    Status,
    WebhookRequest,
)
from bot.channels.gateway import charsets
from bot.channels.gateway.channel import Gateway
from tests import gateways
from tests.bot.channels import payloads as p
from tests.gateways import DIGITS, SPOKEN, Make, Spoken

every_gateway = pytest.mark.parametrize("spoken", SPOKEN, ids=str)
every_way = pytest.mark.parametrize(
    ("spoken", "make"),
    [(spoken, make) for spoken in SPOKEN for make in spoken.makes],
    ids=lambda each: getattr(each, "__name__", str(each)),
)
KANNEL, JASMIN, INFOBIP, VONAGE, AGGREGATOR = SPOKEN


@pytest.fixture(scope="module")
def channels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Gateway]:
    """A gateway on each preset."""
    written = [gateways.described(spoken.name) for spoken in SPOKEN]
    made = gateways.read(tmp_path_factory.mktemp("gateways"), *written)
    return {channel.described.name: channel for channel in made}


def own(directory: Path, **more: Any) -> Gateway:
    """A gateway on no preset, which writes everything in its own way."""
    written = {
        "name": "own",
        "token": "${GATEWAY_TOKEN}",
        "send": {"url": "https://sms.example.com/send", "form": {"to": "{to}", "text": "{text}"}},
        "inbound": {"from": "from", "text": "text", "id": "id"},
        "receipts": {"status": "status", "id": "id", "means": {"delivered": "ok"}},
    }
    (made,) = gateways.read(directory, written | more)
    return made


def request(body: bytes, kind: str, query: str = "") -> WebhookRequest:
    """Something that is posted."""
    at = gateways.at("own") + query
    return WebhookRequest("POST", at, {"content-type": kind}, {}, body=body, token=p.TOKEN)


def heard(channel: Gateway, asked: WebhookRequest) -> Inbound:
    """The one message in it."""
    read = channel.read(asked)
    assert isinstance(read, Inbound)
    return read


# --- messages -------------------------------------------------------------------------------------------------------


@every_way
def test_a_message_is_read_in_every_way_a_gateway_may_call(spoken: Spoken, make: Make, channels: dict[str, Gateway]):
    read = heard(channels[spoken.name], spoken.says(make))

    assert read == Inbound(
        f"gateway_{spoken.name}", str(spoken.inbound[spoken.holds_id]), p.LEARNER, spoken.inbound[spoken.holds_text]
    )


@every_way
@pytest.mark.parametrize("token", ["", p.TOKEN[:-1], p.TOKEN + "x", p.TOKEN.upper(), "é" * 25, "\ud800"])
def test_without_the_token_it_is_refused(spoken: Spoken, make: Make, token: str, channels: dict[str, Gateway]):
    for asked in (spoken.says(make), spoken.reports(make)):
        with pytest.raises(BadSignature):
            channels[spoken.name].read(replace(asked, token=token))


def test_two_tokens_are_good_while_one_takes_over_from_the_other(tmp_path: Path):
    env = gateways.ENVIRONMENT | {"OLD": "the-token-that-was-there"}
    written = gateways.described("kannel") | {"token": ["${GATEWAY_TOKEN}", "${OLD}"]}
    (made,) = gateways.read(tmp_path, written, environment=env)

    for token in (p.TOKEN, env["OLD"]):
        assert heard(made, KANNEL.says(token=token)).text == "Mula 1"
    with pytest.raises(BadSignature):
        made.read(KANNEL.says(token="another-token-of-letters"))


@every_way
def test_a_missing_field_is_named(spoken: Spoken, make: Make, channels: dict[str, Gateway]):
    for name in (spoken.holds_sender, spoken.holds_text, spoken.holds_id):
        with pytest.raises(Malformed, match=name):
            channels[spoken.name].read(spoken.says(make, **{name: None}))


@every_way
@pytest.mark.parametrize("blank", ["", "  ", "\0"])
def test_a_blank_number_or_id_is_named_and_a_blank_text_is_heard(
    spoken: Spoken, make: Make, blank: str, channels: dict[str, Gateway]
):
    for name in (spoken.holds_sender, spoken.holds_id):
        with pytest.raises(Malformed, match=name):
            channels[spoken.name].read(spoken.says(make, **{name: blank}))

    assert heard(channels[spoken.name], spoken.says(make, **{spoken.holds_text: blank})).text.strip() == ""


@every_way
@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("  Berhenti \n", "  Berhenti \n"),
        ("A+B & C=10% é/ñ #?;", "A+B & C=10% é/ñ #?;"),
        ("<text>&amp;]]>", "<text>&amp;]]>"),
        ("😀👨‍👩‍👧 ok أنا", "😀👨‍👩‍👧 ok أنا"),
        ("a\0b\x1bc", "abc"),
        ("x" * 10_000, "x" * 10_000),
        ("%41%00", "%41%00"),
    ],
    ids=["blanks", "reserved", "markup", "emoji", "control", "long", "percent"],
)
def test_words_arrive_as_they_were_typed(
    spoken: Spoken, make: Make, text: str, read: str, channels: dict[str, Gateway]
):
    assert heard(channels[spoken.name], spoken.says(make, **{spoken.holds_text: text})).text == read


@every_gateway
@pytest.mark.parametrize("number", ["+601110000001", "601110000001", "00601110000001", "01110000001", " 60 1110000001"])
def test_a_number_is_understood_however_it_is_written(spoken: Spoken, number: str, channels: dict[str, Gateway]):
    assert heard(channels[spoken.name], spoken.says(**{spoken.holds_sender: number})).sender == p.LEARNER


@every_gateway
@pytest.mark.parametrize("name", ["22384", "CELCOM", "1800CELCOM"])
def test_who_cannot_be_answered_is_ignored_with_a_reason(spoken: Spoken, name: str, channels: dict[str, Gateway]):
    read = channels[spoken.name].read(spoken.says(**{spoken.holds_sender: name}))

    assert isinstance(read, Ignored)
    assert "cannot be answered" in read.why


def test_a_field_that_comes_twice_is_read_only_if_it_says_the_same(channels: dict[str, Gateway]):
    assert heard(channels["kannel"], KANNEL.says(text=["ya", "ya"])).text == "ya"

    with pytest.raises(Malformed, match="text"):
        channels["kannel"].read(KANNEL.says(text=["ya", "tidak"]))


def test_of_several_names_for_a_field_the_first_that_is_there_counts(channels: dict[str, Gateway]):
    said = AGGREGATOR.says(**{"from": None, "msisdn": DIGITS})

    assert heard(channels["aggregator-my"], said).sender == p.LEARNER


def test_several_messages_and_receipts_may_come_in_one_request_and_a_broken_one_stops_none(
    channels: dict[str, Gateway],
):
    results = [
        INFOBIP.inbound,
        INFOBIP.inbound | {"messageId": "", "text": "tanpa id"},
        INFOBIP.receipt,
        INFOBIP.inbound | {"messageId": "817790313235066448", "text": "2"},
    ]

    read = channels["infobip"].read(gateways.by_json({"results": results}, "infobip"))

    assert isinstance(read, Many)
    assert [type(each) for each in read.news] == [Inbound, Ignored, Receipt, Inbound]
    assert [each.text for each in read.news if isinstance(each, Inbound)] == ["Mula 1", "2"]


def test_no_results_are_nothing(channels: dict[str, Gateway]):
    assert channels["infobip"].read(gateways.by_json({"results": []}, "infobip")) == Many(())


@pytest.mark.parametrize("keyword", ["TITIAN", "titian"])
def test_the_keyword_of_a_shared_short_code_is_taken_off(keyword: str, tmp_path: Path):
    made = own(tmp_path, inbound={"from": "from", "text": "text", "id": "id", "keyword": keyword})

    said = [
        heard(
            made, request(f"from={DIGITS}&id=1&text={quote(text)}".encode(), "application/x-www-form-urlencoded")
        ).text
        for text in ("TITIAN 1A 2C", " Titian   hai", "titian", "Titianku", "hai titian")
    ]

    assert said == ["1A 2C", "hai", "", "Titianku", "hai titian"]


def test_without_an_id_a_message_is_known_by_its_second(tmp_path: Path):
    made = own(tmp_path, inbound={"from": "from", "text": "text", "date": "time"})
    form = "application/x-www-form-urlencoded"

    ids = [
        heard(made, request(f"from={DIGITS}&text={text}&time=2026-11-24+09:00:0{second}".encode(), form)).provider_id
        for text, second in (("1", 1), ("1", 1), ("1", 2), ("2", 1))
    ]

    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


# --- character sets -------------------------------------------------------------------------------------------------

FORM = "application/x-www-form-urlencoded"
GSM = "@£$ Ñü [x] € {~}"
ENCODINGS = [
    ("utf-8", FORM, "é 日本 😀"),
    ("utf-8", f"{FORM}; charset=UTF-8", "é 日本 😀"),
    ("latin-1", f"{FORM}; charset=ISO-8859-1", "señor é"),
    ("windows-1252", f"{FORM}; charset=windows-1252", "“kata” €"),
    ("utf-16-be", f"{FORM}; charset=UTF-16BE", "é 日本 😀"),
    ("gsm-7", f"{FORM}; charset=gsm-7", GSM),
]


@pytest.mark.parametrize(("charset", "kind", "text"), ENCODINGS)
def test_a_form_is_read_in_the_character_set_it_names(charset: str, kind: str, text: str, tmp_path: Path):
    made = own(tmp_path, inbound={"from": "msisdn", "text": "text", "id": "id"})
    values = {"msisdn": DIGITS, "id": "1", "text": text}
    body = "&".join(f"{name}={quote(charsets.encoded(value, charset))}" for name, value in values.items())

    assert heard(made, request(body.encode(), kind)).text == text


@pytest.mark.parametrize("charset", ["latin-1", "windows-1252", "gsm-7"])
def test_or_in_the_one_that_is_described(charset: str, tmp_path: Path):
    made = own(tmp_path, webhook={"charset": charset})
    body = f"from={DIGITS}&id=1&text=".encode() + quote(charsets.encoded("à ñ @", charset)).encode()

    assert heard(made, request(body, FORM)).text == "à ñ @"
    asked = WebhookRequest("GET", f"{gateways.at('own')}?{body.decode()}", {}, {}, token=p.TOKEN)
    assert heard(made, asked).text == "à ñ @"


def test_bytes_that_are_not_escaped_are_read_as_the_server_hands_them_on(tmp_path: Path):
    made = own(tmp_path, webhook={"charset": "latin-1"})
    asked = WebhookRequest("GET", f"{gateways.at('own')}?from={DIGITS}&id=1&text=se\u00f1or", {}, {}, token=p.TOKEN)

    assert heard(made, asked).text == "señor"


@pytest.mark.parametrize(
    ("coding", "text", "charset"),
    [("0", GSM, "gsm-7"), ("3", "señor é", "latin-1"), ("8", "é 日本 😀", "utf-16-be")],
)
def test_jasmin_gives_the_bytes_of_a_text_in_hexadecimal(
    coding: str, text: str, charset: str, channels: dict[str, Gateway]
):
    said = JASMIN.says(coding=coding, binary=charsets.encoded(text, charset).hex(), content="?????")

    assert heard(channels["jasmin"], said).text == text


def test_hexadecimal_that_is_none_is_named(channels: dict[str, Gateway]):
    with pytest.raises(Malformed, match="binary"):
        channels["jasmin"].read(JASMIN.says(coding="8", binary="0x41"))


def test_a_coding_may_say_how_the_bytes_of_a_form_are_to_be_read(tmp_path: Path):
    inbound = {"from": "from", "text": "text", "id": "id", "coding": "dcs", "codings": {8: "utf-16-be"}}
    made = own(tmp_path, inbound=inbound)

    for coding, charset in (("8", "utf-16-be"), ("0", "utf-8")):
        body = f"from={DIGITS}&id=1&dcs={coding}&text={quote('é 日本'.encode(charset))}"
        assert heard(made, request(body.encode(), FORM)).text == "é 日本"


def test_what_means_nothing_in_a_character_set_does_not_break_anything(tmp_path: Path):
    made = own(tmp_path)

    assert "\ufffd" in heard(made, request(f"from={DIGITS}&id=1&text=%E9%FF".encode(), FORM)).text
    assert charsets.decoded(b"A\xffB\x1b", "gsm-7") == "A\ufffdB"


def test_a_form_in_parts_is_read_too(tmp_path: Path):
    asked = replace(
        request(b"", "multipart/form-data; boundary=x"), form={"from": [DIGITS], "id": ["1"], "text": ["é ya"]}
    )

    assert heard(own(tmp_path), asked).text == "é ya"


# --- JSON and XML ---------------------------------------------------------------------------------------------------


def test_json_is_read_by_pointers_and_numbers_are_words(tmp_path: Path):
    made = own(
        tmp_path,
        webhook={"format": "json", "items": "/data/list"},
        inbound={"from": "/who/msisdn", "text": "/body/0/t~1x", "id": "n"},
    )
    said = {"data": {"list": [{"who": {"msisdn": int(DIGITS)}, "body": [{"t/x": "hai é"}], "n": 12}]}}

    read = heard(made, request(json.dumps(said).encode(), "text/plain"))

    assert (read.sender, read.text, read.provider_id) == (p.LEARNER, "hai é", "12")


SOAP = """<?xml version="1.0" encoding="{charset}"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>
<n:deliver xmlns:n="urn:n" id="m-1"><n:from>601110000001</n:from><n:text>{text}</n:text></n:deliver>
</soap:Body></soap:Envelope>"""


@pytest.mark.parametrize(
    ("charset", "kind"),
    [("utf-8", "text/xml"), ("iso-8859-1", "text/xml"), ("utf-8", "application/soap+xml; charset=utf-8")],
)
@pytest.mark.parametrize(
    "fields",
    [
        {"from": "from", "text": "text", "id": "/Body/deliver/@id"},
        {"from": "/Body/deliver/from", "text": "/Body/deliver/text", "id": "/Body/deliver/@id"},
    ],
)
def test_xml_is_read_by_names_and_by_paths(charset: str, kind: str, fields: dict[str, str], tmp_path: Path):
    body = SOAP.format(charset=charset, text="Tom &amp; &#60;é&#62;").encode(charset)

    read = heard(own(tmp_path, inbound=fields), request(body, kind))

    assert (read.sender, read.text, read.provider_id) == (p.LEARNER, "Tom & <é>", "m-1")


def test_several_elements_are_several_messages(tmp_path: Path):
    made = own(tmp_path, webhook={"items": "/mo"})
    each = "<mo><from>601110000001</from><id>{0}</id><text>teks {0}</text></mo>"

    read = made.read(request(f"<all>{each.format(1)}{each.format(2)}</all>".encode(), "text/xml"))

    assert isinstance(read, Many)
    assert [news.text for news in read.news if isinstance(news, Inbound)] == ["teks 1", "teks 2"]


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>'
FILE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><x><from>601110000001</from><text>&a;</text></x>'


@pytest.mark.parametrize(
    "body",
    [
        BOMB,
        FILE,
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><x/>',
        "<x>&a;</x>",
        "<x>" * 100_000,
        "<x",
        "",
        "{}",
        "<x/><y/>",
    ],
    ids=["bomb", "file", "dtd", "entity", "deep", "broken", "empty", "json", "two"],
)
def test_xml_that_would_grow_or_fetch_is_refused(body: str, tmp_path: Path):
    with pytest.raises(Malformed, match="XML"):
        own(tmp_path).read(request(body.encode(), "text/xml"))


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b"1", b'["a"]', b'{"from": {"a": 1}}'])
def test_json_that_is_none_or_not_flat_is_refused_in_words(body: bytes, tmp_path: Path):
    with pytest.raises(Malformed):
        own(tmp_path).read(request(body, "application/json"))


NAMES = sorted({name for spoken in SPOKEN for name in (*spoken.inbound, *spoken.receipt)})
VALUES = st.one_of(
    st.text(max_size=20), st.sampled_from([p.LEARNER, "DELIVRD", "1", "22384"]), st.integers(), st.none()
)


@every_gateway
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(fields=st.dictionaries(st.sampled_from(NAMES), VALUES), raw=st.binary(max_size=60))
def test_nothing_that_comes_breaks_a_gateway(
    spoken: Spoken, fields: dict[str, Any], raw: bytes, channels: dict[str, Gateway]
):
    channel = channels[spoken.name]
    kinds = ("application/json", "text/xml", FORM, "", "nonsense; charset=klingon")
    asked = [make({name: str(value) for name, value in fields.items()}, spoken.name) for make in spoken.makes]
    asked += [gateways.by_json(fields, spoken.name), gateways.by_json({"results": [fields, 1]}, spoken.name)]
    asked += [replace(request(raw, kind), url=gateways.at(spoken.name)) for kind in kinds]

    for each in asked:
        with suppress(Malformed):
            assert isinstance(channel.read(each), Inbound | Receipt | Ignored | Many)


# --- receipts -------------------------------------------------------------------------------------------------------

WORDS = [
    (spoken, make, word, status) for spoken in SPOKEN for make in spoken.makes for word, status in spoken.words.items()
]


@pytest.mark.parametrize(
    ("spoken", "make", "word", "status"), WORDS, ids=lambda each: getattr(each, "__name__", str(each))
)
def test_every_status_of_a_gateway_is_a_receipt(
    spoken: Spoken, make: Make, word: str, status: Status, channels: dict[str, Gateway]
):
    read = channels[spoken.name].read(spoken.reports(make, **spoken.reporting(word)))

    assert isinstance(read, Receipt)
    assert (read.channel, read.status) == (f"gateway_{spoken.name}", status)
    assert read.provider_id or read.message_id


@every_way
def test_a_status_that_nobody_knows_is_ignored_with_a_reason(spoken: Spoken, make: Make, channels: dict[str, Gateway]):
    read = channels[spoken.name].read(spoken.reports(make, **spoken.reporting("TELEPORTED")))

    assert read == Ignored("a status we do not know: TELEPORTED")


@every_way
def test_the_same_receipt_again_is_the_same(spoken: Spoken, make: Make, channels: dict[str, Gateway]):
    first, again = (channels[spoken.name].read(spoken.reports(make)) for _ in range(2))

    assert first == again


@pytest.mark.parametrize("spoken", [JASMIN, VONAGE], ids=str)
def test_our_own_id_in_the_address_finds_the_message_even_before_the_gateway_has_answered(
    spoken: Spoken, channels: dict[str, Gateway]
):
    asked = spoken.reports()

    read = channels[spoken.name].read(replace(asked, url=f"{asked.url}?message=77"))

    assert isinstance(read, Receipt)
    assert read.message_id == 77
    assert read.provider_id == str(spoken.receipt[spoken.holds_id])


@pytest.mark.parametrize(("ours", "message_id"), [("77", 77), ("8" + "0" * 18, 8 * 10**18)])
def test_kannel_knows_a_message_by_our_id_alone(ours: str, message_id: int, channels: dict[str, Gateway]):
    read = channels["kannel"].read(KANNEL.reports(message=ours))

    assert read == Receipt("gateway_kannel", Status.DELIVERED, message_id, ours)


@pytest.mark.parametrize("ours", [None, "", "x", "-1", "9" * 19, "77.0"])
def test_a_receipt_of_no_message_is_refused(ours: str | None, channels: dict[str, Gateway]):
    with pytest.raises(Malformed, match="message"):
        channels["kannel"].read(KANNEL.reports(message=ours))


def test_a_failure_says_why_and_what_it_means_where_that_is_described(tmp_path: Path):
    means = {"failed": "no", "delivered": "ok"}
    receipts = {"status": "status", "id": "id", "error": "err", "to": "to", "means": means}
    made = own(tmp_path, receipts=receipts, errors={"bad_address": [4, "absent"], "undetermined": 5})

    def told(err: str, status: str = "no") -> tuple[str, Refusal | None, str]:
        read = made.read(request(f"status={status}&id=m1&err={err}&to={DIGITS}".encode(), FORM))
        assert isinstance(read, Receipt)
        return read.error, read.refusal, read.to

    assert told("4") == ("4", Refusal.BAD_ADDRESS, p.LEARNER)
    assert told("5") == ("5", None, p.LEARNER)
    assert told("6") == ("6", None, p.LEARNER)
    assert told("4", "ok") == ("", None, p.LEARNER)


# --- one-way, and what is answered ----------------------------------------------------------------------------------


@every_gateway
def test_a_gateway_is_answered_as_it_asks(spoken: Spoken, channels: dict[str, Gateway]):
    answered = channels[spoken.name].answer(Reply(((1, "by the other way"),)))

    assert (answered.status, answered.body) == (200, spoken.acknowledged)


def test_what_it_wants_to_hear_may_be_described(tmp_path: Path):
    answer = {"status": 204, "body": "<ok/>", "type": "text/xml"}

    answered = own(tmp_path, answer=answer).answer(Reply(()))

    assert (answered.status, answered.body, answered.content_type) == (204, "<ok/>", "text/xml")


@every_gateway
def test_a_one_way_gateway_hears_receipts_and_no_messages(spoken: Spoken, tmp_path: Path):
    (made,) = gateways.read(tmp_path, gateways.described(spoken.name) | {"two_way": False})

    assert not made.profile.two_way
    assert made.profile.receipts
    assert isinstance(made.read(spoken.says()), Ignored)
    assert isinstance(made.read(spoken.reports()), Receipt)


def test_a_gateway_says_what_it_can_do(channels: dict[str, Gateway], tmp_path: Path):
    profile = channels["kannel"].profile
    assert (profile.kind, profile.address, profile.inline) == ("sms", "tel", False)
    assert (profile.two_way, profile.receipts, profile.pushes_by) == (True, True, "gateway_kannel")

    two = gateways.read(
        tmp_path,
        gateways.described("kannel") | {"pushes_by": "aggregator-my"},
        gateways.described("aggregator-my") | {"two_way": False},
    )
    assert two[0].profile.pushes_by == "gateway_aggregator-my"
    silent = own(tmp_path, receipts=None)
    assert not silent.profile.receipts

"""What becomes of a message by a gateway: each preset against a server that speaks its protocol, and everything goes wrong that can."""

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from multidict import CIMultiDict

from bot.channels import line
from bot.channels.base import ChannelError, Outgoing, Refusal
from bot.channels.gateway.answers import Answered, became
from bot.channels.gateway.channel import Gateway
from tests import gateways
from tests.bot.channels import payloads as p
from tests.gateway_double import KEY, PASSWORD, GatewayDouble
from tests.gateways import DIGITS

PRESETS = ("kannel", "jasmin", "infobip", "vonage", "aggregator-my")
every_preset = pytest.mark.parametrize("name", PRESETS)


@pytest.fixture
def double():
    with GatewayDouble() as double:
        yield double


def channel(name: str, url: str, directory: Path, **more: Any) -> Gateway:
    """A gateway on one of the presets."""
    (made,) = gateways.read(directory, gateways.described(name, url) | more)
    return made


def fate(error: ChannelError) -> str:
    """The error in a word: what the outbox will do about it."""
    return "ambiguous" if error.ambiguous else error.refusal.value


@every_preset
@pytest.mark.parametrize(
    "text",
    [
        "RM0.00 TITIAN: Selamat datang",
        "A+B & C=10% <i> \"x\" 'y' {text} ${HOME} \\n %41 #;",
        "baris\nbaris [€] ~^|",
        "Añø Δ @$£ é½ 😀 日本",
        "x" * 10_000,
    ],
    ids=["plain", "reserved", "gsm", "unicode", "long"],
)
def test_a_message_arrives_as_it_was_written_and_its_id_comes_back(
    name: str, text: str, double: GatewayDouble, tmp_path: Path
):
    sent = line.run(channel(name, double.url, tmp_path).send(Outgoing(77, p.LEARNER, text)))

    (taken,) = double.messages
    assert (taken.text, taken.to.removeprefix("+"), taken.sender) == (text, DIGITS, "22384")
    assert sent == ("77" if name in ("kannel", "infobip") else taken.id)


@every_preset
def test_what_cannot_be_sent_is_left_out(name: str, double: GatewayDouble, tmp_path: Path):
    line.run(channel(name, double.url, tmp_path).send(Outgoing(77, p.LEARNER, "sa\x00tu\ud800 \x1bdua")))

    assert double.messages[0].text == "satu dua"


@pytest.mark.parametrize("name", ["kannel", "jasmin", "infobip", "vonage"])
def test_the_gateway_is_told_where_to_report_this_message(name: str, double: GatewayDouble, tmp_path: Path):
    line.run(channel(name, double.url, tmp_path).send(Outgoing(77, p.LEARNER, "hai")))

    told = urlsplit(double.messages[0].callback)
    assert f"{told.scheme}://{told.netloc}{told.path}" == gateways.at(name)
    assert parse_qs(told.query)["message"] == ["77"]
    if name == "kannel":
        assert told.query.endswith("&status=%d&smsc_answer=%A")


ANY = [
    ({"status": 500}, "ambiguous", "500", 0),
    ({"status": 502, "accepts": True}, "ambiguous", "502", 1),
    ({"garbage": True}, "ambiguous", "unreadable answer", 1),
    ({"reset": True}, "ambiguous", "ClientOSError", 1),
    ({"latency": 1.0}, "ambiguous", "TimeoutError", 1),
    ({"status": 429, "retry_after": 7}, "retry", "429", 0),
    ({"status": 302}, "unknown", "302", 0),
]


@every_preset
@pytest.mark.parametrize(("fault", "expected", "code", "taken"), ANY)
def test_every_failure_says_whether_to_try_again(
    name: str, fault: dict[str, Any], expected: str, code: str, taken: int, double: GatewayDouble, tmp_path: Path
):
    double.behave(times=1, **fault)

    with pytest.raises(ChannelError) as failed:
        line.run(channel(name, double.url, tmp_path).send(Outgoing(77, p.LEARNER, "hai")))

    assert (fate(failed.value), failed.value.code) == (expected, code)
    assert failed.value.retry_after == (7 if "retry_after" in fault else None)
    assert len(double.messages) == taken


THEIR_OWN = [
    ("kannel", {"status": 503}, "retry", "503"),
    ("kannel", {"status": 400}, "content", "400"),
    ("jasmin", {"status": 412}, "configuration", "412"),
    ("jasmin", {"status": 400}, "content", "400"),
    ("infobip", {"code": 1}, "configuration", "REJECTED_NOT_ENOUGH_CREDITS"),
    ("infobip", {"code": 2}, "unknown", "REJECTED_SOMETHING_NEW"),
    ("vonage", {"code": 1}, "retry", "1"),
    ("vonage", {"code": 7}, "bad_address", "7"),
    ("vonage", {"code": 9}, "configuration", "9"),
    ("vonage", {"code": 12}, "content", "12"),
    ("vonage", {"code": 5}, "ambiguous", "5"),
    ("vonage", {"code": 99}, "unknown", "99"),
    ("aggregator-my", {"code": 1004}, "unknown", "-1004"),
]


@pytest.mark.parametrize(("name", "fault", "expected", "code"), THEIR_OWN)
def test_a_gateways_own_codes_have_their_meaning(
    name: str, fault: dict[str, Any], expected: str, code: str, double: GatewayDouble, tmp_path: Path
):
    double.behave(times=1, **fault)

    with pytest.raises(ChannelError) as failed:
        line.run(channel(name, double.url, tmp_path).send(Outgoing(77, p.LEARNER, "hai")))

    assert (fate(failed.value), failed.value.code, len(double.messages)) == (expected, code, 0)


def test_an_operator_may_say_what_a_code_of_hers_means(double: GatewayDouble, tmp_path: Path):
    double.behave(times=1, code=1004)
    made = channel("aggregator-my", double.url, tmp_path, errors={"configuration": -1004})

    with pytest.raises(ChannelError) as failed:
        line.run(made.send(Outgoing(77, p.LEARNER, "hai")))

    assert failed.value.refusal is Refusal.CONFIGURATION


@pytest.mark.parametrize(
    ("name", "code"),
    [("kannel", "403"), ("jasmin", "403"), ("infobip", "401"), ("vonage", "4"), ("aggregator-my", "-1000")],
)
def test_a_wrong_password_is_ours_to_put_right_and_is_shown_nowhere(
    name: str, code: str, double: GatewayDouble, tmp_path: Path
):
    wrong = gateways.ENVIRONMENT | {"GATEWAY_PASSWORD": "not-this-one", "GATEWAY_KEY": "not-this-one"}
    errors = {"configuration": "-1000"} if name == "aggregator-my" else {}
    (made,) = gateways.read(
        tmp_path, gateways.described(name, double.url) | ({"errors": errors} if errors else {}), environment=wrong
    )

    with pytest.raises(ChannelError) as failed:
        line.run(made.send(Outgoing(77, p.LEARNER, "hai")))

    assert (fate(failed.value), failed.value.code) == ("configuration", code)
    assert "not-this-one" not in f"{failed.value!r} {made!r}"


@every_preset
def test_nobody_there_means_that_it_has_not_arrived(name: str, tmp_path: Path):
    with GatewayDouble() as gone:
        pass

    with pytest.raises(ChannelError) as failed:
        line.run(channel(name, gone.url, tmp_path).send(Outgoing(77, p.LEARNER, "hai")))

    assert fate(failed.value) == "not_reached"
    assert failed.value.__cause__ is None  # its words hold the whole address, and a password may stand in that


@every_preset
def test_many_at_once_share_some_connections_and_each_gets_its_own_answer(
    name: str, double: GatewayDouble, tmp_path: Path
):
    patient = gateways.described(name, double.url)["send"] | {
        "seconds": 30
    }  # a hundred, on a machine that has other work
    made = channel(name, double.url, tmp_path, send=patient)

    async def all_at_once() -> list[str]:
        return await asyncio.gather(*(made.send(Outgoing(n, p.LEARNER, str(n))) for n in range(100)))

    sent = line.run(all_at_once())

    if name not in ("kannel", "infobip"):
        assert {m.id: m.text for m in double.messages} == {sid: str(n) for n, sid in enumerate(sent)}
    assert sorted(int(m.text) for m in double.messages) == list(range(100))
    assert double.connections <= line.CONNECTIONS


@pytest.mark.parametrize(
    ("numbers", "to", "written"),
    [
        ("e164", p.LEARNER, "+601110000001"),
        ("digits", p.LEARNER, "601110000001"),
        ("00", p.LEARNER, "00601110000001"),
        ("national", p.LEARNER, "01110000001"),
    ],
)
def test_a_number_is_written_as_the_gateway_wants_it(
    numbers: str, to: str, written: str, double: GatewayDouble, tmp_path: Path
):
    line.run(channel("kannel", double.url, tmp_path, numbers=numbers).send(Outgoing(77, to, "hai")))

    assert double.messages[0].to == written


def test_a_gateway_that_knows_only_our_own_numbers_is_not_asked_for_another(double: GatewayDouble, tmp_path: Path):
    with pytest.raises(ChannelError) as failed:
        line.run(channel("kannel", double.url, tmp_path, numbers="national").send(Outgoing(77, "+6580000000", "hai")))

    assert (fate(failed.value), double.requests) == ("bad_address", [])


def test_a_text_that_the_gateway_would_cut_is_not_sent(double: GatewayDouble, tmp_path: Path):
    made = channel("kannel", double.url, tmp_path, longest=700)
    line.run(made.send(Outgoing(1, p.LEARNER, "x" * 700)))

    with pytest.raises(ChannelError) as failed:
        line.run(made.send(Outgoing(2, p.LEARNER, "x" * 701)))

    assert (fate(failed.value), len(double.requests)) == ("content", 1)


def test_a_character_set_that_lacks_a_character_refuses_instead_of_sending_a_question_mark(
    double: GatewayDouble, tmp_path: Path
):
    written = gateways.described("kannel", double.url)
    written["send"] |= {"charset": "latin-1", "query": written["send"]["query"] | {"charset": "ISO-8859-1"}}
    (made,) = gateways.read(tmp_path, written)
    line.run(made.send(Outgoing(1, p.LEARNER, "señor é")))

    with pytest.raises(ChannelError) as failed:
        line.run(made.send(Outgoing(2, p.LEARNER, "日本")))

    assert (fate(failed.value), failed.value.code) == ("content", "U+65E5 is not in latin-1")
    assert len(double.requests) == 1


def test_no_secret_is_in_what_a_log_would_show(tmp_path: Path):
    for name in PRESETS:
        made = channel(name, gateways.NOBODY, tmp_path)
        request = made._request(Outgoing(77, p.LEARNER, "hai"))

        for secret in (PASSWORD, KEY, p.TOKEN):
            assert secret not in f"{made!r} {made.wire!r} {request!r}"


# --- answers of every shape -----------------------------------------------------------------------------------------

ISMS = {"accepted": {"pattern": "^2000"}, "id": {"pattern": r"SUCCESS:(\S+)"}, "code": {"pattern": r"^(-\d+)"}}
XML = {"accepted": {"where": "/status", "is": ["0", "OK"]}, "id": {"where": "msg-id"}, "code": {"where": "/status"}}
POINTED = {"accepted": {"where": "/a/0/ok", "is": "true"}, "id": {"where": "/a/0/id"}, "code": {"where": "error"}}
HEADER = {"accepted": {"status": [202]}, "id": {"header": "X-Message-Id"}}
CREDIT = {"errors": {"configuration": ["-1004", "no credit"]}}


@pytest.mark.parametrize(
    ("described", "answer", "came_of_it"),
    [
        (ISMS, (200, "2000 = SUCCESS:m-1"), "m-1"),
        (ISMS, (200, "-1004 = INSUFFICIENT CREDITS"), "-1004 unknown"),
        (ISMS | CREDIT, (200, "-1004 = INSUFFICIENT CREDITS"), "-1004 configuration"),
        (ISMS, (200, "<h1>maintenance</h1>"), "unreadable answer ambiguous"),
        (ISMS, (200, "2000 = SUCCESS"), "accepted without an id ambiguous"),
        (XML, (200, "<r><status>0</status><x><msg-id>m-1</msg-id></x></r>"), "m-1"),
        (
            XML,
            (200, '<?xml version="1.0"?><n:r xmlns:n="u"><n:status>OK</n:status><n:msg-id> m-1 </n:msg-id></n:r>'),
            "m-1",
        ),
        (XML, (200, "<r><status>7</status></r>"), "7 unknown"),
        (XML, (200, "<!DOCTYPE r [<!ENTITY a '0'>]><r><status>&a;</status></r>"), "unreadable answer ambiguous"),
        (POINTED, (200, '\ufeff {"a": [{"ok": true, "id": 12}]}'), "12"),
        (POINTED, (200, '[{"a": [{"ok": true, "id": 12}]}]'), "12"),
        (POINTED, (200, '{"a": [{"ok": false}], "error": "no credit"}'), "no credit unknown"),
        (POINTED | CREDIT, (402, '{"a": [{"ok": false}], "error": "no credit"}'), "no credit configuration"),
        (POINTED, (200, '{"a": {"id": [1]}}'), "unreadable answer ambiguous"),
        (POINTED, (200, "[" * 50_000), "unreadable answer ambiguous"),
        (POINTED, (503, '{"error": "busy"}'), "busy ambiguous"),
        (HEADER, (202, ""), "m-1"),
        (HEADER, (200, ""), "unreadable answer ambiguous"),
        ({"id": {"pattern": "[0-9]+"}}, (200, "taken as 77."), "77"),
        ({"id": {"pattern": "[0-9]+"}}, (200, "7" * 10_000), "7" * 140),
        ({}, (204, ""), ""),
    ],
)
def test_answers_of_every_shape_are_understood(
    described: dict[str, Any], answer: tuple[int, str], came_of_it: str, tmp_path: Path
):
    written = {
        "name": "own",
        "send": {"url": "https://sms.example.com/send", "form": {"to": "{to}", "text": "{text}"}},
    }
    (made,) = gateways.read(tmp_path, written | described)
    answered = Answered(answer[0], CIMultiDict({"x-message-id": "m-1"}), answer[1].encode())

    try:
        (found,) = became(answered, made.described, [p.LEARNER])
    except ChannelError as error:
        found = error
    if isinstance(found, ChannelError):
        found = f"{found.code} {fate(found)}"

    assert found == came_of_it

"""The file of gateways: every mistake is told at start, in words and by line; no secret is repeated; no text can do harm."""

import json
import re
import socket
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from xml.etree import ElementTree

import pytest
import yaml

from bot import gateways as file, settings
from bot.channels import line
from bot.channels.base import ChannelError, Outgoing, Refusal
from bot.channels.gateway import addresses, presets
from bot.channels.gateway.channel import Gateway
from bot.channels.gateway.wire import HOSTILE
from tests import gateways
from tests.bot.channels import payloads as p
from tests.gateway_double import GatewayDouble

WHOLE = """\
gateways:
  - name: own
    token: ${GATEWAY_TOKEN}
    send:
      url: https://sms.example.com/send
      headers: {X-Api-Key: "${GATEWAY_KEY}"}
      form: {to: "{to}", text: "{text}"}
    inbound: {from: from, text: text, id: id}
"""


def refused(tmp_path: Path, text: str, environment: dict[str, str] = gateways.ENVIRONMENT) -> str:
    """What is said about a file that cannot be used."""
    written = tmp_path / "gateways.yaml"
    written.write_text(text, encoding="utf-8")
    with pytest.raises(file.WrongGateways) as wrong:
        file.read(written, environment, p.PUBLIC)
    return str(wrong.value)


def changed(old: str, new: str) -> str:
    """The whole file with one thing in it changed."""
    assert WHOLE.count(old) == 1
    return WHOLE.replace(old, new)


def test_the_whole_file_is_right(tmp_path: Path):
    written = tmp_path / "gateways.yaml"
    written.write_text(WHOLE, encoding="utf-8")

    assert [each.name for each in file.read(written, gateways.ENVIRONMENT, p.PUBLIC)] == ["gateway_own"]


LINES = [
    ("name: own", "name: My Gateway", 2, "short name"),
    ("name: own", "nme: own", 2, "Did you mean `name`"),
    ("    token: ${GATEWAY_TOKEN}\n", "", 2, "`token` is missing"),
    ("${GATEWAY_TOKEN}", "a-token-that-stands-in-the-file", 3, "does not stand in this file"),
    ("${GATEWAY_TOKEN}", "${NOBODY_SET_THIS}", 3, "NOBODY_SET_THIS is not set"),
    ("${GATEWAY_TOKEN}", "${NO SUCH NAME}", 3, "is written like"),
    ("${GATEWAY_TOKEN}", "'{to}${GATEWAY_TOKEN}'", 3, "No place such as {to}"),
    ("https://sms.example.com/send", "sms.example.com/send", 5, "https://"),
    ("https://sms.example.com/send", "ftp://sms.example.com/send", 5, "https://"),
    ("https://sms.example.com/send", "https://{to}.example.com/", 5, "in the host"),
    ("https://sms.example.com/send", "https://sms.example.com:99999/", 5, "no URL"),
    ("https://sms.example.com/send", "https://me:you@sms.example.com/", 5, "under basic"),
    ("https://sms.example.com/send", "http://127.0.0.1:13013/x", 5, "allow_private: true"),
    ("https://sms.example.com/send", "http://localhost/x", 5, "127.0.0.1"),
    ("https://sms.example.com/send", "http://2130706433/x", 5, "127.0.0.1"),
    ("https://sms.example.com/send", "http://[::1]/x", 5, "::1"),
    ("https://sms.example.com/send", "http://[::ffff:10.0.0.1]/x", 5, "not on the public internet"),
    ("https://sms.example.com/send", "http://169.254.169.254/x", 5, "not on the public internet"),
    ("https://sms.example.com/send", "https://sms.example.com/{txt}", 5, "{txt} is no place"),
    ('"${GATEWAY_KEY}"', "a-key-that-stands-in-the-file", 6, "does not stand in this file"),
    ('X-Api-Key: "${GATEWAY_KEY}"', 'X-Text: "{text}"', 6, "no place in a header"),
    ('X-Api-Key: "${GATEWAY_KEY}"', "X-Né: é", 6, "plain letters"),
    ('text: "{text}"', "text: hai", 4, "sent nowhere"),
    ('to: "{to}"', "to: hai", 4, "number is sent nowhere"),
    ('to: "{to}"', 'to: "{to}", from: "{from}"', 2, "no `sender`"),
    ('to: "{to}"', 'to: "{to}", pass: hunter2', 7, "does not stand in this file"),
    ("      form:", "      method: GET\n      form:", 8, "GET has no body"),
    ("      form:", "      method: TEXT\n      form:", 7, "'GET', 'POST' or 'PUT'"),
    ("      form:", "      charset: klingon\n      form:", 7, "utf-8"),
    ("      form:", "      xml: <a>{text}</a>\n      form:", 7, "one body"),
    ("      form:", "      seconds: 0\n      form:", 7, "greater than 0"),
    (", id: id}", "}", 8, "Say where `id` stands"),
    ("from: from,", "", 8, "`from` is missing"),
    (", id: id}", ", id: id}\n    rate: {messages: many}", 9, "number"),
    (", id: id}", ", id: id}\n    accepted: {pattern: '('}", 9, "pattern cannot be read"),
    (", id: id}", ", id: id}\n    accepted: {where: /a}", 9, "accepted"),
    (", id: id}", ", id: id}\n    errors: {retry: [1, 2], content: 2}", 9, '"2" stands under retry'),
    (", id: id}", ", id: id}\n    errors: {again: [1]}", 9, "retry"),
    (", id: id}", ", id: id}\n    receipts: {status: s, means: {arrived: [1]}}", 9, "delivered"),
    (", id: id}", ", id: id}\n    preset: kanel", 9, "aggregator-my, infobip, isms, jasmin, kannel, vonage"),
    (", id: id}", ", id: id}\n    pushes_by: nobody", 9, "no gateway nobody"),
    (", id: id}", ", id: id}\n    sender:", 9, "Nothing stands after"),
    (", id: id}", ", id: id}\n    answer: {status: 500}", 9, "less than 300"),
    ("      form:", "      many: {numbers: 0, between: ','}\n      form:", 7, "greater than or equal to 1"),
    ("      form:", "      many: {number: 5, between: ','}\n      form:", 7, "Did you mean `numbers`"),
    ("      form:", "      many: {between: ','}\n      form:", 7, "`numbers` is missing"),
    ("      form:", "      many: {numbers: 5}\n      form:", 7, "`between` joins them"),
    ("      form:", "      many: {numbers: 5, between: '+'}\n      form:", 7, "that no number has"),
    ("      form:", "      many: {numbers: 5, between: 0}\n      form:", 7, "that no number has"),
    ("      form:", "      many: {numbers: 5, between: ', and'}\n      form:", 7, "that no number has"),
    ("      form: {", "      many: {numbers: 5, between: ';'}\n      form: {n: '{id}', ", 4, "under `each` only"),
    ('form: {to: "{to}", text: "{text}"}', 'json: {to: {each: "{id}"}, text: "{text}{to}"}', 7, "stands under `each`"),
    ('form: {to: "{to}", text: "{text}"}', 'json: {to: {each: "{to}"}, text: "{text}{to}"}', 7, "nowhere else"),
    ('form: {to: "{to}", text: "{text}"}', 'json: {a: {each: "{to}"}, b: {each: "{text}"}}', 7, "once"),
    (
        'form: {to: "{to}", text: "{text}"}',
        'json: {a: {each: "{to}"}, b: "{text}"}\n      many: {numbers: 5, between: ","}',
        8,
        "keep one of the two",
    ),
    (", id: id}", ", id: id}\n    per_number: {items: messages}", 9, "beginning with a /"),
    (", id: id}", ", id: id}\n    per_number: {to: {where: to}}", 9, "`items` is missing"),
    (", id: id}", ", id: id}\n    per_number: {items: lines, to: {where: to}}", 9, "write it as a `pattern`"),
    (", id: id}", ", id: id}\n    per_number: {items: lines, to: {pattern: '('}}", 9, "pattern cannot be read"),
    (", id: id}", ", id: id}\n    per_number: {items: /a, to: {header: X-To}}", 9, "of the whole answer"),
    (", id: id}", ", id: id}\n    per_number: {items: /a}\n    id: {pattern: x}", 10, "write it as a `where`"),
    ("https://sms.example.com/send", "http://①27.0.0.1/x", 5, "plain letters"),
    ("gateways:", "gateway:", 1, "gateways:"),
    ("  - name: own", "    name: own", 1, "- name"),
    ("form: {", "form: {{", 8, "cannot be read as YAML"),
    ("    send:", "\tsend:", 4, "tab"),
]


@pytest.mark.parametrize(("old", "new", "line", "says"), LINES, ids=str)
def test_a_mistake_is_told_in_words_at_its_line(old: str, new: str, line: int, says: str, tmp_path: Path):
    told = refused(tmp_path, changed(old, new))

    assert any(f"gateways.yaml:{line} " in each and says in each for each in told.splitlines()), told


@pytest.mark.parametrize("text", ["", "gateways:\n", "gateways: []\n", "gateways: {name: x}\n", "- a\n", "hai\n"])
def test_a_file_without_gateways_is_told_how_to_begin(text: str, tmp_path: Path):
    assert '"- name: …"' in refused(tmp_path, text)


def test_all_mistakes_are_told_at_once(tmp_path: Path):
    two = WHOLE + WHOLE.replace("gateways:\n", "").replace("{text}", "{txt}").replace("https:", "")

    told = refused(tmp_path, two.replace("${GATEWAY_KEY}", "${A}", 1))

    assert "A is not set" in told
    assert "There is a gateway own already" in told
    assert "{txt} is no place" in told
    assert len(told.splitlines()) == 4


@pytest.mark.parametrize(("old", "new", "line", "says"), LINES, ids=str)
def test_no_secret_is_repeated_to_whoever_reads_the_complaint(old: str, new: str, line: int, says: str, tmp_path: Path):
    told = refused(tmp_path, changed(old, new))

    for secret in (*gateways.ENVIRONMENT.values(), "hunter2", "stands-in-the-file"):
        if len(secret) > 6:
            assert secret not in told


def test_a_token_anybody_could_guess_is_refused_and_not_repeated(tmp_path: Path):
    told = refused(tmp_path, WHOLE, gateways.ENVIRONMENT | {"GATEWAY_TOKEN": "shortword"})

    assert "16 or more" in told
    assert "shortword" not in told


@pytest.mark.parametrize("value", ["a\nb", "a\r\nX-Evil: 1", "\x00"])
def test_a_secret_cannot_begin_a_header_of_its_own(value: str, tmp_path: Path):
    assert "line break" in refused(tmp_path, WHOLE, gateways.ENVIRONMENT | {"GATEWAY_KEY": value})


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_needs_an_account_and_nothing_else(name: str, tmp_path: Path):
    (made,) = gateways.read(tmp_path, gateways.described(name))

    assert (made.profile.two_way, made.profile.receipts) == ((False, False) if name == "isms" else (True, True))


def test_what_is_written_wins_over_the_preset_part_by_part(tmp_path: Path):
    written = gateways.described("kannel") | {"answer": {"body": "terima"}, "receipts": {"means": {"sent": [8]}}}
    (made,) = gateways.read(tmp_path, written)

    assert (made.described.answer.status, made.described.answer.body) == (200, "terima")
    assert made.described.receipts is not None
    means = made.described.receipts.means
    assert {status.value: words for status, words in means.items()} == {
        "sent": ("8",),
        "delivered": ("1",),
        "failed": ("2", "16"),
    }


# --- escaping -------------------------------------------------------------------------------------------------------


def sends(tmp_path: Path, text: str, **send: Any) -> Any:
    """What would be sent for a text."""
    written = {
        "name": "own",
        "token": "${GATEWAY_TOKEN}",
        "sender": "A&B",
        "send": {"url": "https://sms.example.com/send"} | send,
    }
    (made,) = gateways.read(tmp_path, written)
    return made._request(Outgoing(7, p.LEARNER, text))


@pytest.mark.parametrize(
    "text", [HOSTILE, "&to=+60123&x=1", '"}, "to": "+60', "]]></t><t>", "é 😀 日本", "{to} ${HOME}"]
)
def test_a_text_is_only_a_text_wherever_it_stands(text: str, tmp_path: Path):
    query = sends(tmp_path, text, method="GET", query={"to": "{to}", "t": "a {text} b"})
    assert parse_qs(query.url.partition("?")[2]) == {"to": [p.LEARNER], "t": [f"a {text} b"]}

    for form in ({"to": "{to}", "t": "{text}"}, "to={to}&t={text}"):
        body = sends(tmp_path, text, form=form).body
        assert parse_qs(body.decode(), keep_blank_values=True) == {"to": [p.LEARNER], "t": [text]}

    tree = {"m": [{"to": "{to}", "t": "{text}", "n": 1, "y": True}]}
    for body in (tree, '{"m": [{"to": "{to}", "t": "{text}", "n": 1, "y": true}]}'):
        assert json.loads(sends(tmp_path, text, json=body).body) == {
            "m": [{"to": p.LEARNER, "t": text, "n": 1, "y": True}]
        }

    sent = ElementTree.fromstring(sends(tmp_path, text, xml='<m to="{to}" t="{text}"><t>{text}</t></m>').body)
    assert (sent.attrib, sent.findtext("t")) == ({"to": p.LEARNER, "t": text}, text)

    path = sends(tmp_path, text, url="https://sms.example.com/a/{text}/b?x=1", query={"to": "{to}"}).url
    assert path.startswith("https://sms.example.com/a/")
    assert path.partition("/a/")[2].count("/") == 1
    assert path.endswith("/b?x=1&to=%2B601110000001")


@pytest.mark.parametrize(
    ("send", "says"),
    [
        ({"json": '{"to": "{to}", "t": {text}}'}, "no json"),
        ({"json": '{"to": "{to}", "t": "{text}"'}, "no json"),
        ({"xml": "<m><to>{to}</to><t><![CDATA[{text}]]></t></m>"}, "outside CDATA"),
        ({"xml": "<m><to>{to}</to><!-- {text} --></m>"}, "no xml"),
        ({"xml": "<m><to>{to}</to><t>{text}</m>"}, "no xml"),
        ({"xml": "<m to={to}>{text}</m>"}, "no xml"),
        ({"form": "to={to}&{text}"}, "after a ="),
    ],
)
def test_a_template_in_which_a_text_could_do_more_is_refused_at_start(send: dict[str, str], says: str, tmp_path: Path):
    with pytest.raises(file.WrongGateways) as wrong:
        sends(tmp_path, "hai", **send)

    assert says in str(wrong.value) or (says == "no xml" and "could change" in str(wrong.value))


def test_a_user_and_password_go_in_the_header_and_a_body_says_what_it_is(tmp_path: Path):
    basic = {"user": "titian", "password": "${GATEWAY_PASSWORD}"}
    request = sends(tmp_path, "hai é", basic=basic, charset="latin-1", xml="<m to='{to}'>{text}</m>")

    assert request.headers["Authorization"].startswith("Basic ")
    assert request.headers["Content-Type"] == "text/xml; charset=latin-1"
    assert request.body == b"<m to='+601110000001'>hai \xe9</m>"
    assert b"&#26085;" in sends(tmp_path, "日", charset="latin-1", xml="<m to='{to}'>{text}</m>").body


# --- addresses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "127.8.9.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
        ),
        *("224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1"),
        *("64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "192.0.2.1", "2001:db8::1"),
    ],
)
def test_an_address_that_is_not_public_is_known(address: str):
    assert addresses.private(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1", "64:ff9b::808:808", "::ffff:8.8.8.8"])
def test_a_public_address_is_known(address: str):
    assert not addresses.private(address)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A name server that knows sms.example.com, at an address inside; returns what it was asked."""
    asked: list[str] = []

    def look_up(host: str, port: int, *args: Any, **more: Any) -> list[Any]:
        asked.append(host)
        address = {"sms.example.com": "127.0.0.1"}.get(host)
        if address is None:
            raise socket.gaierror(-2, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def gateway_at(host: str, tmp_path: Path, port: int) -> Gateway:
    written = gateways.described("kannel", f"http://{host}:{port}") | {"allow_private": False}
    (made,) = gateways.read(tmp_path, written)
    return made


def test_a_name_that_leads_inside_is_not_followed(names: list[str], tmp_path: Path):
    with GatewayDouble() as double:
        made = gateway_at("sms.example.com", tmp_path, double.port)

        with pytest.raises(ChannelError) as refused_:
            line.run(made.send(Outgoing(1, p.LEARNER, "hai")))

        assert (double.connections, double.requests) == (0, [])
    assert refused_.value.refusal is Refusal.CONFIGURATION
    assert refused_.value.code.startswith("sms.example.com is at 127.0.0.1, which is not on the public internet")
    assert names == ["sms.example.com"]


def test_a_name_that_nobody_knows_means_that_it_has_not_arrived(names: list[str], tmp_path: Path):
    with pytest.raises(ChannelError) as failed:
        line.run(gateway_at("gone.example.com", tmp_path, 80).send(Outgoing(1, p.LEARNER, "hai")))

    assert failed.value.refusal is Refusal.NOT_REACHED


def test_an_answer_that_sends_us_elsewhere_is_not_followed(tmp_path: Path):
    with GatewayDouble() as double:
        double.behave(status=302)
        (made,) = gateways.read(tmp_path, gateways.described("kannel", double.url))

        with pytest.raises(ChannelError):
            line.run(made.send(Outgoing(1, p.LEARNER, "hai")))

        assert len(double.requests) == 1


# --- settings -------------------------------------------------------------------------------------------------------


def test_secrets_stand_in_the_environment_or_in_the_file_called_env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("KANNEL_TOKEN=from-the-file\nKANNEL_PASSWORD=in-the-file\n", encoding="utf-8")
    monkeypatch.setenv("KANNEL_PASSWORD", "from-the-shell")

    found = settings.environment()

    assert (found["KANNEL_TOKEN"], found["KANNEL_PASSWORD"]) == ("from-the-file", "from-the-shell")


def test_a_file_that_is_not_there_is_a_wrong_setting():
    with pytest.raises(settings.WrongSettings, match=r"GATEWAYS: .* is not a file"):
        settings.load(gateways="/nowhere/gateways.yaml")


def test_what_the_documents_show_of_many_numbers_can_be_laid_over_any_gateway(tmp_path: Path):
    text = (settings.ROOT / "docs" / "channels.md").read_text(encoding="utf-8")
    examples = [yaml.safe_load(each) for each in re.findall(r"```yaml\n((?:send|per_number):.*?)```", text, re.DOTALL)]

    for example in examples:
        send = {"url": "https://sms.example.com/send"} | example.get("send", {"form": {"to": "{to}", "t": "{text}"}})
        (made,) = gateways.read(tmp_path, example | {"name": "own", "send": send})
        assert (made.profile.many > 1) == ("send" in example)
    assert len(examples) == 4


def test_the_examples_in_the_documents_can_be_used_as_they_stand(tmp_path: Path):
    text = (settings.ROOT / "docs" / "channels.md").read_text(encoding="utf-8")
    secrets = dict.fromkeys(re.findall(r"\$\{([A-Z_]+)\}", text), p.TOKEN)
    examples = re.findall(r"```yaml\n(gateways:.*?)```", text, re.DOTALL)

    for place, example in enumerate(examples):
        written = tmp_path / f"example-{place}.yaml"
        written.write_text(example, encoding="utf-8")
        assert file.read(written, secrets, p.PUBLIC)
    assert len(examples) == 2

"""One request to many numbers: how they are written, what became of each, and which receipt is whose."""

import copy
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import yaml
from multidict import CIMultiDict

from bot import diagnosis, receipts, wiring
from bot.channels import line
from bot.channels.base import RANK, ChannelError, Outgoing, SendsMany, Status
from bot.channels.gateway.answers import Answered, became
from bot.channels.gateway.channel import Gateway
from bot.cli.rehearsal import Clock
from bot.pushes import BULK
from bot.store import tables as t
from bot.wiring import Bot
from tests import gateways
from tests.bot.channels import payloads as p
from tests.bots import made_settings, rows, villager
from tests.gateway_double import GatewayDouble
from workers import outbox

SEPARATED = "satu;dua, tiga\n;601110000009;"
LINES: gateways.Fields = {
    "name": "lines",
    "token": "${GATEWAY_TOKEN}",
    "allow_private": True,
    "numbers": "digits",
    "send": {
        "url": "/lines",
        "many": {"numbers": 10, "between": ","},
        "form": {"to": "{to}", "text": "{text}", "callback": "{receipts}"},
    },
    "per_number": {"items": "lines", "to": {"pattern": r"^(\d+) "}},
    "accepted": {"pattern": " ID "},
    "id": {"pattern": r" ID (\S+)"},
    "code": {"pattern": r" ERR (\d+)"},
    "errors": {"bad_address": 7},
    "receipts": {"status": "status", "id": "id", "means": {"delivered": "ok"}},
}


@pytest.fixture
def double() -> Iterator[GatewayDouble]:
    """All gateways on this machine."""
    with GatewayDouble() as double:
        yield double


def written(name: str, url: str) -> gateways.Fields:
    """What an operator wrote of one that takes many numbers."""
    if name == "lines":
        return LINES | {"send": LINES["send"] | {"url": f"{url}/lines", "seconds": 0.3}}
    return gateways.described(name, url)


def channel(name: str, url: str, directory: Path, **more: Any) -> Gateway:
    """One gateway that takes many numbers."""
    (made,) = gateways.read(directory, written(name, url) | more)
    return made


def to(count: int, text: str = "hai") -> list[Outgoing]:
    """Messages to that many learners."""
    return [Outgoing(100 + n, f"+6011100000{n:02}", text) for n in range(1, count + 1)]


def fates(told: Sequence[str | ChannelError]) -> list[str]:
    """What became of each, in a word: "sent", or what the outbox will do about it."""
    return [_fate(each) for each in told]


def _fate(each: str | ChannelError) -> str:
    if isinstance(each, str):
        return "sent"
    return "ambiguous" if each.ambiguous else each.refusal.value


MANY = ("infobip", "isms", "lines")
every_gateway = pytest.mark.parametrize("name", MANY)


@every_gateway
@pytest.mark.parametrize("text", ["hai", SEPARATED, '"}]; & <to>é</to> 日本'])
def test_one_request_carries_a_text_to_all_as_it_was_written(
    name: str, text: str, double: GatewayDouble, tmp_path: Path
):
    made = channel(name, double.url, tmp_path)
    assert isinstance(made, SendsMany)
    assert made.profile.many == {"infobip": 100, "isms": 30, "lines": 10}[name]

    told = line.run(made.send_many(to(3, text)))

    assert len(double.requests) == 1
    assert [each.to for each in double.messages] == ["601110000001", "601110000002", "601110000003"]
    assert {each.text for each in double.messages} == {text}
    if name == "lines":
        assert list(told) == [each.id for each in double.messages]
    else:  # our own ids, which were given to it; or the one that it gave
        assert list(told) == (["101", "102", "103"] if name == "infobip" else ["0", "0", "0"])


@every_gateway
def test_one_number_is_sent_to_as_before(name: str, double: GatewayDouble, tmp_path: Path):
    made = channel(name, double.url, tmp_path)

    alone = line.run(made.send(to(1)[0]))

    (taken,) = double.messages
    assert (taken.to, alone) == ("601110000001", taken.id)


@pytest.mark.parametrize("name", ["infobip", "lines"])
def test_each_number_has_a_fate_of_its_own(name: str, double: GatewayDouble, tmp_path: Path):
    """Whatever the order of the answer: one is refused, and one is not mentioned, so nobody knows."""
    double.refuses, double.forgets = {"601110000002"}, {"601110000003"}

    told = line.run(channel(name, double.url, tmp_path).send_many(to(4)))

    assert fates(told) == ["sent", "bad_address", "ambiguous", "sent"]
    assert [each.to for each in double.messages] == ["601110000001", "601110000003", "601110000004"]
    sent = {each.to: each.id for each in double.messages}
    assert (told[0], told[3]) == (sent["601110000001"], sent["601110000004"])


@pytest.mark.parametrize("name", ["infobip", "lines"])
def test_two_messages_to_one_number_are_two(name: str, double: GatewayDouble, tmp_path: Path):
    twice = [Outgoing(1, p.LEARNER, "hai"), Outgoing(2, p.LEARNER, "hai")]

    told = line.run(channel(name, double.url, tmp_path).send_many(twice))

    assert sorted(str(each) for each in told) == sorted(each.id for each in double.messages)
    assert len(set(told)) == 2


def test_a_number_that_it_cannot_reach_is_left_out_of_the_request(double: GatewayDouble, tmp_path: Path):
    made = channel("isms", double.url, tmp_path, numbers="national")
    messages = [*to(2), Outgoing(9, "+6580000000", "hai")]

    assert fates(line.run(made.send_many(messages[::-1]))) == ["bad_address", "sent", "sent"]
    assert double.requests[0].form["dstno"] == "01110000002;01110000001"

    assert fates(line.run(made.send_many(messages[2:]))) == ["bad_address"]
    assert len(double.requests) == 1


WHOLE = [
    ({"garbage": True}, "ambiguous", "unreadable answer"),
    ({"reset": True}, "ambiguous", "ClientOSError"),
    ({"latency": 1.0}, "ambiguous", "TimeoutError"),
    ({"status": 502, "accepts": True}, "ambiguous", "502"),
    ({"status": 429, "retry_after": 7}, "retry", "429"),
]


@every_gateway
@pytest.mark.parametrize(("fault", "fate", "code"), WHOLE)
def test_what_goes_wrong_with_the_request_is_of_all_its_messages(
    name: str, fault: dict[str, Any], fate: str, code: str, double: GatewayDouble, tmp_path: Path
):
    double.behave(times=1, **fault)

    with pytest.raises(ChannelError) as failed:
        line.run(channel(name, double.url, tmp_path).send_many(to(3)))

    assert (_fate(failed.value), failed.value.code) == (fate, code)


def test_a_code_for_the_request_is_of_all_its_messages(double: GatewayDouble, tmp_path: Path):
    double.behave(times=1, code=1004)

    with pytest.raises(ChannelError) as failed:
        line.run(channel("isms", double.url, tmp_path).send_many(to(3)))

    assert (_fate(failed.value), failed.value.code, double.messages) == ("configuration", "-1004", [])


def test_a_text_that_it_would_cut_goes_to_nobody(double: GatewayDouble, tmp_path: Path):
    with pytest.raises(ChannelError):
        line.run(channel("isms", double.url, tmp_path).send_many(to(3, "x" * 701)))

    assert double.requests == []


# --- how the numbers are written ------------------------------------------------------------------------------------


def request(tmp_path: Path, count: int = 2, **send: Any) -> Any:
    """What would be sent to so many."""
    described = {"name": "own", "token": "${GATEWAY_TOKEN}", "send": {"url": "https://sms.example.com/send"} | send}
    receipts_ = {"receipts": {"status": "s", "id": "id", "means": {"delivered": "ok"}}}
    (made,) = gateways.read(tmp_path, described | receipts_)
    return made._request(*to(count, SEPARATED))


@pytest.mark.parametrize("between", [",", ";", " ", "|", "\n", ", "])
def test_numbers_stand_joined_wherever_they_are_written(between: str, tmp_path: Path):
    both, many = f"+601110000001{between}+601110000002", {"numbers": 5, "between": between}

    query = request(tmp_path, many=many, method="GET", query={"to": "{to}", "t": "{text}"}).url
    assert parse_qs(query.partition("?")[2]) == {"to": [both], "t": [SEPARATED]}
    form = request(tmp_path, many=many, form={"to": "{to}", "t": "{text}"}).body
    assert parse_qs(form.decode()) == {"to": [both], "t": [SEPARATED]}
    tree = request(tmp_path, many=many, json={"to": "{to}", "t": "{text}"}).body
    assert json.loads(tree) == {"to": both, "t": SEPARATED}


def test_under_each_a_part_stands_once_for_each_number_with_what_is_its_own(tmp_path: Path):
    each = {"n": "{to}", "our": ["{id}"], "at": "{receipts}", "t": "{text}", "k": 1}
    body = {"list": {"each": each}, "at": "{receipts}", "t": "{text}"}

    for count in (1, 2):
        told = json.loads(request(tmp_path, count, many={"numbers": 5}, json=body).body)
        assert [each["n"] for each in told["list"]] == ["+601110000001", "+601110000002"][:count]
        assert [each["our"] for each in told["list"]] == [["101"], ["102"]][:count]
        assert [each["at"].partition("?")[2] for each in told["list"]] == ["message=101", "message=102"][:count]
        assert {each["t"] for each in told["list"]} == {told["t"]} == {SEPARATED}
        # The address that stands once knows no message where it stands for several.
        assert told["at"].partition("?")[2] == ("message=101" if count == 1 else "message=")


def test_a_list_may_be_of_numbers_alone_and_needs_no_many(tmp_path: Path):
    body = {"to": {"each": "{to}"}, "t": "{text}"}

    assert json.loads(request(tmp_path, 1, json=body).body)["to"] == ["+601110000001"]


def test_one_at_a_time_may_be_said_over_a_preset(tmp_path: Path):
    written_ = gateways.described("infobip")
    written_["send"] |= {"many": {"numbers": 1}}
    (made,) = gateways.read(tmp_path, written_)

    assert made.profile.many == 1


# --- answers --------------------------------------------------------------------------------------------------------

LIST = {"per_number": {"items": "/r", "to": {"where": "to"}}, "id": {"where": "id"}, "code": {"where": "err"}}
ORDER = LIST | {"per_number": {"items": "/r"}}
MASKED = {  # lines in which the numbers cannot be told apart: one number's refusal is not the other's
    "per_number": {"items": "lines", "to": {"pattern": r"^(\S+) "}},
    "id": {"pattern": r" ID (\S+)"},
    "code": {"pattern": r" ERR (\d+)"},
    "errors": {"bad_address": "7", "retry": "8"},
}
TWO = [{"to": "601110000001", "id": 1}, {"to": "+60 11-1000 0002", "id": 2}]


@pytest.mark.parametrize(
    ("described", "answer", "came_of_it"),
    [
        (LIST, {"r": TWO}, ["1", "2"]),
        (LIST, {"r": [*TWO[::-1], {"to": "60999", "id": 3}, {"to": "hai"}]}, ["1", "2"]),
        (LIST, {"r": TWO[1:]}, ["ambiguous", "2"]),
        (LIST, {"r": [TWO[0], {"to": "01110000002", "err": "9"}]}, ["1", "ambiguous"]),
        (LIST | {"accepted": {"where": "id", "is": "1"}}, {"r": [TWO[0], TWO[1] | {"err": "9"}]}, ["1", "unknown"]),
        (LIST, {"r": []}, "ambiguous"),
        (LIST, {"r": None}, "ambiguous"),
        (LIST, {"r": ["601110000001", "601110000002"]}, "ambiguous"),
        (LIST, {"err": "9"}, "unknown"),
        (LIST | {"errors": {"retry": "9"}}, {"err": "9", "r": []}, "retry"),
        (ORDER, {"r": TWO[::-1]}, ["2", "1"]),
        (ORDER, {"r": TWO[:1]}, "ambiguous"),
        (ORDER, {"r": [*TWO, {"id": 3}]}, "ambiguous"),
        (ORDER | {"per_number": {"items": "/"}}, TWO, ["1", "2"]),
        (LIST, "<r><r><to>601110000001</to><id>1</id></r></r>", ["1", "ambiguous"]),
        (
            {"per_number": {"items": "/r/n"}, "id": {"where": "/@id"}},
            '<x><r><n id="1"/><n id="2"/></r></x>',
            ["1", "2"],
        ),
        (LIST, "<h1>maintenance</h1>", "ambiguous"),
        (LIST, {"r": [{"to": "60999", "id": 3}]}, "ambiguous"),
        ({"per_number": {"items": "lines"}, "code": {"pattern": "^-[0-9]+"}}, "-1004 = NO CREDIT", "unknown"),
        (MASKED, "6011xxxx001 ID 1\n6011xxxx002 ERR 8", "ambiguous"),
        (MASKED, "6011xxxx001 ERR 7\n6011xxxx002 ERR 8", "ambiguous"),
        (MASKED, "REFUSED ERR 8", "retry"),
        (LIST, "<x><r><to>6011xxxx001</to><id>5</id></r><r><to>6011xxxx002</to><err>8</err></r></x>", "ambiguous"),
        ({"per_number": {"items": "lines"}, "id": {"pattern": r"\d+"}}, "1\n\n 2 \n", ["1", "2"]),
        ({"per_number": {"items": "lines"}, "id": {"pattern": r"\d+"}}, "\n \n", "ambiguous"),
        ({"per_number": {"items": "lines"}, "id": {"pattern": r"\d+"}}, "1\nno", ["1", "ambiguous"]),
    ],
)
def test_answers_of_every_shape_say_what_became_of_each_number(
    described: gateways.Fields, answer: Any, came_of_it: Any, tmp_path: Path
):
    base = {"name": "own", "send": {"url": "https://sms.example.com/send", "form": {"to": "{to}", "text": "{text}"}}}
    (made,) = gateways.read(tmp_path, base | described)
    body = answer if isinstance(answer, str) else json.dumps(answer)
    answered = Answered(200, CIMultiDict(), body.encode())

    try:
        told = became(answered, made.described, ["+601110000001", "+601110000002"])
        found: Any = [each if isinstance(each, str) else _fate(each) for each in told]
    except ChannelError as error:
        found = _fate(error)

    assert found == came_of_it


def test_a_single_answer_is_of_the_single_number_however_it_is_written(tmp_path: Path):
    base = {"name": "own", "send": {"url": "https://sms.example.com/send", "form": {"to": "{to}", "text": "{text}"}}}
    (made,) = gateways.read(tmp_path, base | LIST)
    answered = Answered(200, CIMultiDict(), b'{"r": [{"to": "tel:601110000001;x", "id": 1}]}')

    assert list(became(answered, made.described, ["+601110000001"])) == ["1"]


def test_a_long_answer_is_read_to_its_end(double: GatewayDouble, tmp_path: Path):
    messages = [Outgoing(n, f"+60111000{n:04}", "hai") for n in range(500)]
    written_ = gateways.described("infobip", double.url)
    written_["send"] |= {"many": {"numbers": len(messages)}, "seconds": 5}
    (made,) = gateways.read(tmp_path, written_)

    told = line.run(made.send_many(messages))

    assert fates(told) == ["sent"] * len(messages)


# --- receipts -------------------------------------------------------------------------------------------------------


@pytest.fixture
def bot(
    migrated_url: str, tmp_path: Path, clock: Clock, double: GatewayDouble, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bot]:
    """A bot with gateways that take many numbers."""
    for name, secret in gateways.ENVIRONMENT.items():
        monkeypatch.setenv(name, secret)
    shared = written("isms", double.url) | {
        "name": "shared",
        "receipts": {
            "status": "status",
            "id": "id",
            "to": "to",
            "means": {"sent": "sent", "delivered": "ok", "failed": "no"},
        },
    }
    unknown = shared | {"name": "unknown", "receipts": {"status": "status", "id": "id", "means": {"delivered": "ok"}}}
    file = tmp_path / "gateways.yaml"
    all_ = [written("infobip", double.url), written("lines", double.url), shared, unknown]
    file.write_text(yaml.safe_dump({"gateways": [copy.deepcopy(each) for each in all_]}), encoding="utf-8")
    bot = wiring.build(
        made_settings(
            migrated_url, tmp_path, public_url=p.PUBLIC, gateways=str(file), twilio_account_sid="", at_username=""
        ),
        clock=clock,
    )
    yield bot
    bot.store.engine.dispose()


def announced(bot: Bot, name: str) -> list[str]:
    """The same words are queued for three learners, and sent."""
    numbers = [each.to for each in to(3)]
    for number in numbers:
        villager(bot, number, f"gateway_{name}")
    _queue(bot, f"gateway_{name}")
    outbox.deliver(bot, BULK, most=10)
    return numbers


def _queue(bot: Bot, name: str, *, first: int = 100, status: Status = Status.QUEUED) -> None:
    values = {
        "channel": name,
        "purpose": "broadcast",
        "lane": BULK,
        "text": "hai",
        "status": status,
        "rank": RANK[status],
    }
    now = bot.clock()
    with bot.store.begin() as connection:
        for place, address in enumerate(rows(bot, t.address), start=1):
            whose = {"id": first + place, "learner_id": address.learner_id, "address_id": address.id}
            whole = values | whose | {"due_at": now, "attempts": 0, "created_at": now}
            connection.execute(t.outbound_message.insert().values(whole))


def statuses(bot: Bot) -> dict[str, str]:
    """How far each number's message came."""
    at = {address.id: address.identifier for address in rows(bot, t.address)}
    return {at[row.address_id]: row.status for row in rows(bot, t.outbound_message)}


def reported(bot: Bot, name: str, **fields: str) -> None:
    """The gateway reports, and we settle what it says."""
    told = bot.channels[f"gateway_{name}"].read(gateways.by_form(fields, name))
    assert isinstance(told, receipts.Receipt)
    receipts.settle(bot.store, told, now=bot.clock())


def test_many_at_once_are_one_request_and_each_receipt_is_its_own(bot: Bot, double: GatewayDouble):
    double.refuses = {"601110000003"}
    announced(bot, "lines")
    assert len(double.requests) == 1
    first, second = double.messages

    reported(bot, "lines", id=second.id, status="ok")

    assert statuses(bot) == {"+601110000001": "sent", "+601110000002": "delivered", "+601110000003": "failed"}
    assert first.callback.endswith("?message=")


def test_infobip_reports_our_own_ids_so_a_receipt_finds_its_message_before_any_answer(bot: Bot, double: GatewayDouble):
    double.behave(times=1, reset=True)
    announced(bot, "infobip")
    assert set(statuses(bot).values()) == {"undetermined"}

    row = {"messageId": double.messages[1].id, "status": {"groupName": "DELIVERED"}, "to": "601110000002"}
    told = bot.channels["gateway_infobip"].read(gateways.by_results(row, "infobip"))
    assert isinstance(told, receipts.Receipt)
    receipts.settle(bot.store, told, now=bot.clock())

    assert statuses(bot)["+601110000002"] == "delivered"
    assert sorted(statuses(bot).values()) == ["delivered", "undetermined", "undetermined"]


def test_an_id_of_many_messages_is_told_apart_by_the_number(bot: Bot, double: GatewayDouble):
    announced(bot, "shared")
    assert {row.provider_id for row in rows(bot, t.outbound_message)} == {"0"}

    reported(bot, "shared", id="0", to="601110000002", status="ok")
    reported(bot, "shared", id="0", to="601110000003", status="no")
    reported(bot, "shared", id="0", to="601110000003", status="no")
    reported(bot, "shared", id="0", to="60999999999", status="ok")
    reported(bot, "shared", id="0", status="ok")

    assert statuses(bot) == {"+601110000001": "sent", "+601110000002": "delivered", "+601110000003": "failed"}


def test_receipts_that_are_quicker_than_the_one_id_find_each_its_own_message(bot: Bot, double: GatewayDouble):
    double.behave(times=1, reset=True)
    announced(bot, "shared")
    assert set(statuses(bot).values()) == {"undetermined"}

    for digits in ("601110000001", "601110000002", "601110000001", "601110000002"):
        reported(bot, "shared", id="0", to=digits, status="ok")

    assert statuses(bot) == {
        "+601110000001": "delivered",
        "+601110000002": "delivered",
        "+601110000003": "undetermined",
    }


def test_an_early_receipt_under_the_one_id_is_not_taken_for_somebody_elses(bot: Bot, double: GatewayDouble):
    """Of hers two are in doubt, so it waits; the only message that has the id already went to another."""
    double.behave(times=1, reset=True)
    announced(bot, "shared")
    reported(bot, "shared", id="0", to="601110000001", status="sent")
    _queue(bot, "gateway_shared", first=200, status=Status.SENDING)

    reported(bot, "shared", id="0", to="601110000002", status="no")

    told = {row.id: row.status for row in rows(bot, t.outbound_message)}
    assert (told[101], "failed" in told.values()) == ("sent", False)


def test_where_receipts_name_no_number_an_id_of_many_messages_is_nobodys(bot: Bot, double: GatewayDouble):
    """Better that all stay `sent` than that one receipt speaks for thirty people."""
    announced(bot, "unknown")
    assert sorted(row.provider_id for row in rows(bot, t.outbound_message)) == ["101", "102", "103"]

    reported(bot, "unknown", id="0", status="ok")

    assert set(statuses(bot).values()) == {"sent"}
    says = {finding.about: finding.says for finding in diagnosis.findings(bot.settings, bot.channels)}
    assert "one id for all" in says["gateway_unknown"]
    assert "one id for all" not in f"{says.get('gateway_shared')} {says.get('gateway_lines')}"


def test_a_wrong_password_is_of_all_messages(double: GatewayDouble, tmp_path: Path):
    described = gateways.described("isms", double.url)
    (made,) = gateways.read(
        tmp_path, described, environment=gateways.ENVIRONMENT | {"GATEWAY_PASSWORD": "not-this-one"}
    )

    with pytest.raises(ChannelError) as failed:
        line.run(made.send_many(to(2)))

    assert (_fate(failed.value), failed.value.code) == ("configuration", "-1001")

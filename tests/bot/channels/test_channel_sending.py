"""What becomes of a message that is sent: the provider is a real server, and everything goes wrong that can."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.channels import line
from bot.channels.africastalking import LIVE, SANDBOX, AfricasTalkingSms
from bot.channels.base import Channel, ChannelError, Outgoing, Refusal
from bot.channels.twilio import Twilio
from bot.channels.twilio_codes import REFUSALS, meaning
from tests.bot.channels import payloads as p
from tests.doubles import ACCOUNT, API_KEY, AUTH_TOKEN, USERNAME, ProviderDouble

ROOT = Path(__file__).resolve().parents[3]
STATUS_URL = f"{p.PUBLIC}/webhooks/twilio/status"

Make = Callable[..., Channel]


def twilio(url: str, kind: str = "sms", token: str = AUTH_TOKEN, sender: str = p.US) -> Twilio:
    return Twilio(kind, ACCOUNT, (token,), sender, STATUS_URL, api_url=url, patience=0.3)


def africastalking(url: str, token: str = API_KEY, sender: str = "") -> AfricasTalkingSms:
    return AfricasTalkingSms(USERNAME, token, p.TOKEN, sender, f"{url}/version1", patience=0.3)


def fate(error: ChannelError) -> str:
    """The error in a word: what the outbox will do about it."""
    return "ambiguous" if error.ambiguous else error.refusal.value


every_provider = pytest.mark.parametrize("make", [twilio, africastalking])


@every_provider
def test_a_message_is_sent_once_and_its_id_comes_back(make: Make, provider: ProviderDouble):
    sent = line.run(make(provider.url).send(Outgoing(7, p.LEARNER, "Selamat 😀 & <b>\x00\x0b datang")))

    assert [(m.id, m.to, m.text) for m in provider.messages] == [(sent, p.LEARNER, "Selamat 😀 & <b> datang")]


FATES = [
    (twilio, {"status": 429, "code": 20429, "retry_after": 3}, "retry", "20429", 0),
    (twilio, {"status": 400, "code": 21611}, "retry", "21611", 0),
    (twilio, {"status": 400, "code": 63018}, "retry", "63018", 0),
    (twilio, {"status": 400, "code": 21610}, "opt_out", "21610", 0),
    (twilio, {"status": 400, "code": 63033}, "opt_out", "63033", 0),
    (twilio, {"status": 400, "code": 21211}, "bad_address", "21211", 0),
    (twilio, {"status": 400, "code": 20003}, "configuration", "20003", 0),
    (twilio, {"status": 400, "code": 21408}, "configuration", "21408", 0),
    (twilio, {"status": 403}, "configuration", "403", 0),
    (twilio, {"status": 400, "code": 30007}, "content", "30007", 0),
    (twilio, {"status": 400, "code": 63016}, "needs_template", "63016", 0),
    (twilio, {"status": 400, "code": 63038}, "wait_a_day", "63038", 0),
    (twilio, {"status": 400, "code": 99999}, "unknown", "99999", 0),
    (twilio, {"status": 400}, "unknown", "400", 0),
    (twilio, {"status": 302}, "unknown", "302", 0),
    (twilio, {"status": 500, "code": 20500}, "ambiguous", "20500", 0),
    (twilio, {"status": 503, "code": 20429}, "ambiguous", "20429", 0),
    (twilio, {"status": 502, "accepts": True}, "ambiguous", "502", 1),
    (twilio, {"garbage": True}, "ambiguous", "unreadable answer", 1),
    (twilio, {"garbage": True, "status": 500}, "ambiguous", "500", 0),
    (africastalking, {"status": 429}, "retry", "429", 0),
    (africastalking, {"code": 405}, "configuration", "405", 0),
    (africastalking, {"code": 501}, "retry", "501", 0),
    (africastalking, {"code": 406}, "opt_out", "406", 0),
    (africastalking, {"code": 403}, "bad_address", "403", 0),
    (africastalking, {"code": 409}, "unknown", "409", 0),
    (africastalking, {"status": 401}, "configuration", "401", 0),
    (africastalking, {"status": 400}, "unknown", "400", 0),
    (africastalking, {"status": 503}, "ambiguous", "503", 0),
    (africastalking, {"status": 502, "accepts": True}, "ambiguous", "502", 1),
    (africastalking, {"garbage": True}, "ambiguous", "unreadable answer", 1),
    (twilio, {"reset": True}, "ambiguous", "ClientOSError", 1),
    (africastalking, {"reset": True}, "ambiguous", "ClientOSError", 1),
    (twilio, {"latency": 1.0}, "ambiguous", "TimeoutError", 1),
    (africastalking, {"latency": 1.0}, "ambiguous", "TimeoutError", 1),
]


@pytest.mark.parametrize(("make", "fault", "expected", "code", "accepted"), FATES)
def test_every_failure_says_whether_to_try_again(
    provider: ProviderDouble, make: Make, fault: dict[str, Any], expected: str, code: str, accepted: int
):
    provider.behave(times=1, **fault)

    with pytest.raises(ChannelError) as failed:
        line.run(make(provider.url).send(Outgoing(1, p.LEARNER, "hai")))

    assert (fate(failed.value), failed.value.code) == (expected, code)
    assert len(provider.messages) == accepted


@every_provider
def test_a_provider_that_cannot_be_reached_has_not_got_it(make: Make):
    with ProviderDouble() as gone:
        pass

    with pytest.raises(ChannelError) as failed:
        line.run(make(gone.url).send(Outgoing(1, p.LEARNER, "hai")))

    assert fate(failed.value) == "not_reached"


@pytest.mark.parametrize(("make", "code"), [(twilio, "20003"), (africastalking, "401")])
def test_a_wrong_key_is_refused(provider: ProviderDouble, make: Make, code: str):
    with pytest.raises(ChannelError) as failed:
        line.run(make(provider.url, token="wrong").send(Outgoing(1, p.LEARNER, "hai")))

    assert (fate(failed.value), failed.value.code) == ("configuration", code)


def test_a_201_of_africas_talking_can_be_a_refusal(provider: ProviderDouble):
    with pytest.raises(ChannelError) as failed:
        line.run(africastalking(provider.url, sender="invalid").send(Outgoing(1, p.LEARNER, "hai")))

    assert (fate(failed.value), failed.value.code) == ("configuration", "InvalidSenderId")


@pytest.mark.parametrize("code", [100, 101, 102])
def test_africas_talking_accepts_in_three_ways(provider: ProviderDouble, code: int):
    provider.behave(code=code)

    assert (
        line.run(africastalking(provider.url, sender="22384").send(Outgoing(1, p.LEARNER, "hai")))
        == provider.messages[0].id
    )
    assert provider.messages[0].sender == "22384"


def test_a_text_that_twilio_would_refuse_is_not_sent(provider: ProviderDouble):
    channel = twilio(provider.url)
    assert line.run(channel.send(Outgoing(1, p.LEARNER, "x" * 1600)))

    with pytest.raises(ChannelError) as failed:
        line.run(channel.send(Outgoing(2, p.LEARNER, "x" * 1601)))

    assert (fate(failed.value), failed.value.code, len(provider.messages)) == ("content", "21617", 1)


@pytest.mark.parametrize(
    ("kind", "sender", "to", "as_from", "as_to"),
    [
        ("sms", p.US, p.LEARNER, p.US, p.LEARNER),
        ("sms", "MG" + "0" * 32, p.LEARNER, "MG" + "0" * 32, p.LEARNER),
        ("whatsapp", p.US, p.LEARNER, f"whatsapp:{p.US}", f"whatsapp:{p.LEARNER}"),
        ("whatsapp", f"whatsapp:{p.US}", p.USER_ID, f"whatsapp:{p.US}", f"whatsapp:{p.USER_ID}"),
    ],
)
def test_twilio_is_told_from_whom_to_whom_and_where_to_report(
    provider: ProviderDouble, kind: str, sender: str, to: str, as_from: str, as_to: str
):
    line.run(twilio(provider.url, kind, sender=sender).send(Outgoing(42, to, "hai")))

    (sent,) = provider.messages
    assert (sent.sender, sent.to, sent.callback) == (as_from, as_to, f"{STATUS_URL}?message=42")


@every_provider
def test_many_at_once_share_some_connections_and_each_gets_its_own_answer(make: Make, provider: ProviderDouble):
    channel = make(provider.url)

    async def all_at_once() -> list[str]:
        return await asyncio.gather(*(channel.send(Outgoing(n, p.LEARNER, str(n))) for n in range(200)))

    sent = line.run(all_at_once())

    assert {int(m.text): m.id for m in provider.messages} == dict(enumerate(sent))
    assert provider.connections <= line.CONNECTIONS


@every_provider
def test_a_connection_that_the_provider_has_closed_is_opened_again(make: Make, provider: ProviderDouble):
    channel, exchange = make(provider.url), line.Exchange()
    exchange.run(channel.send(Outgoing(1, p.LEARNER, "satu")))

    provider.hang_up()
    exchange.run(channel.send(Outgoing(2, p.LEARNER, "dua")))
    exchange.close()

    assert [m.text for m in provider.messages] == ["satu", "dua"]


# --- many numbers in one request, at Africa's Talking ---------------------------------------------------------------

MANY = [Outgoing(n, f"+6011100000{n:02}", "Kelas, esok & lusa") for n in range(30)]


def test_one_request_carries_the_same_text_to_many_numbers(provider: ProviderDouble):
    became = line.run(africastalking(provider.url).send_many(MANY))

    assert [(m.to, m.text, m.id) for m in provider.messages] == [
        (asked.to, asked.text, sent) for asked, sent in zip(MANY, became, strict=True)
    ]


def test_a_whole_request_that_is_refused_is_a_refusal_of_every_number(provider: ProviderDouble):
    with pytest.raises(ChannelError) as failed:
        line.run(africastalking(provider.url, sender="invalid").send_many(MANY))

    assert (fate(failed.value), failed.value.code) == ("configuration", "InvalidSenderId")


@pytest.mark.parametrize(("username", "base"), [("sandbox", SANDBOX), ("titian", LIVE)])
def test_the_sandbox_of_africas_talking_is_another_place(username: str, base: str):
    assert AfricasTalkingSms(username, API_KEY, p.TOKEN)._url == f"{base}/messaging"


@every_provider
def test_no_secret_is_in_what_a_log_would_show(make: Make):
    shown = repr(make("http://127.0.0.1:9"))

    assert AUTH_TOKEN not in shown
    assert API_KEY not in shown
    assert p.TOKEN not in shown


# --- how long the provider wants nothing from us --------------------------------------------------------------------


@every_provider
@pytest.mark.parametrize(
    ("fault", "pause"),
    [
        ({"status": 429, "code": 20429, "retry_after": 30}, 30),
        ({"status": 429, "code": 20429, "retry_after": 999_999}, line.LONGEST_PAUSE),
        ({"status": 429, "code": 20429}, line.SHORT_PAUSE),
        ({"status": 503, "code": 20503, "retry_after": 5}, 5),
        ({"status": 400, "code": 21211}, None),
    ],
    ids=["told", "told too much", "not told", "of a server that is down", "of nothing of the kind"],
)
def test_a_pause_that_the_provider_asks_for_is_told(
    provider: ProviderDouble, make: Make, fault: dict[str, Any], pause: float | None
):
    provider.behave(times=1, **fault)

    with pytest.raises(ChannelError) as failed:
        line.run(make(provider.url).send(Outgoing(1, p.LEARNER, "hai")))

    assert failed.value.retry_after == pause


@pytest.mark.parametrize("said", ["", "soon", "Wed, 21 Oct 2026 07:28:00 GMT", "-1", "1.5", "٣"])
def test_a_pause_that_is_no_number_is_none(said: str):
    assert line.wanted_pause({"Retry-After": said} if said else {}) is None


def test_every_class_of_refusal_has_a_code_of_twilios():
    """NOT_REACHED is not the provider's to say, and UNKNOWN is what is not in the table."""
    assert set(REFUSALS.values()) == set(Refusal) - {Refusal.NOT_REACHED, Refusal.UNKNOWN}


# Twilio's own pages, by what is to be done about it. 30036, too old to be sent, is final like any code that is not here.
TWILIO_SAYS = {
    Refusal.OPT_OUT: (21610, 63033),
    Refusal.BAD_ADDRESS: (21211, 21614, 21217, 30005, 30006, 63003, 63024),
    Refusal.CONFIGURATION: (
        *(20003, 20403, 21408, 21606, 21659, 21603, 21701, 21702, 21703, 21704, 21705),
        *(30002, 63001, 63007, 63020),
    ),
    Refusal.CONTENT: (
        *(21602, 21617, 21655, 21656, 30004, 30007, 30019),
        *(63005, 63013, 63021, 63027, 63028, 63029, 63030, 63032),
    ),
    Refusal.NEEDS_TEMPLATE: (63016,),
    Refusal.RETRY: (20429, 20500, 20503, 21611, 30001, 30003, 30008, 30017, 30022, 63010, 63012, 63017, 63018),
    Refusal.WAIT_A_DAY: (63038,),
    None: (30036, 99999),
}


@pytest.mark.parametrize(("means", "code"), [(means, code) for means, codes in TWILIO_SAYS.items() for code in codes])
def test_every_code_of_twilios_has_its_class_in_an_answer_and_in_a_receipt(
    provider: ProviderDouble, means: Refusal | None, code: int
):
    provider.behave(times=1, status=400, code=code)

    with pytest.raises(ChannelError) as failed:
        line.run(twilio(provider.url).send(Outgoing(1, p.LEARNER, "hai")))

    assert failed.value.refusal is (means or Refusal.UNKNOWN)
    assert meaning(str(code)) is means


def test_the_web_loads_nothing_that_only_sends():
    """What every web process would carry, and pay for at each start: a client of 15 MB, and another of 10."""
    loads = "import sys, bot.app; print(sorted({'twilio.rest', 'aiohttp', 'requests'} & sys.modules.keys()))"

    ran = subprocess.run([sys.executable, "-c", loads], cwd=ROOT, capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"

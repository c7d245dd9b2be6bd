"""What becomes of a message that is sent: the provider is a real server, and everything goes wrong that can."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from bot.channels import line
from bot.channels.africastalking import LIVE, SANDBOX, AfricasTalkingSms
from bot.channels.base import Channel, ChannelError, Outgoing, Refusal
from bot.channels.twilio import Twilio
from bot.channels.twilio_codes import REFUSALS
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
    sent = make(provider.url).send(Outgoing(7, p.LEARNER, "Selamat 😀 & <b>\x00\x0b datang"))

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
    (twilio, {"reset": True}, "ambiguous", "ConnectionError", 1),
    (africastalking, {"reset": True}, "ambiguous", "ConnectionError", 1),
    (twilio, {"latency": 1.0}, "ambiguous", "ReadTimeout", 1),
    (africastalking, {"latency": 1.0}, "ambiguous", "ReadTimeout", 1),
]


@pytest.mark.parametrize(("make", "fault", "expected", "code", "accepted"), FATES)
def test_every_failure_says_whether_to_try_again(
    provider: ProviderDouble, make: Make, fault: dict[str, Any], expected: str, code: str, accepted: int
):
    provider.behave(times=1, **fault)

    with pytest.raises(ChannelError) as failed:
        make(provider.url).send(Outgoing(1, p.LEARNER, "hai"))

    assert (fate(failed.value), failed.value.code) == (expected, code)
    assert len(provider.messages) == accepted


@every_provider
def test_a_provider_that_cannot_be_reached_has_not_got_it(make: Make):
    with ProviderDouble() as gone:
        pass

    with pytest.raises(ChannelError) as failed:
        make(gone.url).send(Outgoing(1, p.LEARNER, "hai"))

    assert fate(failed.value) == "not_reached"


@pytest.mark.parametrize(("make", "code"), [(twilio, "20003"), (africastalking, "401")])
def test_a_wrong_key_is_refused(provider: ProviderDouble, make: Make, code: str):
    with pytest.raises(ChannelError) as failed:
        make(provider.url, token="wrong").send(Outgoing(1, p.LEARNER, "hai"))

    assert (fate(failed.value), failed.value.code) == ("configuration", code)


def test_a_201_of_africas_talking_can_be_a_refusal(provider: ProviderDouble):
    with pytest.raises(ChannelError) as failed:
        africastalking(provider.url, sender="invalid").send(Outgoing(1, p.LEARNER, "hai"))

    assert (fate(failed.value), failed.value.code) == ("configuration", "InvalidSenderId")


@pytest.mark.parametrize("code", [100, 101, 102])
def test_africas_talking_accepts_in_three_ways(provider: ProviderDouble, code: int):
    provider.behave(code=code)

    assert africastalking(provider.url, sender="22384").send(Outgoing(1, p.LEARNER, "hai")) == provider.messages[0].id
    assert provider.messages[0].sender == "22384"


def test_a_text_that_twilio_would_refuse_is_not_sent(provider: ProviderDouble):
    channel = twilio(provider.url)
    assert channel.send(Outgoing(1, p.LEARNER, "x" * 1600))

    with pytest.raises(ChannelError) as failed:
        channel.send(Outgoing(2, p.LEARNER, "x" * 1601))

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
    twilio(provider.url, kind, sender=sender).send(Outgoing(42, to, "hai"))

    (sent,) = provider.messages
    assert (sent.sender, sent.to, sent.callback) == (as_from, as_to, f"{STATUS_URL}?message=42")


@every_provider
def test_many_threads_share_a_few_connections_and_each_gets_its_own_answer(make: Make, provider: ProviderDouble):
    channel, threads = make(provider.url), 8

    with ThreadPoolExecutor(threads) as pool:
        sent = dict(
            zip(range(200), pool.map(lambda n: channel.send(Outgoing(n, p.LEARNER, str(n))), range(200)), strict=True)
        )

    assert {int(m.text): m.id for m in provider.messages} == sent
    assert provider.connections <= threads


@every_provider
def test_a_connection_that_the_provider_has_closed_is_opened_again(make: Make, provider: ProviderDouble):
    channel = make(provider.url)
    channel.send(Outgoing(1, p.LEARNER, "satu"))

    provider.hang_up()
    channel.send(Outgoing(2, p.LEARNER, "dua"))

    assert [m.text for m in provider.messages] == ["satu", "dua"]


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
        make(provider.url).send(Outgoing(1, p.LEARNER, "hai"))

    assert failed.value.retry_after == pause


@pytest.mark.parametrize("said", ["", "soon", "Wed, 21 Oct 2026 07:28:00 GMT", "-1", "1.5", "٣"])
def test_a_pause_that_is_no_number_is_none(said: str):
    assert line.wanted_pause({"Retry-After": said} if said else {}) is None


def test_every_class_of_refusal_has_a_code_of_twilios():
    """NOT_REACHED is not the provider's to say, and UNKNOWN is what is not in the table."""
    assert set(REFUSALS.values()) == set(Refusal) - {Refusal.NOT_REACHED, Refusal.UNKNOWN}

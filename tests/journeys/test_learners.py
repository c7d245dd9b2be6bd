"""A learner's whole way to her certificate, on each channel over HTTP, with the real processes behind it."""

import json
import re

import pytest
import requests
from sqlalchemy import select

from bot.store import tables as t
from tests.bot.channels import payloads as p
from tests.bots import keys_to_a_certificate, to_a_certificate
from tests.callers import TOKEN, Call, UssdCall, at_sms, at_ussd, twilio_sms, twilio_whatsapp
from tests.journeys.processes import wait_until
from tests.receipts import sign

pytestmark = pytest.mark.journey

CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")
LESSONS = 7


@pytest.fixture
def home(titian_house):
    return titian_house("provider", "web", "worker1", "clock")


def tells_nothing(home):
    """Every line that every process has said is one JSON object, without a number or a token in it."""
    for part in ("web", "worker1", "clock"):
        for line in home.log(part).splitlines():
            assert isinstance(json.loads(line), dict)
        assert "6011100000" not in home.log(part)
        assert TOKEN not in home.log(part)
    assert '"heard"' in home.log("web")


def certificate_of(home, number):
    of_hers = t.certificate.join(t.address, t.address.c.learner_id == t.certificate.c.learner_id)
    query = select(t.certificate.c.code).select_from(of_hers).where(t.address.c.identifier == number).distinct()
    return [row.code for row in home.bot.store.look(query)]


def is_valid(home, text):
    page = requests.get(f"{home.base}/verify/{CODE.search(text)[0]}", timeout=5)
    return (page.status_code == 200 and "VALID" in page.text.upper()) or "SAH" in page.text


def test_on_every_channel_a_course_ends_in_a_certificate(home):
    """Five learners, one after the other; the last one on a different channel with every message."""
    words, keys = to_a_certificate(home.bot), keys_to_a_certificate(home.bot)
    caller = home.caller()

    by_sms = [caller(twilio_sms("+60111000001", text, f"sms{n}", base=home.base)) for n, text in enumerate(words)]
    by_whatsapp = [
        caller(twilio_whatsapp("+60111000002", text, f"wa{n}", base=home.base)) for n, text in enumerate(words)
    ]
    by_at = [at_answer(home, caller, "+60111000003", text, n) for n, text in enumerate(words)]
    call = UssdCall(caller, "+60111000004", "whole")
    call.dials()
    by_ussd = [call.presses(key) for key in keys]
    across = on_all_of_them(home, caller, words, keys)

    for number, said in zip(
        range(1, 6), (by_sms[-1].text, by_whatsapp[-1].text, by_at[-1], by_ussd[-1].text, across), strict=True
    ):
        (code,) = certificate_of(home, f"+6011100000{number}")
        assert code in said.replace("-", ""), number
        assert is_valid(home, said), number
    assert len(home.rows(t.learner)) == 5
    assert len(home.rows(t.lesson_pass)) == 5 * LESSONS
    for answer in (*by_sms, *by_whatsapp):
        reports(answer, caller)
    on_responses = {"twilio_sms", "twilio_whatsapp"}
    reported = [row.status for row in home.rows(t.outbound_message) if row.channel in on_responses and row.provider_id]
    assert set(reported) == {"delivered"}
    assert len(reported) == sum(len(answer.callbacks) for answer in (*by_sms, *by_whatsapp))
    wait_until(lambda: home.statuses_on("africastalking_sms") == {"delivered"}, "receipts from Africa's Talking")
    assert len({row["id"] for row in home.accepted()}) == len(home.accepted())
    tells_nothing(home)


def at_answer(home, caller, number, text, n):
    """Say something by Africa's Talking and wait for what their network was given for her."""
    before = len(said_to(home, number))
    assert caller(at_sms(number, text, f"{number[-3:]}-{n}")).status == 200
    query = select(t.outbound_message.c.text, t.outbound_message.c.status).order_by(t.outbound_message.c.id)
    hers = query.join(t.address, t.address.c.id == t.outbound_message.c.address_id).where(
        t.address.c.identifier == number, t.outbound_message.c.channel == "africastalking_sms"
    )
    wait_until(lambda: len(said_to(home, number)) == len(home.bot.store.look(hers)), "her reply")
    return "\n".join(said_to(home, number)[before:])


def reports(answer, caller):
    """What Twilio says later about the messages on a response."""
    for n, url in enumerate(answer.callbacks):
        form = p.TWILIO_RECEIPT | {"MessageSid": f"SM{abs(hash(url)) + n:032x}"}
        path = url.partition("/webhooks")[1] + url.partition("/webhooks")[2]
        assert caller(Call(path, form, {"X-Twilio-Signature": sign(url, form)})).status == 200


def said_to(home, number):
    return [row["text"] for row in home.accepted() if row["to"] == number]


def on_all_of_them(home, caller, words, keys):
    """The same learner, every message on the next channel."""
    number = "+60111000005"
    assert len(words) == len(keys) + 1
    for n, (text, key) in enumerate(zip(words, ["", *keys], strict=True)):
        match n % 4:
            case 0:
                said = caller(twilio_sms(number, text, f"x{n}", base=home.base)).text
            case 1:
                said = caller(twilio_whatsapp(number, text, f"x{n}", base=home.base)).text
            case 2:
                said = at_answer(home, caller, number, text, n)
            case _:
                call = UssdCall(caller, number, f"across-{n}")
                call.dials()
                said = call.presses(key).text
    return said


def test_a_retry_over_http_is_one_message(home):
    caller = home.caller()
    calls = [
        twilio_sms("+60111000001", "hai", "once", base=home.base),
        twilio_whatsapp("+60111000002", "hai", "once", base=home.base),
        at_sms("+60111000003", "hai", "once"),
        at_ussd("+60111000004", "", "once"),
    ]

    answers = [[caller(call).body for _ in range(3)] for call in calls]

    assert all(len(set(bodies)) == 1 for bodies in answers)
    assert len(home.rows(t.inbound_message)) == 4
    wait_until(home.quiet, "the reply by Africa's Talking")
    assert len([row for row in home.accepted() if row["provider"] == "africastalking"]) == 1

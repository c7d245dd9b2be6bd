"""The contract of every channel once more, through its door: whole requests over HTTP, and what is in the database then."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
import yaml
from flask.testing import FlaskClient

from bot import wiring
from bot.app import create_app
from bot.channels.base import WebhookRequest
from bot.channels.gateway import presets
from bot.cli.rehearsal import Clock
from bot.listening import LONGEST
from bot.store import tables as t
from bot.wiring import Bot
from tests import gateways, whatsapp_double as meta
from tests.bot.channels import payloads as p, subjects as s
from tests.bot.channels.subjects import REPORTING, SUBJECTS, Subject
from tests.bots import at_the_same_moment, count, made_settings, rows
from tests.callers import FORM
from tests.gateways import SPOKEN

EVERYTHING = (t.learner, t.address, t.conversation, t.inbound_message, t.outbound_message)
# Where Twilio and Africa's Talking call; every other request knows its address.
DOORS: Mapping[str, str] = {
    "twilio_sms": "/webhooks/twilio/sms",
    "twilio_whatsapp": "/webhooks/twilio/whatsapp",
    "africastalking_sms": "/webhooks/africastalking/sms/{token}",
    "africastalking_ussd": "/webhooks/africastalking/ussd/{token}",
}
ONE_WAY = {"isms"}  # of the gateways, those that bring nothing in
RECEIPTS: Mapping[str, str] = {"africastalking_sms": "/webhooks/africastalking/delivery/{token}"}

every_channel = pytest.mark.parametrize("subject", SUBJECTS, ids=str)
signed_channel = pytest.mark.parametrize("subject", [each for each in SUBJECTS if each.forged], ids=str)
reporting_channel = pytest.mark.parametrize("subject", REPORTING, ids=str)


@pytest.fixture
def bot(sqlite_url: str, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bot]:
    """A bot with every channel that there is."""
    for name, secret in gateways.ENVIRONMENT.items():
        monkeypatch.setenv(name, secret)
    file = tmp_path / "gateways.yaml"
    file.write_text(yaml.safe_dump({"gateways": [gateways.described(each.name) for each in SPOKEN]}), encoding="utf-8")
    made = wiring.build(
        made_settings(
            sqlite_url,
            tmp_path,
            gateways=str(file),
            whatsapp_phone_number_id=meta.NUMBER_ID,
            whatsapp_access_token=meta.ACCESS_TOKEN,
            whatsapp_app_secret=meta.APP_SECRET,
            whatsapp_verify_token=meta.VERIFY_TOKEN,
        ),
        clock=clock,
    )
    yield made
    made.store.engine.dispose()


def message(subject: Subject, **changed: str) -> WebhookRequest:
    """The subject's own message, with some fields of it changed, as it comes to its own door."""
    form = subject.valid | changed
    if subject.channel.name.startswith("twilio"):
        return s.twilio_request(form, url=p.PUBLIC + DOORS[subject.channel.name])
    return at_its_door(subject.request(form), DOORS.get(subject.channel.name))


def at_its_door(request: WebhookRequest, door: str | None) -> WebhookRequest:
    return replace(request, url=p.PUBLIC + door.format(token=request.token)) if door else request


def knocks(client: FlaskClient, request: WebhookRequest, spoil: bool = False) -> tuple[int, str]:
    """The request over HTTP, `spoil`ed by bytes that are no UTF-8; returns the status and the body of our answer."""
    body = urlencode(request.form, doseq=True).encode() if request.form else request.body
    target = request.url.removeprefix(p.PUBLIC)
    headers = dict(request.headers)
    kind = headers.pop("content-type", kind_of(request))
    if spoil:
        body = body.replace(b"Mula", b"Mul%E9" if kind == FORM else b"Mul\xe9")
        target = target.replace("Mula", "Mul%E9")
        if "x-hub-signature-256" in headers:
            headers |= meta.signed(body)
    answered = client.open(target, method=request.method, data=body, headers=headers, content_type=kind)
    return answered.status_code, answered.text


def stripped(request: WebhookRequest) -> WebhookRequest:
    """The same from somebody who has no secret."""
    headers = {name: value for name, value in request.headers.items() if name == "content-type"}
    return replace(request, headers=headers, url=request.url.replace(p.TOKEN, "guessed-by-somebody-else"))


def kept(bot: Bot) -> dict[str, int]:
    return {table.name: number for table in EVERYTHING if (number := count(bot, table))}


def kind_of(request: WebhookRequest) -> str | None:
    if request.form:
        return FORM
    return "application/json" if request.body else None


@every_channel
def test_a_message_is_kept_and_answered_and_its_retry_changes_nothing(subject: Subject, client: FlaskClient, bot: Bot):
    first = knocks(client, message(subject))
    after_one = kept(bot)
    again = [knocks(client, message(subject)) for _ in range(2)]

    assert first[0] == 200
    assert again == [first, first]
    assert kept(bot) == after_one
    (heard,), said = rows(bot, t.inbound_message), rows(bot, t.outbound_message)
    assert heard.channel == subject.channel.name
    assert said
    assert all(each.text for each in said)


def writable(request: WebhookRequest) -> bool:
    """Whether there is a client that can write this: no half of a character, and in a header no flower."""
    try:
        request.url.encode()
        urlencode(request.form, doseq=True)
        "".join(request.headers.values()).encode("latin-1")
    except UnicodeError:
        return False
    return True


@every_channel
def test_three_retries_at_the_same_moment_are_one_message(subject: Subject, bot: Bot):
    app = create_app(bot)

    answers = at_the_same_moment(*[lambda: knocks(app.test_client(), message(subject))] * 3)

    assert {status for status, _ in answers} <= {200, 503}  # 503: please come again
    assert 200 in {status for status, _ in answers}
    assert count(bot, t.inbound_message) == count(bot, t.learner) == 1


@signed_channel
def test_forgeries_keep_nothing(subject: Subject, client: FlaskClient, bot: Bot):
    tried = 0
    for forged in subject.forged:
        door = None if forged.headers.get("x-twilio-signature") else DOORS.get(subject.channel.name)
        request = at_its_door(forged, door)
        request = replace(request, url=request.url.replace(p.TOKEN, request.token))
        if not request.url.startswith(p.PUBLIC) or not writable(request):
            continue
        assert knocks(client, request)[0] in {403, 404}, forged
        tried += 1

    assert tried >= 3
    assert kept(bot) == {}


@signed_channel
def test_without_a_signature_or_a_token_there_is_no_way_in(subject: Subject, client: FlaskClient, bot: Bot):
    assert knocks(client, stripped(message(subject)))[0] == 403
    assert kept(bot) == {}


@pytest.mark.parametrize(("subject", "name"), [(each, name) for each in SUBJECTS for name in each.needs], ids=str)
def test_what_lacks_a_field_keeps_nothing_and_is_told_which(subject: Subject, name: str, client: FlaskClient, bot: Bot):
    lacking = replace(subject, valid={other: value for other, value in subject.valid.items() if other != name})

    for request in (message(lacking), message(subject, **{name: " "})):
        status, said = knocks(client, request)
        # Meta's request may hold other messages that are good, so it is taken; the reason is in the log.
        assert status == 200 if subject.ignores else (status == 400 and name in said)
    assert kept(bot) == {}


@every_channel
def test_ten_thousand_characters_are_heard_and_answered(subject: Subject, client: FlaskClient, bot: Bot):
    status, _ = knocks(client, message(subject, **{subject.holds_text: "x" * 10_000}))

    assert status == 200
    (heard,) = rows(bot, t.inbound_message)
    assert 0 < len(heard.text) <= LONGEST
    assert rows(bot, t.outbound_message)


@every_channel
def test_bytes_that_are_no_utf_8_are_no_error_of_ours(subject: Subject, client: FlaskClient, bot: Bot):
    status, _ = knocks(client, message(subject), spoil=True)

    assert status in {200, 400, 403}
    assert count(bot, t.inbound_message) <= 1
    assert (status == 200) >= bool(kept(bot))


def report(subject: Subject, word: str) -> WebhookRequest:
    assert subject.reports is not None
    return at_its_door(subject.reports(word), RECEIPTS.get(subject.channel.name))


@reporting_channel
def test_receipts_of_nothing_of_ours_are_taken_quietly(subject: Subject, client: FlaskClient, bot: Bot):
    for word in (*subject.words, *subject.words, "teleported", "😀", "x" * 100):
        assert knocks(client, report(subject, word))[0] == 200, word

    assert kept(bot) == {}


@reporting_channel
def test_a_forged_receipt_is_refused(subject: Subject, client: FlaskClient, bot: Bot):
    for word in subject.words:
        assert knocks(client, stripped(report(subject, word)))[0] == 403, word


def test_no_channel_is_missing_from_the_table(bot: Bot):
    assert set(bot.channels) == {each.channel.name for each in SUBJECTS}
    assert set(presets.names()) - ONE_WAY == {each.name for each in SPOKEN}

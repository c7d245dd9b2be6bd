"""What each provider says in its own way: odd senders, receipts, opt-outs, calls, and what is none of our business."""

from dataclasses import replace

import pytest
from twilio.request_validator import RequestValidator

from bot.channels import africastalking, twilio_codes
from bot.channels.base import (
    CallEnded,
    Channel,
    Dialogue,
    Ignored,
    Inbound,
    Malformed,
    OptedOut,
    Receipt,
    Status,
    WebhookRequest,
)
from tests.bot.channels import payloads as p, subjects as s

LONG = "Assalamualaikum 👨‍👩‍👧, saya mahu belajar lagi tentang wang dan simpanan. "
LONG_BASE64 = "QXNzYWxhbXVhbGFpa3VtIPCfkajigI3wn5Gp4oCN8J+Rpywgc2F5YSBtYWh1IGJlbGFqYXIgbGFnaSB0ZW50YW5nIHdhbmcgZGFuIHNpbXBhbmFuLiA="
SIGNED_256 = {"x-twilio-webhooks-signature-settings": "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"}


def sms(**fields: object) -> WebhookRequest:
    return s.twilio_request(p.TWILIO_SMS | fields)


def whatsapp(*without: str, **fields: object) -> WebhookRequest:
    form = {name: value for name, value in p.TWILIO_WHATSAPP.items() if name not in without}
    return s.twilio_request(form | fields, url=f"{p.PUBLIC}/webhooks/twilio/whatsapp")


def at(base: dict[str, str], **fields: object) -> WebhookRequest:
    return s.at_request(base | fields)


SAID = [
    (s.TWILIO_SMS, s.twilio_request(p.TWILIO_SMS, token="the-next-token"), "Mula 1", p.LEARNER),
    (s.TWILIO_SMS, s.twilio_request(p.TWILIO_SMS, url=f"{p.PUBLIC}:443/webhooks/twilio/sms"), "Mula 1", p.LEARNER),
    (s.TWILIO_SMS, sms(AddedLater="x", Blank=""), "Mula 1", p.LEARNER),
    (s.TWILIO_SMS, sms(MediaUrl0=["https://m.example/1", "https://m.example/2"]), "Mula 1", p.LEARNER),
    (s.TWILIO_SMS, sms(Body="", NumMedia="1"), "", p.LEARNER),
    (s.TWILIO_SMS, sms(Body=LONG_BASE64, NumSegments="2"), LONG, p.LEARNER),
    (s.TWILIO_SMS, sms(Body=LONG_BASE64), LONG_BASE64, p.LEARNER),
    (s.TWILIO_SMS, sms(Body="abcd" * 20, NumSegments="2"), "abcd" * 20, p.LEARNER),
    (s.TWILIO_SMS, sms(Body="Baik" * 3, NumSegments="2"), "Baik" * 3, p.LEARNER),
    (s.TWILIO_SMS, sms(From="+65 8000 0000"), "Mula 1", "+6580000000"),
    (s.TWILIO_WHATSAPP, whatsapp("Body", MediaUrl0="https://m.example/1"), "", p.LEARNER),
    (s.TWILIO_WHATSAPP, whatsapp(Body="", ButtonText="Ya", ButtonPayload="1"), "Ya", p.LEARNER),
    (s.TWILIO_WHATSAPP, whatsapp(Body="", ButtonPayload="1"), "1", p.LEARNER),
    (s.TWILIO_WHATSAPP, whatsapp("Body", ListTitle="Wang", ListId="2"), "Wang", p.LEARNER),
    (s.TWILIO_WHATSAPP, whatsapp(From=f"whatsapp:{p.USER_ID}"), "Mula 1", p.USER_ID),
    (s.TWILIO_WHATSAPP, whatsapp("From", ExternalUserId=f"whatsapp:{p.USER_ID}"), "Mula 1", p.USER_ID),
    (s.TWILIO_WHATSAPP, whatsapp(From="", ExternalUserId=p.USER_ID), "Mula 1", p.USER_ID),
    (s.TWILIO_WHATSAPP, whatsapp(ExternalUserId=f"whatsapp:{p.USER_ID}"), "Mula 1", p.LEARNER),
    (s.AT_SMS, at(p.AT_SMS, **{"from": "601110000001"}), "Mula 1", p.LEARNER),
    (s.AT_SMS, at(p.AT_SMS, **{"from": " 6011 1000 0001"}), "Mula 1", p.LEARNER),
    (s.AT_SMS, at(p.AT_SMS, date="yesterday"), "Mula 1", p.LEARNER),
    (s.AT_USSD, at(p.AT_USSD, phoneNumber=" 601110000001"), "Mula 1", p.LEARNER),
    (s.AT_USSD, at(p.AT_USSD, text="1*"), "", p.LEARNER),
    (s.SIM_SMS, s.json_request(p.SIMULATED | {"id": None}), "Mula 1", p.LEARNER),
]


@pytest.mark.parametrize(("channel", "request_", "text", "sender"), SAID)
def test_messages_of_every_shape_are_understood(channel: Channel, request_: WebhookRequest, text: str, sender: str):
    read = channel.read(request_)

    assert isinstance(read, Inbound)
    assert (read.text, read.sender, read.answered) == (text, sender, False)


def test_both_names_of_hers_are_kept_where_twilio_tells_both():
    read = s.TWILIO_WHATSAPP.read(whatsapp(ExternalUserId=f"whatsapp:{p.USER_ID}"))

    assert isinstance(read, Inbound)
    assert (read.sender, read.also) == (p.LEARNER, p.USER_ID)


def test_a_request_signed_with_a_shared_key_is_read():
    request = sms()
    signature = RequestValidator(s.AUTH_TOKEN).compute_signature(request.url, p.TWILIO_SMS, "HMAC_SHA256")

    read = s.TWILIO_SMS.read(replace(request, headers={"x-twilio-signature": signature} | SIGNED_256))

    assert isinstance(read, Inbound)


@pytest.mark.parametrize(("kind", "body"), [("STOP", "BERHENTI lah"), ("START", "MULA"), ("HELP", "tolong")])
def test_what_twilio_has_answered_is_heard_by_its_meaning_and_not_answered_again(kind: str, body: str):
    read = s.TWILIO_SMS.read(sms(OptOutType=kind, Body=body))

    assert isinstance(read, Inbound)
    assert (read.text, read.answered) == (kind, True)


IGNORED = [
    (s.TWILIO_SMS, sms(From="22384")),
    (s.TWILIO_SMS, sms(From="CELCOM")),
    (s.TWILIO_SMS, sms(From="1800CELCOM")),
    (s.TWILIO_SMS, sms(MessageStatus="teleported")),
    (s.TWILIO_WHATSAPP, whatsapp(From="whatsapp:22384")),
    (s.AT_SMS, at(p.AT_SMS, **{"from": "22384"})),
    (s.AT_SMS, at(p.AT_SMS, **{"from": "TITIAN"})),
    (s.AT_SMS, at(p.AT_RECEIPT, status="Teleported")),
    (s.AT_SMS, at(p.AT_SUBSCRIPTION)),
    (s.AT_SMS, at(p.AT_OPT_OUT, phoneNumber="22384")),
    (s.AT_USSD, at(p.AT_USSD_END, sessionId="")),
]


@pytest.mark.parametrize(("channel", "request_"), IGNORED)
def test_what_is_not_for_us_is_ignored_with_a_reason(channel: Channel, request_: WebhookRequest):
    read = channel.read(request_)

    assert isinstance(read, Ignored)
    assert read.why


MALFORMED = [
    (s.TWILIO_SMS, sms(From=f"whatsapp:{p.LEARNER}"), "From.*whatsapp"),
    (s.TWILIO_SMS, sms(MessageSid="S" * 10_000), "MessageSid"),
    (s.TWILIO_SMS, sms(MessageStatus="sent", MessageSid=""), "MessageSid"),
    (s.TWILIO_WHATSAPP, whatsapp(From=p.LEARNER), "From.*sms"),
    (s.TWILIO_WHATSAPP, whatsapp("From"), "From"),
    (s.AT_SMS, at({"id": "ATXid_1", "phoneNumber": p.LEARNER, "retryCount": "3"}), "status"),
    (s.AT_SMS, at(p.AT_RECEIPT, id=""), "id"),
    (s.AT_SMS, at(p.AT_USSD), "id"),
    (s.AT_USSD, at(p.AT_SMS), "sessionId"),
    (s.AT_USSD, at(p.AT_USSD, phoneNumber="22384"), "phoneNumber"),
    *(
        (s.SIM_SMS, replace(s.json_request({}), body=body), "JSON")
        for body in (b"", b"{", b"\xff", b"[" * 100_000, b"[]", b"1")
    ),
    *((s.SIM_SMS, s.json_request(p.SIMULATED | {name: 7}), name) for name in p.SIMULATED),
    (s.SIM_SMS, s.json_request(p.SIMULATED | {"channel": "pigeon"}), "sms, ussd, whatsapp"),
    (s.SIM_SMS, s.json_request(p.SIMULATED | {"phone": "CELCOM"}), "phone"),
    (s.SIM_SMS, s.json_request(p.SIMULATED | {"id": "x" * 141}), "id"),
]


@pytest.mark.parametrize(("channel", "request_", "words"), MALFORMED)
def test_what_cannot_be_read_is_refused_in_words(channel: Channel, request_: WebhookRequest, words: str):
    with pytest.raises(Malformed, match=words):
        channel.read(request_)


# --- read: receipts, opt-outs, calls --------------------------------------------------------------------------------


def twilio_receipt(status: str, query: str = "", **fields: str) -> WebhookRequest:
    form = p.TWILIO_RECEIPT | {"MessageStatus": status, "SmsStatus": status} | fields
    return s.twilio_request(form, url=s.STATUS_URL + query)


@pytest.mark.parametrize(("word", "status"), twilio_codes.STATUSES.items())
def test_every_status_of_twilio_is_a_receipt(word: str, status: Status):
    read = s.TWILIO_SMS.read(twilio_receipt(word, "?message=77"))

    assert read == Receipt("twilio_sms", status, 77, p.TWILIO_RECEIPT["MessageSid"])


@pytest.mark.parametrize(("word", "status"), africastalking.STATUSES.items())
def test_every_status_of_africas_talking_is_a_receipt(word: str, status: Status):
    read = s.AT_SMS.read(at(p.AT_RECEIPT, status=word, failureReason="UserDoesNotExist"))

    assert read == Receipt("africastalking_sms", status, None, p.AT_RECEIPT["id"], "UserDoesNotExist")


@pytest.mark.parametrize(
    ("query", "message_id"),
    [
        ("", None),
        ("?message=", None),
        ("?message=x", None),
        ("?message=-1", None),
        ("?message=" + "9" * 19, None),
        ("?message=8" + "0" * 18, 8 * 10**18),
    ],
)
def test_a_receipt_without_an_id_of_ours_is_found_by_twilios(query: str, message_id: int | None):
    read = s.TWILIO_SMS.read(twilio_receipt("undelivered", query, ErrorCode="30003"))

    assert read == Receipt("twilio_sms", Status.FAILED, message_id, p.TWILIO_RECEIPT["MessageSid"], "30003")


def test_a_receipt_of_whatsapp_is_known_by_its_address():
    read = s.TWILIO_SMS.read(twilio_receipt("read", To=f"whatsapp:{p.LEARNER}", From=f"whatsapp:{p.US}"))

    assert isinstance(read, Receipt)
    assert (read.channel, read.status) == ("twilio_whatsapp", Status.READ)


def test_the_end_of_a_call_is_told():
    assert s.AT_USSD.read(at(p.AT_USSD_END)) == CallEnded("africastalking_ussd", p.LEARNER, p.AT_USSD_END["sessionId"])


def test_opting_out_again_after_coming_back_is_no_retry():
    first, second = (s.AT_SMS.read(at(p.AT_OPT_OUT)) for _ in range(2))

    assert isinstance(first, OptedOut)
    assert isinstance(second, OptedOut)
    assert (first.channel, first.sender) == ("africastalking_sms", p.LEARNER)
    assert first.provider_id != second.provider_id


@pytest.mark.parametrize(
    ("channel", "base", "request_of"),
    [(s.AT_USSD, p.AT_USSD, s.at_request), (s.SIM_USSD, p.SIMULATED_CALL, s.json_request)],
)
def test_every_turn_of_a_call_has_an_id_of_its_own(channel: Channel, base, request_of):
    turns = [channel.read(request_of(base | {"text": text})) for text in ("", "1", "1*1", "1*1*", "11")]

    assert all(isinstance(turn, Inbound) for turn in turns)
    assert len({turn.provider_id for turn in turns}) == 5
    assert [turn.dialogue.transcript for turn in turns] == ["", "1", "1*1", "1*1*", "11"]
    assert len({turn.dialogue.id for turn in turns}) == 1


def test_a_simulated_call_without_a_session_is_a_call_of_one_turn():
    said = {"phone": p.LEARNER, "channel": "ussd", "text": "1"}

    first, second = (s.SIM_USSD.read(s.json_request(said)) for _ in range(2))

    assert isinstance(first, Inbound)
    assert isinstance(second, Inbound)
    assert first.dialogue == Dialogue(first.provider_id.partition(":")[0], "1")
    assert first.provider_id != second.provider_id


def test_one_simulator_reads_for_all():
    read = s.SIM_SMS.read(s.json_request(p.SIMULATED | {"channel": "whatsapp"}))

    assert isinstance(read, Inbound)
    assert read.channel == "simulator_whatsapp"

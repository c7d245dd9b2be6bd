"""What became of a message: receipts move it forward only, whether they are late, early, doubled or about nothing of ours."""

from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import insert, select, update

from bot import policy, receipts
from bot.channels.base import RANK, Receipt, Refusal, Status
from bot.store import tables as t
from bot.store.ids import new_id
from tests.bot.channels import payloads as p
from tests.bots import at_the_same_moment, count, rows, villager
from tests.callers import TOKEN, Call, make, twilio_sms
from tests.receipts import sign
from workers import outbox

NUMBER = "+60111000001"
SID = "SM" + "a" * 32
STATUS_PATH = "/webhooks/twilio/status"


def queued(bot, status=Status.SENT, *, channel="twilio_sms", provider_id=None, number=NUMBER):
    """A message on its way to somebody; returns its id."""
    her = villager(bot, number, channel)
    address = next(row for row in rows(bot, t.address) if row.learner_id == her)
    return outbound(bot, her, address.id, status, channel=channel, provider_id=provider_id)


def outbound(bot, her, address_id, status, *, channel, provider_id=None):
    now = bot.clock()
    message_id = new_id(now)
    with bot.store.begin() as connection:
        connection.execute(
            insert(t.outbound_message).values(
                id=message_id,
                learner_id=her,
                address_id=address_id,
                channel=channel,
                purpose="broadcast",
                lane=1,
                text="Hai",
                status=status,
                rank=RANK[status],
                due_at=now,
                attempts=1,
                provider_id=provider_id,
                created_at=now,
            )
        )
    return message_id


def twilio_says(client, status, *, sid=SID, message=None, code=""):
    path = STATUS_PATH + (f"?message={message}" if message else "")
    form = p.TWILIO_RECEIPT | {"MessageStatus": status, "SmsStatus": status, "MessageSid": sid, "SmsSid": sid}
    form |= {"ErrorCode": code} if code else {}
    return make(client, Call(path, form, {"X-Twilio-Signature": sign(p.PUBLIC + path, form)})).status


def at_says(client, status, name, *, number=NUMBER, **more):
    form = p.AT_RECEIPT | {"status": status, "id": name, "phoneNumber": number} | more
    return make(client, Call(f"/webhooks/africastalking/delivery/{TOKEN}", form)).status


def status_of(bot, message_id):
    return bot.store.look(select(t.outbound_message).where(t.outbound_message.c.id == message_id))[0]


@pytest.mark.parametrize("order", list(permutations(["sent", "delivered", "read"])), ids="-".join)
def test_the_furthest_status_stands_in_whatever_order_they_come(bot, client, order):
    message = queued(bot, Status.SENDING)

    for status in order:
        assert twilio_says(client, status, message=message) == 200

    assert status_of(bot, message).status == "read"
    assert status_of(bot, message).provider_id == SID


def test_a_receipt_that_comes_twice_changes_nothing_the_second_time(bot, client, clock):
    message = queued(bot, provider_id=SID)
    twilio_says(client, "delivered")
    before = status_of(bot, message)

    twilio_says(client, "delivered")
    twilio_says(client, "sent")

    assert status_of(bot, message) == before


def test_a_receipt_quicker_than_the_providers_own_answer_finds_its_row(bot, client):
    """Our id rides in its URL."""
    message = queued(bot, Status.SENDING)

    twilio_says(client, "delivered", message=message)

    assert status_of(bot, message).status == "delivered"


def test_a_failure_keeps_its_code_and_is_no_way_back(bot, client):
    message = queued(bot, provider_id=SID)

    twilio_says(client, "undelivered", code="30003")
    twilio_says(client, "sent")

    told = status_of(bot, message)
    assert (told.status, (told.error or "").split(";")[0]) == ("cancelled", "30003")  # another goes in its stead


@pytest.mark.parametrize("message", [None, 1, 9_223_372_036_854_775_806])
def test_a_receipt_about_nothing_of_ours_is_taken_and_does_nothing(bot, client, message):
    queued(bot, Status.SENDING)
    before = rows(bot, t.outbound_message)

    assert twilio_says(client, "delivered", sid="SM" + "f" * 32, message=message) == 200
    assert at_says(client, "Success", "ATXid_unknown", number="+60111000009") == 200

    assert rows(bot, t.outbound_message) == before


@pytest.mark.parametrize("status", ["", "flying", "Delivered!"])
def test_a_status_nobody_knows_is_taken_and_does_nothing(bot, client, status):
    message = queued(bot, provider_id=SID)

    answered = twilio_says(client, status, message=message)

    assert answered < 500
    assert status_of(bot, message).status == "sent"


def test_a_forged_receipt_is_refused(bot, client):
    message = queued(bot, provider_id=SID)
    path = f"{STATUS_PATH}?message={message}"

    forged = make(client, Call(path, p.TWILIO_RECEIPT | {"MessageSid": SID}, {"X-Twilio-Signature": "forged="}))

    assert forged.status == 403
    assert status_of(bot, message).status == "sent"


def test_a_cancelled_message_stays_cancelled(bot, client):
    message = queued(bot, Status.CANCELLED)

    twilio_says(client, "delivered", message=message)

    assert status_of(bot, message).status == "cancelled"


def test_an_undetermined_message_is_settled_by_its_receipt(bot, client):
    message = queued(bot, Status.UNDETERMINED)

    twilio_says(client, "delivered", message=message)

    assert status_of(bot, message).status == "delivered"


def test_a_reply_on_the_response_is_settled_by_its_receipt(bot, client):
    make(client, twilio_sms(NUMBER, "hai", "hai"))
    reply = rows(bot, t.outbound_message)[0]

    twilio_says(client, "delivered", message=reply.id)

    assert reply.status == "sending"
    assert status_of(bot, reply.id).status == "delivered"


# --- Africa's Talking, whose receipts know only their own id --------------------------------------------------------


@pytest.mark.parametrize(("said", "becomes"), [("Success", "delivered"), ("Failed", "failed"), ("Submitted", "sent")])
def test_a_delivery_report_finds_its_message_by_their_id(bot, client, said, becomes):
    message = queued(bot, channel="africastalking_sms", provider_id="ATXid_1")

    assert at_says(client, said, "ATXid_1") == 200

    assert status_of(bot, message).status == becomes


@pytest.mark.parametrize("status", [Status.SENDING, Status.UNDETERMINED])
def test_one_message_in_doubt_is_settled_by_who_it_went_to(bot, client, status):
    """Their id is not known yet, or never will be: the worker died between sending and writing it down."""
    message = queued(bot, status, channel="africastalking_sms")

    at_says(client, "Success", "ATXid_early")

    assert status_of(bot, message).status == "delivered"
    assert status_of(bot, message).provider_id == "ATXid_early"


def test_of_two_in_doubt_nobody_guesses(bot, client):
    first = queued(bot, Status.UNDETERMINED, channel="africastalking_sms")
    kept = status_of(bot, first)
    outbound(bot, kept.learner_id, kept.address_id, Status.UNDETERMINED, channel="africastalking_sms")

    at_says(client, "Success", "ATXid_early")

    assert {row.status for row in rows(bot, t.outbound_message)} == {"undetermined"}


def test_reports_quicker_than_the_answer_that_names_them_are_kept_for_it(bot, client, clock):
    """A long reply is two messages to her at once, so nobody can tell which is meant before their ids are known."""
    first = queued(bot, Status.SENDING, channel="africastalking_sms")
    kept = status_of(bot, first)
    second = outbound(bot, kept.learner_id, kept.address_id, Status.SENDING, channel="africastalking_sms")
    for status in ("Success", "Sent", "Success"):
        at_says(client, status, "ATXid_first")
    at_says(client, "Failed", "ATXid_second", failureReason="UserDoesNotExist")
    assert {row.status for row in rows(bot, t.outbound_message)} == {"sending"}

    sent = [outbox.Result(first, Status.SENT, "ATXid_first"), outbox.Result(second, Status.SENT, "ATXid_second")]
    outbox.record(bot.store, sent, now=clock())

    assert status_of(bot, first).status == "delivered"
    assert (status_of(bot, second).status, status_of(bot, second).error) == ("failed", "UserDoesNotExist")
    assert count(bot, t.early_receipt) == 0


def test_a_report_at_the_moment_its_message_is_written_down_is_not_lost(bot, app, clock):
    for n in range(20):
        number = f"+601110001{n:02}"
        first = queued(bot, Status.SENDING, channel="africastalking_sms", number=number)
        kept = status_of(bot, first)
        outbound(bot, kept.learner_id, kept.address_id, Status.SENDING, channel="africastalking_sms")
        name = f"ATXid_{n}"

        at_the_same_moment(
            lambda first=first, name=name: outbox.record(
                bot.store, [outbox.Result(first, Status.SENT, name)], now=clock()
            ),
            lambda name=name, number=number: at_says(app.test_client(), "Success", name, number=number),
        )

        assert status_of(bot, first).status == "delivered"


def two_in_doubt(bot, number, channel="africastalking_sms"):
    """Two messages to her at once, so that a receipt which knows only her and a new id is about nobody can tell which."""
    first = queued(bot, Status.SENDING, channel=channel, number=number)
    kept = status_of(bot, first)
    outbound(bot, kept.learner_id, kept.address_id, Status.SENDING, channel=channel)
    return kept


def settled(bot, *receipts_of):
    return [receipts.settle(bot.store, each, now=bot.clock(), pushes=bot.pushes) for each in receipts_of]


def answered(bot, provider_id, *messages):
    sent = [outbox.Result(each.id, Status.SENT, provider_id) for each in messages]
    outbox.record(bot.store, sent, pushes=bot.pushes, now=bot.clock())


def became(bot, message):
    """What became of a message and of her, and how many go in its stead."""
    row = status_of(bot, message.id)
    (her,) = [each for each in rows(bot, t.address) if each.id == message.address_id]
    others = [each for each in rows(bot, t.outbound_message) if each.learner_id == message.learner_id]
    told = (row.status, row.rank, row.provider_id is not None, (row.error or "").partition(";")[0])
    return told, her.opted_out_at, her.unreachable_why, sum(each.status == "queued" for each in others)


FATES = {
    "she wants no more": ("africastalking_sms", Refusal.OPT_OUT, False),
    "nobody is there": ("africastalking_sms", Refusal.BAD_ADDRESS, False),
    "her phone is off": ("africastalking_sms", Refusal.RETRY, False),
    "it arrives after all": ("africastalking_sms", Refusal.RETRY, True),
    "WhatsApp wants a template": ("twilio_whatsapp", Refusal.NEEDS_TEMPLATE, False),
    "nobody knows": ("twilio_whatsapp", None, False),
}
STANDS = {
    "she wants no more": ("failed", True, False, 0),
    "nobody is there": ("failed", False, True, 0),
    "her phone is off": ("cancelled", False, False, 1),
    "it arrives after all": ("delivered", False, False, 0),
    "WhatsApp wants a template": ("cancelled", False, False, 1),
    "nobody knows": ("failed", False, False, 0),
}


@pytest.mark.parametrize(
    ("fate", "known_by"),
    [
        *((fate, "its id") for fate in FATES),
        *((fate, way) for fate in ("her phone is off", "it arrives after all") for way in ("her number", "our id")),
    ],
)
def test_the_answer_and_the_receipts_end_alike_in_whatever_order_they_come(bot, fate, known_by):
    channel, refusal, arrives = FATES[fate]
    last = Status.DELIVERED if arrives else Status.FAILED
    order = ("answer", Status.SENT, Status.FAILED, last)
    ends = set()
    for place, steps in enumerate(sorted(set(permutations(order)))):
        number, name = f"+601110002{place:02}", f"id-{place}"
        message = two_in_doubt(bot, number, channel)
        ours, to = message.id if known_by == "our id" else None, number if known_by == "her number" else ""
        for step in steps:
            if step == "answer":
                answered(bot, name, message)
            else:
                code = {"error": "E1", "refusal": refusal} if step is Status.FAILED else {}
                settled(bot, Receipt(channel, step, ours, name, to=to, **code))
        ends.add(became(bot, message))

    (((status, _, has_id, error), opted_out, gone, again),) = ends
    assert (status, opted_out is not None, gone is not None, again) == STANDS[fate]
    assert (has_id, error) == (True, "" if arrives else "E1")
    assert count(bot, t.early_receipt) == 0


def test_receipts_that_come_early_under_one_id_are_settled_each_for_its_own_number(bot):
    one, two, three = (two_in_doubt(bot, f"+60111000030{n}") for n in (1, 2, 3))
    why = {"+601110000301": None, "+601110000302": Refusal.OPT_OUT, "+601110000303": Refusal.BAD_ADDRESS}
    for number, refusal in why.items():
        status = Status.FAILED if refusal else Status.DELIVERED
        settled(bot, Receipt("africastalking_sms", status, None, "together", "E1", number, refusal))
    assert count(bot, t.early_receipt) == 3

    answered(bot, "together", one, two, three)

    assert [status_of(bot, each.id).status for each in (one, two, three)] == ["delivered", "failed", "failed"]
    hers = {each.identifier: each for each in rows(bot, t.address)}
    assert [hers[number].opted_out_at is not None for number in why] == [False, True, False]
    assert [hers[number].unreachable_at is not None for number in why] == [False, False, True]
    assert count(bot, t.early_receipt) == 0


def test_a_failure_told_at_the_moment_its_message_is_written_down_goes_again_once(bot):
    for n in range(10):
        message, name = two_in_doubt(bot, f"+601110004{n:02}"), f"id-{n}"
        told = Receipt("africastalking_sms", Status.FAILED, None, name, "E1", refusal=Refusal.RETRY)

        at_the_same_moment(
            lambda message=message, name=name: answered(bot, name, message),
            lambda told=told: settled(bot, told),
            lambda told=told: settled(bot, told),
        )

        (status, *_), *_, again = became(bot, message)
        assert (status, again) == ("cancelled", 1)


def test_what_a_killed_sender_left_between_writing_and_looking_is_settled_by_the_next_tick(bot):
    message = two_in_doubt(bot, NUMBER)
    settled(bot, Receipt("africastalking_sms", Status.FAILED, None, "its-id", "E1", refusal=Refusal.RETRY))
    with bot.store.begin() as connection:
        sent = {"status": Status.SENT, "rank": RANK[Status.SENT], "provider_id": "its-id"}
        connection.execute(update(t.outbound_message).where(t.outbound_message.c.id == message.id).values(sent))

    for _ in range(2):
        outbox.expire(bot.store, pushes=bot.pushes, now=bot.clock())

    (status, *_), *_, again = became(bot, message)
    assert (status, again, count(bot, t.early_receipt)) == ("cancelled", 1, 0)


def test_reports_about_nothing_of_ours_are_forgotten_after_a_day(bot, client, clock):
    at_says(client, "Success", "ATXid_somebody_elses")
    assert count(bot, t.early_receipt) == 1

    clock.turn(timedelta(days=1, minutes=1))
    outbox.expire(bot.store, now=clock())

    assert count(bot, t.early_receipt) == 0


def test_a_doubled_report_does_not_settle_the_next_message_to_her(bot, client):
    known = queued(bot, channel="africastalking_sms", provider_id="ATXid_1")
    at_says(client, "Success", "ATXid_1")
    kept = status_of(bot, known)
    doubtful = outbound(bot, kept.learner_id, kept.address_id, Status.SENDING, channel="africastalking_sms")

    at_says(client, "Success", "ATXid_1")

    assert status_of(bot, doubtful).status == "sending"


def test_somebody_elses_message_is_not_taken_for_hers(bot, client):
    message = queued(bot, Status.UNDETERMINED, channel="africastalking_sms")

    at_says(client, "Success", "ATXid_other", number="+60111000002")

    assert status_of(bot, message).status == "undetermined"


def test_their_opt_out_holds_for_the_number_on_every_channel(bot, client):
    villager(bot, NUMBER, "twilio_whatsapp")
    villager(bot, "+60111000002")

    form = p.AT_OPT_OUT | {"phoneNumber": NUMBER}
    assert make(client, Call(f"/webhooks/africastalking/optout/{TOKEN}", form)).status == 200

    stopped = {row.identifier for row in rows(bot, t.address) if row.opted_out_at}
    assert stopped == {NUMBER}


def test_a_receipt_makes_nobody_a_learner(bot, client):
    twilio_says(client, "delivered")
    at_says(client, "Success", "ATXid_1")

    assert count(bot, t.learner) == count(bot, t.inbound_message) == 0


def test_late_and_early_at_once_settle_it_once(bot, client, app):
    """Two receipts for one message at the same moment: the further one stands."""
    message = queued(bot, Status.SENDING)

    at_the_same_moment(
        *[lambda s=status: twilio_says(app.test_client(), s, message=message) for status in ("sent", "delivered") * 4]
    )

    assert status_of(bot, message).status == "delivered"


# --- what a failure says of an address ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "opted_out", "gone"),
    [("63033", True, False), ("30005", False, True), ("30003", False, False), ("99999", False, False)],
)
def test_a_report_that_it_failed_says_the_same_as_a_refusal(bot, client, code, opted_out, gone):
    message = queued(bot)

    twilio_says(client, "undelivered", message=message, code=code)

    (her,) = rows(bot, t.address)
    told = status_of(bot, message)
    assert (told.status, (told.error or "").split(";")[0]) == ("cancelled" if code == "30003" else "failed", code)
    assert (her.opted_out_at is not None, her.unreachable_at is not None) == (opted_out, gone)


def test_africas_talking_says_it_in_words(bot, client):
    queued(bot, channel="africastalking_sms", provider_id="ATXid_1")

    at_says(client, "Failed", "ATXid_1", failureReason="UserDoesNotExist")

    (her,) = rows(bot, t.address)
    assert her.unreachable_why == "UserDoesNotExist"


def test_a_report_that_comes_late_does_not_outdo_what_she_wrote_meanwhile(bot, client, clock):
    message = queued(bot)
    clock.turn(timedelta(hours=3))
    make(client, twilio_sms(NUMBER, "hai", "meanwhile"))
    clock.turn(timedelta(hours=3))

    twilio_says(client, "undelivered", message=message, code="30005")

    (her,) = rows(bot, t.address)
    assert not policy.unreachable(her.unreachable_at, her.last_inbound_at)

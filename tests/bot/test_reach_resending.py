"""A message that was given up: by SMS where WhatsApp does not reach her, later where her phone was off, never twice."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from bot import gsm, receipts, render, resending
from bot.channels.base import Receipt, Refusal, Status
from bot.pushes import BULK, REPLIES, row
from bot.store import tables as t
from bot.store.ids import new_id
from tests.bots import listener, rows, villager
from workers import outbox

NUMBER = "+60111000001"
SMS, WHATSAPP = "twilio_sms", "twilio_whatsapp"
LESSON = "1/7 Jangan beri TAC kepada sesiapa.\n\nSiapa boleh minta TAC anda?\n\nA) Bank\nB) Polis\nC) Tiada sesiapa"


@pytest.fixture
def send(bot):
    def send():
        for lane in (REPLIES, BULK):
            outbox.deliver(bot, lane, most=1000)

    return send


@pytest.fixture
def told(bot):
    """A receipt comes for a message of ours."""

    def told(message, status, code="", refusal=None):
        receipt = Receipt(message_channel(bot, message), status, message, f"SM{message}", code, refusal=refusal)
        return receipts.settle(bot.store, receipt, now=bot.clock(), pushes=bot.pushes)

    return told


def message_channel(bot, message):
    return next(each.channel for each in rows(bot, t.outbound_message) if each.id == message)


def sent(bot, text="Selamat pagi.", channel=WHATSAPP, purpose="nudge", twin=True, **more):
    """A message that a provider has taken; on WhatsApp her telephone has an address of its own."""
    now = bot.clock()
    her = villager(bot, NUMBER, channel)
    if channel == WHATSAPP and twin:
        tel = {"id": new_id(now), "kind": "tel", "identifier": NUMBER, "learner_id": her, "created_at": now}
        with bot.store.begin() as connection:
            connection.execute(insert(t.address).values(tel))
    address = next(each.id for each in rows(bot, t.address) if each.last_channel == channel)
    lane = REPLIES if purpose == "reply" else BULK
    given = {"address_id": address, "channel": channel, "text": text, "due_at": now, "lane": lane, "turn": None}
    made = row(her, purpose, now, **given | {"status": Status.SENT, "rank": 3, "settled_at": now} | more)
    with bot.store.begin() as connection:
        connection.execute(insert(t.outbound_message).values(made))
    return made["id"]


def again(bot, old):
    return [each for each in rows(bot, t.outbound_message) if each.id != old]


@pytest.mark.parametrize("refusal", [Refusal.BAD_ADDRESS, Refusal.NEEDS_TEMPLATE])
@pytest.mark.parametrize("purpose", ["nudge", "reply", "broadcast"])
def test_what_whatsapp_does_not_carry_goes_as_an_sms_with_its_tag(bot, send, told, refusal, purpose):
    old = sent(bot, "Selamat pagi – jumpa esok.", purpose=purpose)

    told(old, Status.FAILED, "63016", refusal)
    send()

    (message,) = listener(bot, SMS).sent
    assert (message.to, message.text) == (NUMBER, "RM0.00 TITIAN: Selamat pagi - jumpa esok.")
    assert listener(bot, WHATSAPP).sent == []
    failed = next(each for each in rows(bot, t.outbound_message) if each.id == old)
    assert (failed.status, failed.error) == ("cancelled", f"63016; goes again as {message.id}")


def test_a_long_lesson_goes_in_parts_of_one_segment_each_and_its_options_stay_together(bot, send, told):
    old = sent(bot, "Kata laluan itu seperti kunci rumah. " * 6 + "\n\n" + LESSON)

    told(old, Status.FAILED, "63016", Refusal.NEEDS_TEMPLATE)
    for _ in range(4):
        send()

    texts = [each.text for each in listener(bot, SMS).sent]
    assert len(texts) > 1
    assert {gsm.segments(text) for text in texts} == {1}
    assert all(text.startswith("RM0.00 TITIAN: ") for text in texts)
    assert texts[-1].endswith("Siapa boleh minta TAC anda?\nA) Bank\nB) Polis\nC) Tiada sesiapa")


def test_a_receipt_that_comes_twice_makes_one_message(bot, send, told):
    old = sent(bot)

    for _ in range(3):
        told(old, Status.FAILED, "63016", Refusal.NEEDS_TEMPLATE)
        send()

    assert len(listener(bot, SMS).sent) == 1


@pytest.mark.parametrize("status", [Status.UNDETERMINED, Status.SENT, Status.DELIVERED, Status.QUEUED])
def test_what_may_have_arrived_does_not_go_again(bot, status):
    old = sent(bot)
    with bot.store.begin() as connection:
        connection.execute(update(t.outbound_message).values(status=status))
        assert not resending.after(connection, bot.pushes, [old], Refusal.BAD_ADDRESS, later=False, now=bot.clock())

    assert again(bot, old) == []


def test_refused_at_once_it_goes_by_sms_all_the_same(bot, send):
    old = sent(bot)
    with bot.store.begin() as connection:
        connection.execute(update(t.outbound_message).values(status=Status.FAILED, rank=4))
        resending.after(connection, bot.pushes, [old], Refusal.NEEDS_TEMPLATE, later=False, now=bot.clock())

    send()

    assert len(listener(bot, SMS).sent) == 1


def test_a_late_word_that_it_arrived_takes_back_what_waits(bot, clock, send, told):
    old = sent(bot, "Kata laluan itu seperti kunci rumah. " * 10)
    told(old, Status.FAILED, "63016", Refusal.NEEDS_TEMPLATE)

    told(old, Status.DELIVERED)
    send()

    assert listener(bot, SMS).sent == []
    assert {each.status for each in again(bot, old)} == {"cancelled"}
    assert next(each.status for each in rows(bot, t.outbound_message) if each.id == old) == "delivered"


def test_who_said_stop_or_cannot_be_reached_by_sms_gets_none(bot, send, told):
    old = sent(bot)
    with bot.store.begin() as connection:
        connection.execute(update(t.address).where(t.address.c.kind == "tel").values(opted_out_at=bot.clock()))

    told(old, Status.FAILED, "63024", Refusal.BAD_ADDRESS)
    send()

    assert again(bot, old) == []


def test_a_text_that_networks_would_not_carry_keeps_its_failure(bot, told):
    old = sent(bot, channel=SMS)

    told(old, Status.FAILED, "30007", Refusal.CONTENT)

    assert again(bot, old) == []


# --- a phone that was off -------------------------------------------------------------------------------------------


def test_a_phone_that_is_off_is_tried_three_times_over_a_day_and_then_no_more(bot, clock, send, told):
    old = sent(bot, channel=SMS, purpose="reply")
    begins, tried = clock(), []

    for hours in (1, 4, 19):
        told(old, Status.FAILED, "30003", Refusal.RETRY)
        clock.turn(timedelta(hours=hours, seconds=-1))
        waits = again(bot, old)[-1]
        assert waits.status == "queued"
        clock.turn(timedelta(seconds=1))
        tried.append(waits.due_at - begins)
        old = waits.id
        with bot.store.begin() as connection:
            connection.execute(
                update(t.outbound_message).where(t.outbound_message.c.id == old).values(status="sent", rank=3)
            )
    told(old, Status.FAILED, "30003", Refusal.RETRY)

    assert tried == [timedelta(hours=1), timedelta(hours=5), timedelta(hours=24)]
    assert rows(bot, t.outbound_message)[-1].status == "failed"
    assert len(rows(bot, t.outbound_message)) == 4


def test_a_code_that_says_little_is_worth_one_more_try(bot, clock, told):
    channel = bot.channels[SMS]
    channel.profile = replace(channel.profile, once=frozenset({"30008"}))
    old = sent(bot, channel=SMS, purpose="reply")

    told(old, Status.FAILED, "30008", Refusal.RETRY)
    (second,) = again(bot, old)
    with bot.store.begin() as connection:
        this = t.outbound_message.c.id == second.id
        connection.execute(update(t.outbound_message).where(this).values(status="sent", rank=3))
    told(second.id, Status.FAILED, "30008", Refusal.RETRY)

    assert [each.status for each in rows(bot, t.outbound_message)] == ["cancelled", "failed"]


def test_what_is_pushed_is_tried_again_by_daylight(bot, clock, told):
    clock.turn(timedelta(hours=10, minutes=30))  # 19:30
    old = sent(bot, channel=SMS)

    told(old, Status.FAILED, "30003", Refusal.RETRY)

    (waits,) = again(bot, old)
    assert waits.due_at.astimezone(bot.zone).hour == 8


def test_she_has_written_meanwhile_so_the_reminder_is_not_tried_again(bot, clock, send, told):
    old = sent(bot, channel=SMS, turn=0)
    told(old, Status.FAILED, "30003", Refusal.RETRY)
    with bot.store.begin() as connection:
        connection.execute(update(t.conversation).values(turn=1))
    clock.turn(timedelta(hours=1))

    send()

    assert listener(bot, SMS).sent == []
    assert [(each.status, each.error) for each in again(bot, old)] == [("cancelled", "she has written since")]


def test_an_sms_never_leans_on_a_word_of_whatsapp():
    texts = render.as_sms("Betul! Tahniah 🎉", "RM0.00 TITIAN: ")

    assert texts == ("RM0.00 TITIAN: Betul! Tahniah",)

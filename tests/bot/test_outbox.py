"""The outbox: a row has one sender, an opt-out beats a queued message, and what may have been sent is not sent again."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import OperationalError

from bot import policy, pushes, receipts
from bot.channels.base import ChannelError, Receipt, Refusal, Status
from bot.store import tables as t
from bot.store.addresses import reached
from bot.store.database import Store
from tests.bots import at_the_same_moment, listener, rows, villager
from tests.callers import at_sms, make, twilio_sms
from workers import jobs, outbox, recording
from workers.claiming import claim

NUMBER = "+60111000001"
SMS = "twilio_sms"
BULK = pushes.BULK


@pytest.fixture
def send(bot):
    """Let one worker send what is due in a lane."""
    return lambda lane=BULK, most=10_000: outbox.deliver(bot, lane, most=most)


def queue(bot, number=NUMBER, *, purpose="broadcast", channel=SMS, lane=BULK, her=None, texts=("Hai",), **more):
    """Messages that wait for one learner; returns their ids."""
    her = her or villager(bot, number, channel)
    address = bot.store.look(select(t.address.c.id).where(t.address.c.learner_id == her))[0].id
    made = []
    with bot.store.begin() as connection:
        for text in texts:
            row = pushes.row(
                her, purpose, bot.clock(), address_id=address, channel=channel, text=text, due_at=bot.clock()
            )
            made.append(row | {"lane": lane} | more)
            connection.execute(insert(t.outbound_message).values(made[-1]))
    return [row["id"] for row in made]


def row_of(bot, message_id):
    return bot.store.look(select(t.outbound_message).where(t.outbound_message.c.id == message_id))[0]


def test_what_waits_is_sent_and_written_down(bot, send):
    (message,) = queue(bot)

    assert send() == 1

    row = row_of(bot, message)
    assert [(each.to, each.text) for each in listener(bot, SMS).sent] == [(NUMBER, "Hai")]
    assert (row.status, row.provider_id, row.attempts) == ("sent", f"{SMS}-{message}", 1)
    assert row.settled_at == bot.clock()


def test_workers_that_claim_at_once_never_share_a_row(bot):
    queue(bot, texts=[f"n {n}" for n in range(200)])

    claims = at_the_same_moment(*[lambda: [claim(bot.store, BULK, SMS, now=bot.clock()) for _ in range(5)]] * 8)

    batches = [[row.id for row in batch] for claimed in claims for batch in claimed]
    ids = [message for batch in batches for message in batch]
    assert len(ids) == len(set(ids)) == 200
    assert max(map(len, batches)) <= outbox.BATCH


def test_workers_that_send_at_once_send_each_message_once(bot):
    queue(bot, texts=[f"n {n}" for n in range(300)])

    def work():
        return outbox.deliver(bot, BULK, most=10_000)

    done = at_the_same_moment(*[work] * 6)

    assert sum(done) == 300
    assert sorted(each.text for each in listener(bot, SMS).sent) == sorted(f"n {n}" for n in range(300))


def test_replies_do_not_wait_behind_an_announcement(bot, send):
    queue(bot, texts=["bulk"] * 50)
    queue(bot, "+60111000002", purpose="reply", lane=0, texts=["reply"])

    send(0)

    assert [each.text for each in listener(bot, SMS).sent] == ["reply"]


def test_the_oldest_due_goes_first_and_what_is_not_due_stays(bot, clock, send):
    her = villager(bot, NUMBER)
    queue(bot, her=her, texts=["second"], due_at=clock() - timedelta(minutes=1))
    queue(bot, her=her, texts=["first"], due_at=clock() - timedelta(minutes=2))
    queue(bot, her=her, texts=["later"], due_at=clock() + timedelta(minutes=1))

    first, second = (claim(bot.store, BULK, SMS, now=clock(), most=1) for _ in range(2))

    assert [row.text for row in (*first, *second)] == ["first", "second"]
    assert send() == 0


# --- whether it may go is asked again -------------------------------------------------------------------------------


def test_an_opt_out_beats_a_queued_message(bot, client, send):
    make(client, twilio_sms(NUMBER, "hai", "hai"))
    her = rows(bot, t.learner)[0].id
    (message,) = queue(bot, her=her)
    make(client, twilio_sms(NUMBER, "STOP", "stop"))

    send()

    assert (row_of(bot, message).status, row_of(bot, message).error) == ("cancelled", "opted out")
    assert listener(bot, SMS).sent == []


def test_a_reply_goes_even_after_stop_and_at_night(bot, client, clock, send):
    """She wrote, and waits for an answer: to confirm her STOP is the last thing we do."""
    clock.turn(timedelta(hours=14))
    for place, text in enumerate(["hai", "1", "1", "STOP"]):
        make(client, at_sms(NUMBER, text, f"night-{place}"))

    send(0)

    assert any("MULA" in each.text for each in listener(bot, "africastalking_sms").sent)
    assert {row.status for row in rows(bot, t.outbound_message)} == {"sent"}


def test_at_night_it_waits_for_the_morning(bot, clock, send):
    (message,) = queue(bot)
    clock.turn(timedelta(hours=14))

    send()
    assert row_of(bot, message).status == "queued"
    assert listener(bot, SMS).sent == []
    clock.turn(timedelta(hours=9))
    send()

    assert row_of(bot, message).status == "sent"


def test_without_consent_it_does_not_go(bot, send):
    (message,) = queue(bot, her=villager(bot, NUMBER, consented_at=None))

    send()

    assert (row_of(bot, message).status, row_of(bot, message).error) == ("cancelled", "no consent on record")


def test_a_channel_that_is_no_longer_set_up_is_a_failure_in_words(bot, send):
    (message,) = queue(bot, channel=SMS)
    with bot.store.begin() as connection:
        connection.execute(update(t.outbound_message).values(channel="pigeon"))

    send()

    assert (row_of(bot, message).status, row_of(bot, message).error) == ("failed", "channel pigeon is not set up")


# --- when it is refused ---------------------------------------------------------------------------------------------


def test_a_refusal_that_may_pass_is_tried_again_after_ever_longer_pauses(bot, clock, send):
    (message,) = queue(bot)
    listener(bot, SMS).refusals.extend([ChannelError("20429", retryable=True)] * 3)
    pauses = []

    for _ in range(3):
        send()
        row = row_of(bot, message)
        assert (row.status, row.error) == ("queued", "20429")
        assert send() == 0  # not before its time
        pauses.append((row.due_at - clock()).total_seconds())
        clock.turn(row.due_at - clock())
    send()

    assert row_of(bot, message).status == "sent"
    assert [20 <= pauses[0] <= 40, 40 <= pauses[1] <= 80, 80 <= pauses[2] <= 160] == [True] * 3
    assert len(listener(bot, SMS).sent) == 1


def test_one_that_never_passes_is_given_up(bot, clock, send):
    (message,) = queue(bot)
    listener(bot, SMS).refusals.extend([ChannelError("20429", retryable=True)] * 99)

    for _ in range(20):
        send()
        clock.turn(timedelta(minutes=10))

    row = row_of(bot, message)
    assert (row.status, row.attempts, row.error) == ("failed", recording.MOST_ATTEMPTS, "20429")


def test_a_refusal_for_good_is_not_tried_again(bot, clock, send):
    (message,) = queue(bot)
    listener(bot, SMS).refusals.append(ChannelError("21211"))

    for _ in range(3):
        send()
        clock.turn(timedelta(hours=1))

    assert (row_of(bot, message).status, row_of(bot, message).attempts) == ("failed", 1)


def test_what_may_have_been_sent_is_never_sent_again(bot, clock, send):
    (message,) = queue(bot)
    listener(bot, SMS).refusals.append(ChannelError("ReadTimeout", ambiguous=True))

    for _ in range(10):
        send()
        outbox.expire(bot.store, now=clock())
        clock.turn(timedelta(minutes=30))

    assert row_of(bot, message).status == "undetermined"
    assert listener(bot, SMS).sent == []
    assert row_of(bot, message).attempts == 1


def test_an_error_nobody_thought_of_takes_nothing_else_with_it(bot, send):
    """One of a batch of sixteen: the others are sent and written down, and this one is not sent twice."""
    queue(bot, texts=[f"n {n}" for n in range(40)])
    listener(bot, SMS).refusals.append(KeyError("nobody thought of this"))

    send()
    send()

    by_status = sorted(row.status for row in rows(bot, t.outbound_message))
    assert by_status == ["sent"] * 39 + ["undetermined"]
    assert len(listener(bot, SMS).sent) == 39


# --- what a refusal says of an address --------------------------------------------------------------------------------


def address_of(bot):
    return bot.store.look(select(t.address.c.unreachable_why, *reached()))[0]


def test_where_nobody_is_nothing_is_pushed_any_more_until_she_writes(bot, client, clock, send):
    queue(bot)
    listener(bot, SMS).refusals.append(ChannelError("21211", refusal=Refusal.BAD_ADDRESS))
    send()
    assert address_of(bot).unreachable_why == "21211"

    way = bot.pushes.way([address_of(bot)], at=clock())
    assert way == policy.No("nobody is at this address, as the provider says")

    clock.turn(timedelta(days=2))
    make(client, twilio_sms(NUMBER, "hai", "back again"))
    assert isinstance(bot.pushes.way([address_of(bot)], at=clock()), pushes.Way)


def test_what_has_used_up_the_day_is_tried_the_next_day(bot, clock, send):
    (message,) = queue(bot)
    listener(bot, SMS).refusals.append(ChannelError("63038", refusal=Refusal.WAIT_A_DAY))

    send()

    assert row_of(bot, message).status == "queued"
    assert row_of(bot, message).due_at == clock() + timedelta(days=1)


@pytest.mark.parametrize("refusal", [Refusal.CONTENT, Refusal.NEEDS_TEMPLATE, Refusal.UNKNOWN, Refusal.OPT_OUT])
def test_what_will_never_go_is_given_up_at_once_and_says_why(bot, send, refusal):
    (message,) = queue(bot)
    listener(bot, SMS).refusals.append(ChannelError("4711", refusal=refusal))

    send()

    assert (row_of(bot, message).status, row_of(bot, message).error) == ("failed", "4711")
    assert (address_of(bot).opted_out_at is not None) == (refusal is Refusal.OPT_OUT)


# --- when the sender dies -------------------------------------------------------------------------------------------


def test_a_row_whose_sender_died_is_shown_as_undetermined_and_settled_by_its_receipt(bot, clock, send):
    (message,) = queue(bot)
    assert len(claim(bot.store, BULK, SMS, now=clock())) == 1  # … and then the worker is killed

    clock.turn(outbox.LEASE - timedelta(seconds=1))
    assert outbox.expire(bot.store, now=clock()) == 0
    clock.turn(timedelta(seconds=2))
    assert outbox.expire(bot.store, now=clock()) == 1
    assert outbox.expire(bot.store, now=clock()) == 0
    assert send() == 0
    assert row_of(bot, message).status == "undetermined"

    receipts.settle(bot.store, Receipt(SMS, Status.DELIVERED, message, "SM1"), now=clock())
    assert row_of(bot, message).status == "delivered"


def test_a_slow_sender_may_still_write_down_what_it_knows_after_its_lease(bot, clock):
    (message,) = queue(bot)
    claim(bot.store, BULK, SMS, now=clock())
    clock.turn(outbox.LEASE * 2)
    outbox.expire(bot.store, now=clock())

    recording.record(bot.store, [outbox.Result(message, Status.SENT, "SM1")], now=clock())

    assert (row_of(bot, message).status, row_of(bot, message).provider_id) == ("sent", "SM1")


def test_a_refusal_that_comes_after_the_lease_does_not_queue_it_again(bot, clock):
    """By then it may have been settled otherwise."""
    (message,) = queue(bot)
    claim(bot.store, BULK, SMS, now=clock())
    clock.turn(outbox.LEASE * 2)
    outbox.expire(bot.store, now=clock())

    recording.record(bot.store, [outbox.Result(message, Status.QUEUED, error="20429", due_at=clock())], now=clock())

    assert row_of(bot, message).status == "undetermined"


def test_a_receipt_quicker_than_we_stands(bot, clock):
    (message,) = queue(bot)
    claim(bot.store, BULK, SMS, now=clock())
    receipts.settle(bot.store, Receipt(SMS, Status.DELIVERED, message, "SM1"), now=clock())

    recording.record(bot.store, [outbox.Result(message, Status.SENT, "SM1")], now=clock())

    assert row_of(bot, message).status == "delivered"


class Away(Store):
    """A database that goes away for the next `failures` transactions."""

    failures = 0

    def begin(self):
        if self.failures:
            self.failures -= 1
            raise OperationalError("SELECT", {}, Exception("server closed the connection"))
        return super().begin()


def test_what_was_sent_is_written_down_when_the_database_is_back(bot, monkeypatch):
    """The provider has it: to forget that would be to ask for the same money twice."""
    (message,) = queue(bot)
    away = Away(bot.store.engine.url.render_as_string(hide_password=False))
    monkeypatch.setattr(recording, "RECORD_AGAIN", (0.01,) * 5)
    listening = listener(bot, SMS)
    sends = listening.send

    def sends_then_breaks(outgoing):
        away.failures = 3
        return sends(outgoing)

    monkeypatch.setattr(listening, "send", sends_then_breaks)
    outbox.deliver(replace(bot, store=away), BULK, most=1)
    away.engine.dispose()

    assert (row_of(bot, message).status, row_of(bot, message).provider_id) == ("sent", f"{SMS}-{message}")


def test_a_worker_told_to_stop_ends_after_the_batch_it_has(bot):
    queue(bot, texts=[f"n {n}" for n in range(100)])
    looked = []

    done = outbox.deliver(bot, BULK, most=1000, stop=lambda: len(looked) > 1 or looked.append(1))

    assert done == outbox.BATCH + outbox.BATCH * 2  # where the first went well, the second is larger
    assert sorted({row.status for row in rows(bot, t.outbound_message)}) == ["queued", "sent"]


# --- the jobs around it ---------------------------------------------------------------------------------------------


def test_a_look_in_which_one_part_fails_does_the_others(bot, clock, monkeypatch):
    """A table of announcements that cannot be read keeps no reply from being sent."""
    monkeypatch.setattr(jobs, "_bot", bot)
    queue(bot, purpose="reply", lane=0)
    with bot.store.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE nudge RENAME TO gone")
        connection.exec_driver_sql("ALTER TABLE broadcast RENAME TO gone_too")

    found = jobs.look()

    assert found["replies"] == 1
    assert len(listener(bot, SMS).sent) == 1


def test_jobs_without_a_bot_say_so(monkeypatch):
    monkeypatch.setattr(jobs, "_bot", None)

    with pytest.raises(RuntimeError, match="titian worker"):
        jobs.look()

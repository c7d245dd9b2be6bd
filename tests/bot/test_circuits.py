"""A channel that fails rests, for all workers at once; messages wait for it, and it comes back by itself."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from bot import circuits, health, pushes
from bot.channels.base import ChannelError, Refusal
from bot.store import tables as t
from tests.bots import listener, rows, villager
from workers import outbox

SMS, OTHER = "twilio_sms", "africastalking_sms"
WRONG_KEY = ChannelError("20003", refusal=Refusal.CONFIGURATION)
GONE = ChannelError("ConnectTimeout", refusal=Refusal.NOT_REACHED)
LOST = ChannelError("ReadTimeout", ambiguous=True)
FULL = ChannelError("20429", refusal=Refusal.RETRY, retry_after=30)
NO_SUCH_NUMBER = ChannelError("21211", refusal=Refusal.BAD_ADDRESS)


@pytest.fixture
def send(bot):
    """Let a worker send what is due; returns how many rows it dealt with."""
    return lambda: outbox.deliver(bot, pushes.BULK, most=10_000)


@pytest.fixture
def queue(bot):
    """Queue announcements, each to somebody of her own."""
    numbers = iter(range(1000))

    def queued(how_many, channel=SMS):
        for _ in range(how_many):
            number = f"+60111000{next(numbers):03}"
            her = villager(bot, number, channel)
            address = bot.store.look(select(t.address.c.id).where(t.address.c.learner_id == her))[0].id
            row = pushes.row(
                *(her, "broadcast", bot.clock()),
                address_id=address,
                channel=channel,
                text=f"Kelas {number[-3:]}",
                due_at=bot.clock(),
            )
            with bot.store.begin() as connection:
                connection.execute(insert(t.outbound_message).values(row))

    return queued


def statuses(bot):
    return sorted(row.status for row in rows(bot, t.outbound_message))


def sent(bot, channel=SMS):
    return len(listener(bot, channel).sent)


def circuit(bot, channel=SMS):
    return circuits.look(bot.store).get(channel)


@pytest.mark.parametrize("error", [WRONG_KEY, GONE], ids=str)
def test_what_is_wrong_with_the_channel_is_held_against_no_message(bot, clock, send, queue, error):
    """A wrong key for a whole day: everything waits, nothing is lost, and it all goes when the key is right."""
    queue(40)
    listener(bot, SMS).refusals.extend([error] * 10_000)

    for _ in range(24 * 6):
        send()
        clock.turn(timedelta(minutes=10))
    assert statuses(bot) == ["queued"] * 40
    assert max(row.attempts for row in rows(bot, t.outbound_message)) <= 1
    asked = 10_000 - len(listener(bot, SMS).refusals)
    assert asked < 40 + 24 * 6  # most of the day nobody asks

    listener(bot, SMS).refusals.clear()
    clock.turn(timedelta(hours=1))
    for _ in range(5):
        send()
        clock.turn(timedelta(minutes=1))
    assert statuses(bot) == ["sent"] * 40
    assert circuit(bot) is None


def test_other_channels_go_on(bot, send, queue):
    queue(20)
    queue(20, OTHER)
    listener(bot, SMS).refusals.extend([WRONG_KEY] * 100)

    send()

    assert (sent(bot), sent(bot, OTHER)) == (0, 20)


def test_while_it_rests_nothing_is_sent_and_then_one_is_tried(bot, clock, send, queue):
    queue(50)
    listener(bot, SMS).refusals.extend([GONE] * 17)
    send()
    left = len(listener(bot, SMS).refusals)
    assert send() == 0

    clock.turn(circuit(bot).until - clock())
    assert send() == 1
    assert len(listener(bot, SMS).refusals) == left - 1 == 0
    first, second = circuit(bot).until - clock(), send()
    assert second == 0

    clock.turn(first)
    send()
    assert sent(bot) >= 50 - outbox.BATCH - 1  # those tried before are a little later
    clock.turn(timedelta(minutes=1))
    send()
    assert statuses(bot) == ["sent"] * 50


def test_each_rest_in_a_row_is_longer_but_never_longer_than_a_quarter_of_an_hour(bot, clock, send, queue):
    queue(30)
    listener(bot, SMS).refusals.extend([GONE] * 1000)
    rests = []

    for _ in range(9):
        send()
        rests.append(circuit(bot).until - clock())
        clock.turn(rests[-1])

    assert timedelta(seconds=45) < rests[0] < timedelta(seconds=75)
    assert rests[0] < rests[1] < rests[2] < rests[3]
    assert all(timedelta(minutes=11) < rest < timedelta(minutes=19) for rest in rests[5:])


def test_only_one_of_many_workers_tries(bot, clock, send, queue):
    queue(50)
    listener(bot, SMS).refusals.extend([GONE] * 16)
    send()
    clock.turn(timedelta(minutes=2))
    known = circuit(bot)

    tries = [circuits.try_one(bot.store, known, now=clock()) for _ in range(5)]

    assert tries == [True, False, False, False, False]
    assert send() == 0


def test_a_worker_that_dies_while_it_tries_keeps_nobody_waiting_for_ever(bot, clock, send, queue):
    queue(50)
    listener(bot, SMS).refusals.extend([GONE] * 16)
    send()
    clock.turn(timedelta(minutes=2))
    assert circuits.try_one(bot.store, circuit(bot), now=clock())

    clock.turn(circuits.PROBED_WITHIN)
    send()

    assert sent(bot) > 0


def test_one_to_be_tried_that_may_not_go_leaves_the_trial_to_the_next(bot, clock, send, queue):
    """Whoever said STOP meanwhile is no reason to wait three more minutes."""
    queue(20)
    listener(bot, SMS).refusals.extend([GONE] * 16)
    send()
    with bot.store.begin() as connection:
        first_due = select(t.outbound_message.c.address_id).order_by(t.outbound_message.c.due_at).limit(1)
        connection.execute(
            update(t.address).where(t.address.c.id.in_(first_due.scalar_subquery())).values(opted_out_at=clock())
        )
    clock.turn(timedelta(minutes=2))

    for _ in range(3):
        send()
        clock.turn(timedelta(seconds=20))

    assert statuses(bot) == ["cancelled"] + ["sent"] * 19


def test_a_provider_that_answers_nothing_rests_and_what_it_may_have_is_not_sent_again(bot, clock, send, queue):
    queue(40)
    listener(bot, SMS).refusals.extend([LOST] * 16)

    send()
    assert statuses(bot) == ["queued"] * 24 + ["undetermined"] * 16
    clock.turn(timedelta(minutes=2))
    send()

    assert statuses(bot) == ["sent"] * 24 + ["undetermined"] * 16


def test_a_provider_that_asks_for_a_pause_gets_just_that(bot, clock, send, queue):
    queue(40)
    listener(bot, SMS).refusals.append(FULL)
    send()
    assert circuit(bot).until == clock() + timedelta(seconds=30)
    already = sent(bot)
    assert send() == 0

    clock.turn(timedelta(seconds=30))
    send()
    clock.turn(timedelta(seconds=10))
    send()

    assert already == outbox.BATCH - 1
    assert statuses(bot) == ["sent"] * 40


@pytest.mark.parametrize("error", [NO_SUCH_NUMBER, ChannelError("99999"), ChannelError("x", retryable=True)], ids=str)
def test_what_is_wrong_with_a_message_says_nothing_about_the_channel(bot, send, queue, error):
    queue(40)
    listener(bot, SMS).refusals.extend([error] * 10)

    send()

    assert sent(bot) == 30
    assert circuit(bot) is None


def test_failures_with_successes_between_them_are_none_in_a_row(bot, clock, send, queue):
    for _ in range(circuits.ENOUGH * 2):
        queue(1)
        listener(bot, SMS).refusals.append(GONE)
        send()
        queue(1)
        send()
        clock.turn(timedelta(seconds=1))

    assert circuit(bot) is None


def test_one_message_that_alone_is_refused_is_given_up_and_stops_nobody(bot, clock, send, queue):
    """As with a country that we may not send to: it looks like the channel's fault, and others go."""
    queue(1)
    listening = listener(bot, SMS)
    first = rows(bot, t.address)[0].identifier
    really = listening.send

    def refuses_one(message):
        if message.to == first:
            raise WRONG_KEY
        return really(message)

    listening.send = refuses_one
    for _ in range(30):
        queue(1)
        send()
        clock.turn(timedelta(minutes=2))

    assert statuses(bot) == ["failed"] + ["sent"] * 30
    assert circuit(bot) is None


def test_an_operator_is_told(bot, client, send, queue):
    queue(20)
    listener(bot, SMS).refusals.extend([WRONG_KEY] * 20)
    assert client.get("/readyz").json["channels"] == "ok"

    send()

    ready = client.get("/readyz")
    assert ready.status_code == 200  # by other channels learners are answered
    assert "twilio_sms rests since" in ready.json["channels"]
    assert "20003 (configuration)" in ready.json["channels"]
    scraped = health.exposition(bot.store, now=bot.clock()).decode()
    assert 'titian_channel_resting{channel="twilio_sms"} 1.0' in scraped

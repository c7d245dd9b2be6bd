"""What goes to a provider together, and what waits for what: many numbers in one request, parts one after the other."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from bot import pushes
from bot.channels.base import ChannelError, Refusal
from bot.store import tables as t
from tests.bots import listener, rows, villager
from tests.callers import at_sms, make
from workers import claiming, outbox

MANY, ONE = "africastalking_sms", "twilio_sms"
NEWS = "Kelas pada hari Sabtu."


@pytest.fixture
def queue(bot):
    """Queue one message for each of so many learners; returns their numbers."""
    made = iter(range(10_000))

    def queued(how_many, text=NEWS, *, channel=MANY, lane=pushes.BULK, **more):
        numbers = [f"+6011100{next(made):05}" for _ in range(how_many)]
        for number in numbers:
            her = villager(bot, number, channel)
            address = bot.store.look(select(t.address.c.id).where(t.address.c.learner_id == her))[0].id
            row = pushes.row(her, "broadcast", bot.clock(), address_id=address, channel=channel, text=text)
            with bot.store.begin() as connection:
                connection.execute(
                    insert(t.outbound_message).values(row | {"due_at": bot.clock(), "lane": lane} | more)
                )
        return numbers

    return queued


def statuses(bot):
    return [row.status for row in rows(bot, t.outbound_message)]


# --- the same words to many ---------------------------------------------------------------------------------------


def test_the_same_words_go_to_many_numbers_in_one_request(bot, queue):
    numbers = queue(10)

    outbox.deliver(bot, pushes.BULK, most=100)

    assert listener(bot, MANY).together == [numbers]
    assert statuses(bot) == ["sent"] * 10


def test_other_words_are_another_request(bot, queue):
    first, second = queue(3, "Satu."), queue(4, "Dua.")

    outbox.deliver(bot, pushes.BULK, most=100)

    assert sorted(listener(bot, MANY).together) == sorted([first, second])


def test_a_channel_that_takes_one_number_gets_one_a_request(bot, queue):
    queue(5, channel=ONE)

    outbox.deliver(bot, pushes.BULK, most=100)

    assert listener(bot, ONE).together == []
    assert len(listener(bot, ONE).sent) == 5


def test_every_number_has_a_fate_of_its_own(bot, queue):
    queue(5)
    listener(bot, MANY).refusals.extend(
        [
            ChannelError("UserInBlacklist", refusal=Refusal.OPT_OUT),
            ChannelError("InvalidPhoneNumber", refusal=Refusal.BAD_ADDRESS),
            ChannelError("unlisted", ambiguous=True),
        ]
    )

    outbox.deliver(bot, pushes.BULK, most=100)

    assert statuses(bot) == ["failed", "failed", "undetermined", "sent", "sent"]
    assert [row.opted_out_at is not None for row in rows(bot, t.address)] == [True, False, False, False, False]


def test_no_request_has_more_numbers_than_the_provider_takes_and_batches_grow(bot, queue):
    queue(700)
    many = listener(bot, MANY).profile.many

    outbox.deliver(bot, pushes.BULK, most=1000)

    sizes = [len(each) for each in listener(bot, MANY).together]
    assert sum(sizes) == 700
    assert max(sizes) == many
    assert sizes[0] == claiming.BATCH  # a provider that answers nothing leaves no more than this in doubt
    assert statuses(bot) == ["sent"] * 700


def test_a_provider_that_fails_gets_no_larger_batches(bot, queue):
    queue(60, channel=ONE)
    listener(bot, ONE).refusals.extend([ChannelError("20003", refusal=Refusal.CONFIGURATION)] * 16)

    outbox.deliver(bot, pushes.BULK, most=1000)

    assert statuses(bot) == ["queued"] * 60
    assert len(listener(bot, ONE).refusals) == 0


# --- replies among them -------------------------------------------------------------------------------------------


def test_a_reply_goes_before_the_next_batch_of_an_announcement(bot, queue):
    queue(100, channel=ONE)
    queue(1, "Betul!", channel=ONE, lane=pushes.REPLIES, purpose="reply")

    outbox.deliver(bot, pushes.BULK, most=10)

    assert listener(bot, ONE).sent[0].text == "Betul!"


# --- the parts of one thought ---------------------------------------------------------------------------------------


@pytest.fixture
def parts(bot):
    """Queue three parts of one thought for a learner; returns their ids."""

    def queued(number="+60111000001"):
        her = villager(bot, number, ONE)
        address = bot.store.look(select(t.address.c.id).where(t.address.c.learner_id == her))[0].id
        made, before = [], None
        with bot.store.begin() as connection:
            for text in ("satu", "dua", "tiga"):
                row = pushes.row(her, "reply", bot.clock(), address_id=address, channel=ONE, text=text)
                row |= {"due_at": bot.clock(), "lane": pushes.REPLIES, "follows": before}
                connection.execute(insert(t.outbound_message).values(row))
                before = row["id"]
                made.append(before)
        return made

    return queued


def texts(bot):
    return [each.text for each in listener(bot, ONE).sent]


def test_a_part_leaves_when_the_one_before_it_is_sent(bot, clock, parts):
    parts()

    claimed = [[row.text for row in claiming.claim(bot.store, 0, ONE, now=clock())] for _ in range(2)]

    assert claimed == [["satu"], []]


def test_parts_arrive_in_their_order_in_one_go(bot, parts):
    parts()

    outbox.deliver(bot, pushes.REPLIES, most=100)

    assert texts(bot) == ["satu", "dua", "tiga"]


def test_parts_wait_where_the_first_has_to_be_tried_again(bot, clock, parts):
    parts()
    listener(bot, ONE).refusals.append(ChannelError("30022", refusal=Refusal.RETRY))

    outbox.deliver(bot, pushes.REPLIES, most=100)
    assert texts(bot) == []

    clock.turn(timedelta(seconds=50))
    outbox.deliver(bot, pushes.REPLIES, most=100)
    assert texts(bot) == ["satu", "dua", "tiga"]


def test_a_part_whose_forerunner_will_never_come_leaves_at_once(bot, parts):
    parts()
    listener(bot, ONE).refusals.append(ChannelError("30007", refusal=Refusal.CONTENT))

    outbox.deliver(bot, pushes.REPLIES, most=100)

    assert texts(bot) == ["dua", "tiga"]


def test_a_part_does_not_wait_for_ever_for_one_that_is_in_doubt(bot, clock, parts):
    parts()
    listener(bot, ONE).refusals.append(ChannelError("timed out", ambiguous=True))

    outbox.deliver(bot, pushes.REPLIES, most=100)
    assert texts(bot) == []

    clock.turn(claiming.PART_WAITS)
    outbox.deliver(bot, pushes.REPLIES, most=100)
    assert texts(bot) == ["dua", "tiga"]


def test_parts_of_different_learners_do_not_wait_for_each_other(bot, clock, parts):
    parts()
    parts("+60111000002")

    assert [row.text for row in claiming.claim(bot.store, 0, ONE, now=clock())] == ["satu", "satu"]


def test_a_reply_in_several_parts_says_so_and_belongs_to_its_course(bot, client):
    for place, word in enumerate(("hai", "1", "1")):  # Africa's Talking is answered by the outbox
        make(client, at_sms("+60111000009", word, f"said-{place}"))

    said = [row for row in rows(bot, t.outbound_message) if row.course == "selamat1"]
    assert len(said) > 1
    assert [row.follows for row in said] == [None, *[row.id for row in said[:-1]]]

"""The rate of a channel: so many messages and SMS in a while, in all processes together, replies before announcements."""

from dataclasses import replace

import pytest
from sqlalchemy import insert, select

from bot import pushes
from bot.channels.base import Rate
from bot.store import tables as t
from bot.throttle import Throttle
from tests.bots import listener, rows, villager
from workers import outbox

ONE_A_DAY = Rate(1 / 86_400)
A_THOUSAND = [1] * 1000
NOBODY = "unix:///nowhere/nobody.sock"


def test_a_channel_without_a_rate_is_never_held_up():
    assert Throttle(NOBODY, {"sms": Rate()}).grant("sms", A_THOUSAND, bulk=True) == 1000
    assert Throttle(NOBODY, {}).grant("sms", A_THOUSAND, bulk=True) == 1000


@pytest.mark.parametrize("processes", [1, 3])
def test_all_processes_together_keep_to_the_rate(redis_url, processes):
    throttles = [Throttle(redis_url, {"sms": ONE_A_DAY}) for _ in range(processes)]

    granted = [each.grant("sms", [1, 1, 1], bulk=False) for each in throttles for _ in range(4)]

    assert sum(granted) == 1


def test_segments_count_as_well_as_messages(redis_url):
    throttle = Throttle(redis_url, {"sms": Rate(messages=50_000, segments=10)})

    assert throttle.grant("sms", [3, 3, 3, 3], bulk=False) == 3


def test_a_message_longer_than_the_rate_leaves_when_nothing_else_does(redis_url):
    throttle = Throttle(redis_url, {"sms": Rate(segments=1 / 86_400)})

    assert throttle.grant("sms", [3, 1], bulk=False) == 1
    assert throttle.grant("sms", [3, 1], bulk=False) == 0


def test_announcements_leave_room_for_replies(redis_url):
    throttle = Throttle(redis_url, {"sms": Rate(1000)})

    assert throttle.grant("sms", [1] * 5000, bulk=True) == 800
    assert throttle.grant("sms", [1] * 100, bulk=False) == 100


def test_each_channel_has_its_own(redis_url):
    throttle = Throttle(redis_url, {"sms": ONE_A_DAY, "whatsapp": ONE_A_DAY})

    assert [throttle.grant(name, [1, 1], bulk=False) for name in ("sms", "whatsapp", "sms")] == [1, 1, 0]


def test_who_had_its_share_is_not_asked_again_for_a_moment(redis_url):
    now = [100.0]
    throttle = Throttle(redis_url, {"sms": Rate(10)}, seconds=lambda: now[0])
    assert throttle.tired(bulk=False) == {}

    throttle.grant("sms", [1] * 20, bulk=False)

    assert throttle.tired(bulk=False) == {"sms": pytest.approx(0.1)}
    assert throttle.tired(bulk=True) == {}
    now[0] += 0.2
    assert throttle.tired(bulk=False) == {}


def test_without_redis_each_process_counts_for_itself(redis_url, valkey):
    first, second = (Throttle(redis_url, {"sms": ONE_A_DAY}) for _ in range(2))
    assert first.grant("sms", [1], bulk=False) == 1

    valkey.stop()

    assert [second.grant("sms", [1, 1], bulk=False) for _ in range(3)] == [1, 0, 0]


def test_it_counts_together_again_when_redis_is_back(redis_url, valkey):
    now = [0.0]
    throttle = Throttle(redis_url, {"sms": ONE_A_DAY}, seconds=lambda: now[0])
    valkey.stop()
    assert throttle.grant("sms", [1], bulk=False) == 1

    valkey.start()
    now[0] += 60

    assert throttle.grant("sms", [1], bulk=False) == 1  # Redis knew nothing of the first
    assert Throttle(redis_url, {"sms": ONE_A_DAY}).grant("sms", [1], bulk=False) == 0


def test_what_may_not_leave_yet_stays_queued_as_it_was(bot, redis_url):
    throttled = replace(bot, throttle=Throttle(redis_url, {"twilio_sms": ONE_A_DAY}))
    for n in range(20):
        her = villager(bot, f"+60111000{n:03}")
        address = bot.store.look(select(t.address.c.id).where(t.address.c.learner_id == her))[0].id
        row = pushes.row(
            her, "broadcast", bot.clock(), address_id=address, channel="twilio_sms", text="Hai", due_at=bot.clock()
        )
        with bot.store.begin() as connection:
            connection.execute(insert(t.outbound_message).values(row))

    done = outbox.deliver(throttled, pushes.BULK, most=100)

    assert done == len(listener(bot, "twilio_sms").sent) == 1
    waiting = [row for row in rows(bot, t.outbound_message) if row.status == "queued"]
    assert len(waiting) == 19
    assert {(row.attempts, row.due_at) for row in waiting} == {(0, bot.clock())}

"""A clock that slept for six hours: what fell due meanwhile goes out once, not all in one minute, and never at night."""

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import update

from bot import broadcasts
from bot.audience import Audience
from bot.store import tables as t
from tests.world import KUCHING

WORDS = {"ms": "Kelas di dewan pada hari Sabtu.", "en": "Class in the hall on Saturday."}
PHONES = [f"+6011100010{n:02}" for n in range(8)]
ASLEEP = timedelta(hours=6)
AN_HOUR = timedelta(hours=1)


@pytest.fixture
def village(world_on_both):
    """Eight learners who passed a lesson yesterday and rest. Nothing is due before the clock falls asleep."""
    world = world_on_both
    for phone in PHONES:
        world.says_all("hai", "1", "ya", "B", "rehat", phone=phone)
    return world


def sleeps(world, *, at, announced=True):
    """Turn the clock to that hour, and on by six hours while nobody looks and everything falls due.

    For half of them that is the next lesson, for the others a review, and for all of them perhaps an announcement.
    """
    there = world.clock().astimezone(KUCHING)
    falls_asleep = there.replace(hour=at, minute=0) + timedelta(days=1)
    world.passes(hours=(falls_asleep - there) / AN_HOUR)
    world.provider.sent.clear()
    ids = [row.id for row in world.rows(t.learner)]
    with world.bot.store.begin() as connection:
        for place, her in enumerate(ids):
            due = world.clock() + timedelta(minutes=30 * (place + 1))
            nudge = due if place % 2 else due + timedelta(days=20)
            review = due + timedelta(days=20) if place % 2 else due
            connection.execute(update(t.nudge).where(t.nudge.c.learner_id == her).values(due_at=nudge))
            connection.execute(update(t.review).where(t.review.c.learner_id == her).values(due_at=review))
    if announced:
        broadcasts.approve(world.bot.store, "Puan Rosli", WORDS, Audience(), now=world.clock())
    world.clock.turn(ASLEEP)
    return world.clock()


def hours(sent):
    return [each.at.astimezone(KUCHING).hour for each in sent]


def apart(sent):
    """The shortest time between two pushes to the same learner."""
    of = defaultdict(set)
    for each in sent:
        of[each.to].add(each.at)
    return min(
        (later - earlier for moments in of.values() for earlier, later in pairwise(sorted(moments))), default=ASLEEP
    )


def thoughts(sent, *, announced):
    """How many each was sent, whatever the number of its parts."""
    return Counter(to for to, _ in {(each.to, each.at) for each in sent if ("dewan" in each.text) is announced})


def test_by_day_what_fell_due_goes_out_once_when_the_clock_wakes_and_no_two_pushes_within_an_hour(village):
    woke = sleeps(village, at=9)  # until three in the afternoon

    at_once = village.rehearsal.delivers()
    again = village.rehearsal.delivers()
    village.passes(hours=4)
    sent = village.provider.sent

    assert {each.to for each in at_once} == set(PHONES)
    assert {each.at for each in at_once} == {woke}
    assert again == []
    assert thoughts(sent, announced=True) == thoughts(sent, announced=False) == dict.fromkeys(PHONES, 1)
    assert apart(sent) >= AN_HOUR


def test_at_night_nothing_goes_out_and_the_morning_has_each_once_an_hour_apart(village):
    woke = sleeps(village, at=17)  # until eleven at night

    at_once = village.rehearsal.delivers()
    village.passes(hours=15)
    sent = village.provider.sent

    assert woke.astimezone(KUCHING).hour == 23
    assert at_once == []
    assert thoughts(sent, announced=True) == thoughts(sent, announced=False) == dict.fromkeys(PHONES, 1)
    assert all(8 <= hour < 20 for hour in hours(sent))
    assert apart(sent) >= AN_HOUR


def test_what_waited_for_the_morning_does_not_all_come_at_eight(village):
    sleeps(village, at=17, announced=False)

    village.passes(hours=15)
    sent = village.provider.sent

    assert thoughts(sent, announced=False) == dict.fromkeys(PHONES, 1)
    assert all(8 <= hour < 20 for hour in hours(sent))
    assert max(Counter(each.at for each in sent if "TAC" not in each.text).values()) < len(PHONES) / 2

"""The weekly budget: a pure decision, and the reason for it in words."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from bot import arbiter, policy
from bot.arbiter import Her, Pushed, Route
from bot.policy import Later, No, Yes

KUCHING = ZoneInfo("Asia/Kuching")
NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)  # a Tuesday
REACH = policy.Reach("tel", consented=True, opted_out=False, last_inbound_at=NOON - timedelta(days=2))
ROUTE = Route(REACH)


def decided(purpose, *before, now=NOON, route=ROUTE, asks=False, override="", **her):
    pushed = [Pushed(kind, now - ago) for kind, ago in before]
    return arbiter.decide(purpose, Her(pushed, **her), route, now=now, zone=KUCHING, asks=asks, override=override)


def words(answer):
    return arbiter.in_words(answer, KUCHING)


DAYS = [timedelta(days=n) for n in range(7)]


def test_what_she_has_room_for_goes():
    assert words(decided("lesson")) == "sent"


@pytest.mark.parametrize(("wants", "had"), [(1, 1), (3, 3), (5, 5)])
def test_no_more_learning_messages_than_she_wants(wants, had):
    lessons = [("lesson", DAYS[n] + timedelta(hours=2)) for n in range(had)]

    assert isinstance(decided("lesson", *lessons[1:], wants=wants), Yes)
    assert isinstance(decided("review", *lessons, wants=wants), Later)


def test_a_lesson_waits_until_the_week_has_room_again():
    had = [("lesson", timedelta(days=6)), ("review", timedelta(days=4)), ("lesson", timedelta(days=2))]

    answer = decided("lesson", *had)

    assert answer == Later(NOON + timedelta(days=1), "she wants 3 a week, and had them")


def test_five_pushes_of_any_kind_are_the_most():
    kinds = ("lesson", "broadcast", "nudge", "broadcast", "lesson")
    had = [(kind, timedelta(days=1 + n)) for n, kind in enumerate(kinds)]

    assert words(decided("broadcast", *had)) == "no: cap reached (5 this week)"
    assert words(decided("nudge", *had)) == "later: cap reached (5 this week); 2026-11-26 12:00"
    assert decided("review", *had) == Later(NOON + timedelta(days=2), "cap reached (5 this week)")


def test_what_was_pushed_a_week_ago_counts_no_more():
    had = [("broadcast", timedelta(days=7))] * 5

    assert isinstance(decided("broadcast", *had), Yes)


def test_never_two_pushes_in_an_hour():
    answer = decided("nudge", ("broadcast", timedelta(minutes=20)))

    assert answer == Later(NOON + timedelta(minutes=40), "something else went less than an hour ago")
    assert words(answer) == "later: something else went less than an hour ago; 2026-11-24 12:40"


def test_what_waits_for_her_has_its_place_in_her_week():
    in_an_hour = ("broadcast", -timedelta(hours=1))

    assert decided("nudge", in_an_hour) == Later(NOON + timedelta(hours=2), arbiter.TOO_SOON)
    assert words(decided("broadcast", in_an_hour, *[("lesson", day) for day in DAYS[2:6]])) == f"no: {arbiter.FULL}"


def test_what_she_learns_by_comes_in_her_part_of_the_day():
    answer = decided("lesson", slot="evening")

    assert words(answer) == "later: outside her hours until 18:00"
    evening = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    assert evening <= answer.until < evening + policy.SLOT_LASTS


def test_an_announcement_does_not_wait_for_her_part_of_the_day():
    assert isinstance(decided("broadcast", slot="evening"), Yes)


def test_at_night_everything_waits_for_the_morning():
    night = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)

    assert decided("broadcast", now=night).until.astimezone(KUCHING).hour == 8


def test_who_stopped_gets_nothing_whatever_room_there_is():
    stopped = Route(REACH.__class__("tel", consented=True, opted_out=True, last_inbound_at=NOON))

    assert words(decided("lesson", route=stopped)) == "no: opted out"
    assert words(decided("lesson", route=stopped, override="she asked me to")) == "no: opted out"


def test_what_asks_for_a_reply_does_not_go_where_none_can_come():
    one_way = Route(REACH, two_way=False)

    assert words(decided("review", route=one_way, asks=True)) == "no: it asks for a reply, and this route carries none"
    assert isinstance(decided("lesson", route=one_way), Yes)


def test_a_coordinator_may_override_her_budget_and_not_the_law():
    full = [("broadcast", timedelta(days=1, hours=n)) for n in range(5)]
    night = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)

    assert isinstance(decided("broadcast", *full, override="the clinic moved"), Yes)
    assert isinstance(decided("broadcast", *full, override="the clinic moved", now=night), Later)


def test_what_is_due_at_once_for_many_does_not_leave_in_one_second():
    leaves = [arbiter.spread(place) for place in range(50_000)]

    by_minute = [0] * 75
    for each in leaves:
        by_minute[int(each / timedelta(minutes=1))] += 1
    assert max(by_minute) < 1.2 * 50_000 / 75
    assert min(by_minute) > 0.8 * 50_000 / 75
    assert arbiter.spread(7) == arbiter.spread(7)


PURPOSES = st.sampled_from(arbiter.PRIORITY)
# What waits is before her: "so long ago" below nought.
HISTORY = st.lists(st.tuples(PURPOSES, st.timedeltas(-timedelta(days=2), timedelta(days=10))), max_size=12)


@given(PURPOSES, HISTORY, st.sampled_from([1, 3, 5]), st.sampled_from([None, *policy.SLOTS]), st.integers(0, 47))
def test_whatever_came_before_the_caps_hold_and_what_waits_has_a_later_time(purpose, before, wants, slot, half_hours):
    now = NOON + timedelta(minutes=30 * half_hours)

    answer = decided(purpose, *before, now=now, wants=wants, slot=slot)

    recent = [kind for kind, ago in before if ago < arbiter.WEEK]
    if isinstance(answer, Yes):
        assert len(recent) < arbiter.MOST_PUSHES
        assert purpose not in arbiter.LEARNING or sum(kind in arbiter.LEARNING for kind in recent) < wants
        assert all(ago >= arbiter.APART for _, ago in before)
    elif isinstance(answer, Later):
        assert answer.until > now
        assert words(answer).startswith("later: ")
    else:
        assert isinstance(answer, No)
        assert words(answer).startswith("no: ")

"""When something about a certificate is worth a question, and when not: the rules alone, without a database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from bot.doubts import KINDS, in_words, rules
from bot.doubts.rules import Known, Neighbour, Try, doubts, likeness

ZONE = ZoneInfo("Asia/Kuching")
NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)  # half past twelve in Kuching


def learnt(seconds, *, lessons=7, wrong=(), purpose="lesson", at=NOON):
    """One question a lesson, so many seconds apart; those in `wrong` answered with the same wrong option."""
    return tuple(
        Try(f"l{n}", "q", 1, "x" if n in wrong else "r", n not in wrong, at + n * timedelta(seconds=seconds), purpose)
        for n in range(lessons)
    )


def kinds(known):
    return {each.kind for each in doubts(known, ZONE)}


def test_an_ordinary_learner_is_asked_about_nothing():
    family = (NOON - timedelta(days=20), NOON - timedelta(days=3))
    usual = Known(35, NOON, learnt(90), on_phone=family, attested_at=NOON, about_then=(NOON,) * 4, week=(30, 20.0))

    assert doubts(usual, ZONE) == []


@pytest.mark.parametrize(
    ("seconds", "odd"),
    [(5, True), (30, True), (45, False), (90, False)],  # seven lessons of five minutes: an eighth is 37 seconds each
)
def test_a_course_done_in_far_less_than_its_minutes_is_asked_about(seconds, odd):
    assert ("speed" in kinds(Known(35, NOON, learnt(seconds)))) is odd


def test_a_rest_between_two_halves_done_in_seconds_does_not_hide_them():
    late = [replace(each, at=each.at + timedelta(days=3)) for each in learnt(4)[4:]]

    found = doubts(Known(35, NOON, (*learnt(4)[:4], *late)), ZONE)

    assert [(each.kind, each.seen["quick"]) for each in found] == [("speed", 5)]


@pytest.mark.parametrize("purpose", ["quiz", "paper"])
def test_a_quiz_in_one_text_or_a_slip_of_paper_is_not_fast(purpose):
    assert kinds(Known(35, NOON, learnt(0, purpose=purpose))) == set()


def test_a_lesson_taken_up_again_later_is_not_a_quick_one():
    steps = list(learnt(120))
    steps.append(replace(steps[0], attempt=2, at=NOON + timedelta(hours=5)))

    assert kinds(Known(35, NOON, tuple(steps))) == set()


def other(near, **more):
    return Neighbour("SR7K-3M9Q-XT2Y", near, learnt(90, **more))


@pytest.mark.parametrize(
    ("near", "wrong", "odd"),
    [
        ("coordinator", {1, 2, 3}, True),
        ("coordinator", {1, 2}, False),  # all right but for two is no more than what both know
        ("phone", {1, 2, 3}, True),
        ("district", {1, 2, 3}, False),
        ("district", {1, 2, 3, 4}, True),
        ("coordinator", set(), False),  # who knows everything looks like everybody who does
    ],
)
def test_the_same_wrong_answers_as_a_neighbour(near, wrong, odd):
    known = Known(35, NOON, learnt(90, wrong=wrong), neighbours=(other(near, wrong=wrong),))

    assert ("sameness" in kinds(known)) is odd


def test_a_family_at_one_table_is_asked_about_later_than_a_list():
    known = Known(35, NOON, learnt(90, wrong={1, 2, 3}))
    scores = [
        doubts(replace(known, neighbours=(other(near, wrong={1, 2, 3}),)), ZONE)[0].score
        for near in ("phone", "coordinator")
    ]

    assert scores[0] < scores[1]


def test_much_that_differs_is_no_copy():
    assert not likeness(learnt(90, wrong={1, 2, 3}), learnt(90, wrong={1, 2, 3, 4, 5})).is_odd("phone")


def test_only_what_both_were_asked_is_compared():
    """Banks differ: another question in the same lesson says nothing."""
    hers = learnt(90, wrong={1, 2, 3})
    others = tuple(replace(each, question="another") for each in hers)

    assert likeness(hers, others) == rules.Likeness(0, 0, 0)


@pytest.mark.parametrize(
    ("before", "odd"),
    [
        ([1, 1], True),  # three in a day
        ([30, 60], False),  # a family
        ([30, 60, 90], True),  # a fourth
        ([2000] * 6, True),  # more than a phone has places
    ],
)
def test_many_from_one_phone(before, odd):
    on_phone = tuple(NOON - timedelta(hours=hours) for hours in before)

    assert ("phone" in kinds(Known(35, NOON, on_phone=on_phone))) is odd


def test_attested_in_a_burst_or_at_night_among_several():
    def attested(at, others, apart):
        return kinds(Known(35, at, attested_at=at, about_then=tuple(at + n * apart for n in range(1, others + 1))))

    assert attested(NOON, 12, timedelta(seconds=10)) == {"burst"}
    assert attested(NOON, 12, timedelta(minutes=2)) == set()
    assert attested(MIDNIGHT, 6, timedelta(minutes=2)) == {"night"}
    assert attested(MIDNIGHT, 1, timedelta(minutes=2)) == set()


@pytest.mark.parametrize(
    ("at", "purpose", "odd"), [(MIDNIGHT, "paper", True), (NOON, "paper", False), (MIDNIGHT, "lesson", False)]
)
def test_most_lessons_from_paper_that_was_entered_at_night(at, purpose, odd):
    assert ("night" in kinds(Known(35, NOON, learnt(90, purpose=purpose), entered=(at,)))) is odd


@pytest.mark.parametrize(("week", "odd"), [((30, 2.0), True), ((30, 8.0), False), ((29, 1.0), False), (None, False)])
def test_a_coordinator_far_above_the_others(week, odd):
    assert ("rate" in kinds(Known(35, NOON, week=week))) is odd


MOMENTS = st.integers(-10_000_000, 10_000_000).map(lambda seconds: NOON + timedelta(seconds=seconds))
TRIES = st.lists(
    st.builds(
        Try,
        st.sampled_from("abcdef"),
        st.sampled_from("12"),
        st.sampled_from([1, 2]),
        st.sampled_from("xyz"),
        st.booleans(),
        MOMENTS,
        st.sampled_from(["lesson", "quiz", "paper", "review", "placement"]),
    ),
    max_size=12,
).map(tuple)
KNOWN = st.builds(
    Known,
    st.integers(0, 600),
    MOMENTS,
    TRIES,
    st.lists(st.builds(Neighbour, st.just("C"), st.sampled_from(["phone", "coordinator", "district"]), TRIES)).map(
        tuple
    ),
    st.lists(MOMENTS).map(tuple),
    st.none() | MOMENTS,
    st.lists(MOMENTS, max_size=30).map(tuple),
    st.lists(MOMENTS).map(tuple),
    st.none() | st.tuples(st.integers(0, 10_000), st.floats(0, 10_000)),
)


@given(KNOWN)
def test_whatever_is_known_each_doubt_can_be_said_and_sorted_and_there_is_one_of_a_kind(known):
    found = doubts(known, ZONE)

    assert len({each.kind for each in found}) == len(found)
    for each in found:
        assert each.kind in KINDS
        assert 1 <= each.score <= 100
        assert "{" not in in_words(each.kind, each.seen)


@given(TRIES, TRIES)
def test_likeness_is_the_same_from_either_side(hers, others):
    assert likeness(hers, others) == likeness(others, hers)


@given(TRIES)
def test_who_is_like_herself_differs_in_nothing(hers):
    assert likeness(hers, hers).differ == 0

"""Experiments: who is drawn into which arm, what becomes of her, and the guard that stops an arm which drives people away."""

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st
from scipy import stats
from sqlalchemy import insert, select, update

from bot.experiments import Arm, Experiment, arm_for, settle, trying
from bot.experiments.declared import CAME_BACK, COMPLETED
from bot.experiments.drawing import choose
from bot.experiments.settling import driving_away, likelihood, stop
from bot.store import tables as t
from bot.store.database import Store
from tests.bots import at_the_same_moment

BEGINS = datetime(2027, 1, 4, tzinfo=UTC)
ENDS = BEGINS + timedelta(days=30)
HOUR = timedelta(hours=1)
TRIED = Experiment(
    *("waktu", "", "nudge hours", "sayur1", CAME_BACK, "usual"),
    arms=(Arm("usual", 1, 1000, hours=24), Arm("sooner", 1, 1000, hours=12)),
    worth=0.1,
    begins=BEGINS,
    ends=ENDS,
    running=True,
)
THREE = replace(TRIED, arms=(*TRIED.arms, Arm("soonest", 1, 1000, hours=6)))


@pytest.fixture
def store(migrated_url):
    """A database with nobody in it."""
    made = Store(migrated_url)
    yield made
    made.engine.dispose()


def enrol(store, *learners, course="sayur1"):
    """Learners in the course; the address of each has her own id."""
    with store.begin() as connection:
        for her in learners:
            connection.execute(insert(t.learner).values(id=her, locale="ms", created_at=BEGINS))
            number = {"kind": "tel", "identifier": f"+60111{her:06}", "learner_id": her, "created_at": BEGINS}
            connection.execute(insert(t.address).values(id=her, **number))
            enrolled = {"learner_id": her, "course": course, "version": "v", "started_at": BEGINS}
            connection.execute(insert(t.enrolment).values(enrolled))


def draw(store, her, now=BEGINS, experiment=TRIED, point=None):
    """Ask for her arm; `point` is what the lot gives."""
    with store.begin() as connection:
        if point is None:
            return arm_for(connection, experiment, her, now)
        return arm_for(connection, experiment, her, now, chance=lambda: point)


def writes(store, her, at, words="1"):
    """She sends a message."""
    with store.begin() as connection:
        number = len(connection.execute(select(t.inbound_message.c.id)).all()) + 1
        row = {"id": number, "channel": "sms", "provider_id": str(number), "address_id": her, "learner_id": her}
        row |= {"turn": number, "text": words, "reply": "[]", "received_at": at}
        connection.execute(insert(t.inbound_message).values(row))


def opts_out(store, her, at):
    """She stops, as the bot writes it."""
    with store.begin() as connection:
        connection.execute(update(t.address).where(t.address.c.learner_id == her).values(opted_out_at=at))


def hers(store, her):
    (row,) = store.look(select(t.arm).where(t.arm.c.learner_id == her))
    return row


# --- drawing --------------------------------------------------------------------------------------------------------


def test_an_arm_is_drawn_once_and_kept_whatever_the_lot_would_say_later(store):
    enrol(store, 1)

    assert draw(store, 1, point=0.9) == "sooner"
    assert draw(store, 1, BEGINS + 9 * HOUR, point=0.1) == "sooner"
    assert hers(store, 1).drawn_at == BEGINS


def test_two_workers_at_once_give_one_arm(store):
    enrol(store, *range(1, 11))

    for her in range(1, 11):
        both = at_the_same_moment(lambda: draw(store, her, point=0.1), lambda: draw(store, her, point=0.9))  # noqa: B023

        assert both == [hers(store, her).arm] * 2


def test_a_draw_that_is_undone_has_not_been(store):
    enrol(store, 1)

    with store.begin() as connection:
        arm_for(connection, TRIED, 1, BEGINS)
        connection.rollback()

    assert store.look(select(t.arm)) == []


@given(st.lists(st.integers(1, 100), min_size=2, max_size=4))
def test_arms_get_what_their_weights_say(weights):
    arms = [Arm(str(place), weight, 1) for place, weight in enumerate(weights)]
    whole = sum(weights)

    drawn = Counter(choose(arms, (each + 0.5) / whole) for each in range(whole))

    assert drawn == {arm.name: arm.weight for arm in arms}


def test_many_draws_by_lot_are_balanced(store):
    enrol(store, *range(1, 401))
    lot = random.Random(7)

    with store.begin() as connection:
        drawn = Counter(arm_for(connection, TRIED, her, BEGINS, chance=lot.random) for her in range(1, 401))

    assert drawn.total() == 400
    assert stats.chisquare([drawn["usual"], drawn["sooner"]]).pvalue > 0.01


def test_who_is_not_in_the_course_or_has_finished_it_gets_what_everybody_gets(store):
    enrol(store, 1, course="buku1")
    enrol(store, 2)
    with store.begin() as connection:
        connection.execute(update(t.enrolment).where(t.enrolment.c.learner_id == 2).values(completed_at=BEGINS))

    assert [draw(store, 1), draw(store, 2), draw(store, 3)] == [None, None, None]
    assert store.look(select(t.arm)) == []


def test_nobody_is_drawn_before_it_begins_after_it_ends_or_while_it_is_off(store):
    enrol(store, 1)

    assert draw(store, 1, BEGINS - HOUR) is None
    assert draw(store, 1, ENDS) is None
    assert draw(store, 1, experiment=replace(TRIED, running=False)) is None


def test_who_was_drawn_keeps_her_arm_until_her_term_has_ended(store):
    """Else the end of the draws would change what the last of them get, and so what came of it."""
    enrol(store, 1)
    draw(store, 1, ENDS - HOUR, point=0.9)

    assert draw(store, 1, ENDS + 70 * HOUR) == "sooner"
    assert draw(store, 1, ENDS + 72 * HOUR) is None


def test_it_is_full_when_each_arm_has_its_learners(store):
    enrol(store, 1, 2, 3, 4)
    small = replace(TRIED, arms=tuple(replace(arm, target=1) for arm in TRIED.arms))

    assert [draw(store, her, experiment=small, point=point) for her, point in ((1, 0.1), (2, 0.2), (3, 0.9))] == [
        "usual",
        "usual",
        "sooner",
    ]
    assert draw(store, 4, experiment=small, point=0.9) is None
    assert draw(store, 1, experiment=small) == "usual"


def test_what_was_declared_may_not_change_after_the_first_draw(store):
    enrol(store, 1, 2)
    draw(store, 1)

    assert draw(store, 2, experiment=replace(TRIED, outcome=COMPLETED)) is None
    assert draw(store, 1, experiment=replace(TRIED, worth=0.01)) is None
    assert draw(store, 2, experiment=replace(TRIED, about="other words", ends=ENDS + 9 * HOUR)) is not None


def test_the_sender_finds_the_experiment_that_tries_what_it_is_about_to_do():
    assert trying([TRIED], "nudge hours", "sayur1", BEGINS) is TRIED
    assert trying([TRIED], "nudge text", "sayur1", BEGINS) is None
    assert trying([TRIED], "nudge hours", "buku1", BEGINS) is None
    assert trying([TRIED], "nudge hours", "sayur1", ENDS + HOUR) is TRIED
    assert trying([TRIED], "nudge hours", "sayur1", ENDS + 72 * HOUR) is None


# --- outcomes -------------------------------------------------------------------------------------------------------


def test_she_came_back_if_she_wrote_within_72_hours_of_the_draw(store):
    enrol(store, 1, 2, 3)
    for her in (1, 2, 3):
        draw(store, her)
    writes(store, 1, BEGINS + 72 * HOUR)
    writes(store, 2, BEGINS + 72 * HOUR + timedelta(seconds=1))
    writes(store, 3, BEGINS)  # the message in whose transaction she was drawn

    settle(store, [TRIED], now=BEGINS + 72 * HOUR)

    assert [hers(store, her).outcome for her in (1, 2, 3)] == [True, False, False]


def test_nothing_is_decided_while_her_term_runs(store):
    enrol(store, 1)
    draw(store, 1)
    writes(store, 1, BEGINS + HOUR)

    settle(store, [TRIED], now=BEGINS + 71 * HOUR)

    assert hers(store, 1).outcome is None
    assert hers(store, 1).settled_at is None


def test_who_stopped_has_not_come_back_although_she_wrote_to_stop(store):
    enrol(store, 1)
    draw(store, 1)
    writes(store, 1, BEGINS + HOUR, "BERHENTI")
    opts_out(store, 1, BEGINS + HOUR)

    settle(store, [TRIED], now=BEGINS + 72 * HOUR)

    assert (hers(store, 1).outcome, hers(store, 1).opted_out) == (False, True)


def test_an_opt_out_is_seen_within_a_day_and_kept_although_she_begins_again(store):
    enrol(store, 1)
    draw(store, 1)
    opts_out(store, 1, BEGINS + HOUR)
    settle(store, [TRIED], now=BEGINS + 24 * HOUR)
    opts_out(store, 1, None)
    settle(store, [TRIED], now=BEGINS + 72 * HOUR)

    assert hers(store, 1).opted_out


def test_an_opt_out_after_her_term_does_not_count(store):
    enrol(store, 1)
    draw(store, 1)
    opts_out(store, 1, BEGINS + 73 * HOUR)

    settle(store, [TRIED], now=BEGINS + 100 * HOUR)

    assert not hers(store, 1).opted_out


def test_she_completed_if_the_course_was_finished_within_60_days(store):
    of_courses = replace(TRIED, outcome=COMPLETED)
    enrol(store, 1, 2)
    for her in (1, 2):
        draw(store, her, experiment=of_courses)
    with store.begin() as connection:
        for her, days in ((1, 60), (2, 61)):
            done = update(t.enrolment).where(t.enrolment.c.learner_id == her)
            connection.execute(done.values(completed_at=BEGINS + timedelta(days=days)))

    settle(store, [of_courses], now=BEGINS + timedelta(days=70))

    assert [hers(store, her).outcome for her in (1, 2)] == [True, False]


def test_settling_twice_changes_nothing_and_each_time_only_what_is_due(store):
    enrol(store, 1, 2)
    draw(store, 1)
    draw(store, 2, BEGINS + 48 * HOUR)
    writes(store, 1, BEGINS + HOUR)
    now = BEGINS + 72 * HOUR

    assert settle(store, [TRIED], now=now) == 2
    before = store.look(select(t.arm).order_by(t.arm.c.learner_id))
    assert settle(store, [TRIED], now=now) == 0
    assert store.look(select(t.arm).order_by(t.arm.c.learner_id)) == before


def test_many_are_settled_in_several_goes(store):
    enrol(store, *range(1, 8))
    for her in range(1, 8):
        draw(store, her)

    looked = [settle(store, [TRIED], now=BEGINS + 72 * HOUR, most=3) for _ in range(4)]

    assert looked == [3, 3, 1, 0]


# --- the guard ------------------------------------------------------------------------------------------------------


def drawn_with_opt_outs(store, experiment, leaving):
    """Twenty learners in each arm; the first ones of it, as many as `leaving` says, opt out after an hour."""
    names = [arm.name for arm in experiment.arms]
    for place, name in enumerate(names):
        learners = range(100 * (place + 1), 100 * (place + 1) + 20)
        enrol(store, *learners)
        for number, her in enumerate(learners):
            assert draw(store, her, experiment=experiment, point=(place + 0.5) / len(names)) == name
            if number < leaving.get(name, 0):
                opts_out(store, her, BEGINS + HOUR)
    settle(store, [experiment], now=BEGINS + 24 * HOUR)
    enrol(store, 1)


def test_the_guard_stops_an_experiment_whose_new_arm_drives_learners_away(store):
    drawn_with_opt_outs(store, TRIED, {"sooner": 8})

    assert draw(store, 1) is None
    assert draw(store, 200) is None  # she stayed in the arm, and gets what is usual from now on
    (begun,) = store.look(select(t.experiment))
    assert begun.stopped_why == "8 of 20 in the arm sooner opted out, clearly more than in the others"
    assert [(row.who, row.did) for row in store.look(select(t.audit_event))] == [("the guard", "stop experiment")]


def test_of_three_arms_only_the_one_that_drives_learners_away_is_stopped(store):
    drawn_with_opt_outs(store, THREE, {"soonest": 8})

    assert draw(store, 300, experiment=THREE) is None
    assert draw(store, 200, experiment=THREE) == "sooner"
    assert draw(store, 1, experiment=THREE, point=0.99) == "sooner"


def test_the_guard_leaves_alone_what_may_be_chance(store):
    drawn_with_opt_outs(store, TRIED, {"sooner": 5, "usual": 2})

    assert draw(store, 1) is not None


def test_a_few_opt_outs_stop_nothing_however_they_fall():
    assert driving_away({"usual": (0, 400), "sooner": (4, 400)}) is None
    assert driving_away({"usual": (0, 400), "sooner": (9, 400)}) == "sooner"
    assert driving_away({"usual": (9, 400), "sooner": (0, 400)}) == "usual"
    assert driving_away({"usual": (40, 400), "sooner": (40, 400)}) is None


@given(st.integers(1, 60), st.integers(1, 60), st.data())
def test_the_guard_reckons_as_scipy_does(of, others_of, data):
    left, others_left = data.draw(st.integers(0, of)), data.draw(st.integers(0, others_of))
    table = [[left, of - left], [others_left, others_of - others_left]]

    expected = stats.fisher_exact(table, alternative="greater").pvalue

    assert likelihood(left, of, others_left, others_of) == pytest.approx(expected)


def test_a_person_stops_it_for_good(store):
    enrol(store, 1)
    draw(store, 1)

    with store.begin() as connection:
        assert stop(connection, TRIED, "Ana", "the rains began", now=BEGINS + HOUR)
        assert not stop(connection, TRIED, "Ana", "again", now=BEGINS + HOUR)

    assert draw(store, 1, BEGINS + 2 * HOUR) is None


def test_one_that_nobody_was_drawn_for_can_be_stopped_too(store):
    enrol(store, 1)

    with store.begin() as connection:
        assert stop(connection, TRIED, "Ana", "not wanted", now=BEGINS)

    assert draw(store, 1) is None

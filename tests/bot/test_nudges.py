"""Nudges: after a day of silence, in daylight, never after STOP or a reply, ever more seldom, then no more."""

import contextlib
import threading
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select, update

from bot import arbiter
from bot.cli.rehearsal import Clock
from bot.store import tables as t
from flows.course import Nudges
from flows.lessons.nudge import QUIET_HOURS
from tests.bots import at_the_same_moment, count, listener, rows, villager
from tests.callers import at_ussd, make, twilio_sms, twilio_whatsapp
from workers import jobs, nudges, outbox

KUCHING = ZoneInfo("Asia/Kuching")
NUMBER = "+60111000001"


@pytest.fixture
def look(bot, monkeypatch):
    """Let the workers look, as the clock has them do."""
    monkeypatch.setattr(jobs, "_bot", bot)

    def look():
        jobs.look()
        jobs.deliver(jobs.BULK)

    return look


@pytest.fixture
def passes(clock, look):
    """Turn the clock on, the workers looking every ten minutes, or every two hours where it is about days."""

    def passes(**time):
        until = clock() + timedelta(**time)
        step = timedelta(hours=2) if "days" in time else timedelta(minutes=10)
        while clock() < until:
            clock.turn(min(step, until - clock()))
            look()

    return passes


def begins(client, *words):
    for place, text in enumerate(["hai", "1", "1", *words]):
        make(client, twilio_sms(NUMBER, text, f"begins-{place}"))


def nudged(bot, channel="twilio_sms"):
    return listener(bot, channel).sent


def test_a_day_of_silence_brings_one_nudge_and_not_before(bot, client, clock, passes):
    begins(client)

    passes(hours=QUIET_HOURS - 1)
    assert nudged(bot) == []
    passes(hours=2)

    assert [message.to for message in nudged(bot)] == [NUMBER]
    assert "SAMBUNG" in nudged(bot)[0].text


@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_at_whatever_hour_she_wrote_she_is_nudged_in_daylight(bot, client, clock, passes, hour):
    clock.turn(timedelta(hours=hour))
    begins(client)

    passes(hours=QUIET_HOURS + 13)

    sent = [row for row in rows(bot, t.outbound_message) if row.purpose == "nudge"]
    local = sent[0].settled_at.astimezone(KUCHING)
    assert len(sent) == 1
    assert 8 <= local.hour < 20
    assert sent[0].settled_at - rows(bot, t.address)[0].last_inbound_at >= timedelta(hours=QUIET_HOURS)


def test_a_worker_that_was_away_at_noon_does_not_nudge_at_midnight(bot, client, clock, look):
    """The nudge fell due in daylight; nobody looked until night. It waits for the morning."""
    begins(client)
    clock.turn(timedelta(hours=QUIET_HOURS + 14))
    look()
    assert clock().astimezone(KUCHING).hour == 23
    assert nudged(bot) == []

    clock.turn(timedelta(hours=8, minutes=59))
    look()
    assert nudged(bot) == []
    clock.turn(timedelta(minutes=1) + arbiter.SPREAD)  # not all of a village at the stroke of eight
    look()

    assert len(nudged(bot)) == 1


@pytest.mark.parametrize("word", ["B", "MENU", "apa ini", "status", ""])
def test_any_reply_puts_the_nudge_off_for_another_day(bot, client, clock, passes, word):
    begins(client)
    passes(hours=QUIET_HOURS - 1)

    make(client, twilio_sms(NUMBER, word, "reply"))
    passes(hours=QUIET_HOURS - 1)

    assert nudged(bot) == []


def test_a_reply_by_another_channel_is_a_reply(bot, client, passes):
    begins(client)
    passes(hours=QUIET_HOURS - 1)

    make(client, at_ussd(NUMBER, "", "call"))
    passes(hours=QUIET_HOURS - 1)

    assert nudged(bot) == []
    assert nudged(bot, "africastalking_sms") == []


def test_a_reply_between_due_and_sent_cancels_it(bot, client, clock, look):
    """It is written down as a row in the evening, and is to go in the morning. She writes in the night."""
    clock.turn(timedelta(hours=10, minutes=59))  # 19:59
    begins(client)
    clock.turn(timedelta(hours=QUIET_HOURS, seconds=30))
    nudges.fire(bot)
    clock.turn(timedelta(hours=1))
    look()
    assert [row.status for row in rows(bot, t.outbound_message) if row.purpose == "nudge"] == ["queued"]

    make(client, twilio_sms(NUMBER, "B", "in-the-night"))
    clock.turn(timedelta(hours=12))
    look()

    cancelled = [row for row in rows(bot, t.outbound_message) if row.purpose == "nudge"]
    assert [(row.status, row.error) for row in cancelled] == [("cancelled", "she has written since")]
    assert nudged(bot) == []


def test_a_stop_between_due_and_sent_cancels_it(bot, client, clock, look):
    begins(client)
    clock.turn(timedelta(hours=QUIET_HOURS))
    nudges.fire(bot)

    make(client, twilio_sms(NUMBER, "STOP", "stop"))
    look()

    assert nudged(bot) == []
    assert [row.status for row in rows(bot, t.outbound_message) if row.purpose == "nudge"] == ["cancelled"]


def test_after_stop_there_is_none_however_long(bot, client, passes):
    begins(client, "STOP")

    passes(days=20)

    assert nudged(bot) == []
    assert count(bot, t.nudge) == 0


def test_they_come_ever_more_seldom_and_then_no_more(bot, client, clock, passes):
    began = clock()
    begins(client)

    passes(days=60)

    days = [
        (row.settled_at - began) / timedelta(days=1) for row in rows(bot, t.outbound_message) if row.purpose == "nudge"
    ]
    assert [round(day) for day in sorted(days)] == [sum(Nudges().gaps[:number]) // 24 for number in (1, 2, 3)]
    assert count(bot, t.nudge) == 0


def test_after_the_last_nudge_a_reply_begins_it_anew(bot, client, passes):
    begins(client)
    passes(days=30)
    before = len(nudged(bot))

    make(client, twilio_sms(NUMBER, "B", "back"))
    passes(days=2)

    assert len(nudged(bot)) == before + 1


def test_later_means_three_days(bot, client, passes):
    begins(client, "NANTI")

    passes(days=2, hours=23)
    assert nudged(bot) == []
    passes(hours=14)

    assert len(nudged(bot)) == 1


def test_whoever_has_not_agreed_or_has_finished_is_not_nudged(bot, client, passes):
    make(client, twilio_sms("+60111000002", "hai", "only-greeted"))

    passes(days=15)

    assert nudged(bot) == []


def test_whatsapps_window_is_shut_after_a_day_so_the_nudge_goes_by_sms(bot, client, passes):
    for place, text in enumerate(["hai", "1", "1"]):
        make(client, twilio_whatsapp(NUMBER, text, f"wa-{place}"))

    passes(hours=QUIET_HOURS + 1)

    assert nudged(bot, "twilio_whatsapp") == []
    assert [message.to for message in nudged(bot)] == [NUMBER]


def test_a_nudge_in_her_own_part_of_the_day(bot, client, clock, passes):
    begins(client)
    her = rows(bot, t.learner)[0].id
    with bot.store.begin() as connection:
        connection.execute(update(t.learner).where(t.learner.c.id == her).values(slot="evening"))

    passes(hours=QUIET_HOURS + 12)

    sent = next(row for row in rows(bot, t.outbound_message) if row.purpose == "nudge")
    assert sent.settled_at.astimezone(KUCHING).hour in (18, 19)


def test_eight_workers_at_once_nudge_her_once(bot, client, clock):
    begins(client)
    clock.turn(timedelta(hours=QUIET_HOURS))

    at_the_same_moment(*[lambda: nudges.fire(bot)] * 8)

    assert len([row for row in rows(bot, t.outbound_message) if row.purpose == "nudge"]) == 1
    assert count(bot, t.nudge) == 1  # the next one


def test_one_learner_whose_row_is_broken_does_not_keep_the_others_from_theirs(bot, client, clock):
    begins(client)
    broken = villager(bot, "+60111000002")
    with bot.store.begin() as connection:
        connection.execute(update(t.conversation).where(t.conversation.c.learner_id == broken).values(session="{"))
        due = clock() - timedelta(hours=1)
        connection.execute(insert(t.nudge).values(learner_id=broken, turn=0, due_at=due))
    clock.turn(timedelta(hours=QUIET_HOURS))

    nudges.fire(bot)

    assert [row.learner_id != broken for row in rows(bot, t.outbound_message) if row.purpose == "nudge"] == [True]
    put_off = bot.store.look(select(t.nudge.c.due_at).where(t.nudge.c.learner_id == broken))[0][0]
    assert put_off > clock()


def test_replies_and_due_nudges_of_the_same_learners_never_wait_for_each_other_in_a_ring(bot, app, client):
    """Both touch her conversation and her nudge; in opposite order they would deadlock, and one would fail."""
    numbers = [f"+60111000{n:03}" for n in range(8)]
    for number in numbers:
        for place, text in enumerate(["hai", "1", "1"]):
            make(client, twilio_sms(number, text, f"{number[-3:]}-{place}"))
    done = threading.Event()
    statuses: list[int] = []

    def fire_all_the_time():
        while not done.is_set():
            with contextlib.suppress(TimeoutError), bot.store.begin() as connection:
                connection.execute(update(t.nudge).values(due_at=bot.clock()))
            nudges.fire(bot)

    def replies(number):
        caller = app.test_client()
        calls = [twilio_sms(number, "MENU", f"{number[-3:]}-ring-{n}") for n in range(25)]
        statuses.extend(make(caller, call).status for call in calls)

    firing = [threading.Thread(target=fire_all_the_time) for _ in range(2)]
    for thread in firing:
        thread.start()
    at_the_same_moment(*[lambda number=number: replies(number) for number in numbers])
    done.set()
    for thread in firing:
        thread.join(20)

    assert statuses == [200] * 200
    assert {row.turn for row in rows(bot, t.conversation)} == {28}


def test_a_clock_that_jumps_does_no_harm(bot, client, clock: Clock, look):
    """A server's clock set back and forth: each nudge is still sent once."""
    begins(client)
    clock.turn(timedelta(hours=QUIET_HOURS))
    look()
    clock.turn(timedelta(hours=-5))
    look()
    clock.turn(timedelta(hours=5))
    look()

    assert len(nudged(bot)) == 1
    assert isinstance(clock(), datetime)
    assert outbox.expire(bot.store, now=clock()) == 0


def test_who_answers_no_two_reminders_is_somebody_to_ring(bot, client, passes):
    begins(client)

    passes(days=4)
    assert rows(bot, t.ring) == []
    passes(days=8)

    (ring,) = rows(bot, t.ring)
    assert (ring.why, ring.course, ring.closed_at) == ("two reminders unanswered", "selamat1", None)

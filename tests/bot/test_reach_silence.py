"""A number that has been silent for ninety days: asked once whether it is hers, told nothing else, hers again by any word."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from bot import arbiter, broadcasts, gsm
from bot.audience import Audience
from bot.store import tables as t
from bot.store.ids import new_id
from tests.bots import listener, rows, villager
from tests.callers import make, twilio_sms
from workers import confirming, jobs, nudges

NUMBER = "+60111000001"
SMS = "twilio_sms"
DAYS = 90


@pytest.fixture
def look(bot, monkeypatch):
    """Let the workers look, as the clock has them do; returns what was sent by SMS meanwhile."""
    monkeypatch.setattr(jobs, "_bot", bot)

    def look():
        before = len(listener(bot, SMS).sent)
        confirming.confirm(bot)
        jobs.look()
        jobs.deliver(jobs.BULK)
        return listener(bot, SMS).sent[before:]

    return look


def silent(bot, clock, channel=SMS, number=NUMBER):
    """Somebody who wrote, and then no more for ninety days."""
    her = villager(bot, number, channel)
    clock.turn(timedelta(days=DAYS))
    return her


def test_after_ninety_days_she_is_asked_once_and_not_before(bot, clock, look):
    silent(bot, clock)
    clock.turn(timedelta(seconds=-1))
    assert look() == []

    clock.turn(timedelta(seconds=1))
    asked = look()
    clock.turn(timedelta(days=200))

    assert [each.to for each in asked] == [NUMBER]
    assert look() == []


def test_the_question_fits_one_sms_and_tells_a_stranger_nothing_of_her(bot, clock, look):
    silent(bot, clock)

    (asked,) = look()

    assert gsm.segments(asked.text) == 1
    assert asked.text.startswith("RM0.00 TITIAN: ")
    assert "SALAH NOMBOR" in asked.text
    assert "WRONG NUMBER" in asked.text
    titles = {words for course in bot.library().courses.values() for _, words in course.title.words}
    assert [title for title in titles if title in asked.text] == []


def test_nothing_else_is_pushed_there_and_her_place_is_kept(bot, clock, look):
    her = silent(bot, clock)
    with bot.store.begin() as connection:
        connection.execute(insert(t.nudge).values(learner_id=her, turn=0, due_at=clock()))
    before = rows(bot, t.conversation)
    broadcasts.approve(bot.store, "Puan Rosli", {"ms": "Esok cuti.", "en": "Closed."}, Audience(), now=clock())

    jobs.spread()
    nudges.fire(bot)
    look()

    (announced,) = [row for row in rows(bot, t.outbound_message) if row.purpose == "broadcast"]
    assert (announced.status, announced.error) == (
        "cancelled",
        "silent for 90 days: whether the number is still hers is asked first",
    )
    assert [row.purpose for row in rows(bot, t.outbound_message) if row.status == "sent"] == ["confirm"]
    assert rows(bot, t.conversation) == before
    assert len(rows(bot, t.nudge)) == 1


@pytest.mark.parametrize("words", ["SAMBUNG", "ya", "apa ini", "B"])
def test_a_word_of_any_kind_makes_it_hers_again(bot, client, clock, look, words):
    her = silent(bot, clock)
    look()

    make(client, twilio_sms(NUMBER, words, "again"))
    clock.turn(arbiter.APART)
    with bot.store.begin() as connection:
        connection.execute(update(t.nudge).where(t.nudge.c.learner_id == her).values(due_at=clock()))

    assert look()  # the reminder, or the next lesson
    clock.turn(timedelta(days=DAYS))
    assert "SALAH NOMBOR" in look()[-1].text  # the next silence is asked about, too


def test_a_word_of_hers_before_it_leaves_cancels_the_question(bot, client, clock, look):
    silent(bot, clock)
    confirming.confirm(bot)

    make(client, twilio_sms(NUMBER, "SAMBUNG", "in-between"))
    look()

    (question,) = [row for row in rows(bot, t.outbound_message) if row.purpose == "confirm"]
    assert (question.status, question.error) == ("cancelled", "she has written since")


def test_wrong_number_lets_go_of_it_and_nobody_asks_again(bot, client, clock, look):
    silent(bot, clock)
    look()

    make(client, twilio_sms(NUMBER, "SALAH NOMBOR", "not-me"))
    clock.turn(timedelta(days=2 * DAYS))

    assert [row.learner_id for row in rows(bot, t.address)] == [None]
    assert look() == []


def test_who_writes_on_whatsapp_holds_the_telephone_too(bot, clock, look):
    """Her telephone's address has never been written from; the number is not silent for that."""
    her = villager(bot, NUMBER, "twilio_whatsapp")
    now = clock()
    twin = {"id": new_id(now), "kind": "tel", "identifier": NUMBER, "learner_id": her, "created_at": now}
    with bot.store.begin() as connection:
        connection.execute(insert(t.address).values(twin))
    clock.turn(timedelta(days=DAYS - 1))
    with bot.store.begin() as connection:
        connection.execute(update(t.address).where(t.address.c.kind == "whatsapp").values(last_inbound_at=clock()))
    clock.turn(timedelta(days=2))

    assert look() == []
    assert confirming.confirm(bot) == 0  # looked at, and put off until it can be silent
    clock.turn(timedelta(days=DAYS))
    assert len(look()) == 1


@pytest.mark.parametrize("more", [{"opted_out_at": True}, {"consented_at": None}])
def test_who_may_not_be_written_to_is_not_asked_either(bot, clock, look, more):
    given = {name: clock() if value else value for name, value in more.items()}
    villager(bot, NUMBER, SMS, **given)
    clock.turn(timedelta(days=DAYS))

    assert look() == []
    assert confirming.confirm(bot) == 0


def test_by_night_the_question_waits_for_the_morning(bot, clock, look):
    silent(bot, clock)
    clock.turn(timedelta(hours=14))  # 23:00

    assert look() == []
    clock.turn(timedelta(hours=9))

    assert len(look()) == 1

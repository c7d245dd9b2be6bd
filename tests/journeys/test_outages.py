"""A queue or a database that goes away and comes back: what does not need it goes on, the rest waits and loses nothing."""

import sqlite3
import time
from datetime import timedelta

import pytest
import redis
from sqlalchemy import insert, select

from bot import broadcasts
from bot.audience import Audience
from bot.store import tables as t
from tests.bots import keys_to_a_certificate, to_a_certificate, villager
from tests.callers import UssdCall, at_sms, twilio_sms
from tests.journeys.processes import house, wait_until

pytestmark = pytest.mark.journey

QUICK = 2.0  # seconds, on a machine that does other things too
AWAY = 10.0


def timed(caller, call):
    """The answer, and how long it took."""
    began = time.monotonic()
    answer = caller(call)
    return answer, time.monotonic() - began


# --- the queue ------------------------------------------------------------------------------------------------------


def test_without_the_queue_learners_are_answered_and_everything_else_comes_when_it_is_back(titian_house, valkey):
    home = titian_house("provider", "web", "worker1", "clock")
    caller = home.caller()
    villager(home.bot, "+60111000700")
    half = [
        twilio_sms("+60111000701", text, f"q{n}", base=home.base) for n, text in enumerate(to_a_certificate(home.bot))
    ]
    for call in half[:6]:
        assert caller(call).status == 200

    valkey.stop()
    took = [timed(caller, call)[1] for call in half[6:]]
    ussd = UssdCall(lambda call: caller(call), "+60111000702", "no-queue")
    screens = [ussd.dials(), *[ussd.presses(key) for key in keys_to_a_certificate(home.bot)]]
    by_at = [timed(caller, at_sms(f"+6011100071{n}", "hai", f"at{n}")) for n in range(5)]
    broadcasts.approve(home.bot.store, "Puan Rosli", {"ms": "Kelas.", "en": "Class."}, Audience(), now=home.bot.clock())
    quiet = villager(home.bot, "+60111000703")  # too late for the announcement, or her nudge would wait an hour for it
    with home.bot.store.begin() as connection:
        due = home.bot.clock() - timedelta(minutes=1)
        connection.execute(insert(t.nudge).values(learner_id=quiet, turn=0, due_at=due))
    time.sleep(1)
    assert home.accepted() == []
    assert max(took) < QUICK
    assert len(home.rows(t.certificate)) == 2
    assert all(screen.status == 200 for screen in screens)
    assert all(answer.status == 200 and seconds < QUICK for answer, seconds in by_at)

    valkey.start()
    valkey.flush()
    wait_until(lambda: len(home.accepted()) >= 5 and home.quiet() and nudged(home), "all that waited", 25)

    taken = [(row["to"], row["text"]) for row in home.accepted()]
    assert len(taken) == len(set(taken))
    assert {f"+6011100071{n}" for n in range(5)} <= {to for to, _ in taken}
    assert "+60111000703" in {to for to, text in taken if "SAMBUNG" in text}
    assert {to for to, text in taken if text.endswith("Kelas.")} == {"+60111000700", "+60111000701", "+60111000702"}
    assert home.alive("worker1")
    assert home.alive("clock")


def nudged(home):
    query = select(t.outbound_message.c.status).where(t.outbound_message.c.purpose == "nudge")
    return [row.status for row in home.bot.store.look(query)] in (["sent"], ["delivered"])


def test_everything_may_be_started_before_the_queue(titian_house, valkey):
    """A machine that starts up in any order; and the queue goes once more, while a job runs."""
    valkey.stop()
    home = titian_house("provider", "web", "worker1", "clock")
    caller = home.caller()
    caller(at_sms("+60111000720", "hai", "before"))
    time.sleep(1)

    valkey.start()
    wait_until(lambda: len(home.accepted()) == 1, "the first reply")
    home.behave(latency=1.5)
    caller(at_sms("+60111000721", "hai", "meanwhile"))
    wait_until(lambda: len(home.accepted()) == 2, "the second to be on its way")
    valkey.stop()
    time.sleep(3)
    valkey.start()
    caller(at_sms("+60111000722", "hai", "after"))

    wait_until(lambda: len(home.accepted()) == 3 and home.quiet(), "the third reply")
    assert home.alive("worker1")
    assert {row["to"][-1] for row in home.accepted()} == {"0", "1", "2"}


def test_looks_do_not_pile_up_while_nobody_works(titian_house, valkey):
    """The clock ticks on while every worker is down; the worker that comes back is not busy with the past."""
    home = titian_house("provider", "web", "clock")
    caller = home.caller()
    for n in range(30):
        caller(at_sms(f"+60111000{n:03}", "hai", f"n{n}"))
    time.sleep(3)

    with redis.Redis.from_url(valkey.url) as queue:
        waiting = {name: queue.llen(f"rq:queue:{name}") for name in ("replies", "clock", "bulk")}
    assert max(waiting.values()) <= 20
    home.start("worker1")
    wait_until(home.quiet, "thirty replies")

    assert len(home.accepted()) == 30


# --- the database ---------------------------------------------------------------------------------------------------


def goes_away_and_comes_back(home, away, back):
    """A message that comes meanwhile is refused soon and in words; sent again, it is heard once."""
    caller = home.caller()
    caller(twilio_sms("+60111000801", "hai", "before", base=home.base))
    caller(at_sms("+60111000802", "hai", "before"))
    wait_until(home.quiet, "the reply by Africa's Talking")
    told = len(home.accepted())
    workers = home.web_workers()
    meanwhile = [
        twilio_sms("+60111000801", "1", "meanwhile", base=home.base),
        at_sms("+60111000802", "1", "meanwhile"),
    ]

    away()
    gone_until = time.monotonic() + AWAY
    refused = []
    while time.monotonic() < gone_until:
        refused += [timed(caller, call) for call in meanwhile]
        time.sleep(0.3)
    back()
    answered = wait_until(lambda: [caller(call) for call in meanwhile if caller(call).status == 200], "it is back", 10)

    assert {answer.status for answer, _ in refused} == {503}
    assert all(0 < len(answer.body) < 200 for answer, _ in refused)
    assert len(answered) == 2
    assert sorted(row.turn for row in home.rows(t.inbound_message)) == [1, 1, 2, 2]
    assert home.alive("worker1")
    assert home.alive("clock")
    assert home.web_workers() == workers
    wait_until(lambda: home.quiet() and len(home.accepted()) > told, "the worker goes on")
    texts = [row["text"] for row in home.accepted()]
    assert len(texts) == len(set(texts)) == told + 1
    return max(seconds for _, seconds in refused)


def test_postgres_stopped_and_started_again(tmp_path, own_postgres, valkey, capsys):
    with house(tmp_path / "house", own_postgres.url, valkey.url, "provider", "web", "worker1", "clock") as home:
        slowest = goes_away_and_comes_back(home, own_postgres.stop, own_postgres.start)

    with capsys.disabled():
        print(f"\n  refused within {slowest:.2f} s")
    assert slowest < QUICK


def test_postgres_started_again_between_two_messages_refuses_nobody(tmp_path, own_postgres, valkey):
    """Every connection in every pool is dead, and nobody notices but the log."""
    with house(tmp_path / "house", own_postgres.url, valkey.url, "web") as home:
        callers = [home.caller() for _ in range(8)]
        for n, caller in enumerate(callers):
            caller(twilio_sms(f"+6011100090{n}", "hai", f"before-{n}", base=home.base))

        own_postgres.stop()
        own_postgres.start()
        answers = [
            caller(twilio_sms(f"+6011100090{n}", "1", f"after-{n}-{again}", base=home.base))
            for again in range(3)
            for n, caller in enumerate(callers)
        ]

        assert {answer.status for answer in answers} == {200}


def test_sqlite_locked_by_somebody_else(tmp_path, valkey, capsys):
    """A backup that holds the file, say."""
    file = tmp_path / "house" / "titian.db"
    with house(file.parent, f"sqlite:///{file}", valkey.url, "provider", "web", "worker1", "clock") as home:
        other = sqlite3.connect(file, isolation_level=None)
        slowest = goes_away_and_comes_back(
            home, lambda: other.execute("BEGIN EXCLUSIVE"), lambda: other.execute("ROLLBACK")
        )
        other.close()

    with capsys.disabled():
        print(f"\n  refused within {slowest:.2f} s")
    assert slowest < 9  # Africa's Talking waits ten


def test_a_message_being_sent_when_the_database_goes_is_written_down_when_it_is_back(tmp_path, own_postgres, valkey):
    with house(tmp_path / "house", own_postgres.url, valkey.url, "provider", "web", "worker1", "clock") as home:
        home.behave(latency=1.5)
        home.caller()(at_sms("+60111000850", "hai", "slow"))
        wait_until(lambda: home.accepted(), "the provider to have it")

        own_postgres.stop()
        time.sleep(3)
        own_postgres.start()
        wait_until(lambda: set(home.statuses()) <= {"sent", "delivered"}, "what became of it", 20)

        assert len(home.accepted()) == 1

"""`titian queues`: what waits, since when and why; what went lately; and RQ's jobs, where Redis can be asked."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import insert

from bot import pushes
from bot.cli import queues as command
from bot.store import tables as t
from bot.wake import ADVICE, OTHERWISE, Bell, Failed, advice
from tests.bots import villager
from workers import outbox
from workers.jobs import Worker

SMS = "twilio_sms"
A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def titian(bot, monkeypatch):
    """Give `titian queues` a command line; the bot is the test's own."""

    def run(*words, bell=bot.bell, **more):
        monkeypatch.setattr(command, "wired", lambda: replace(bot, bell=bell, **more))
        ran = CliRunner().invoke(command.queues, words)
        assert ran.exception is None or isinstance(ran.exception, SystemExit)
        return ran

    return run


def queue(bot, count=1, *, lane=pushes.BULK, due_in=timedelta(), **more):
    """Messages of one learner that wait."""
    her = villager(bot, f"+6011{bot.clock().timestamp():.0f}{lane}{due_in.total_seconds():.0f}")
    address = next(row.id for row in bot.store.look(t.address.select()) if row.learner_id == her)
    with bot.store.begin() as connection:
        for place in range(count):
            row = pushes.row(her, "broadcast", bot.clock(), address_id=address, channel=SMS, text=f"Hai {place}")
            connection.execute(
                insert(t.outbound_message).values(row | {"lane": lane, "due_at": bot.clock() + due_in} | more)
            )


def found(ran):
    return json.loads(ran.output)


def test_where_nothing_waits_that_is_said_and_where_redis_is_away_all_the_rest_is_shown(titian):
    shown = titian()

    assert "Nothing waits, and nothing went in the last hour." in shown.output
    assert "Nudges due: 0." in shown.output
    assert "Redis is not reached" in shown.output
    assert "Nothing is lost: bring it back" in shown.output
    assert shown.exit_code == 1


def test_each_lane_and_channel_has_its_depth_its_age_and_its_rate(bot, clock, titian):
    queue(bot, 3)
    outbox.deliver(bot, pushes.BULK, most=10)
    clock.turn(20 * A_MINUTE)
    queue(bot, 2, lane=pushes.REPLIES)
    outbox.deliver(bot, pushes.REPLIES, most=10)
    queue(bot, 4)
    clock.turn(A_MINUTE / 2)
    queue(bot, 5, due_in=timedelta(hours=5), error="outside 08:00-20:00")
    queue(bot, 1, lane=pushes.HELD)

    lanes = {(each["lane"], each["channel"]): each for each in found(titian("--json"))["lanes"]}
    shown = titian().output

    replies, bulk = lanes[pushes.REPLIES, SMS], lanes[pushes.BULK, SMS]
    assert (replies["due"], replies["last_minute"], replies["last_hour"]) == (0, 2, 2)
    assert (bulk["due"], bulk["later"], bulk["last_minute"], bulk["last_hour"]) == (4, 5, 0, 3)
    assert bulk["oldest"] == (clock() - A_MINUTE / 2).isoformat()
    assert lanes[pushes.HELD, SMS]["due"] == 1
    assert "5 for later: outside 08:00-20:00" in shown
    line = next(each for each in shown.splitlines() if each.startswith("may wait"))
    assert line.split()[2:] == ["twilio_sms", "4", "30", "s", "5", "14:20", "0", "3"]
    assert any(each.startswith("paused") for each in shown.splitlines())


def test_what_time_sets_off_is_counted_and_late_where_nobody_looks(bot, clock, titian):
    her = villager(bot, "+60111000009")
    with bot.store.begin() as connection:
        connection.execute(insert(t.nudge).values(learner_id=her, turn=0, due_at=clock() - 10 * A_MINUTE))
    shown = titian()

    assert "Nudges due: 1, the oldest for 10 min." in shown.output
    assert "What time sets off is late: see that `titian clock` and `titian worker` run" in shown.output


def test_certificates_that_wait_to_be_told_signed_or_printed_are_counted_and_only_their_news_is_late(
    bot, clock, titian
):
    her = villager(bot, "+60111000009")
    assert "to sign" not in titian().output
    values = {"version": "1", "title": "{}", "minutes": 95, "level": 0, "issued_at": clock() - 20 * A_MINUTE}
    with bot.store.begin() as connection:
        for n, tell in enumerate((clock() - 10 * A_MINUTE, clock() + A_MINUTE, None)):
            row = {"id": n + 1, "learner_id": her, "course": f"c{n}", "code": f"SR7K3M9QXT2{n}", "tell_at": tell}
            connection.execute(insert(t.certificate).values(row | values))
        paper = {"code": "SR7K3M9QXT20", "form": "a4", "lane": 1, "asked_at": clock() - 3 * A_MINUTE}
        connection.execute(insert(t.paper).values(paper))

    shown, told = titian().output, found(titian("--json"))

    assert "News of certificates due: 1, the oldest for 10 min; the next 09:01." in shown
    assert "Credentials to sign: 3, the oldest for 20 min." in shown
    assert "Papers to make: 1, the oldest for 3 min." in shown
    assert told["to be made"]["papers to make"]["due"] == 1
    assert any("What time sets off is late" in each for each in told["wrong"])


def test_an_announcement_shows_how_many_have_their_row_and_how_a_paused_one_goes_on(bot, clock, titian):
    made = {"author": "R", "words": "{}", "after": 0, "created_at": clock(), "size": 1000}
    with bot.store.begin() as connection:
        connection.execute(insert(t.broadcast).values(id=7, status="sending", urgent=True, **made))
        connection.execute(insert(t.broadcast).values(id=8, status="paused", urgent=False, **made))
        connection.execute(insert(t.broadcast).values(id=9, status="done", urgent=False, **made))
    queue(bot, 1, broadcast_id=7)

    shown = titian().output

    assert "Announcement 7: sending, urgent; 1 of 1,000 have their row, 1 of these wait." in shown
    assert "Announcement 8: paused; 0 of 1,000 have their row, 0 of these wait. `titian broadcast resume 8`" in shown
    assert "Announcement 9" not in shown


def test_jobs_that_wait_and_jobs_that_failed_are_shown_with_what_to_do(bot, titian, redis_url):
    bell = Bell(redis_url)
    bell.ring("bulk", "workers.jobs.deliver", 1)
    waits = titian(bell=bell)
    redis = Redis.from_url(redis_url)
    bulk = Queue("bulk", connection=redis, serializer=JSONSerializer)
    Worker([bulk], connection=redis, serializer=JSONSerializer).work(burst=True, logging_level="CRITICAL")

    failed = titian(bell=bell)

    assert "No worker is running: start `titian run`, or `titian worker`." in waits.output
    assert "Jobs waiting: replies 0, clock 0, bulk 1 (for " in waits.output
    assert "Job workers.jobs.deliver failed: RuntimeError: jobs run inside `titian worker`" in failed.output
    assert "What to do: something other than `titian worker` takes our jobs" in failed.output
    assert found(titian("--json", bell=bell))["jobs"][2]["failed"][0]["job"] == "workers.jobs.deliver"


def test_it_is_shown_anew_until_somebody_stops_it(bot, clock, titian):
    looks = iter([clock(), clock() + A_MINUTE])

    def until_stopped():
        try:
            return next(looks)
        except StopIteration:
            raise KeyboardInterrupt from None

    shown = titian("--watch", "--every", "0.2", clock=until_stopped).output

    assert [line for line in shown.splitlines() if line.startswith("2026-")] == [
        "2026-11-24 09:00:00",
        "2026-11-24 09:01:00",
    ]


def test_a_failure_nobody_thought_of_is_told_to_us():
    assert advice(Failed("1", "workers.jobs.look", None, "KeyError: 'x'")) == OTHERWISE
    assert all(advice(Failed("1", "x", None, f"Some {sign} here")) == told for sign, told in ADVICE.items())

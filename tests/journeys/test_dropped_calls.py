"""Calls that drop, with real processes: the clock looks, a worker that may be killed writes, the provider gets one SMS."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.store import tables as t
from tests.callers import at_ussd
from tests.journeys.processes import wait_until

pytestmark = pytest.mark.journey

CALLERS = 12


def number(n):
    return f"+6011100090{n:02}"


def drop(home):
    """Every call that stands at a question has stood there for three minutes."""
    with home.bot.store.begin() as connection:
        connection.execute(
            update(t.conversation)
            .where(t.conversation.c.drops_at.is_not(None))
            .values(drops_at=home.bot.clock() - timedelta(seconds=1))
        )


def test_each_dropped_call_is_followed_by_one_sms_though_workers_are_killed(titian_house):
    home = titian_house("provider", "web")
    caller = home.caller()
    for n in range(CALLERS):
        for typed in ("", "1", "1*1"):
            assert caller(at_ussd(number(n), typed, f"call-{n}")).body.startswith("CON ")
    goes_on = CALLERS - 1
    assert home.accepted() == []

    drop(home)
    caller(at_ussd(number(goes_on), "1*1*98", f"call-{goes_on}"))
    home.start("clock", "worker1", "worker2")
    wait_until(lambda: home.accepted(), "the first SMS")
    home.kill("worker1")
    home.start("worker1")
    wait_until(lambda: not _waiting(home), "every call to be dealt with, and every SMS to be taken in hand")
    wait_until(lambda: "sending" not in fates(home) or len(home.accepted()) == CALLERS - 1, "the last to be sent", 10)

    told = [row["to"] for row in home.accepted()]
    assert len(told) == len(set(told))
    assert len(told) + fates(home).count("sending") >= CALLERS - 1  # what a killed worker held, nobody sends again
    assert number(goes_on) not in told
    assert all("panggilan terputus" in row["text"] and "SAMBUNG" in row["text"] for row in home.accepted())


def fates(home):
    """What became of the SMS about calls."""
    return [row.status for row in home.rows(t.outbound_message) if row.purpose == "call"]


def _waiting(home):
    now = home.bot.clock()
    return "queued" in fates(home) or any(row.drops_at and row.drops_at <= now for row in home.rows(t.conversation))

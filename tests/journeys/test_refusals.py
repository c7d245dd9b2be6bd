"""A provider that wants nothing for a while, or not at all, and real workers: everything goes in the end, and goes once."""

from collections import Counter

import pytest

from bot import broadcasts, circuits
from bot.audience import Audience
from tests.bots import COURSE, villager
from tests.journeys.processes import wait_until

pytestmark = pytest.mark.journey

VILLAGE = 60
WORDS = {"ms": "Kelas esok.", "en": "Class tomorrow."}


def announce(home):
    for n in range(VILLAGE):
        villager(home.bot, f"+60111000{n:03}", "twilio_sms" if n % 2 else "africastalking_sms")
    broadcasts.approve(home.bot.store, "Puan Rosli", WORDS, Audience(COURSE), now=home.bot.clock())


def test_a_provider_that_says_wait_is_left_alone_and_then_gets_everything_once(titian_house, capsys):
    home = titian_house("provider", "web", "clock")
    home.behave(status=429, code=20429, retry_after=1)
    announce(home)
    home.start("worker1", "worker2")
    wait_until(lambda: len(circuits.look(home.bot.store)) == 2, "both channels to rest")
    assert home.accepted() == []

    home.behave()
    wait_until(lambda: home.statuses().get("queued", 0) == 0 and len(home.accepted()) == VILLAGE, "all to go", 60)

    with capsys.disabled():
        print(f"\n  {VILLAGE} rows, {len(home.accepted())} accepted: {home.statuses()}")
    assert set(Counter(row["to"] for row in home.accepted()).values()) == {1}
    assert set(home.statuses()) <= {"sending", "sent", "delivered"}
    assert circuits.look(home.bot.store) == {}


def test_with_a_wrong_key_everything_waits_and_nothing_is_lost(titian_house):
    home = titian_house("provider", "web", "clock")
    home.behave(status=401, code=20003)
    announce(home)
    home.start("worker1", "worker2")

    resting = wait_until(lambda: [each for each in circuits.look(home.bot.store).values() if each.is_open], "a rest")
    wait_until(lambda: len(circuits.look(home.bot.store)) == 2, "both channels to rest")

    assert {(each.refusal.value, each.why) for each in resting} <= {
        ("configuration", "20003"),
        ("configuration", "401"),
    }
    home.behave()

    def going():
        # As `titian outbox retry --channel` does; more than once, since what was refused on the way may open it again.
        for name in list(circuits.look(home.bot.store)):
            circuits.close(home.bot.store, name)
        return len(home.accepted()) >= VILLAGE - 2 * 16

    wait_until(going, "those not tried yet to go", 60)
    assert set(home.statuses()) <= {"queued", "sending", "sent", "delivered"}

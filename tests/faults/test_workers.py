"""Workers killed at the worst moments, and several after one row: each message goes once, or can be seen to be in doubt."""

import random
import time

import pytest

from tests.faults.counts import show, table
from tests.faults.houses import PROVIDERS, Letter, faulty_house
from tests.faulty import Trouble
from tests.journeys.processes import wait_until
from workers.claiming import LARGEST

pytestmark = pytest.mark.journey

ROUNDS = 40  # in which several workers are after a few rows
KILLS = 5
SENDING = 200  # messages that are being sent when a worker is killed
HEAD = ("what", "messages", "requests", "sent", "undet.", "failed", "waiting", "twice", "lost", "delivered", "still undet.")  # fmt: skip


@pytest.fixture
def home(tmp_path, postgres_url, valkey):
    """A house with two workers."""
    with faulty_house(tmp_path / "house", postgres_url, valkey.url, "web", "clock", "worker1", "worker2") as home:
        yield home


def letters_of(what, count):
    return [Letter(PROVIDERS[n % len(PROVIDERS)], f"RM0.00 TITIAN: Kelas {what} {n}.") for n in range(count)]


@pytest.mark.timeout(240)
def test_workers_killed_and_workers_that_compete_send_nothing_twice_and_lose_nothing(home, request):
    began = time.monotonic()
    parts = {
        "killed after the yes": letters_of("tahan", len(PROVIDERS)),
        "three workers, one row": letters_of("rebut", ROUNDS * len(PROVIDERS)),
        f"killed at random, {KILLS} times": [each for n in range(KILLS) for each in letters_of(f"bunuh {n}", SENDING)],
    }
    killed, raced, struck = parts.values()
    try:
        killed_between_the_yes_and_the_commit(home, killed)
        compete(home, raced)
        in_doubt = killed_at_random(home, struck)
    finally:  # what was counted is told, however far it came
        before = {what: home.fates(letters) for what, letters in parts.items()}
        answers = home.report()
        after = {what: home.fates(letters) for what, letters in parts.items()}
        asked = home.asked()
        rows = [row(what, before[what], after[what], asked) for what in parts]
        took = time.monotonic() - began
        show(request, f"{table(HEAD, rows)}\nreceipts answered {dict(answers)}, {took:.0f} s")
    assert set(answers) == {200}
    everything = [fate for fates in before.values() for fate in fates]
    assert [fate for fate in everything if fate.taken > 1 or asked[fate.words] > 1] == []
    assert [fate for fate in everything if fate.is_lost] == []
    assert {fate.status for fate in everything} <= {"sent", "undetermined"}
    assert {fate.status for fate in before["killed after the yes"]} == {"undetermined"}
    assert {(fate.status, fate.attempts) for fate in before["three workers, one row"]} == {("sent", 1)}
    assert {fate.error for fate in everything if fate.status == "undetermined"} == {"the sender stopped while sending"}
    in_the_end = [fate for fates in after.values() for fate in fates]
    assert {(fate.status, fate.taken) for fate in in_the_end} <= {("delivered", 1), ("undetermined", 0)}
    assert 0 < in_doubt <= KILLS * LARGEST


def killed_between_the_yes_and_the_commit(home, letters):
    """Every provider has said yes, its answer is on the way, and the worker is gone before it arrives."""
    home.kill("worker2")
    for letter in letters:
        home.providers[letter.provider].troubles[letter.text] = Trouble(held=True)
    home.queue(letters)
    wait_until(lambda: home.providers.held() == len(letters), "every provider to have said yes")
    home.kill("worker1")
    home.providers.let_go()
    home.start("worker1", "worker2", "worker3")
    home.lease_runs_out()


def compete(home, letters):
    """Again and again a row for each provider, and all workers told of it at the same moment."""
    for n in range(0, len(letters), len(PROVIDERS)):
        home.queue(letters[n : n + len(PROVIDERS)])
        home.ring(3)
        wait_until(lambda: not home.count("queued"), "somebody to take them")
    home.settle("the last of them")


def killed_at_random(home, letters):
    """Kill a worker while it sends, each time at another point; return how many messages were in its hands.

    The two that are left are asked to stop in the end, and leave nothing behind.
    """
    chance = random.Random()
    for provider in home.providers:
        provider.always = Trouble(seconds=0.02)
    home.kill("worker3")
    for n in range(KILLS):
        before = sum(len(provider.ledger) for provider in home.providers)
        point = before + chance.randrange(1, SENDING * 3 // 4)
        home.queue(letters[n * SENDING : (n + 1) * SENDING])
        wait_until(lambda point=point: sum(len(each.ledger) for each in home.providers) >= point, "some to go")
        victim = f"worker{1 + n % 2}"
        home.kill(victim)
        home.start(victim)
        wait_until(lambda: not home.count("queued"), "the rest to be taken")
    home.end("worker1")
    home.end("worker2")
    in_doubt = home.count("sending")
    home.start("worker1")
    home.lease_runs_out()
    return in_doubt


def row(what, before, after, asked):
    statuses = [fate.status for fate in before]
    return (
        what,
        len(before),
        sum(asked[fate.words] for fate in before),
        statuses.count("sent"),
        statuses.count("undetermined"),
        statuses.count("failed"),
        statuses.count("queued") + statuses.count("sending"),
        sum(fate.taken > 1 for fate in before),
        sum(fate.is_lost for fate in before),
        sum(fate.status == "delivered" for fate in after),
        sum(fate.status == "undetermined" for fate in after),
    )

"""Every provider, every fault, real workers: what was sent was sent once, and what nobody knows about can be seen."""

import time
from itertools import cycle

import pytest

from bot import circuits
from tests.faults.counts import show, table
from tests.faults.houses import PROVIDERS, Letter, faulty_house
from tests.faulty import Trouble
from tests.journeys.processes import wait_until

pytestmark = pytest.mark.journey

EACH = 40  # messages for each provider and fault; every second one of them meets the fault
HTML, HALF = "<html><body>Gateway \ufffd</body></html>", '{"sid": "SM12'

# What befalls the messages that meet a fault, one after the other.
MET = {
    "none": [Trouble()],
    "slow": [Trouble(seconds=12.0), *[Trouble(seconds=0.2)] * (EACH // 2 - 1)],
    "reset mid-body": [Trouble(ends="reset")],
    "closed, had it": [Trouble(ends="closed")],
    "closed, had it not": [Trouble(ends="closed", takes=False)],
    "500, had it": [Trouble(status=500)],
    "500, had it not": [Trouble(status=500, takes=False)],
    "garbage": [Trouble(garbage=HTML), Trouble(garbage=HALF), Trouble(garbage="")],
}
MANY = "Africa's Talking"  # takes many numbers in one request where the words are the same; all of them share its fate
SHARED = {
    f"{fault}, many": fault for fault in ("none", "reset mid-body", "closed, had it not", "500, had it", "garbage")
}
HEAD = ("provider", "fault", "messages", "met it", "asked", "sent", "undet.", "failed", "waiting", "twice", "lost", "delivered", "still undet.")  # fmt: skip


def letters_of(provider, fault):
    """The messages of one cell of the table: no two with the same words, but for those that share a request."""
    return [
        Letter(provider, f"RM0.00 TITIAN: Kelas {'' if fault in SHARED else n}, {fault}, {provider}.")
        for n in range(EACH)
    ]


def in_turn(*queues):
    """One of each, then the next of each."""
    return [each for together in zip(*queues, strict=True) for each in together]


@pytest.mark.timeout(240)
def test_whatever_a_provider_does_nothing_is_sent_twice_and_nothing_is_lost(tmp_path, postgres_url, valkey, request):
    cells = {
        (provider, fault): letters_of(provider, fault) for fault in (*MET, "429", "dies") for provider in PROVIDERS
    } | {(MANY, fault): letters_of(MANY, fault) for fault in SHARED}
    parts = ("web", "clock", "worker1", "worker2", "worker3")
    with faulty_house(tmp_path / "house", postgres_url, valkey.url, *parts) as home:
        began = time.monotonic()
        try:
            all_of_it(home, cells)
        finally:  # what was counted is told, however far it came
            shown = home.shown()
            before = {cell: home.fates(letters) for cell, letters in cells.items()}
            answers = home.report()
            after = {cell: home.fates(letters) for cell, letters in cells.items()}
            asked, met = home.asked(), {words for each in home.providers for words in each.met}
            unknown = [said for each in home.providers for said in each.unknown]
            rows = [
                row(cell, before[cell], after[cell], (asked, met))
                for cell in sorted(cells, key=lambda cell: PROVIDERS.index(cell[0]))
            ]
            took = time.monotonic() - began
            show(
                request,
                f"{table(HEAD, rows)}\n{asked.total()} messages asked for, receipts answered {dict(answers)}, {took:.0f} s",
            )

    assert unknown == []
    assert set(answers) == {200}
    everything = [fate for fates in before.values() for fate in fates]
    assert [fate for fate in everything if fate.taken > 1] == []
    assert [fate for fate in everything if fate.is_lost] == []
    assert [fate for fate in everything if fate.status == "failed" and (fate.taken or not fate.error)] == []
    assert {fate.status for fate in everything} <= {"sent", "undetermined", "failed"}
    assert f"{sum(fate.status == 'undetermined' for fate in everything)} undetermined" in shown
    in_the_end = [fate for fates in after.values() for fate in fates]
    assert [fate for fate in in_the_end if fate.taken and fate.status != "delivered"] == []
    assert {fate.status for fate in in_the_end if not fate.taken} <= {"undetermined", "failed"}


def all_of_it(home, cells):
    """All faults one message at a time, then those that befall a whole provider."""
    trouble(home, cells)
    home.queue(in_turn(*[in_order(fault, cells, shift=4 * (place % 2)) for place, fault in enumerate(MET, 1)]))
    wait_until(
        lambda: len(home.asked()) >= EACH * len(MET) * len(PROVIDERS), "all to be asked for, the slow ones too", 60
    )
    home.providers.always(status=429, takes=False, retry_after=1)
    home.queue(in_order("429", cells))
    wait_until(lambda: len(circuits.look(home.bot.store)) == len(PROVIDERS), "every channel to rest")
    home.providers.always()
    home.settle("what was refused for a while, and the slow ones")
    for fault in SHARED:
        home.queue(cells[MANY, fault])
        home.settle(f"one text for many: {fault}")
    dying = in_order("dies", cells)
    for half in (dying[: len(dying) // 2], dying[len(dying) // 2 :]):
        before = {name: home.providers[name].deaths for name in PROVIDERS}
        home.queue(half)
        wait_until(lambda before=before: all(home.providers[each].deaths > before[each] for each in before), "a death")
        home.settle("what was there when they died")


def in_order(fault, cells, shift=0):
    """The messages of a fault, one of each provider after the other.

    Where one queue has those of all faults, every second fault is shifted, so that what meets a fault and what does not
    take turns: where nothing gets through any more, a channel rests, and that is another story.
    """
    letters = in_turn(*[cells[provider, fault] for provider in PROVIDERS])
    return letters[shift:] + letters[:shift]


def trouble(home, cells):
    for (provider, fault), letters in cells.items():
        if fault in MET:
            met = zip(letters[::2], cycle(MET[fault]), strict=False)
            home.providers[provider].troubles |= {letter.text: each for letter, each in met}
        elif fault in SHARED:
            home.providers[provider].troubles[letters[0].text] = MET[SHARED[fault]][0]
    for provider in PROVIDERS:
        letters = cells[provider, "dies"]
        home.providers[provider].troubles |= {
            letters[EACH // 4].text: Trouble(ends="dies before"),
            letters[EACH * 3 // 4].text: Trouble(ends="dies after"),
        }


def row(cell, before, after, provider_side):
    asked, met = provider_side
    provider, fault = cell
    statuses = [fate.status for fate in before]
    words = {fate.words for fate in before}
    return (
        provider,
        fault,
        len(before),
        len(words & met),
        sum(asked[each] for each in words),
        statuses.count("sent"),
        statuses.count("undetermined"),
        statuses.count("failed"),
        statuses.count("queued") + statuses.count("sending"),
        sum(fate.taken > 1 for fate in before),
        sum(fate.is_lost for fate in before),
        sum(fate.status == "delivered" for fate in after),
        sum(fate.status == "undetermined" for fate in after),
    )

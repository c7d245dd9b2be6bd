"""Providers that send everything three times and in any order, from four clients to two processes."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from bot.store import tables as t
from tests.callers import at_sms, twilio_sms, twilio_whatsapp
from tests.journeys.processes import wait_until

pytestmark = pytest.mark.journey

CLIENTS = 4
LEARNERS = 8
COPIES = 3
WORDS = ["hai", "1", "1", "B", "MENU", "apa ini", "2", "status", "98", "A", "C", "BM", "EN", "INFO"]


def test_doubled_and_reordered_deliveries_are_heard_once_each(titian_house):
    home = titian_house("provider", "web", "worker1", "clock")
    calls = [
        way(f"+60111000{n:03}", text, f"{n}x{place}")
        for n in range(LEARNERS)
        for place, text in enumerate(WORDS)
        for way in [ways(home)[(n + place) % 3]]
    ]
    deliveries = calls * COPIES
    random.shuffle(deliveries)  # another order in every run

    def deliver(client):
        caller = home.caller()
        return [(call, caller(call)) for call in deliveries[client::CLIENTS]]

    with ThreadPoolExecutor(CLIENTS) as pool:
        answered = [pair for pairs in pool.map(deliver, range(CLIENTS)) for pair in pairs]

    bodies: dict[tuple[str, str], set[str]] = {}
    for call, answer in answered:
        assert answer.status == 200
        bodies.setdefault((call.path, str(sorted(call.form.items()))), set()).add(answer.body)
    assert len(bodies) == len(calls)
    assert all(len(said) == 1 for said in bodies.values())
    heard = home.rows(t.inbound_message)
    assert len(heard) == len(calls)
    for learner in home.rows(t.learner):
        turns = sorted(row.turn for row in heard if row.learner_id == learner.id)
        assert turns == list(range(1, len(WORDS) + 1))
    assert len(home.rows(t.learner)) == LEARNERS
    every_row_said_once(home)


def ways(home):
    return (
        lambda number, text, name: twilio_sms(number, text, name, base=home.base),
        lambda number, text, name: twilio_whatsapp(number, text, name, base=home.base),
        at_sms,
    )


def every_row_said_once(home):
    wait_until(home.quiet, "the replies by Africa's Talking")
    out = t.outbound_message
    query = select(t.address.c.identifier, out.c.text).join(t.address, t.address.c.id == out.c.address_id)
    waited = home.bot.store.look(query.where(out.c.channel == "africastalking_sms"))
    taken = [(row["to"], row["text"]) for row in home.accepted()]
    assert sorted(map(tuple, waited)) == sorted(taken)

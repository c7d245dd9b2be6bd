"""The way to a learner is the same whether the database finds it or Python does, for every kind of learner there can be."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import product
from random import Random

import pytest
from sqlalchemy import insert, select

from bot import broadcasts, policy
from bot.announcements.recipients import decided, whom
from bot.announcements.ways import decide, ways_of
from bot.audience import Audience
from bot.store import tables as t
from bot.store.addresses import latest_first, reached
from bot.store.ids import new_id

LOCALES = ["ms", "en"]
WORDS = {"ms": "Kelas di dewan.", "en": "Class in the hall."}
PEOPLE = 300


def moments(at, now):
    """Moments at which something ends, just before it and just after, and some others."""
    edges = [at - policy.WINDOW, at - policy.silence(), now - policy.WINDOW, at - timedelta(days=200), now]
    moment = timedelta(microseconds=1)
    return [edge + by for edge in edges for by in (-moment, timedelta(), moment)]


def villagers(bot, chance, at):
    """People of every kind, with none, one or several addresses, some of which another has by now."""
    then, channels = moments(at, bot.clock()), [*bot.channels, "twilio_gone", None]
    tables = {t.learner: [], t.address: [], t.consent: []}
    for place in range(PEOPLE):
        her, number = new_id(bot.clock()), f"+60111{place:07}"
        consented = chance.choice([None, then[0]])
        tables[t.learner].append(
            {
                "id": her,
                "locale": chance.choice([*LOCALES, "kdz"]),
                "prefers": chance.choice([None, None, "sms", "whatsapp"]),
                "consented_at": consented,
                "created_at": then[0],
            }
        )
        identifiers = [number, chance.choice([number, f"+44{place:09}", f"MY.{place:09}"])]
        kinds = [("tel", identifiers[0]), ("whatsapp", identifiers[0]), ("whatsapp", identifiers[1])]
        for kind, identifier in sorted(set(chance.sample(kinds, chance.choice([0, 1, 1, 2, 3])))):
            address = new_id(bot.clock())
            tables[t.address].append(
                {
                    "id": address,
                    "kind": kind,
                    "identifier": identifier,
                    "learner_id": chance.choice([her, her, her, None]),
                    "last_channel": chance.choice(channels),
                    "last_inbound_at": chance.choice([None, *then]),
                    "opted_out_at": chance.choice([None, None, None, then[0]]),
                    "unreachable_at": chance.choice([None, None, *then]),
                    "created_at": chance.choice(then),
                }
            )
            if chance.random() < 0.3:
                words = {"words": "ya", "notice": "1", "channel": "paper", "given_at": chance.choice(then)}
                tables[t.consent].append({"id": new_id(bot.clock()), "learner_id": her, "address_id": address, **words})
    with bot.store.begin() as connection:
        for table, rows in tables.items():
            connection.execute(insert(table), rows)


def by_python(bot, sender, at):
    """By learner: her address, and the channel or why not; asked one by one, as a reminder asks."""
    found = {}
    for her in bot.store.look(select(t.learner)):
        addresses = bot.store.look(select(*reached()).where(t.address.c.learner_id == her.id).order_by(*latest_first()))
        if addresses:
            way, outcome = decide(
                sender,
                addresses,
                consented=her.consented_at is not None,
                prefers=her.prefers,
                now=bot.clock(),
                at=at,
            )
            found[her.id] = (way.address_id if way else None, "" if outcome.why else outcome.channel, outcome.why)
    return found


def by_the_database(bot, sender, at):
    ways = ways_of(sender, LOCALES)
    true = whom(bot.store, Audience(), bot.clock() + timedelta(days=1))
    found = {}
    for row in bot.store.look(decided(ways, true, at, on_sqlite=bot.store.on_sqlite)):
        outcome = ways.outcomes[row.said // ways.each]
        assert bool(row.skipped) == bool(outcome.why)
        address = row.address_id if outcome.way else None
        found[row.learner_id] = (address, "" if outcome.why else outcome.channel, outcome.why)
    return found


@pytest.mark.parametrize(("seed", "hours"), [*product(range(3), (0, 13))], ids=str)
def test_the_database_finds_the_same_way_to_everybody_as_python(bot, clock, seed, hours):
    """By day, when it leaves now, and at night, when it leaves in the morning; on every set of channels."""
    clock.turn(timedelta(hours=hours))
    at = policy.next_opening(clock(), bot.zone, bot.calendar.off)
    chance = Random(seed)
    villagers(bot, chance, at)

    some = {name: bot.channels[name] for name in chance.sample(sorted(bot.channels), 2)}
    for channels in (bot.channels, some, {}):
        sender = replace(bot.pushes, channels=channels)

        expected = by_python(bot, sender, at)

        assert by_the_database(bot, sender, at) == expected
    assert (
        len(Counter(found[1:] for found in by_python(bot, bot.pushes, at).values())) > 6
    )  # there was something to find


def test_each_row_says_what_python_would_have_written(bot, clock):
    villagers(bot, Random(7), clock())
    expected = by_python(bot, bot.pushes, clock())
    locales = {her.id: her.locale for her in bot.store.look(select(t.learner))}
    numbers = {each.id: each.identifier for each in bot.store.look(select(t.address))}
    sent_as = broadcasts.approve(bot.store, "Puan Rosli", WORDS, Audience(), now=clock())

    while broadcasts.spread(bot.store, bot.pushes, now=clock(), most=50):
        pass

    kept = bot.store.look(select(t.outbound_message).where(t.outbound_message.c.broadcast_id == sent_as))
    assert {row.learner_id for row in kept} == set(expected)
    for row in kept:
        _, channel, why = expected[row.learner_id]
        assert (row.error or "") == why
        assert row.status == ("cancelled" if why else "queued")
        if not why:
            assert row.channel == channel
            words = WORDS.get(locales[row.learner_id], WORDS["ms"])
            tagged = bot.channels[channel].profile.kind == "sms" and numbers[row.address_id].startswith("+60")
            assert row.text == (f"RM0.00 TITIAN: {words}" if tagged else words)


def test_ids_of_a_batch_are_unique_and_grow(bot, clock):
    villagers(bot, Random(1), clock())
    broadcasts.approve(bot.store, "Puan Rosli", WORDS, Audience(), now=clock())

    while broadcasts.spread(bot.store, bot.pushes, now=clock(), most=100):
        pass

    kept = bot.store.look(select(t.outbound_message).order_by(t.outbound_message.c.id))
    assert [row.learner_id for row in kept] == sorted(row.learner_id for row in kept)
    assert new_id(clock()) > kept[-1].id

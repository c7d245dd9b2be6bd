"""The reach of an address, in a word and with its evidence, and how a coordinator sees it."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import insert, update

from bot import reach
from bot.channels.base import Status
from bot.cli.people import described
from bot.pushes import row
from bot.reach import Word
from bot.store import tables as t
from bot.store.ids import new_id
from tests.bots import rows, villager

NUMBER = "+60111000001"
SMS = "twilio_sms"


def look(bot):
    (her,) = reach.look(bot.store, bot.pushes, NUMBER, now=bot.clock())
    return her


def words(bot):
    return [(each.reach.word, each.reach.evidence) for each in look(bot).addresses]


def out(bot, her, **more):
    now = bot.clock()
    given = {"address_id": rows(bot, t.address)[0].id, "channel": SMS, "text": "Hai", "due_at": now, "turn": None}
    with bot.store.begin() as connection:
        connection.execute(insert(t.outbound_message).values(row(her, "nudge", now, **given | more)))


def test_who_wrote_is_reachable_and_from_when_is_told(bot):
    villager(bot, NUMBER)

    assert words(bot) == [(Word.REACHABLE, "she wrote from there")]
    assert look(bot).addresses[0].reach.since == bot.clock()


def test_who_never_wrote_can_receive_until_something_is_known_to_have_arrived(bot):
    her = villager(bot, NUMBER, last_inbound_at=None, last_channel=None)
    assert words(bot) == [(Word.RECEIVE_ONLY, "she never wrote from there")]

    out(bot, her, status=Status.DELIVERED, rank=5, settled_at=bot.clock())

    assert words(bot) == [(Word.REACHABLE, "a message was delivered there")]


def test_by_a_route_without_replies_she_can_only_receive(bot):
    villager(bot, NUMBER)
    channel = bot.channels[SMS]
    channel.profile = replace(channel.profile, two_way=False)

    assert words(bot) == [(Word.RECEIVE_ONLY, "the route there carries no replies")]


def test_where_nobody_is_the_provider_is_quoted_until_something_comes_from_there(bot, clock):
    villager(bot, NUMBER)
    clock.turn(timedelta(hours=1))
    with bot.store.begin() as connection:
        connection.execute(update(t.address).values(unreachable_at=clock(), unreachable_why="twilio_sms 30005"))
    assert words(bot) == [(Word.UNREACHABLE, "twilio_sms 30005")]

    with bot.store.begin() as connection:
        connection.execute(update(t.address).values(last_inbound_at=clock() + timedelta(minutes=1)))

    assert words(bot) == [(Word.REACHABLE, "she wrote from there")]


def test_a_coordinator_reads_how_she_is_reached_and_what_waits(bot, clock):
    her = villager(bot, NUMBER, district="Pitas")
    out(bot, her)
    with bot.store.begin() as connection:
        connection.execute(update(t.learner).values(prefers="sms"))
        connection.execute(insert(t.nudge).values(learner_id=her, turn=0, due_at=clock() + timedelta(days=1)))

    text = described(look(bot), bot.zone, "level 1, attested by a coordinator")

    assert text.splitlines() == [
        f"learner {her}, ms, Pitas",
        "known    level 1, attested by a coordinator",
        "prefers  sms",
        "goes by  twilio_sms",
        f"tel {NUMBER}: reachable, she wrote from there (24/11/2026 09:00)",
        "  last in   24/11/2026 09:00, twilio_sms",
        "  last out  24/11/2026 09:00, nudge, queued",
        "waits    24/11/2026 09:00  nudge, to be sent",
        "waits    25/11/2026 09:00  the next lesson or reminder",
    ]


def test_those_who_share_a_phone_are_shown_with_it(bot):
    first = villager(bot, NUMBER)
    second = villager(bot, "+60111000002")
    with bot.store.begin() as connection:
        for place, her in enumerate((first, second), start=1):
            hers = {"number": NUMBER, "place": place, "learner_id": her, "pin_hash": None, "tries": 0}
            connection.execute(insert(t.profile).values(hers | {"locked_until": None}))

    found = reach.look(bot.store, bot.pushes, NUMBER, now=bot.clock())

    assert {each.learner_id for each in found} == {first, second}


def test_a_coordinator_is_told_which_numbers_to_confirm(bot, clock):
    villager(bot, NUMBER)
    clock.turn(timedelta(days=60))
    villager(bot, "+60111000002")
    clock.turn(timedelta(days=30))
    assert [each.identifier for each in reach.silent(bot.store, now=clock())] == [NUMBER]
    assert look(bot).addresses[0].silent

    given = {"id": new_id(clock()), "words": "x", "notice": "x", "channel": "paper", "given_at": clock()}
    address = rows(bot, t.address)[0]
    with bot.store.begin() as connection:
        connection.execute(
            insert(t.consent).values(given | {"learner_id": address.learner_id, "address_id": address.id})
        )

    assert list(reach.silent(bot.store, now=clock())) == []

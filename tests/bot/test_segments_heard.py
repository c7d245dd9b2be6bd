"""What her own row keeps for counting: the day on which she was last heard of, and whether all that reaches her is stopped."""

from datetime import date, timedelta

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, select, text

from bot import pushes, receipts, segments
from bot.channels.base import OptedOut, Refusal
from bot.cli.db import bring_up_to_date
from bot.ringing import close, open_ring
from bot.store import tables as t
from tests.bots import COURSE, rows, villager
from tests.callers import make, twilio_sms, twilio_whatsapp
from tests.world import OTHER_PHONE

NUMBER = "+60111000001"
TODAY = date(2026, 11, 24)  # on which every test begins, at nine in the morning in Kuching
HERS, SECOND = "4071", "5182"


def days(world):
    """The day of each learner, the first who came first."""
    return [row.heard_on for row in world.rows(t.learner)]


def group(world, words):
    found = world.bot.store.look(segments.query(segments.parse(words), world.clock()))
    return {row.id for row in found}


def test_she_is_heard_of_on_the_day_it_is_in_kuching(world_on_both):
    world = world_on_both
    world.says("hai")
    first = days(world)

    world.passes(hours=14.5)  # 23:30 there
    world.says("1")
    before_midnight = days(world)
    world.passes(hours=1)  # 00:30 there, and still the 24th in UTC
    world.says("ya")

    assert first == before_midnight == [TODAY]
    assert days(world) == [TODAY + timedelta(days=1)]


def test_the_second_message_of_a_day_writes_no_day(world_on_both):
    world, written = world_on_both, []
    world.says_all("hai", "1", "ya")
    write = world.bot.store.write
    world.bot.store.write = lambda writes: (written.extend(each.statement.postgres for each in writes), write(writes))

    world.says("B")
    same_day = [each for each in written if "heard_on" in each]
    world.passes(days=1)
    world.says("SAMBUNG")

    assert same_day == []
    assert len([each for each in written if "SET heard_on" in each]) == 1


def test_silence_is_counted_in_days_of_the_calendar(world_on_both):
    world = world_on_both
    world.passes(hours=14)  # 23:00 there
    world.says_all("hai", "1", "ya")
    (her,) = [row.id for row in world.rows(t.learner)]

    world.passes(days=6, hours=0.5)  # the 30th, 23:30
    still = group(world, "aktif 7 hari"), group(world, "senyap 7 hari")
    world.passes(hours=1)  # the 1st, 00:30: seven days later by the calendar

    assert still == ({her}, set())
    assert (group(world, "aktif 7 hari"), group(world, "senyap 7 hari")) == (set(), {her})


def test_of_those_who_share_a_phone_each_has_the_day_of_her_own_words(world_on_both):
    world = world_on_both
    world.says_all("hai", "1", "ya", "B", "pengguna", "2", HERS, "2", "1", "pengguna 1", SECOND, HERS)
    both = days(world)

    world.passes(days=3)
    world.says_all("pengguna 2", SECOND)  # still in the hands of the first until the second's digits come
    taken = days(world)
    world.passes(days=2)
    world.says("status")

    assert both == [TODAY, TODAY]
    assert taken == [TODAY + timedelta(days=3)] * 2
    assert days(world) == [TODAY + timedelta(days=3), TODAY + timedelta(days=5)]
    first, second = [row.id for row in world.rows(t.learner)]
    assert (group(world, "aktif 2 hari"), group(world, "senyap 2 hari")) == ({second}, {first})


def test_what_comes_from_a_number_that_is_another_s_counts_as_hers_no_longer(world_on_both):
    world = world_on_both
    world.says_all("hai", "1", "ya")
    world.passes(days=3)

    world.says("SALAH NOMBOR")
    let_go = days(world)
    world.says_all("hai", "1", "ya")

    assert let_go == [None]
    assert days(world) == [None, TODAY + timedelta(days=3)]


def test_of_several_addresses_the_one_that_is_left_tells_when_she_was_heard_of(bot, clock, client):
    villager(bot, NUMBER)
    make(client, twilio_sms(NUMBER, "STATUS", "first"))
    her = rows(bot, t.learner)[0].id
    with bot.store.begin() as connection:
        twin = {"id": 7, "kind": "whatsapp", "identifier": OTHER_PHONE, "learner_id": her, "created_at": clock()}
        connection.execute(t.address.insert().values(twin))
    clock.turn(timedelta(days=2))
    make(client, twilio_whatsapp(OTHER_PHONE, "STATUS", "second"))
    clock.turn(timedelta(days=2))

    make(client, twilio_sms(NUMBER, "SALAH NOMBOR", "third"))

    assert rows(bot, t.learner)[0].heard_on == TODAY + timedelta(days=2)


def test_a_number_found_wrong_on_the_telephone_counts_no_longer_either(bot, clock):
    her = villager(bot, NUMBER)
    with bot.store.begin() as connection:
        connection.execute(t.learner.update().values(heard_on=TODAY))
        open_ring(connection, her, "unanswered", bot.library().courses[COURSE], clock())
    (ring,) = rows(bot, t.ring)

    close(bot.store, ring.id, "wrong", "Puan Siti", now=clock(), zone=bot.zone)

    assert [(row.heard_on, row.stopped) for row in rows(bot, t.learner)] == [(None, True)]


NEW_YEAR = "'2026-01-01 00:00:00.000000'"
WROTE = {
    1: "'2026-11-03 15:59:59.000000'",
    2: "'2026-11-03 16:00:00.000000'",
    3: "NULL",
    4: "'2026-11-20 01:00:00.000000'",
}
OLD = [
    *(f"INSERT INTO learner (id, locale, created_at) VALUES ({her}, 'ms', {NEW_YEAR})" for her in (1, 2, 3, 4)),
    *(
        "INSERT INTO address (id, kind, identifier, learner_id, last_inbound_at, created_at)"
        f" VALUES ({at}, '{kind}', '+60{her}', {her}, {WROTE[at]}, {NEW_YEAR})"
        for at, kind, her in ((1, "tel", 1), (2, "whatsapp", 1), (3, "tel", 2), (4, "tel", 3))
    ),
    "UPDATE address SET opted_out_at = created_at WHERE id IN (1, 3)",  # of two addresses one, and the only one
    *(f"INSERT INTO profile (number, place, learner_id, tries) VALUES ('+603', {her - 2}, {her}, 0)" for her in (3, 4)),
    *(
        "INSERT INTO inbound_message (id, channel, provider_id, address_id, learner_id, turn, text, reply, received_at)"
        f" VALUES ({her}, 'c', 'm{her}', 4, {her}, 1, '', '', '2026-11-0{5 + her} 01:00:00.000000')"
        for her in (3, 4)
    ),
]


def test_an_older_database_learns_the_days_from_addresses_and_of_a_shared_phone_from_what_each_wrote(database_url):
    config = Config()
    config.set_main_option("script_location", "bot.store:migrations")
    config.attributes["database_url"] = database_url
    command.upgrade(config, "0010")
    engine = create_engine(
        database_url, connect_args={} if "sqlite" in database_url else {"options": "-c timezone=UTC"}
    )
    with engine.begin() as connection:
        for statement in OLD:
            connection.execute(text(statement))

    bring_up_to_date(database_url)

    with engine.connect() as connection:
        query = select(t.learner.c.heard_on, t.learner.c.stopped).order_by(t.learner.c.id)
        found = [tuple(row) for row in connection.execute(query)]
    engine.dispose()
    assert found == [
        (date(2026, 11, 4), False),
        (None, True),
        (date(2026, 11, 8), False),
        (date(2026, 11, 9), False),
    ]


# --- whether anything may still be written to her ---------------------------------------------------------------------


def stopped(world):
    """Of each learner, the first who came first."""
    return [row.stopped for row in world.rows(t.learner)]


def test_who_stops_is_in_no_group_until_she_comes_back(world_on_both):
    world = world_on_both
    world.says_all("hai", "1", "ya", "B")
    (her,) = group(world, "semua")

    world.says("STOP")
    gone = group(world, "semua"), stopped(world)
    world.says("MULA")

    assert gone == (set(), [True])
    assert (group(world, "semua"), stopped(world)) == ({her}, [False])


def test_stop_takes_everybody_on_the_phone_out_of_every_group_and_mula_brings_all_back(world_on_both):
    world = world_on_both
    world.says_all("hai", "1", "ya", "B", "pengguna", "2", HERS, "2", "1")
    world.says_all("hai", "1", "ya", phone=OTHER_PHONE)
    both, other = stopped(world)[:2], [row.id for row in world.rows(t.learner)][2]

    world.says("STOP")
    gone = stopped(world), group(world, "semua")
    world.says("MULA")

    assert both == [False, False]
    assert gone == ([True, True, False], {other})
    assert stopped(world) == [False] * 3


def test_after_wrong_number_nobody_of_that_phone_is_in_a_group_but_its_new_owner(world_on_both):
    world = world_on_both
    world.says_all("hai", "1", "ya", "B", "SALAH NOMBOR")
    gone = group(world, "semua")

    world.says_all("hai", "1", "ya")

    assert gone == set()
    assert stopped(world) == [True, False]


def test_a_stop_that_the_provider_took_counts_as_her_own(bot):
    villager(bot, NUMBER)
    villager(bot, OTHER_PHONE)

    receipts.opt_out(bot.store, OptedOut("africastalking_sms", NUMBER, ""), now=bot.clock())

    assert [row.stopped for row in rows(bot, t.learner)] == [True, False]


def test_a_refusal_that_says_she_stopped_counts_unless_another_address_is_open(bot, clock):
    one, two = villager(bot, NUMBER), villager(bot, OTHER_PHONE)
    at = {row.learner_id: row.id for row in rows(bot, t.address)}
    with bot.store.begin() as connection:
        twin = {"id": 7, "kind": "whatsapp", "identifier": NUMBER, "learner_id": one, "created_at": clock()}
        connection.execute(t.address.insert().values(twin))
        for her in (one, two):
            row = pushes.row(her, "nudge", clock(), address_id=at[her], channel="twilio_sms", text="Hai")
            connection.execute(t.outbound_message.insert().values(row | {"due_at": clock()}))
        about = [row.id for row in connection.execute(select(t.outbound_message.c.id))]
        receipts.believe(connection, about, Refusal.OPT_OUT, "21610", now=clock())

    assert {row.id: row.stopped for row in rows(bot, t.learner)} == {one: False, two: True}

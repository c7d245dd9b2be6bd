"""The list of the week by SMS, for a coordinator without data; and what a list costs the database."""

import re

import pytest
from sqlalchemy import insert, select, text

from bot import blocked, gsm
from bot.ringing import UNANSWERED, Lists, open_ring
from bot.ringing.dealing import Hand, _waiting, week_of
from bot.store import tables as t
from bot.store.ids import run_of_ids
from tests.bots import COURSE, rows, villager
from tests.callers import make, twilio_sms

FIRST, SECOND, HERS = "+60111000001", "+60111000002", "+60111000050"


@pytest.fixture
def lists(bot):
    return Lists(bot.store, bot.library, bot.archive, bot.pushes.voice, bot.zone)


@pytest.fixture
def coordinator(bot):
    """Somebody takes up her work; returns her row."""

    def coordinator(name="Puan Siti", locale="ms", rights="ring", **more):
        row = {"id": len(rows(bot, t.coordinator)) + 1, "name": name, "locale": locale, "rights": rights}
        with bot.store.begin() as connection:
            connection.execute(insert(t.coordinator).values(row | {"tries": 0, "created_at": bot.clock()} | more))
        return bot.store.look(select(t.coordinator).where(t.coordinator.c.name == name))[0]

    return coordinator


@pytest.fixture
def two(bot, clock):
    """Two learners are to be rung."""
    for number in (FIRST, SECOND):
        her = villager(bot, number)
        with bot.store.begin() as connection:
            open_ring(connection, her, UNANSWERED, bot.library().courses[COURSE], clock())


def outcomes(bot):
    return [row.outcome for row in rows(bot, t.ring)]


def test_telefon_gives_the_next_name_in_two_sms(clock, lists, coordinator, two):
    who, number = lists.heard(coordinator(), "Telefon", clock())

    assert who == (
        "1) no. berakhir 0001: Elak penipuan dalam talian, 0/7 pelajaran, dua peringatan tidak dijawab, senyap 0 hari. "
        "Hantar 1 DAPAT atau 1 TIDAK."
    )
    assert number.startswith(f"{FIRST}: Helo, saya Puan Siti. Saya menelefon tentang Elak penipuan")


@pytest.mark.parametrize("locale", ["ms", "en"])
@pytest.mark.parametrize("name", ["Siti", "Pn. Dayang Siti Nurhaliza binti Awang Tengah Abdullah"])
def test_each_is_one_segment_with_the_tag_and_only_the_second_can_be_held_back(
    bot, clock, lists, coordinator, two, locale, name
):
    """Networks block an SMS with a telephone number; without it the printed list still leads to her."""
    told = lists.heard(coordinator(name, locale), "TELEFON", clock())

    assert [gsm.segments(bot.pushes.voice.tag + each) for each in told] == [1, 1]
    assert [bool(blocked.reasons(each)) for each in told] == [False, True]


def test_an_outcome_in_one_sms_and_the_next_name(bot, clock, lists, coordinator, two):
    siti = coordinator()
    lists.heard(siti, "TELEFON", clock())

    assert lists.heard(siti, "1 DAPAT", clock()) == (
        "Dicatat: 1 dapat dihubungi. Tinggal 1. TELEFON untuk yang seterusnya.",
    )
    assert lists.heard(siti, "TELEFON", clock())[0].startswith("2) no. berakhir 0002")
    assert lists.heard(siti, "2 tidak.", clock()) == ("Dicatat. Itu yang terakhir dalam senarai anda. Terima kasih.",)
    assert lists.heard(siti, "TELEFON", clock()) == ("Tiada sesiapa untuk ditelefon sekarang.",)
    assert outcomes(bot) == ["reached", "not_reached"]
    assert [row.who for row in rows(bot, t.audit_event)] == ["Puan Siti", "Puan Siti"]


def test_in_english(bot, clock, lists, coordinator, two):
    siti = coordinator(locale="en")
    lists.heard(siti, "telefon", clock())

    assert lists.heard(siti, "2 NO", clock()) == ("Noted: 2 not reached. 1 left. TELEFON shows the next.",)
    assert lists.heard(siti, "1) reached", clock()) == ("Noted. That was the last on your list. Thank you.",)


def test_the_same_outcome_twice_is_noted_once_and_another_not_at_all(bot, clock, lists, coordinator, two):
    siti = coordinator()
    lists.heard(siti, "TELEFON", clock())
    first = lists.heard(siti, "1 DAPAT", clock())

    again = lists.heard(siti, "1 DAPAT", clock())
    other = lists.heard(siti, "1 TIDAK", clock())

    assert again == first
    assert other == ("Tiada 1 dalam senarai anda, atau sudah dicatat. TELEFON untuk yang seterusnya.",)
    assert outcomes(bot) == ["reached", None]
    assert len(rows(bot, t.audit_event)) == 1


def test_by_a_real_sms_from_her_registered_number(bot, client, coordinator, two):
    coordinator(number=HERS)

    told = make(client, twilio_sms(HERS, "TELEFON", "one"))
    noted = make(client, twilio_sms(HERS, "1 DAPAT", "two"))
    stranger = make(client, twilio_sms("+60111000099", "TELEFON", "three"))

    assert len(told.texts) == 2
    assert FIRST in told.texts[1]
    assert noted.texts == ("RM0.00 TITIAN: Dicatat: 1 dapat dihubungi. Tinggal 1. TELEFON untuk yang seterusnya.",)
    assert not any(FIRST in each or SECOND in each for each in stranger.texts)
    assert outcomes(bot) == ["reached", None]


def test_a_ring_about_no_course_can_be_told_too(bot, clock, lists, coordinator):
    her = villager(bot, FIRST, enrolled=False)
    with bot.store.begin() as connection:
        open_ring(connection, her, UNANSWERED, None, clock())

    who, number = lists.heard(coordinator(), "TELEFON", clock())

    assert who.startswith("1) no. berakhir 0001: -, -, dua peringatan")
    assert number.startswith(f"{FIRST}: Helo, saya Puan Siti dari kelas anda.")


def test_a_place_is_on_her_own_list_and_on_nobody_elses(bot, clock, lists, coordinator, two):
    siti, lina = coordinator("Siti"), coordinator("Lina")
    lists.this_week(siti, clock())

    lists.heard(siti, "1 DAPAT", clock())
    refused = lists.heard(siti, "2 DAPAT", clock())

    assert refused[0].startswith("Tiada 2 ")
    assert [each.outcome for each in lists.this_week(lina, clock())] == [""]


@pytest.mark.parametrize(
    "words", ["", "DAPAT", "1", "1 ya", "1A 2C", "telefon saya", "UMUM semua hai", "STOP", "123 DAPAT"]
)
def test_other_words_are_not_for_the_list(clock, lists, coordinator, two, words):
    assert lists.heard(coordinator(), words, clock()) is None


def test_who_may_not_ring_is_not_heard(bot, clock, lists, coordinator, two):
    coordinator("Lina")
    assert lists.heard(coordinator("Mei", rights="announce"), "TELEFON", clock()) is None
    assert lists.heard(coordinator("Ana", left_at=clock()), "1 DAPAT", clock()) is None
    assert outcomes(bot) == [None, None]


# --- cost -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("district", [None, "Pitas"])
def test_the_next_names_are_read_along_the_index_however_many_wait(bot, clock, district):
    many = 8000
    first = run_of_ids(clock(), 2 * many)
    learners = [{"id": first + n, "locale": "ms", "created_at": clock()} for n in range(many)]
    rings = [
        {
            "id": first + many + n,
            "learner_id": first + n,
            "why": UNANSWERED,
            "opened_at": clock(),
            "to_go": n % 9,
            "district": "Pitas" if n % 100 == 0 else "Ranau",
        }
        for n in range(many)
    ]
    with bot.store.begin() as connection:
        connection.execute(insert(t.learner), learners)
        connection.execute(insert(t.ring), rings)
    with bot.store.begin() as connection:
        connection.execute(text("ANALYZE"))
    query = _waiting([Hand(1, district, 0)], district, week_of(clock(), bot.zone)).limit(60)
    explain = "EXPLAIN QUERY PLAN" if bot.store.on_sqlite else "EXPLAIN"
    with bot.store.engine.connect() as connection:
        dialect = connection.dialect
        sql = str(query.compile(dialect=dialect, compile_kwargs={"render_postcompile": True, "literal_binds": True}))
        plan = "\n".join(str(tuple(row)) for row in connection.exec_driver_sql(f"{explain} {sql}".replace("%", "%%")))

    assert f"ix_ring_in_turn{'_there' if district else ''} " in re.sub(r"\W", " ", plan)
    assert "Seq Scan on ring" not in plan

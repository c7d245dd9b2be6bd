"""Whom to ring this week: ten names at most, whose turn it is, nobody twice, and what comes of it."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, insert, select, update

from bot.cli import ring as command
from bot.ringing import MOST_NAMES, OUTCOMES, UNANSWERED, Lists, close, open_ring
from bot.store import tables as t
from bot.store.ids import new_id
from tests.bots import COURSE, at_the_same_moment, count, rows, to_a_certificate, villager
from tests.callers import make, twilio_sms

NUMBER = "+60111000001"
A_DAY = timedelta(days=1)


@pytest.fixture
def lists(bot):
    return Lists(bot.store, bot.library, bot.archive, bot.pushes.voice, bot.zone)


@pytest.fixture
def coordinator(bot):
    """Somebody takes up her work; returns her row."""

    def coordinator(name="Puan Siti", **more):
        row = {"id": new_id(bot.clock()), "name": name, "locale": "ms", "district": None, "rights": "announce ring"}
        with bot.store.begin() as connection:
            connection.execute(insert(t.coordinator).values(row | {"tries": 0, "created_at": bot.clock()} | more))
        return bot.store.look(select(t.coordinator).where(t.coordinator.c.name == name))[0]

    return coordinator


@pytest.fixture
def silent(bot):
    """Somebody whom two reminders did not bring back, so many lessons passed; returns her id."""
    made = iter(range(1, 1000))

    def silent(*, passed=0, district=None, opened=None):
        her = villager(bot, f"+60111001{next(made):03}", district=district)
        course = bot.library().courses[COURSE]
        with bot.store.begin() as connection:
            for lesson in course.lessons[:passed]:
                done = {"learner_id": her, "course": COURSE, "lesson": lesson.id, "version": course.version}
                connection.execute(insert(t.lesson_pass).values(done | {"passed_at": bot.clock()}))
            assert open_ring(connection, her, UNANSWERED, course, opened or bot.clock())
        return her

    return silent


@pytest.fixture
def titian(bot, monkeypatch):
    monkeypatch.setattr(command, "wired", lambda: bot)
    return lambda *words: CliRunner().invoke(command.ring, words)


def of(bot, entry):
    """Whom an entry is about."""
    return bot.store.look(select(t.ring.c.learner_id).where(t.ring.c.id == entry.ring_id))[0][0]


def outcome(bot, her):
    return [row.outcome for row in rows(bot, t.ring) if row.learner_id == her]


# --- opened -----------------------------------------------------------------------------------------------------------


def test_she_is_to_be_rung_once_however_often_it_is_said(bot, silent):
    her = silent(passed=3)

    with bot.store.begin() as connection:
        again = open_ring(connection, her, UNANSWERED, bot.library().courses[COURSE], bot.clock())

    assert again is False
    assert [(row.course, row.to_go, row.closed_at) for row in rows(bot, t.ring)] == [(COURSE, 4, None)]


def test_eight_workers_at_once_open_one(bot):
    her = villager(bot, NUMBER)

    def opens():
        with bot.store.begin() as connection:
            return open_ring(connection, her, UNANSWERED, None, bot.clock())

    assert sorted(at_the_same_moment(*[opens] * 8)) == [False] * 7 + [True]


def test_once_closed_it_may_be_opened_anew(bot, silent):
    her = silent()
    close(bot.store, rows(bot, t.ring)[0].id, "not_reached", "Siti", now=bot.clock(), zone=bot.zone)

    with bot.store.begin() as connection:
        assert open_ring(connection, her, UNANSWERED, None, bot.clock())


# --- whose turn it is, and whose list ---------------------------------------------------------------------------------


def test_nearest_to_the_end_first_then_silent_the_longest(bot, clock, lists, coordinator, silent):
    siti = coordinator()
    early, nearest, late = silent(passed=1), silent(passed=5), silent(passed=1, opened=clock() + A_DAY)
    far = silent(opened=clock() - A_DAY)

    names = lists.this_week(siti, clock() + 2 * A_DAY)

    assert [of(bot, each) for each in names] == [nearest, early, late, far]
    assert [each.place for each in names] == [1, 2, 3, 4]
    assert [each.progress for each in names] == ["5/7 pelajaran", "1/7 pelajaran", "1/7 pelajaran", "0/7 pelajaran"]


def test_a_week_has_ten_names_even_once_they_are_dealt_with(bot, clock, lists, coordinator, silent):
    siti = coordinator()
    for _ in range(14):
        silent()

    first = lists.this_week(siti, clock())
    for entry in first:
        close(bot.store, entry.ring_id, "reached", siti.name, now=clock(), zone=bot.zone)
    after = lists.this_week(siti, clock() + A_DAY)

    assert len(first) == MOST_NAMES == 10
    assert [each.ring_id for each in after] == [each.ring_id for each in first]
    assert {each.outcome for each in after} == {"reached"}


def test_the_list_stays_as_it_is_all_week_and_is_new_on_monday(bot, clock, lists, coordinator, silent):
    siti = coordinator()  # it is Tuesday
    left = [silent() for _ in range(10)]
    first = lists.this_week(siti, clock())
    nearer = [silent(passed=6) for _ in range(10)]
    sunday = clock() + 5 * A_DAY + timedelta(hours=14)  # 23:00
    close(bot.store, first[0].ring_id, "not_reached", siti.name, now=sunday, zone=bot.zone)

    on_sunday = lists.this_week(siti, sunday)
    on_monday = lists.this_week(siti, sunday + timedelta(hours=1))

    assert [each.ring_id for each in on_sunday] == [each.ring_id for each in first]
    assert [of(bot, each) for each in on_monday] == nearer
    assert [each.place for each in on_monday] == list(range(1, 11))
    assert lists.this_week(siti, sunday + 7 * A_DAY + timedelta(hours=1))[0].ring_id in {
        each.ring_id for each in on_monday
    }
    assert len(left) == 10


def test_a_list_with_room_is_filled_up_behind_those_on_it(bot, clock, lists, coordinator, silent):
    siti = coordinator()
    first, second = silent(), silent()
    lists.this_week(siti, clock())

    third = silent(passed=6)

    assert [of(bot, each) for each in lists.this_week(siti, clock())] == [first, second, third]


def test_names_are_shared_out_evenly_whoever_looks_first(clock, lists, coordinator, silent):
    siti, lina, ana = coordinator("Siti"), coordinator("Lina"), coordinator("Ana")
    coordinator("Mei", rights="announce")
    coordinator("Tina", left_at=clock())
    for _ in range(11):
        silent()

    counts = [len(lists.this_week(each, clock())) for each in (ana, siti, lina)]

    assert sorted(counts) == [3, 4, 4]


def test_each_district_has_its_own_coordinator_and_those_of_none_go_to_any(bot, clock, lists, coordinator, silent):
    ranau, kudat = coordinator("Siti", district="Ranau"), coordinator("Lina", district="Kudat")
    of_ranau, of_kudat = [silent(district="Ranau") for _ in range(3)], [silent(district="Kudat")]
    nowhere, of_pitas = [silent(), silent()], silent(district="Pitas")

    hers = [of(bot, each) for each in lists.this_week(ranau, clock())]
    others = [of(bot, each) for each in lists.this_week(kudat, clock())]

    assert hers == of_ranau
    assert others == of_kudat + nowhere
    assert outcome(bot, of_pitas) == [None]  # she waits until somebody rings Pitas
    assert [of(bot, each) for each in lists.this_week(coordinator("Ana", district="Pitas"), clock())] == [of_pitas]


def test_a_rare_district_is_not_hidden_behind_a_large_one(bot, clock, lists, coordinator, silent):
    for _ in range(75):
        silent(passed=6, district="Ranau")
    rare = silent(district="Pitas")

    assert [of(bot, each) for each in lists.this_week(coordinator(district="Pitas"), clock())] == [rare]


def test_eight_lists_made_at_once_give_nobody_twice(bot, clock, lists, coordinator, silent):
    siti, lina = coordinator("Siti"), coordinator("Lina")
    for _ in range(15):
        silent()

    at_the_same_moment(*[lambda each=each: lists.this_week(each, clock()) for each in (siti, lina) * 4])

    given = sorted((row.coordinator_id, row.place) for row in rows(bot, t.ring))
    assert given == [(siti.id, n) for n in range(1, 9)] + [(lina.id, n) for n in range(1, 8)]
    assert count(bot, t.ring) == 15


def test_the_names_of_one_who_leaves_go_to_another_at_once(bot, clock, lists, coordinator, silent):
    siti = coordinator("Siti")
    her = silent()
    lists.this_week(siti, clock())
    lina = coordinator("Lina")
    with bot.store.begin() as connection:
        connection.execute(update(t.coordinator).where(t.coordinator.c.id == siti.id).values(left_at=clock()))

    assert [of(bot, each) for each in lists.this_week(lina, clock())] == [her]


def test_who_may_not_ring_has_no_list(clock, lists, coordinator, silent):
    silent()

    assert lists.this_week(coordinator(rights="announce"), clock()) == []


# --- she comes back ---------------------------------------------------------------------------------------------------


def test_who_writes_before_the_list_is_made_is_not_on_it(bot, client, clock, lists, coordinator):
    make(client, twilio_sms(NUMBER, "hai", "first"))
    her = rows(bot, t.learner)[0].id
    with bot.store.begin() as connection:
        open_ring(connection, her, UNANSWERED, None, clock())
    clock.turn(A_DAY)
    make(client, twilio_sms(NUMBER, "SAMBUNG", "back"))

    assert lists.this_week(coordinator(), clock()) == []
    assert outcome(bot, her) == ["left"]


@pytest.mark.parametrize("word", ["SAMBUNG", "STOP", "SALAH NOMBOR"])
def test_who_writes_while_she_is_on_it_need_not_be_rung(bot, client, clock, lists, coordinator, word):
    make(client, twilio_sms(NUMBER, "hai", "first"))
    her, siti = rows(bot, t.learner)[0].id, coordinator()
    clock.turn(A_DAY)
    with bot.store.begin() as connection:
        open_ring(connection, her, UNANSWERED, None, clock())
    assert [each.number for each in lists.this_week(siti, clock())] == [NUMBER]

    clock.turn(timedelta(hours=1))
    make(client, twilio_sms(NUMBER, word, "back"))

    assert [each.outcome for each in lists.this_week(siti, clock())] == ["left"]


def test_many_who_came_back_do_not_hide_the_one_who_did_not(bot, clock, lists, coordinator, silent):
    """More of them stand before her than are looked at in one go."""
    back = [silent(passed=6) for _ in range(130)]
    her = silent()
    with bot.store.begin() as connection:
        connection.execute(update(t.address).where(t.address.c.learner_id.in_(back)).values(opted_out_at=clock()))

    assert [of(bot, each) for each in lists.this_week(coordinator(), clock())] == [her]
    assert sum(row.outcome == "left" for row in rows(bot, t.ring)) == 130


# --- what a coordinator reads -----------------------------------------------------------------------------------------


@pytest.fixture
def stuck(bot, client, clock):
    """She passed two lessons, tried a question of the third in vain, and fell silent for twelve days."""
    wrong = "B"  # the third lesson's right answer is A
    for place, words in enumerate([*to_a_certificate(bot)[:7], wrong]):
        make(client, twilio_sms(NUMBER, words, f"stuck-{place}"))
    her = rows(bot, t.learner)[0].id
    clock.turn(12 * A_DAY)
    with bot.store.begin() as connection:
        open_ring(connection, her, UNANSWERED, bot.library().courses[COURSE], clock())
    return her


def test_the_coordinator_reads_why_what_was_wrong_and_three_lines_to_say(bot, clock, lists, coordinator, stuck):
    (entry,) = lists.this_week(coordinator(), clock())

    assert (entry.number, entry.language, entry.course) == (NUMBER, "ms", "Elak penipuan dalam talian")
    assert entry.progress == "2/7 pelajaran"
    assert entry.why == "dua peringatan tidak dijawab, senyap 12 hari"
    assert [(each.asks, each.right) for each in entry.missed] == [
        ("Pemanggil kata dia polis dan anda terlibat dalam kes. Apa langkah terbaik?", "Letak, semak sendiri")
    ]
    asks, teaches, agrees = entry.script
    assert asks.startswith("Helo, saya Puan Siti. Saya menelefon tentang Elak penipuan dalam talian.")
    assert "Apa langkah terbaik? Jawapannya: Letak, semak sendiri." in teaches
    assert "pelajaran 3/7" in agrees
    assert "SAMBUNG" in agrees


def test_she_reads_in_her_language_and_speaks_in_the_learners(bot, clock, lists, coordinator, stuck):
    (entry,) = lists.this_week(coordinator(locale="en"), clock())

    assert entry.why == "two reminders unanswered, silent for 12 days"
    assert entry.course == "Staying safe from scams"
    assert entry.script[0].startswith("Helo, ")


def test_what_was_answered_right_in_the_end_is_not_brought_up_again(bot, client, clock, lists, coordinator, stuck):
    with bot.store.begin() as connection:
        connection.execute(delete(t.ring))
    make(client, twilio_sms(NUMBER, "A", "right-now"))
    clock.turn(12 * A_DAY)
    with bot.store.begin() as connection:
        open_ring(connection, stuck, UNANSWERED, bot.library().courses[COURSE], clock())

    (entry,) = lists.this_week(coordinator(), clock())

    assert entry.missed == ()
    assert entry.script[1].startswith('Pelajaran seterusnya "')


def test_a_course_that_is_gone_leaves_something_to_say(bot, clock, lists, coordinator, silent):
    silent()
    with bot.store.begin() as connection:
        connection.execute(update(t.ring).values(course="dahulu1"))

    (entry,) = lists.this_week(coordinator(), clock())

    assert (entry.course, entry.progress, len(entry.script)) == ("dahulu1", "", 3)


def test_of_many_shared_phones_each_learner_is_rung_on_her_own(bot, clock, lists, coordinator):
    """Somebody else holds each phone now: the number is found by her place on it."""
    hers = {}
    for number in (NUMBER, "+60111000002"):
        first, second = villager(bot, number), new_id(clock())
        with bot.store.begin() as connection:
            connection.execute(insert(t.learner).values(id=second, locale="ms", created_at=clock()))
            for place, who in ((1, first), (2, second)):
                connection.execute(insert(t.profile).values(number=number, place=place, learner_id=who, tries=0))
            open_ring(connection, second, UNANSWERED, None, clock())
        hers[second] = number

    names = lists.this_week(coordinator(), clock())

    assert {of(bot, each): each.number for each in names} == hers
    assert {each.person for each in names} == {2}


# --- what came of it --------------------------------------------------------------------------------------------------


def test_an_outcome_is_noted_once_with_who_said_so(bot, clock, silent):
    silent()
    ring_id = rows(bot, t.ring)[0].id

    noted = at_the_same_moment(
        *[lambda: close(bot.store, ring_id, "reached", "Puan Siti", now=clock(), zone=bot.zone)] * 8
    )

    assert sorted(noted) == [False] * 7 + [True]
    assert [(row.who, row.did) for row in rows(bot, t.audit_event)] == [("Puan Siti", "ring reached")]
    assert NUMBER not in rows(bot, t.audit_event)[0].about


def test_a_wrong_number_is_let_go_of_as_its_new_owner_would_have_it(bot, client, clock, lists, coordinator, stuck):
    (entry,) = lists.this_week(coordinator(), clock())

    close(bot.store, entry.ring_id, "wrong", "Puan Siti", now=clock(), zone=bot.zone)

    assert {(row.learner_id, row.opted_out_at is None) for row in rows(bot, t.address)} == {(None, False)}
    assert count(bot, t.nudge) == 0
    said = make(client, twilio_sms(NUMBER, "MULA", "new-owner"))
    assert len(rows(bot, t.learner)) == 2
    assert said.status == 200


# --- the commands -----------------------------------------------------------------------------------------------------


def test_the_list_is_shown_noted_and_shown_as_json(bot, clock, coordinator, stuck, titian):
    coordinator()

    shown = titian("list", "--coordinator", "Puan Siti")
    told = json.loads(titian("list", "--coordinator", "Puan Siti", "--json").output)
    done = titian("done", str(told[0]["ring_id"]), "--outcome", "reached", "--by", "Puan Siti")
    again = titian("done", str(told[0]["ring_id"]), "--outcome", "reached", "--by", "Puan Siti")

    assert f"1) {NUMBER}  ms, Elak penipuan dalam talian 2/7 pelajaran, dua peringatan tidak dijawab" in shown.output
    assert "Right: Letak, semak sendiri" in shown.output
    assert (done.exit_code, done.output) == (0, "Noted.\n")
    assert again.exit_code == 1
    assert "[reached]" in titian("list", "--coordinator", "Puan Siti").output


def test_somebody_unknown_is_told_who_there_is(coordinator, titian):
    coordinator("Lina")

    ran = titian("list", "--coordinator", "Line")

    assert ran.exit_code == 1
    assert "There are: Lina." in ran.output


def test_ten_names_are_one_page_of_paper(bot, clock, coordinator, silent, titian):
    coordinator("Siti")
    coordinator("Lina")
    for _ in range(20):
        silent(passed=4)

    first, second = titian("print").output.split("\f")

    assert first.startswith("Lina, 24/11/2026")
    assert second.startswith("Siti, ")
    assert len(first.splitlines()) <= 66
    assert max(map(len, first.splitlines())) <= command.WIDTH
    assert first.count("[ ] TIDAK") == 10


def test_the_command_takes_every_outcome(titian):
    assert all(each in titian("done", "--help").output for each in OUTCOMES)


def test_nobody_to_ring_is_said(coordinator, titian):
    coordinator()

    assert titian("list", "--coordinator", "Puan Siti").output == "Nobody is to be rung.\n"
    assert titian("print").output == "Nobody is to be rung."

"""Several people on one phone: each with her own progress, behind four digits that nobody else can read."""

import re

import pytest
from sqlalchemy import delete, text, update

from bot import profiles, requests
from bot.codes import written
from bot.store import tables as t
from tests.bots import at_the_same_moment, count, rows, to_a_certificate
from tests.callers import at_ussd, make, twilio_sms, twilio_whatsapp
from tests.world import OTHER_PHONE

HERS, SECOND, THIRD = "4071", "5182", "6293"
AMINAH = ("hai", "1", "ya", "B")  # has agreed, and passed her first lesson
CHOOSER = "Giliran siapa guna telefon ini?\n1 Pengguna 1 (anda)\n2 Orang baharu"


@pytest.fixture
def shared(world_on_both):
    """A world in which two people share a phone, and the first has it. She has passed a lesson, the second none."""
    world_on_both.says_all(*AMINAH, "pengguna", "2", HERS, "2", "1", "pengguna 1", SECOND, HERS)
    return world_on_both


def everything(world):
    """All that the database holds, as one text."""
    with world.bot.store.engine.connect() as connection:
        return "\n".join(
            str(dict(row._mapping))
            for table in t.metadata.sorted_tables
            for row in connection.execute(text(f"SELECT * FROM {table.name}"))
        )


def her_progress(world, channel="sms"):
    """The language she is told it in, and how many lessons she has passed."""
    said = world.says("status", channel)
    return re.search(r"(\d/7) (done|selesai)", said).groups()


def test_on_a_phone_of_her_own_the_chooser_offers_her_and_somebody_new(world):
    world.says_all(*AMINAH)

    assert world.says("PENGGUNA") == CHOOSER


def test_who_adds_somebody_chooses_digits_first_and_the_new_one_is_greeted_as_on_her_own_phone(world_on_both):
    world = world_on_both
    world.says_all(*AMINAH, "pengguna")

    asked = world.says("2")
    greeted = world.says(HERS)

    assert asked.startswith("Pilih empat angka yang anda seorang tahu")
    assert greeted.startswith("Pengguna 2.\nSelamat datang!")
    assert world.says("2").startswith("To teach you we keep")
    assert world.says("1").startswith("1/7 ")
    assert len(world.rows(t.learner)) == 2
    assert {row.learner_id for row in world.rows(t.consent)} == {row.id for row in world.rows(t.learner)}


def test_each_goes_on_where_she_was_with_her_own_progress_and_language(world_on_both):
    world = world_on_both
    world.says_all(*AMINAH, "pengguna", "2", HERS, "2", "1")
    assert her_progress(world) == ("0/7", "done")

    world.says_all("pengguna", "1", SECOND)
    assert world.says(HERS) == "Pengguna 1. Hantar SAMBUNG.\n1 Sambung"
    assert her_progress(world) == ("1/7", "selesai")
    world.says("pengguna 2")
    assert world.says(SECOND) == "Person 2. Send CONTINUE.\n1 Go on"
    assert her_progress(world) == ("0/7", "done")


@pytest.mark.parametrize("onward", ["1", "SAMBUNG", "ya"])
def test_after_a_switch_1_goes_on_and_answers_nothing_she_has_not_seen(shared, onward):
    shared.says("pengguna 2")
    shared.says(SECOND)
    before = len(shared.rows(t.answer))

    assert shared.says(onward).startswith("1/7 ")
    assert len(shared.rows(t.answer)) == before


@pytest.mark.parametrize("locale", ["ms", "en"])
def test_everything_said_on_a_shared_phone_is_one_sms_with_its_tag_or_one_screen(world, locale):
    world.says_all("hai", "1" if locale == "ms" else "2", "ya", "B")
    for words in ("pengguna", "2", "x", "x", HERS, "2", "1", "pengguna", "2", "pengguna 1", SECOND, "x", "0000"):
        world.says(words)
        assert len(world.texts) == 1 or world.texts[-1].count("\n") > 2, world.texts
    world.dials()
    for words in ("pengguna", "1", *["0000"] * 4, "pengguna 1"):
        assert "98 " not in world.presses(words)


@pytest.mark.parametrize("channel", ["sms", "whatsapp", "ussd"])
def test_the_digits_are_nowhere_to_be_found(shared, channel):
    world = shared
    if channel == "ussd":
        world.dials()
        world.presses("1")
    write = world.presses if channel == "ussd" else lambda words: world.says(words, channel)

    replies = [write(words) for words in ("pengguna 2", "9999", SECOND, "pengguna", "1", HERS, "pengguna 2 " + SECOND)]

    kept = everything(world)
    assert [pin for pin in (HERS, SECOND, "9999") if any(pin in reply for reply in replies)] == []
    heard = [row.text for row in world.rows(t.inbound_message)]
    assert heard.count("****") == 6
    assert "pengguna 2 ****" in heard
    assert [pin for pin in (HERS, SECOND, "9999") if f"'{pin}'" in kept or f'"{pin}"' in kept] == []
    assert [effect for effect in map(repr, world.effects) if SECOND in effect] == []


def test_digits_sent_twice_are_kept_once_and_hidden_both_times(shared):
    shared.says("pengguna 2")

    shared.says_all(SECOND, SECOND)

    assert [row.text for row in shared.rows(t.inbound_message) if SECOND in row.text] == []


def test_stop_where_digits_are_asked_for_is_kept_as_she_wrote_it(shared):
    shared.says("pengguna 2")

    assert shared.says("STOP").startswith("Tiada mesej lagi.")
    assert "STOP" in [row.text for row in shared.rows(t.inbound_message)]


def test_wrong_digits_open_nothing_and_five_in_a_row_lock_for_an_hour(shared):
    shared.says("pengguna 2")

    tries = [shared.says("0000") for _ in range(5)]
    right_but_locked = shared.says_all("pengguna 2", SECOND)

    assert tries[0] == "Itu bukan empat angka Pengguna 2. Pengguna 2: hantar empat angka anda."
    assert tries[3] == tries[0]
    assert tries[4].startswith("Pengguna 2 dikunci selama satu jam. Lupa empat angka? Hantar PENYELARAS.")
    assert "dikunci" in shared.says("pengguna 2")
    assert right_but_locked != "Person 2. Send CONTINUE.\n1 Go on"
    shared.passes(minutes=61)
    assert shared.says_all("pengguna 2", SECOND) == "Person 2. Send CONTINUE.\n1 Go on"


def test_right_digits_begin_the_counting_anew(shared):
    shared.says_all("pengguna 2", *["0000"] * 4, SECOND, "pengguna 1", HERS, "pengguna 2", *["0000"] * 4)

    assert shared.says(SECOND) == "Person 2. Send CONTINUE.\n1 Go on"


@pytest.mark.parametrize("words", ["40711", "407", "hai saya", "abcd", ""])
def test_what_is_no_four_digits_is_asked_again_and_is_no_try(shared, words):
    shared.says("pengguna 2")

    assert shared.says(words).endswith("Pengguna 2: hantar empat angka anda.")
    assert shared.rows(t.profile)[1].tries == 0


def test_digits_may_be_written_apart(shared):
    shared.says("pengguna 2")

    assert shared.says(" 5 1-8 2 ") == "Person 2. Send CONTINUE.\n1 Go on"


def test_a_retry_gets_the_same_reply_and_moves_nothing(shared):
    shared.says("pengguna 2")
    first = shared.says(SECOND, id="switched")
    before = everything(shared)

    assert shared.says(SECOND, id="switched") == first
    assert everything(shared) == before


def test_all_addresses_of_the_number_move_together(shared):
    shared.says("pengguna 2")
    shared.says(SECOND)

    assert her_progress(shared, "whatsapp") == ("0/7", "done")
    assert len({row.learner_id for row in shared.rows(t.address)}) == 1
    assert shared.dials().startswith("1/7 ") or "1" in shared.dials()


def test_a_call_goes_on_with_the_other_person(shared):
    shared.says("pengguna 2")
    shared.says(SECOND)
    shared.dials()
    shared.presses("pengguna 1")

    switched = shared.presses(HERS)

    assert switched == "Pengguna 1. Hantar SAMBUNG.\n1 Sambung"
    assert shared.presses("menu").startswith("MENU")
    assert " 1/7 selesai" in shared.presses("3")


def test_stop_stops_the_phone_for_everybody_on_it(shared):
    shared.says("STOP")

    assert shared.passes(days=30) == []
    assert shared.says("pengguna 2").startswith("Anda telah berhenti menerima")
    assert all(row.opted_out_at is not None for row in shared.rows(t.address))


def test_the_way_back_after_stop_is_open_to_whoever_shares_the_phone(shared):
    shared.says_all("STOP", "MULA", "pengguna 2")

    assert shared.says(SECOND) == "Person 2. Send CONTINUE.\n1 Go on"
    assert all(row.opted_out_at is None for row in shared.rows(t.address))


def test_wrong_number_lets_go_of_everybody_and_a_new_owner_finds_nobody(shared):
    shared.says("salah nombor")

    assert shared.passes(days=30) == []
    assert shared.rows(t.profile) == []
    shared.says_all("hai", "1", "ya")
    assert shared.says("pengguna") == CHOOSER


def test_who_has_gone_quiet_is_reminded_by_her_place_and_nothing_more(shared):
    sent = "\n".join(shared.passes(days=3))

    assert "Pengguna 1: " in sent
    assert "pelajaran 2/7 menunggu. Hantar PENGGUNA 1 atau STOP." in sent
    assert "Person 2: " in sent
    assert '"' not in sent


def test_a_reminder_of_somebody_who_has_learnt_since_is_not_sent(shared):
    shared.passes(hours=20)
    shared.says_all("pengguna 2", SECOND)

    sent = shared.passes(hours=5)

    assert [each for each in sent if each.startswith("Person 2")] == []


def test_five_people_fit_on_a_phone_and_no_sixth_is_offered(world_on_both):
    world = world_on_both
    world.says_all(*AMINAH, "pengguna", "2", HERS)
    for place in (3, 4, 5):
        world.says_all("1", "1", "pengguna", str(place), f"700{place}")

    chooser = world.says("pengguna")

    assert chooser.splitlines()[1:] == [f"{n} Pengguna {n}" + (" (anda)" if n == 5 else "") for n in range(1, 6)]
    assert count(world.bot, t.learner) == 5


def test_who_has_agreed_to_nothing_yet_hands_the_phone_back_without_digits(world_on_both):
    world = world_on_both
    world.says_all(*AMINAH, "pengguna", "2", HERS)

    assert world.says("pengguna 1") == "Pengguna 1: hantar empat angka anda."
    assert world.says(HERS) == "Pengguna 1. Hantar SAMBUNG.\n1 Sambung"
    assert world.says("pengguna 2").startswith("Pengguna 2.\nSelamat datang!")


def test_she_may_change_her_digits(shared):
    shared.says_all("pengguna", "1", "2")
    assert shared.says("8888") == "Empat angka baharu anda sudah disimpan.\n1 Sambung"
    shared.says_all("pengguna 2", SECOND, "pengguna 1")

    assert shared.says(HERS).startswith("Those are not")
    assert shared.says("8888") == "Pengguna 1. Hantar SAMBUNG.\n1 Sambung"


def test_a_coordinator_may_take_forgotten_digits_away_and_it_is_noted(shared):
    number = shared.rows(t.address)[0].identifier
    shared.says_all("pengguna 2", *["0000"] * 5)

    assert profiles.forget_pin(shared.bot.store, number, 2, "Rosnah", now=shared.bot.clock())
    assert not profiles.forget_pin(shared.bot.store, number, 4, "Rosnah", now=shared.bot.clock())

    assert shared.says("pengguna 2") == "Person 2. Send CONTINUE.\n1 Go on"
    assert [(row.who, row.did) for row in shared.rows(t.audit_event)] == [("Rosnah", "forget digits")]
    assert shared.says_all("pengguna", "1").startswith("Choose four digits")


def test_a_request_names_the_phone_and_who_of_it_asked_whoever_has_it_now(shared):
    shared.says_all("padam data", "1", "pengguna 2", SECOND)

    (asked,) = requests.still_open(shared.bot.store, most=5)

    assert (asked.about, asked.place) == ("data_delete", 1)
    assert asked.identifier == shared.rows(t.address)[0].identifier


def test_after_a_deletion_the_phone_is_nobodys_and_the_others_come_in_by_their_digits(shared):
    """What docs/privacy.md tells a coordinator to do, as far as the phone is concerned."""
    first, _ = shared.rows(t.profile)
    with shared.bot.store.begin() as connection:
        connection.execute(update(t.address).values(learner_id=None))
        connection.execute(delete(t.profile).where(t.profile.c.learner_id == first.learner_id))

    assert shared.says("hai").startswith("Selamat datang!")
    assert shared.says("pengguna 2 " + SECOND) == "Pengguna 2: hantar empat angka anda."
    assert shared.says(SECOND) == "Person 2. Send CONTINUE.\n1 Go on"
    assert [row.text for row in shared.rows(t.inbound_message) if SECOND in row.text] == []


def test_a_certificate_is_hers_alone(shared):
    shared.says_all("1", *to_a_certificate(shared.bot)[4:])
    (certificate,) = shared.rows(t.certificate)
    assert certificate.learner_id == shared.rows(t.profile)[0].learner_id
    assert written(certificate.code) in shared.says("sijil")

    shared.says_all("pengguna 2", SECOND)

    assert shared.says("certificate").startswith("You have no certificate yet.")


def test_other_phones_are_not_touched(shared):
    shared.says_all(*AMINAH, phone=OTHER_PHONE)
    shared.says_all("pengguna 2", SECOND)

    assert shared.says("pengguna", phone=OTHER_PHONE) == CHOOSER


# --- at the same moment, by real webhooks ---------------------------------------------------------------------------

NUMBER = "+60111000001"


def by_sms(client, *words):
    return [make(client, twilio_sms(NUMBER, each, f"{place}-{each}")) for place, each in enumerate(words)]


def test_the_right_digits_and_a_lesson_at_the_same_moment_are_two_turns_of_whoever_has_the_phone(bot, app):
    by_sms(app.test_client(), *AMINAH, "pengguna", "2", HERS, "1", "1", "pengguna 1", SECOND)

    answers = at_the_same_moment(
        lambda: make(app.test_client(), twilio_sms(NUMBER, HERS, "digits")),
        lambda: make(app.test_client(), twilio_whatsapp(NUMBER, "menu", "menu")),
        lambda: make(app.test_client(), at_ussd(NUMBER, "", "call-1")),
    )

    assert {answer.status for answer in answers} == {200}
    assert len({row.learner_id for row in rows(bot, t.address)}) == 1
    heard = rows(bot, t.inbound_message)
    assert len({(row.learner_id, row.turn) for row in heard}) == len(heard)
    assert [row.text for row in heard if HERS in row.text] == []


def test_the_same_digits_at_the_same_moment_switch_once(bot, app):
    by_sms(app.test_client(), *AMINAH, "pengguna", "2", HERS, "1", "1", "pengguna 1", SECOND)

    answers = at_the_same_moment(*[lambda: make(app.test_client(), twilio_sms(NUMBER, HERS, "digits"))] * 6)

    assert len({answer.body for answer in answers}) == 1
    assert [row.tries for row in rows(bot, t.profile)] == [0, 0]


def test_two_who_add_somebody_at_the_same_moment_add_one(bot, app):
    by_sms(app.test_client(), *AMINAH, "pengguna", "2")

    at_the_same_moment(
        *[lambda n=n: make(app.test_client(), twilio_sms(NUMBER, HERS, f"digits-{n}")) for n in range(4)]
    )

    assert count(bot, t.learner) == 2
    assert [row.place for row in rows(bot, t.profile)] == [1, 2]
    assert [row.text for row in rows(bot, t.inbound_message) if HERS in row.text] == []


def test_wrong_digits_at_the_same_moment_are_all_counted(bot, app):
    by_sms(app.test_client(), *AMINAH, "pengguna", "2", HERS, "1", "1", "pengguna 1", SECOND)

    at_the_same_moment(
        *[lambda n=n: make(app.test_client(), twilio_sms(NUMBER, "0000", f"wrong-{n}")) for n in range(5)]
    )

    assert rows(bot, t.profile)[0].locked_until is not None

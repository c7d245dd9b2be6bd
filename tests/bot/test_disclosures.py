"""Somebody asks to see the name on a certificate: she is asked once, in daylight, and her yes holds for seven days."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from bot import disclosures
from bot.app import create_app
from bot.store import tables as t
from bot.store.ids import new_id
from tests.world import OTHER_PHONE

CODE = "SR7K-3M9Q-XT2Y"
NAME = "Nur Aisyah binti Ahmad"


def certified(world, code=CODE, name=NAME):
    now, her = world.clock(), world.rows(t.learner)[0].id
    row = {"id": new_id(now), "learner_id": her, "course": "lain1", "version": "1", "code": code.replace("-", "")}
    row |= {"title": '{"ms": "Lain", "en": "Other"}', "minutes": 60, "issued_at": now, "name": name, "level": 1}
    with world.bot.store.begin() as connection:
        connection.execute(insert(t.certificate).values(row))
    return her


@pytest.fixture
def employer(world):
    """A browser of somebody's."""
    return create_app(world.bot).test_client()


def asks(employer, asker="Kedai Maju"):
    """Ask by the form; where it leads to, or the page that says no."""
    answer = employer.post(f"/verify/{CODE}/ask", data={"asker": asker})
    return answer.location if answer.status_code == 303 else answer.text


def test_she_is_asked_says_yes_and_the_asker_alone_sees_the_name_for_seven_days(world, employer):
    world.says_all("hai", "1", "1", "MENU")
    certified(world)
    page = asks(employer)
    assert "menerima satu mesej" in employer.get(page).text

    texts = world.passes(hours=2)
    assert any("Kedai Maju ingin lihat nama" in text for text in texts)
    said = world.says("1")

    assert "7 hari" in said
    assert NAME in employer.get(page).text
    assert NAME not in employer.get(f"/verify/{CODE}").text
    assert NAME not in employer.get(f"/verify/{CODE}?lihat=guessed").text
    kept = world.rows(t.disclosure)[0]
    assert (kept.asker, kept.until - kept.answered_at) == ("Kedai Maju", timedelta(days=7))
    world.passes(days=8)
    assert NAME not in employer.get(page).text


def test_she_says_no(world, employer):
    world.says_all("hai", "1", "1", "MENU")
    certified(world)
    page = asks(employer)
    world.passes(hours=2)

    assert "tidak ditunjukkan" in world.says("TIDAK")
    assert NAME not in employer.get(page).text
    assert "tidak bersetuju" in employer.get(page).text


def test_she_is_not_asked_in_the_middle_of_a_question(world, employer):
    world.says_all("hai", "1", "1")  # a question of her lesson waits
    certified(world)
    asks(employer)

    assert not any("Kedai Maju" in text for text in world.passes(hours=3))
    world.says("MENU")
    assert any("Kedai Maju" in text for text in world.passes(hours=3))


def test_she_is_not_asked_at_night(world, employer):
    world.says_all("hai", "1", "1", "MENU")
    certified(world)
    world.passes(hours=12.5)  # 21:30
    asks(employer)

    assert not any("Kedai Maju" in text for text in world.passes(hours=9))
    assert any("Kedai Maju" in text for text in world.passes(hours=6))


def test_a_question_that_finds_no_way_is_given_up_after_a_week(world, employer):
    world.says_all("hai", "1", "1", "MENU")
    certified(world)
    world.says("STOP")
    asks(employer)

    world.passes(days=8)

    assert disclosures.waiting(world.bot.store) == 0
    assert not any("Kedai Maju" in each.text for each in world.provider.sent)


@pytest.mark.parametrize(
    "asker", ["", "x", "x" * 31, "Kedai 0198765432", "bit.ly/abc", "<script>", "Bank\u202eaku", "😀 Kedai"]
)
def test_what_could_not_go_into_an_sms_asks_nobody(world, employer, asker):
    world.says_all("hai", "1", "1", "MENU")
    certified(world)

    assert "Tulis nama syarikat" in asks(employer, asker)
    assert world.rows(t.disclosure) == []


def test_one_question_at_a_time_and_three_a_month(world, employer):
    world.says_all("hai", "1", "1", "MENU")
    certified(world)
    store = world.bot.store

    asked = 0
    for day in range(40):
        try:
            disclosures.ask(store, CODE, "Kedai Maju", now=world.clock() + timedelta(days=day))
            asked += 1
        except disclosures.Refused:
            continue

    assert asked == 5  # days 0, 7 and 14; and 30 days after the first and the second


def test_another_learner_cannot_answer_for_her(world, employer):
    world.says_all("hai", "1", "1", "MENU")
    certified(world)
    page = asks(employer)
    world.passes(hours=2)
    world.says_all("hai", "1", "1", "MENU", phone=OTHER_PHONE)
    world.says("1", phone=OTHER_PHONE)

    assert NAME not in employer.get(page).text


def test_a_certificate_without_a_name_asks_nobody(world, employer):
    world.says_all("hai", "1", "1", "MENU")
    certified(world, name=None)

    assert "menerima satu mesej" not in asks(employer)
    assert world.rows(t.disclosure) == []

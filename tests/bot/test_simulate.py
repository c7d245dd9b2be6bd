"""A village of made-up learners through the whole bot: the promises hold, and the same seed is the same village."""

import dataclasses
import json
import os
import random
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert

from bot.channels.base import RANK, Status
from bot.cli.village import answering, assumptions, picturing, promises, telling
from bot.cli.village.assumptions import Assumptions, WrongVillage
from bot.cli.village.founding import NotEmpty, founded
from bot.cli.village.people import settle
from bot.cli.village.played import Report, Wanted, play
from bot.cli.village.visiting import Visits
from bot.pushes import row
from bot.settings import ROOT, Settings
from bot.store import tables as t
from bot.store.ids import drawn_by, new_id
from flows.reading.answers import read
from tests.bots import made_settings
from tests.builders import real_library

KUCHING = ZoneInfo("Asia/Kuching")
MIXED = """
channels: {sms: 2, whatsapp: 1, ussd: 1}
shares_phone: 0.2
stops_each_push: 0.02
poor_signal: 0.5
never_back_by_herself: 0.3
announces_each_week: 2
"""


@pytest.fixture
def mixed(tmp_path: Path) -> Assumptions:
    """A village where everything happens: all channels, shared phones, no signal, STOP."""
    file = tmp_path / "mixed.yaml"
    file.write_text(MIXED, encoding="utf-8")
    return assumptions.read(file)


def village(url: str, directory: Path) -> Settings:
    """Settings of nobody's channels, with the courses that are shipped."""
    nobody = {"twilio_account_sid": "", "at_username": "", "simulator": False, "content_dir": ROOT / "content"}
    return made_settings(url, directory, **nobody)


def played(url: str, directory: Path, assumed: Assumptions, learners: int, days: int, seed: int = 1) -> Report:
    return play(village(url, directory), Wanted(learners, days, seed, date(2027, 1, 4)), assumed, lambda over: None)


# --- the soak --------------------------------------------------------------------------------------------------------


def test_in_a_village_of_sixty_over_twenty_days_every_promise_is_kept(sqlite_url, tmp_path, mixed):
    """It takes some seconds: thousands of messages go through the whole bot."""
    report = played(sqlite_url, tmp_path, mixed, learners=60, days=20)

    assert [each for each in report.promises if each.broken] == []
    total = report.counted.total
    assert total.enrolled > 50
    assert total.completed > 0
    assert total.opted_out > 0
    assert total.to_ring > 0
    assert total.reminders > 0
    assert {group.name for group in report.counted.districts} == {"Kudat", "Pitas", "Ranau"}
    for groups in (report.counted.courses, report.counted.districts):
        assert sum(group.cost for group in groups) == total.cost
        assert sum(group.completed for group in groups) == total.completed
    assert sum(week.messages_in for week in report.counted.weeks) == total.messages_in
    assert sum(week.cost for week in report.counted.weeks) == total.cost
    assert report.held_back


def test_the_same_seed_is_the_same_village_on_both_databases(sqlite_url, postgres_url, tmp_path, mixed):
    from bot.cli.db import bring_up_to_date

    bring_up_to_date(postgres_url)

    on_sqlite, on_postgres = (played(url, tmp_path, mixed, 15, 6) for url in (sqlite_url, postgres_url))

    assert on_sqlite.as_json() == on_postgres.as_json()


def test_another_seed_is_another_village(sqlite_url, tmp_path, mixed):
    assumed, begins = mixed.assumed, datetime(2027, 1, 4, tzinfo=KUCHING)

    one, same, other = (settle(assumed, 20, seed=seed, courses=["a", "b"], begins=begins, days=9) for seed in (1, 1, 2))

    def told(people):
        return [(her.phone.number, her.district, her.course, her.kind, her.joins_at, her.skill) for her in people]

    assert told(one) == told(same) != told(other)


def test_the_command_prints_the_same_twice_and_leaves_nothing_behind(tmp_path):
    """In processes of their own, whose sets and dictionaries are in other orders."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}  # noqa: TID251

    def said(hash_seed: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "bot.cli", "simulate", "--learners", "6", "--days", "4", "--json"],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env=kept | {"VAR_DIR": str(tmp_path / "var"), "PYTHONHASHSEED": hash_seed},
        )

    one, two = said("1"), said("2")

    assert (one.returncode, one.stderr) == (0, "")
    assert one.stdout == two.stdout
    assert json.loads(one.stdout)["total"]["enrolled"] > 0
    assert list(tmp_path.iterdir()) == []


def test_made_up_learners_never_come_among_real_ones(sqlite_url, tmp_path, mixed):
    begins = datetime(2027, 1, 4, tzinfo=KUCHING)
    with founded(village(sqlite_url, tmp_path), begins, seed=1) as made, made.bot.store.begin() as connection:
        connection.execute(insert(t.learner).values(id=1, locale="ms", created_at=begins))

    with pytest.raises(NotEmpty, match="has learners"):
        played(sqlite_url, tmp_path, mixed, 2, 2)


# --- the promises are really looked at --------------------------------------------------------------------------------


def test_a_broken_promise_is_found(sqlite_url, tmp_path, mixed):
    begins = datetime(2027, 1, 4, tzinfo=KUCHING)
    with founded(village(sqlite_url, tmp_path), begins, seed=1) as made:
        store, her = made.bot.store, 5
        with store.begin() as connection:
            connection.execute(insert(t.learner).values(id=her, locale="ms", created_at=begins))
            address = {"id": 6, "kind": "tel", "identifier": "+60111000001", "learner_id": her, "created_at": begins}
            connection.execute(insert(t.address).values(address | {"opted_out_at": begins + timedelta(days=5)}))
            # The second too soon, the sixth at night, the seventh after STOP; the eighth fails.
            for hours, status in (*((hours, "sent") for hours in (10, 10.5, 34, 58, 82, 93, 129)), (150, "failed")):
                at = begins + timedelta(hours=hours)
                sent = {"address_id": 6, "channel": "gateway_sms", "text": "x", "due_at": at, "settled_at": at}
                paid = {"status": status, "rank": RANK[Status(status)], "cost": 50_000, "segments": 1}
                connection.execute(insert(t.outbound_message).values(row(her, "lesson", at, **sent, **paid)))
        errors = promises.Errors()
        errors.told.append("not nudged")

        held = promises.held(made.bot, Visits(made, mixed.assumed), errors, begins, begins + timedelta(days=9))

    assert {each.says: each.broken for each in held if each.broken} == {
        "at most 5 pushes in any seven days": 2,
        "no two pushes within an hour": 1,
        "no push at night": 1,
        "nothing pushed after STOP": 1,
        "nothing failed, in doubt or left behind": 1,
        "no error in the log": 1,
    }


# --- what is assumed --------------------------------------------------------------------------------------------------


def test_every_number_that_is_assumed_has_a_source_or_says_that_it_is_a_guess():
    ours = assumptions.read()

    assert set(ours.sources) == set(assumptions.Assumed.model_fields)
    assert [name for name, source in ours.sources.items() if source == assumptions.YOURS] == []
    assert 0 < len(ours.guesses) < len(ours.sources)


def test_your_own_numbers_stand_in_the_place_of_ours(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("answers_lesson: {is: 0.5, from: our pilot}\ndistricts: {Pitas: 1}\n", encoding="utf-8")

    mine = assumptions.read(file)

    assert mine.assumed.answers_lesson == 0.5
    assert mine.sources["answers_lesson"] == "our pilot"
    assert mine.assumed.districts == {"Pitas": 1}
    assert mine.assumed.answers_review == assumptions.read().assumed.answers_review


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("answer_lesson: 0.5", "answer_lesson: there is no such line"),
        ("answers_lesson: 5", "answers_lesson: Input should be less than or equal to 1"),
        ("channels: {telegram: 1}", "there is no telegram; there are: sms, whatsapp, ussd"),
        ("districts: {}", "name at least one"),
        ("- a list", "write lines like"),
        ("a: [", "line 2: this is not YAML"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_words(tmp_path, words, told):
    file = tmp_path / "mine.yaml"
    file.write_text(words + "\n", encoding="utf-8")

    with pytest.raises(WrongVillage, match=told):
        assumptions.read(file)


def test_a_course_that_is_not_taught_is_told(sqlite_url, tmp_path, mixed):
    assumed = mixed.assumed.model_copy(update={"courses": {"ternak1": 1.0}})

    with pytest.raises(WrongVillage, match="there is no ternak1; there are: "):
        played(sqlite_url, tmp_path, dataclasses.replace(mixed, assumed=assumed), 2, 2)


# --- what they type, and what is shown --------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", ["ms", "en"])
@pytest.mark.parametrize("keys", [False, True])
def test_whoever_knows_is_right_and_whoever_does_not_is_wrong_in_every_question_that_is_shipped(locale, keys):
    library, chance = real_library(), random.Random(1)
    misread = []
    for course in library.courses.values():
        for question in (question for lesson in course.lessons for question in lesson.bank):
            for right in (True, False):
                if question.kind == "open" or (keys and question.kind in ("text", "number")):
                    continue
                words = answering.told(question, 7, right=right, keys=keys, chance=chance, locale=locale)
                reading = read(question, question.shown(7), library.keywords.hear(words), words)
                if not reading.answer or question.grades(reading.answer) is not right:
                    misread.append((question.id, right, words))

    assert misread == []


def test_ids_drawn_by_a_seed_are_the_same_twice_and_afterwards_by_chance_again():
    now = datetime(2027, 1, 4, tzinfo=KUCHING)

    def three() -> list[int]:
        with drawn_by(random.Random(3).getrandbits):
            return [new_id(now + timedelta(seconds=each)) for each in range(3)]

    assert three() == three()
    assert new_id(now) != three()[0]


def test_the_report_can_be_read_and_drawn(sqlite_url, tmp_path, mixed):
    report = played(sqlite_url, tmp_path, mixed, 10, 4)

    words, picture = telling.told(report), picturing.drawn(report)

    assert words.startswith("10 made-up learners, 4 days from 04/01/2027, seed 1: ")
    assert "Calls needed: " in words
    assert "are guesses: docs/simulating.md" in words
    assert max(map(len, words.split("\n"))) <= 140
    assert "Completed by district, %" in picture
    assert picture.startswith("<svg")
    assert picturing.drawn(report) == picture


def test_the_page_explains_every_number():
    page = (ROOT / "docs" / "simulating.md").read_text(encoding="utf-8")

    assert [name for name in assumptions.Assumed.model_fields if f"`{name}`" not in page] == []

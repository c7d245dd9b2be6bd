"""Surveys kept, counted, exported without names, and coded to themes."""

import csv
import io
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import event, insert, text

from bot import survey_sheets, surveys
from bot.cli import main
from bot.content.surveys import read_surveys
from bot.settings import ROOT
from bot.store import tables as t
from bot.store.database import Store
from tests.builders import CONTENT
from tests.world import PHONE, World

TAG: Final = 15
SHIPPED, PROBLEMS = read_surveys(CONTENT, TAG)
NEEDS = SHIPPED["keperluan"]
COURSE: Final = ROOT / "tests" / "content" / "courses" / "selamat1.yaml"
SECRET: Final = "a secret of the tests"

# What she may answer to the eleven questions, with "{}" for what a test gives.
REPLIES: Final = "ya|Belajar jahit|ya|ya|{heard}|ya|{obstacle}|Penting|Perlu talian laju|{gender}|{district}"


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A small content directory: one course, the words learners send, the surveys."""
    directory = tmp_path / "content"
    (directory / "courses").mkdir(parents=True)
    shutil.copy(COURSE, directory / "courses")
    shutil.copy(CONTENT / "keywords.csv", directory)
    shutil.copytree(CONTENT / "surveys", directory / "surveys")
    return directory


@pytest.fixture
def world_on_both(migrated_url: str, tmp_path: Path, content: Path) -> Iterator[World]:
    """A whole bot with those, on SQLite and on PostgreSQL."""
    world = World(migrated_url, tmp_path, content=content)
    yield world
    world.close()


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path, content: Path) -> Iterator[World]:
    """The same, on SQLite alone."""
    world = World(sqlite_url, tmp_path, content=content)
    yield world
    world.close()


@pytest.fixture
def titian(tmp_path: Path, content: Path) -> Callable[..., Result]:
    """The command line, with the database of a world."""

    def run(world: World, *args: str) -> Result:
        url = world.bot.store.engine.url.render_as_string(hide_password=False)
        env = {
            "DATABASE_URL": url,
            "CONTENT_DIR": str(content),
            "VAR_DIR": str(tmp_path),
            "SECRET_KEY": SECRET,
            "REDIS_URL": f"unix://{tmp_path}/nobody.sock",
        }
        return CliRunner(env=env).invoke(main, list(args))

    return run


def phone(number: int) -> str:
    return f"+6011100{number:05}"


def respond(world: World, number: str, **given: str) -> None:
    """Somebody new takes the needs survey from beginning to end."""
    told = {"heard": "ya", "obstacle": "a", "gender": "perempuan", "district": "ranau"} | given
    world.says_all("hai", "1", "setuju", "tinjauan keperluan", "ya", *REPLIES.format(**told).split("|"), phone=number)


def respondents(store: Store, *people: tuple[str, str, str], survey: str = "keperluan") -> None:
    """Rows as conversations leave them: (gender, district, obstacle) of each."""
    now = text("'2026-11-24 01:00:00'") if store.on_sqlite else text("now()")
    with store.begin() as connection:
        for place, (gender, district, obstacle) in enumerate(people, start=1):
            her = 1000 + place
            connection.execute(insert(t.learner).values(id=her, locale="ms", district=district, created_at=now))
            connection.execute(insert(t.background).values(learner_id=her, gender=gender))
            named = {"survey": survey, "about": "", "version": "v1", "answered_at": now}
            for question, option, words in (("obstacle", obstacle, None), ("how", "", f"kata {place}")):
                row = {"learner_id": her, "question": question, "option": option, "words": words}
                connection.execute(insert(t.survey_answer).values(**row, **named))


# --- the files ------------------------------------------------------------------------------------------------------


def test_the_surveys_titian_comes_with_are_in_order():
    assert PROBLEMS == []
    assert sorted(survey.kind for survey in SHIPPED.values()) == ["feedback", "poll", "profile", "survey"]


def test_the_needs_survey_asks_in_the_words_it_was_first_asked_in():
    asked = [item.question.asks.within("ms") for item in NEEDS.items]

    assert asked[:9] == [
        "Adakah anda bercita-cita untuk meningkatkan kerjaya?",
        "Bagaimana anda ingin mencapai cita-cita anda?",
        "Adakah anda ingin belajar lagi untuk meningkatkan ilmu dan kerjaya anda?",
        "Jika mendapat peluang untuk belajar dan bekerja dalam satu masa yang sama adakah anda ingin mengambil peluang berkenaan?",
        "Adakah anda pernah mendengar berkenaan kursus kelayakan micro?",
        "Jika ada kursus micro ini ditawarkan, adakah anda berminat untuk mengikutinya?",
        "Apakah halangan di dalam mengikuti kursus kelayakan micro di kawasan anda?",
        "Jelaskan adakah teknologi dan multimedia penting di dalam mengikuti kursus kelayakan micro?",
        "Terangkan berkenaan keperluan teknologi dan multimedia di kawasan anda.",
    ]


@pytest.mark.parametrize(
    ("file", "before", "after", "says"),
    [
        (
            "keperluan",
            "Anda tinggal di daerah mana?",
            "Siapa nama penuh anda?",
            "never ask for a name, a number or an address",
        ),
        (
            "keperluan",
            "Anda tinggal di daerah mana?",
            "Apa nombor telefon anda?",
            "never ask for a name, a number or an address",
        ),
        ("keperluan", '"Sambungan internet"', '"Sambungan internet yang laju"', "must fit in one SMS together"),
        ("keperluan", "id: how", "id: aspire", "stands here already"),
        ("keperluan", "kind: survey", "kind: poll", "A poll is one question"),
        ("keperluan", "key: female", "key: woman", "asks for her gender with other keys"),
        (
            "keperluan",
            "mendengar berkenaan",
            "mendengar \N{LEFT DOUBLE QUOTATION MARK}berkenaan",
            "makes an SMS cost more",
        ),
        ("keperluan", "kind: open", "kind: one", "2 to 5 options; this one has 0"),
        ("profil", "    profile: age\n", "", "Say what this asks about her"),
        ("profil", "consent:", "consents:", "Did you mean `consent`?"),
        ("undian1", "kind: poll", "kind: pol", "profil"),
    ],
)
def test_what_is_wrong_with_a_survey_is_said_in_words(content, file, before, after, says):
    path = content / "surveys" / f"{file}.yaml"
    written = path.read_text()
    assert before in written
    path.write_text(written.replace(before, after, 1))

    found = read_surveys(content, TAG)[1]

    assert any(says in problem.says for problem in found), [str(problem) for problem in found]


def test_the_example_in_the_documents_can_be_asked(content):
    written = (ROOT / "docs" / "surveys.md").read_text(encoding="utf-8")
    (content / "surveys" / "undian2.yaml").write_text(written.split("```yaml\n")[1].split("```")[0], encoding="utf-8")

    found, problems = read_surveys(content, TAG)

    assert problems == []
    assert found["undian2"].kind == "poll"


def test_a_change_of_words_is_another_version(content):
    path = content / "surveys" / "undian1.yaml"
    path.write_text(path.read_text().replace("Wang keluarga", "Duit keluarga"))

    assert read_surveys(content, TAG)[0]["undian1"].version != SHIPPED["undian1"].version


# --- answers kept ---------------------------------------------------------------------------------------------------


def test_a_whole_survey_leaves_one_row_an_answer_and_her_consent_in_her_own_words(world_on_both):
    world = world_on_both
    world.says_all("hai", "1", "setuju", "tinjauan keperluan")
    world.says("boleh bah")
    last = world.says_all(*REPLIES.format(heard="inda", obstacle="jauh", gender="wanita", district="2").split("|"))

    assert last.startswith("Terima kasih! Jawapan anda sudah dicatat.")
    rows = world.rows(t.survey_answer)
    assert len(rows) == len(NEEDS.items)
    assert {row.version for row in rows} == {NEEDS.version}
    by_question = {row.question: row.option or row.words for row in rows}
    assert (by_question["heard"], by_question["obstacle"], by_question["how"]) == ("no", "distance", "Belajar jahit")
    (agreed,) = world.rows(t.survey_consent)
    assert (agreed.words, agreed.agreed, agreed.version) == ("boleh bah", True, NEEDS.version)
    assert [(row.gender, row.age) for row in world.rows(t.background)] == [("female", None)]
    assert [row.district for row in world.rows(t.learner)] == ["Kudat"]


def test_no_is_kept_too_and_nothing_else(world_on_both):
    world_on_both.says_all("hai", "1", "setuju", "tinjauan keperluan", "nda mau")

    assert [row.agreed for row in world_on_both.rows(t.survey_consent)] == [False]
    assert world_on_both.rows(t.survey_answer) == []


def test_the_latest_answer_counts_and_has_to_be_coded_anew(world_on_both):
    world = world_on_both
    world.says_all("hai", "1", "setuju", "undian undian1", "a")
    with world.bot.store.begin() as connection:
        connection.execute(t.survey_answer.update().values(theme="wang"))
    world.says_all("undian undian1", "c")

    assert [(row.option, row.theme) for row in world.rows(t.survey_answer)] == [("money", None)]


def test_a_survey_is_taken_on_ussd_too_and_a_new_call_begins_at_the_same_question(world):
    world.dials()
    for keys in ("1", "1", "tinjauan keperluan", "98"):  # the consent is two screens long, and yes stands on the second
        world.presses(keys)
    screen = world.presses("1")
    assert screen.startswith("Adakah anda bercita-cita untuk meningkatkan kerjaya?\n1 Ya\n2 Tidak")

    world.presses("1")
    assert world.dials().startswith("Bagaimana anda ingin mencapai cita-cita anda?")
    world.presses("Belajar jahit")

    assert {row.question: row.option or row.words for row in world.rows(t.survey_answer)} == {
        "aspire": "yes",
        "how": "Belajar jahit",
    }


def test_what_she_told_is_gone_when_her_data_are_deleted(world_on_both):
    respond(world_on_both, PHONE)
    her = world_on_both.rows(t.learner)[0].id

    with world_on_both.bot.store.begin() as connection:
        surveys.erase(connection, her)

    for table in (t.survey_answer, t.survey_consent, t.background):
        assert world_on_both.rows(table) == []


# --- results --------------------------------------------------------------------------------------------------------


def test_the_published_table_of_52_respondents(world, titian):
    """10 men and 42 women; 24 had heard of micro-credentials; obstacles 48 internet, 1 distance, 2 technology, 1 other.

    Published as 46 % and 54 %, and 92, 2, 3 and 3 %. Ours says 92, 2, 4 and 2: of 52 people no whole number is 3 %.
    """
    obstacles = ["sambungan internet"] * 48 + ["jauh dari bandar"] + ["teknologi"] * 2 + ["lain-lain"]
    for place, obstacle in enumerate(obstacles):
        gender, heard = "lelaki" if place < 10 else "perempuan", "ya" if place % 13 < 6 else "tidak"
        respond(world, phone(place), gender=gender, heard=heard, obstacle=obstacle)

    printed = titian(world, "surveys", "results", "keperluan").output

    print(printed)
    assert "52 people answered" in printed
    for line in (
        "Lelaki 10 19 %", "Perempuan 42 81 %", "Ya 24 46 %", "Tidak 28 54 %",
        "Sambungan internet 48 92 %", "Jauh dari bandar 1 2 %", "Teknologi 2 4 %", "Lain-lain 1 2 %",
    ):  # fmt: skip
        assert line in re.sub(r" +", " ", printed)


def test_results_stand_side_by_side_for_each_district_and_gender(world_on_both, titian):
    respondents(
        world_on_both.bot.store,
        *[("female", "Ranau", "internet")] * 6,
        *[("male", "Kudat", "distance")] * 5,
        *[("male", "Kudat", "internet")] * 5,
        ("female", "Pitas", "other"),
    )

    by_district = surveys.results(world_on_both.bot.store, NEEDS, by="district")
    by_gender = surveys.results(world_on_both.bot.store, NEEDS, by="gender")

    obstacle = next(table for table in by_district.tables if table.item.id == "obstacle")
    assert by_district.people_by == {"Ranau": 6, "Kudat": 10, "Pitas": 1}
    assert {line.answer: dict(line.by) for line in obstacle.lines} == {
        "internet": {"Ranau": 6, "Kudat": 5}, "distance": {"Kudat": 5}, "technology": {}, "other": {"Pitas": 1},
    }  # fmt: skip
    assert by_gender.people_by == {"female": 7, "male": 10}
    printed = titian(world_on_both, "surveys", "results", "keperluan", "--by", "district").output
    assert "Pitas: fewer than 5 people. Do not publish this column." in printed
    assert re.search(r"Jauh dari bandar +5 +29 % +5 +50 % +0 +0 % +0 +0 %", printed)
    assert re.search(
        r"all +Perempuan +Lelaki\n", titian(world_on_both, "surveys", "results", "keperluan", "--by", "gender").output
    )


def test_results_come_as_json_and_as_a_sheet_too(world_on_both, titian):
    respondents(world_on_both.bot.store, *[("female", "Ranau", "internet")] * 3, ("male", "Ranau", "other"))

    told = json.loads(titian(world_on_both, "surveys", "results", "keperluan", "--json").output)
    sheet = list(csv.DictReader(io.StringIO(titian(world_on_both, "surveys", "results", "keperluan", "--csv").output)))

    obstacle = next(each for each in told["questions"] if each["id"] == "obstacle")
    assert [(each["answer"], each["count"], each["percent"]) for each in obstacle["answers"]] == [
        ("internet", 3, 75), ("distance", 0, 0), ("technology", 0, 0), ("other", 1, 25),
    ]  # fmt: skip
    assert {"question": "obstacle", "answer": "other", "says": "Lain-lain", "count": "1", "percent": "25"} in sheet


def test_several_answers_of_one_person_are_counted_each_and_a_course_by_itself(world_on_both):
    store = world_on_both.bot.store
    respondents(store, ("female", "Ranau", "x"), ("female", "Ranau", "x"), survey="none")
    with store.begin() as connection:
        for her, about, option in ((1001, "a1", "short+hints"), (1001, "b1", "short"), (1002, "a1", "hints+people")):
            named = {"survey": "ulasan", "about": about, "question": "helped", "version": "v", "option": option}
            connection.execute(
                insert(t.survey_answer).values(learner_id=her, answered_at=world_on_both.clock(), **named)
            )

    def helped(about: str) -> dict[str, int]:
        counted = surveys.results(store, SHIPPED["ulasan"], about=about)
        table = next(table for table in counted.tables if table.item.id == "helped")
        return {"answered": table.answered} | {line.answer: line.count for line in table.lines if line.count}

    assert helped("") == {"answered": 3, "short": 2, "hints": 2, "people": 1}
    assert helped("a1") == {"answered": 2, "short": 1, "hints": 2, "people": 1}


def test_results_are_counted_by_the_database_in_a_few_queries_from_an_index(world_on_both):
    """Whatever the number of learners: one for all tables, one for the people, one for each question about herself."""
    store, asked = world_on_both.bot.store, []
    respondents(store, *[("female", "Ranau", "internet")] * 20)
    event.listen(store.engine, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))

    surveys.results(store, NEEDS, by="gender")

    planned = tuple(asked)
    assert len(planned) == 2 + sum(bool(item.profile) for item in NEEDS.items)
    if store.on_sqlite:
        with store.engine.connect() as connection:
            for query, values in planned:
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values).all()
                assert "USING COVERING INDEX ix_survey_answer_counted" in str(plan), plan


# --- export ---------------------------------------------------------------------------------------------------------


def exported(store: Store, secret: str = SECRET) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(survey_sheets.export(store, NEEDS, secret).text)))


def test_an_export_names_nobody_and_its_made_up_names_stay(world_on_both):
    respondents(world_on_both.bot.store, *[("female", "Ranau", "internet")] * 6)

    rows = exported(world_on_both.bot.store)

    assert len({row["person"] for row in rows}) == 6
    assert rows == exported(world_on_both.bot.store)
    assert {row["person"] for row in rows}.isdisjoint(
        row["person"] for row in exported(world_on_both.bot.store, "other")
    )
    assert not any(str(1000 + place) in json.dumps(rows) for place in range(1, 7))
    assert (rows[0]["gender"], rows[0]["district"], rows[0]["obstacle"]) == ("female", "Ranau", "internet")


def test_a_small_group_is_not_told_from_others_in_an_export(world_on_both):
    people = [("female", "Ranau", "internet")] * 6 + [("male", "Ranau", "other")] * 2 + [("male", "Pitas", "other")]
    respondents(world_on_both.bot.store, *people)

    rows = exported(world_on_both.bot.store)

    assert sorted((row["district"], row["gender"]) for row in rows) == [
        ("", ""), ("Ranau", ""), ("Ranau", ""), *[("Ranau", "female")] * 6,
    ]  # fmt: skip


def test_an_export_is_safe_to_open_and_holds_no_number(world_on_both, titian, tmp_path):
    respondents(world_on_both.bot.store, *[("female", "Ranau", "internet")] * 5)
    with world_on_both.bot.store.begin() as connection:
        connection.execute(
            t.survey_answer.update().where(t.survey_answer.c.question == "how").values(words="=1+1 call 013-8765432")
        )

    said = titian(world_on_both, "surveys", "export", "keperluan", str(tmp_path / "out.csv"), "--by", "Aminah")

    assert said.exit_code == 0, said.output
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text(encoding="utf-8-sig"))))
    assert {row["how"] for row in rows} == {"'=1+1 call ***"}
    assert [row.who for row in world_on_both.rows(t.audit_event)] == ["Aminah"]


# --- themes ---------------------------------------------------------------------------------------------------------


def test_open_answers_go_out_to_be_coded_and_come_back_as_counted_themes(world_on_both, titian, tmp_path):
    world, file = world_on_both, tmp_path / "themes.csv"
    respondents(world.bot.store, *[("female", "Ranau", "internet")] * 4)
    assert titian(world, "surveys", "themes", "keperluan", "how", str(file)).exit_code == 0
    sheet = file.read_text(encoding="utf-8-sig")
    coded = {"kata 1": "latihan", "kata 2": " latihan ; modal", "kata 3": "modal", "kata 4": ""}
    for words, theme in coded.items():
        sheet = sheet.replace(f"{words},", f"{words},{theme}")
    file.write_text(sheet, encoding="utf-8-sig")

    said = titian(world, "surveys", "themes", "keperluan", "how", str(file), "--import", "--by", "Aminah")

    assert "3 answers have another theme now." in said.output
    again = titian(world, "surveys", "themes", "keperluan", "how", str(file), "--import", "--by", "Aminah")
    assert "0 answers have another theme now." in again.output
    table = surveys.results(world.bot.store, NEEDS).tables[1]
    assert {line.answer: line.count for line in table.lines} == {"latihan": 2, "modal": 2}
    assert (table.answered, table.uncoded) == (3, 1)
    assert "4 answered in words, 3 have a theme" in titian(world, "surveys", "results", "keperluan").output


def test_a_sheet_with_a_line_that_cannot_be_taken_changes_nothing(world_on_both, titian, tmp_path):
    world, file = world_on_both, tmp_path / "themes.csv"
    respondents(world.bot.store, *[("female", "Ranau", "internet")] * 2)
    sheet = survey_sheets.themes(world.bot.store, NEEDS, "how", SECRET)
    file.write_text(sheet.replace("kata 1,", "kata 1,modal").replace("kata 2,", "kata lain,modal") + "beef,x,modal\n")

    said = titian(world, "surveys", "themes", "keperluan", "how", str(file), "--import", "--by", "Aminah")

    assert said.exit_code == 1
    assert "she has answered anew since" in said.output
    assert "there is no answer 'beef'" in said.output
    assert {row.theme for row in world.rows(t.survey_answer)} == {None}


# --- the other commands ---------------------------------------------------------------------------------------------


def test_the_surveys_are_listed_and_a_wrong_name_is_told_which_there_are(world, titian):
    assert "keperluan" in titian(world, "surveys", "list").output

    wrong = titian(world, "surveys", "results", "keperlan")

    assert wrong.exit_code == 1
    assert "There is no survey 'keperlan'. There are: keperluan, profil, ulasan, undian1." in wrong.output


def test_a_poll_is_sent_as_an_announcement_that_says_which_word_begins_it(world, titian):
    world.says_all("hai", "1", "setuju")

    planned = titian(world, "surveys", "send", "undian1", "--by", "Aminah", "--dry-run")

    assert "Kursus seterusnya: untuk menjawab, hantar TINJAUAN undian1. Tidak wajib." in planned.output
    assert world.says("TINJAUAN undian1").startswith("Undian: satu soalan")
    assert titian(world, "surveys", "send", "profil", "--by", "Aminah").exit_code == 1

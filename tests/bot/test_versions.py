"""An educator edits a course while learners are in it: nobody's question changes, nobody is silenced, all move at the next lesson."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, select, update

from bench.play import reply
from bot import settings
from bot.content import archive, load
from bot.content.archive import MOST_HELD, Archive
from bot.content.cache import Cache
from bot.content.library import read
from bot.store import tables as t
from bot.store.database import Store
from flows import types as f
from flows.lessons.standing import is_open, where
from flows.machine import advance
from flows.session import Enrolment, Library, Session
from tests.bots import at_the_same_moment
from tests.builders import NOW, everywhere, said
from tests.world import World

TEXTS = ("a", "b", "7", "1", "petunjuk", "langkau", "menu", "xyzzy")
Made = dict[str, Any]


def place_of(session: Session) -> tuple[Any, ...]:
    """What tells one place in the course from another; which questions she saw on her way there does not."""
    enrolment = session.enrolment()
    counted = (session.attempt, session.won, session.asked, bool(session.misses))
    stands = (session.state, session.place, session.stopped, session.course, session.lesson, session.question)
    return (*stands, *counted, frozenset(enrolment.passed if enrolment else ()))


# --- A course, and what becomes of it -------------------------------------------------------------------------------


def both(malay: str, english: str) -> Made:
    return {"ms": malay, "en": english}


def option(key: str, malay: str, english: str, *, right: bool = False) -> Made:
    made = {"key": key, **both(malay, english), "because": both("Fikir semula.", "Think about it once more.")}
    return {"key": key, **both(malay, english), "right": True} if right else made


def course(name: str = "kebun1") -> Made:
    """Three lessons: a bank of two, a statement, and a number."""
    because = both("Tanah gembur menyimpan air.", "Loose soil keeps water.")
    hint = both("Cuba ingat semula.", "Try to remember.")
    common = {"because": because, "hint": hint}
    soil = [
        {
            "id": f"tanah-{number}",
            "ask": both(ask, english),
            "options": [
                option("loose", f"Gembur {number}", f"Loose {number}", right=True),
                option("hard", f"Keras {number}", f"Hard {number}"),
                option("wet", f"Becak {number}", f"Muddy {number}"),
            ],
            **common,
        }
        for number, ask, english in (
            (1, "Tanah mana elok?", "Which soil is good?"),
            (2, "Pilih tanah.", "Choose soil."),
        )
    ]
    water = {"id": "air-1", "kind": "truth", "ask": both("Siram waktu pagi.", "Water in the morning."), "answer": True}
    seeds = {
        "id": "benih-1",
        "kind": "number",
        "ask": both("Berapa hari?", "How many days?"),
        "answer": 7,
        "tolerance": 1,
    }
    lessons = [
        ("tanah", "Tanah", "Soil", soil),
        ("air", "Siraman", "Watering", [water | common]),
        ("benih", "Benih", "Seeds", [seeds | common]),
    ]
    return {
        "id": name,
        "title": both("Kebun kecil", "A small garden"),
        "about": both("Tanam sayur sendiri.", "Grow your own vegetables."),
        "minutes": 15,
        "lessons": [
            {
                "id": key,
                "title": both(ms, en),
                "ideas": [both(f"{ms} itu penting.", f"{en} matters.")],
                "questions": asked,
            }
            for key, ms, en, asked in lessons
        ],
    }


def deletes_a_lesson(made: Made) -> None:
    del made["lessons"][0]


def deletes_the_last_lesson(made: Made) -> None:
    del made["lessons"][2]


def renames_a_lesson(made: Made) -> None:
    for lesson in made["lessons"]:
        lesson["id"] += "-baharu"


def reorders_the_lessons(made: Made) -> None:
    made["lessons"].reverse()


def deletes_a_question(made: Made) -> None:
    del made["lessons"][0]["questions"][0]


def renames_the_questions(made: Made) -> None:
    for lesson in made["lessons"]:
        for asked in lesson["questions"]:
            asked["id"] = f"q-{asked['id']}"


def reorders_the_questions(made: Made) -> None:
    made["lessons"][0]["questions"].reverse()


def deletes_an_option(made: Made) -> None:
    for asked in made["lessons"][0]["questions"]:
        del asked["options"][2]


def renames_the_options(made: Made) -> None:
    for asked in made["lessons"][0]["questions"]:
        for each in asked["options"]:
            each["key"] += "2"


def reorders_the_options(made: Made) -> None:
    for asked in made["lessons"][0]["questions"]:
        asked["options"].reverse()


def changes_what_is_right(made: Made) -> None:
    for asked in made["lessons"][0]["questions"]:
        first, second = asked["options"][:2]
        first["because"] = second.pop("because")
        second["right"] = first.pop("right")
    made["lessons"][1]["questions"][0]["answer"] = False
    made["lessons"][2]["questions"][0]["answer"] = 30


def changes_the_kinds(made: Made) -> None:
    for asked in made["lessons"][0]["questions"]:
        del asked["options"]
        asked |= {"kind": "truth", "answer": False}
    water = made["lessons"][1]["questions"][0]
    water |= {"kind": "number", "answer": 45}
    seeds = made["lessons"][2]["questions"][0]
    for name in ("answer", "tolerance"):
        del seeds[name]
    seeds |= {"kind": "text", "accept": {"ms": ["seminggu"], "en": ["a week"]}}


def rewords_everything(made: Made) -> None:
    for lesson in made["lessons"]:
        for words in (lesson["title"], *lesson["ideas"], *(asked["ask"] for asked in lesson["questions"])):
            words["ms"] = "Baharu. " + words["ms"]


def renames_the_course(made: Made) -> None:
    made["id"] = "kebun2"


def removes_the_course(made: Made) -> None:
    made.clear()


EDITS: list[Callable[[Made], None]] = [
    deletes_a_lesson,
    deletes_the_last_lesson,
    renames_a_lesson,
    reorders_the_lessons,
    deletes_a_question,
    renames_the_questions,
    reorders_the_questions,
    deletes_an_option,
    renames_the_options,
    reorders_the_options,
    changes_what_is_right,
    changes_the_kinds,
    rewords_everything,
    renames_the_course,
    removes_the_course,
]
GOES = {"renames_the_course", "removes_the_course"}


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A content directory with the garden and another course, which stays as it is."""
    directory = garden_in(tmp_path / "content")
    write(directory, course("lain1") | {"title": both("Kebun lain", "Another garden")}, name="lain1")
    return directory


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Session, str, f.Step]]:
    """Every place of the garden, what she sends there, and where that leads before any edit."""
    garden = load(garden_in(tmp_path_factory.mktemp("garden")))
    return list(everywhere(garden, texts=TEXTS, like=place_of))


def garden_in(directory: Path) -> Path:
    (directory / "courses").mkdir(parents=True)
    (directory / "keywords.csv").write_bytes((settings.ROOT / "content" / "keywords.csv").read_bytes())
    write(directory, course())
    return directory


def write(directory: Path, made: Made, *, name: str = "kebun1") -> None:
    """Write a course file as its author would; nothing of it is nothing of the file."""
    file = directory / "courses" / f"{name}.yaml"
    if made:
        file.write_text(json.dumps(made, indent=1), encoding="utf-8")  # which is YAML, too
    else:
        file.unlink()


def edit(directory: Path, change: Callable[[Made], None]) -> None:
    made = course()
    change(made)
    write(directory, made)


# --- The machine, at every place there is ---------------------------------------------------------------------------


@pytest.mark.parametrize("change", EDITS, ids=lambda change: change.__name__)
def test_wherever_she_is_an_edit_leaves_her_question_as_it_was_asked(content, change, walk):
    old = load(content)
    edit(content, change)
    new = load(content)
    versions = {each.version: each for each in old.courses.values()}
    seen = moved = 0

    for session, text, before in walk:
        enrolment = session.enrolment()
        if enrolment is None:
            continue
        after = advance(session, f.Replied(text, NOW), replace(new, archive=versions))

        assert said(after).body or said(after).choices, (session, text)
        if is_open(session, where(session, old)):
            seen += 1
            assert graded(after) == graded(before), (session, text)
        kept = after.session.enrolment(enrolment.course)
        assert kept is not None
        assert set(enrolment.passed) <= set(kept.passed)
        began = [effect.lesson for effect in after.effects if isinstance(effect, f.StartLesson)]
        now_in = after.session.enrolment()
        if began and now_in is not None:
            assert now_in.version == new.courses[after.session.course].version, (session, text)
            moved += now_in.course == "kebun1"
    assert seen > 100
    assert moved > 100 or change.__name__ in GOES


def graded(step: f.Step) -> list[f.Effect]:
    """What was made of her answer."""
    return [effect for effect in step.effects if isinstance(effect, f.RecordAnswer | f.PassLesson | f.KeepReply)]


# --- The whole bot, files edited on disk ----------------------------------------------------------------------------


@pytest.fixture
def bot(migrated_url: str, content: Path, tmp_path: Path) -> Iterator[World]:
    world = World(migrated_url, tmp_path / "var", content=content)
    yield world
    world.close()


def places(walk: list[tuple[Session, str, f.Step]]) -> list[Session]:
    """A learner at every place of the garden in which a lesson of hers has begun, once each."""
    found: dict[tuple[Any, ...], Session] = {}
    for session, _, _ in walk:
        if session.course == "kebun1" and session.lesson and not session.stopped:
            found.setdefault((session.state, session.lesson, session.question, session.attempt), session)
    return list(found.values())


def move_in(world: World, sessions: list[Session]) -> dict[str, Session]:
    """A learner for each session; returns them by their numbers."""
    now, learners = world.clock(), {}
    with world.bot.store.begin() as connection:
        for her, session in enumerate(sessions, start=1):
            phone = f"+601110{her:06}"
            connection.execute(
                insert(t.learner).values(id=her, locale=session.locale, created_at=now, consented_at=now)
            )
            row = {
                "learner_id": her,
                "session": session.to_json(),
                "turn": 0,
                "dialogue": "",
                "typed": 0,
                "unread": "[]",
            }
            connection.execute(insert(t.conversation).values(row))
            addressed = {"id": her, "kind": "tel", "identifier": phone, "learner_id": her, "created_at": now}
            connection.execute(insert(t.address).values(addressed))
            for each in session.enrolments:
                enrolled = {"learner_id": her, "course": each.course, "version": each.version, "started_at": now}
                connection.execute(insert(t.enrolment).values(enrolled))
            learners[phone] = session
    return learners


@pytest.mark.parametrize("change", EDITS, ids=lambda change: change.__name__)
def test_a_learner_in_the_middle_of_a_lesson_stays_on_hers_and_moves_at_the_next(bot, content, change, walk):
    old = bot.bot.library()
    learners = move_in(bot, places(walk))
    edit(content, change)
    bot.passes(minutes=1)
    new = bot.bot.library()
    assert "kebun1" not in new.courses or new.courses["kebun1"].version != old.courses["kebun1"].version

    for phone, session in learners.items():
        at = where(session, old)
        assert at is not None
        words = reply(at[2], session.seed, right=True)
        before = advance(session, f.Replied(words, NOW), old)
        told = len(bot.effects)
        assert bot.says(words, phone=phone), session
        if is_open(session, at):
            recorded = [each for each in bot.effects[told:] if isinstance(each, f.RecordAnswer)]
            assert recorded == [each for each in before.effects if isinstance(each, f.RecordAnswer)], session

    for phone, session in learners.items():
        for words in ("sambung", "1", "sambung"):
            assert bot.says(words, phone=phone), session
        came_to = bot.session(phone)
        hers, had = came_to.enrolment("kebun1"), session.enrolment("kebun1")
        assert hers is not None
        assert had is not None
        assert set(had.passed) <= set(hers.passed)
        if change.__name__ in GOES and came_to.course == "kebun1":
            assert came_to.state.startswith(("menu.", "lesson.")), came_to
        elif came_to.lesson != session.lesson:
            assert came_to.enrolment().version == new.courses[came_to.course].version


def test_another_process_that_has_only_the_new_course_grades_the_old_question(migrated_url, content, tmp_path):
    first = World(migrated_url, tmp_path / "var", content=content)
    first.says_all("hai", "1", "1", "menu")
    learners = move_in(first, [one_in_the_first_lesson(first.bot.library())])
    first.close()
    edit(content, changes_what_is_right)
    second = World(migrated_url, tmp_path / "var2", content=content)
    (phone, session), *_ = learners.items()

    second.says("A", phone=phone)

    (answered,) = second.rows(t.answer)
    assert answered.correct
    assert answered.version == session.enrolment().version
    assert [row.course for row in second.rows(t.course_version)].count("kebun1") == 2
    second.close()


def one_in_the_first_lesson(library: Library) -> Session:
    enrolment = Enrolment("kebun1", library.courses["kebun1"].version)
    session = Session(
        state="lesson.question",
        consented=True,
        course="kebun1",
        lesson="tanah",
        question="tanah-1",
        enrolments=(enrolment,),
    )
    letter = reply(library.courses["kebun1"].lessons[0].bank[0], 0, right=True)
    seeds = (
        each for each in range(1000) if reply(library.courses["kebun1"].lessons[0].bank[0], each, right=True) == "a"
    )
    return session._replace(seed=0 if letter == "a" else next(seeds))


def test_a_version_nobody_has_any_more_is_taught_as_it_is_now(bot, content):
    session = one_in_the_first_lesson(bot.bot.library())
    lost = session._replace(enrolments=(Enrolment("kebun1", "lostversion1"),))
    gone = lost._replace(lesson="lost", question="lost-1")
    first, second = move_in(bot, [lost, gone])

    bot.says("a", phone=first)
    assert bot.rows(t.answer)[0].version == bot.bot.library().courses["kebun1"].version
    assert "1/3" in bot.says("a", phone=second), "her lesson is gone, so she is led to one there is"
    assert bot.session(second).enrolment().version == bot.bot.library().courses["kebun1"].version


def test_a_nudge_names_the_lesson_as_she_knows_it(bot, content):
    session = one_in_the_first_lesson(bot.bot.library())
    (phone,) = move_in(bot, [session])
    bot.says("xyzzy", phone=phone)
    made = course()
    made["lessons"][0] |= {"id": "lain", "title": both("Tajuk lain", "Another title")}
    write(content, made)

    nudged = "\n".join(bot.passes(days=2))

    assert '"Tanah"' in nudged
    assert "Tajuk lain" not in nudged


# --- The archive ----------------------------------------------------------------------------------------------------


def test_nobody_but_her_costs_a_query_and_she_costs_one(bot, content):
    live = bot.bot.library()
    session = one_in_the_first_lesson(live)
    edit(content, rewords_everything)
    bot.passes(minutes=1)
    changed = bot.bot.library()
    statements: list[str] = []
    event.listen(bot.bot.store.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    versions = Archive(bot.bot.store)

    assert versions.holding(live, session) is live
    assert versions.holding(live, Session()) is live
    assert versions.holding(changed, session._replace(lesson="")) is changed
    assert statements == []
    for _ in range(3):
        assert versions.holding(changed, session).held(session) == live.courses["kebun1"]
    assert len(statements) == 1


def test_the_versions_held_in_memory_are_few(bot):
    version = bot.bot.library().courses["kebun1"].version
    (row,) = [row for row in bot.rows(t.course_version) if row.version == version]
    with bot.bot.store.begin() as connection:
        for number in range(MOST_HELD + 10):
            values = {"version": f"v{number}", "course": "kebun1", "data": row.data, "published_at": bot.clock()}
            connection.execute(insert(t.course_version).values(values))
    versions = Archive(bot.bot.store)
    session = one_in_the_first_lesson(bot.bot.library())

    for number in range(MOST_HELD + 10):
        hers = session._replace(enrolments=(Enrolment("kebun1", f"v{number}"),))
        assert versions.holding(bot.bot.library(), hers).held(hers).version == f"v{number}"

    assert len(versions._held) == MOST_HELD


def test_a_version_is_written_once_and_never_changed(bot, content, tmp_path):
    bot.bot.library()
    with bot.bot.store.begin() as connection:
        connection.execute(update(t.course_version).values(data="as it was"))
    anew = read(content, Cache()).anew

    for _ in range(2):
        archive.keep(bot.bot.store, anew, now=bot.clock())

    assert {row.data for row in bot.bot.store.look(select(t.course_version.c.data))} == {"as it was"}


def test_two_processes_that_publish_at_once_write_each_version_once(migrated_url, content):
    stores = [Store(migrated_url) for _ in range(4)]
    anew = read(content, Cache()).anew

    at_the_same_moment(*(lambda store=store: archive.keep(store, anew, now=NOW) for store in stores))

    assert sorted(row.course for row in stores[0].look(select(t.course_version.c.course))) == ["kebun1", "lain1"]
    for store in stores:
        store.engine.dispose()


OLD = {
    "id": "lama1",
    "colour": "a field of another release",
    "title": {"ms": "Kursus lama", "fr": "Un vieux cours"},
    "lessons": [
        {
            "id": "satu",
            "title": {"ms": "Satu", "en": "One"},
            "ideas": [{"ms": "Idea lama.", "en": "An old idea."}],
            "question": {
                "id": "satu-1",
                "ask": {"ms": "Soalan?", "en": "Question?"},
                "weight": 3,
                "options": [
                    {"key": "a", "ms": "Ya", "en": "Yes", "right": True},
                    {"key": "b", "ms": "Bukan", "en": "Not so", "picture": "no.png"},
                ],
            },
        }
    ],
}


def test_a_row_of_another_release_is_still_taught():
    old = archive.restored("v-lama", json.dumps(OLD))

    assert old is not None
    assert (old.id, old.version, old.title.within("en")) == ("lama1", "v-lama", "Kursus lama")
    asked = old.by_id["satu"].question("satu-1")
    assert asked.right_answer == "a"
    session = Session("lesson.question", consented=True, course="lama1", lesson="satu", question="satu-1")
    session = session.with_enrolment(Enrolment("lama1", "v-lama"))
    library = replace(load(settings.ROOT / "tests" / "content"), archive={"v-lama": old})
    assert graded(advance(session, f.Replied(reply(asked, 0, right=True), NOW), library))[0].right


@pytest.mark.parametrize("data", ["", "null", "[]", "{}", '{"id": 7}', '{"lessons": [{"questions": "x"}]}', "\x00"])
def test_a_row_nothing_can_be_made_of_is_passed_over(data):
    assert archive.restored("v1", data) is None


def test_what_is_kept_makes_the_same_course_again():
    content = read(settings.ROOT / "tests" / "content", Cache())
    for version, shape in content.anew.items():
        assert archive.restored(version, archive.written(shape)) == content.library.courses[shape.id]

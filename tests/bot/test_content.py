"""Every mistake an author can make is told with its file, its line and what to write instead; good content loads."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings, strategies as st

from bot.cli.content import content
from bot.content import ContentError, Problem, Shelf, check, load
from flows.reading.answers import read
from flows.reading.keywords import plain
from flows.session import Library
from flows.text import Localized

SHIPPED = Path(__file__).parents[2] / "content"
COURSE = """\
id: air1
title: {ms: "Air bersih", en: "Clean water"}
about: {ms: "Air selamat untuk keluarga.", en: "Safe water for the family."}
minutes: 5
lessons:
  - id: didih
    title:
      ms: "Didihkan air"
      en: "Boil the water"
    ideas:
      - ms: "Didihkan air sebelum diminum."
        en: "Boil water before you drink it."
    question:
      id: didih-1
      ask:
        ms: "Bila air selamat?"
        en: "When is water safe?"
      options:
        - key: boiled
          ms: "Selepas mendidih"
          en: "After boiling"
          right: true
        - key: clear
          ms: "Apabila jernih"
          en: "When it is clear"
          because:
            ms: "Air jernih pun boleh membawa kuman."
            en: "Clear water can carry germs too."
      because:
        ms: "Mendidih membunuh kuman."
        en: "Boiling kills germs."
      hint:
        ms: "Fikirkan kuman."
        en: "Think of germs."
    sources: ["https://example.org/water"]
"""
KEYWORDS = """\
# what learners send
intent,scope,ms,en,sabah,note
opt_out,any,batal|berhenti,stop,,
menu,any,menu,main,menu bah,
yes,prompt,ya,yes,bah,"a note, with a comma"
"""


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Write a content directory: the good course, changed where the test says so."""

    def write(old: str = "", new: str = "", *, course: str | bytes = COURSE, words: str = KEYWORDS) -> Path:
        (tmp_path / "courses").mkdir(exist_ok=True)
        if old:
            assert isinstance(course, str)
            assert old in course, "the test changes what is not there"
            course = course.replace(old, new, 1)
        raw = course if isinstance(course, bytes) else course.encode()
        (tmp_path / "courses" / "air1.yaml").write_bytes(raw)
        (tmp_path / "keywords.csv").write_text(words, encoding="utf-8")
        return tmp_path

    return write


def only(problems: list[Problem]) -> Problem:
    """The one thing to put right; what is only advised does not count."""
    problems = [problem for problem in problems if problem.blocks]
    assert len(problems) == 1, "\n".join(map(str, problems))
    return problems[0]


# --- What is good ---------------------------------------------------------------------------------------------------


def test_a_good_course_loads(written):
    library = load(written())

    course = library.courses["air1"]
    lesson = course.by_id["didih"]
    assert check(written()) == []
    assert lesson.title == Localized((("ms", "Didihkan air"), ("en", "Boil the water")))
    (question,) = lesson.bank
    assert question.right_answer == "boiled"
    assert question.options[1].because.within("en") == "Clear water can carry germs too."
    assert lesson.sources == ("https://example.org/water",)
    assert library.keywords.hear("Menu bah!").intent == "menu"


def test_the_version_is_that_of_what_a_learner_reads(written):
    first = load(written()).courses["air1"].version

    assert re.fullmatch("[0-9a-f]{12}", first)
    assert load(written("example.org", "example.net")).courses["air1"].version == first  # a source is for authors
    assert load(written("minutes: 5", "minutes: 5  # noted")).courses["air1"].version == first
    assert load(written("Think of germs", "Think of the germs")).courses["air1"].version != first


def test_accents_are_composed_so_that_an_editor_does_not_make_a_text_dear(written):
    library = load(written('"Clean water"', '"Cafe\u0301"'))

    assert library.courses["air1"].title.within("en") == "Café"


def test_a_file_saved_with_a_byte_order_mark_is_fine(written):
    assert check(written(course=b"\xef\xbb\xbf" + COURSE.encode())) == []


# --- What an author gets wrong --------------------------------------------------------------------------------------

MISTAKES = [
    # what is changed, into what -> line, rule, where, words of the advice
    ('ask:\n        ms: "Bila air selamat?"', "ask:\n        ms: Ingat: bila selamat?", 16, "yaml", "", "double quotes"),
    ('"Bila air selamat?"', '"Bila "air" selamat?"', 16, "yaml", "", "inside a text in quotes"),
    ('"Bila air selamat?"', '"Bila air selamat?', 16, "yaml", "", "never closed"),
    ('"Mendidih membunuh kuman."', "'Mendidih membunuh kuman.", 30, "yaml", "", "never closed"),
    ('"Bila air selamat?"', "@siapa", 16, "yaml", "", "may not begin with this sign"),
    ("  - id: didih", "  - id didih", 7, "yaml", "", "colon"),
    ('      en: "Boil the water"', '\t  en: "Boil the water"', 9, "tab", "", "use spaces"),
    ("minutes: 5", "minutes: 5\nminutes: 6", 5, "twice", "minutes", "in line 4"),
    ('      en: "Boil the water"\n', "", 7, "language", "lessons › didih › title › en", "The English text is missing"),
    ('"Boil the water"', '""', 9, "empty", "lessons › didih › title › en", "write the text"),
    ('en: "Boil the water"', "en:", 9, "empty", "lessons › didih › title › en", "Nothing stands after `en:`"),
    ("          right: true\n", "", 18, "right", "lessons › didih › question › options", "`right: true`"),
    ("key: clear", "key: clear\n          right: true", 24, "right", "options › 2 › right", "under one only"),
    ("key: clear", "key: boiled", 23, "same", "options › 2 › key", "two options of this name"),
    ('ms: "Apabila jernih"', 'ms: "selepas  Mendidih."', 24, "same", "options › 2 › ms", "read the same"),
    ("    question:", "    quesiton:", 13, "unknown", "lessons › didih › quesiton", "Did you mean `question`?"),
    ("minutes: 5", "minuts: 5", 4, "unknown", "minuts", "Did you mean `minutes`?"),
    ("minutes: 5", "minutes: 5\ncolour: red", 5, "unknown", "colour", "id, title, about"),
    ("minutes: 5\n", "", 1, "missing", "minutes", "write `minutes: …`"),
    ("minutes: 5", "minutes: five", 4, "type", "minutes", "whole number"),
    ("minutes: 5", "minutes: 0", 4, "type", "minutes", "above 0"),
    ('"Clean water"', "yes", 2, "type", "title › en", 'put quotes round it, "yes"'),
    ('"Clean water"', "12", 2, "type", "title › en", 'put quotes round it, "12"'),
    ('"Clean water"', "2026-13-45", 2, "type", "title › en", 'put quotes round it, "2026-13-45"'),
    ('"Clean water"', "[Clean, water]", 2, "type", "title › en", "one text"),
    ('{ms: "Air bersih", en: "Clean water"}', '"Air bersih"', 2, "type", "title", "ms, en"),
    ("right: true", 'right: "true"', 22, "type", "options › 1 › right", "without quotes"),
    ("id: air1", "id: AIR 1", 1, "name", "id", "small letters"),
    ('"Fikirkan kuman."', '"Kuman ’kan?"', 33, "character", "hint › ms", "right single quotation mark"),
    ('"Fikirkan kuman."', '"Fikirkan kuman – dan api."', 33, "character", "hint › ms", "write - instead"),
    ('"Fikirkan kuman."', '"Kuman €."', 33, "character", "hint › ms", "write it in words"),
    ('"Fikirkan kuman."', f'"{"Fikirkan kuman. " * 6}"', 33, "length", "hint › ms", "11 too many for one SMS: it has 96"),
    ('"Fikirkan kuman."', f'"{"panjang" * 6}"', 33, "word", "hint › ms", "42 characters and no space"),
    ('"Fikirkan kuman."', '"Lihat www.contoh.my"', 33, "link", "hint › ms", "Networks block"),
    ('"Fikirkan kuman."', '"Telefon 088-123 456."', 33, "number", "hint › ms", "networks block"),
    ('"Fikirkan kuman."', '"RM15000"', 33, "number", "hint › ms", "RM15,000"),
    ('"Bila air selamat?"', f'"{"Bila air? " * 11}"', 16, "length", "ask › ms", "too many for one SMS"),
    ("    sources: [", "    sources: &a [*a, ", 35, "yaml", "sources › 1", "cannot be repeated"),
    ('"https://example.org/water"', "[" * 30 + "]" * 30, 35, "yaml", " › 1", "nested this deep"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "rule", "where", "says"), MISTAKES)
def test_a_mistake_is_told_with_its_line_and_what_to_write(written, old, new, line, rule, where, says):
    problems = check(written(old, new))

    told = [problem for problem in problems if problem.rule == rule and says in problem.says]
    assert told, "\n".join(map(str, problems))
    assert told[0].file.endswith("air1.yaml")
    assert told[0].line == line
    assert told[0].where.endswith(where)
    with pytest.raises(ContentError) as refused:
        load(written(old, new))
    assert list(refused.value.problems) == problems


@pytest.mark.parametrize(
    ("old", "new", "line", "rule", "where", "says"),
    [each for each in MISTAKES if "sources" not in each[0] and "example" not in each[0]],
)
def test_one_mistake_is_one_problem(written, old, new, line, rule, where, says):
    only(check(written(old, new)))


def test_fewer_than_two_options_is_no_question(written):
    start = COURSE.index("        - key: clear")
    end = COURSE.index('      because:\n        ms: "Mendidih')

    problem = only(check(written(course=COURSE[:start] + COURSE[end:])))

    assert (problem.line, problem.rule) == (18, "options")
    assert "this one has 1" in problem.says


def test_more_than_five_options_do_not_fit_a_keypad_menu(written):
    more = "".join(f'        - {{key: k{n}, ms: "Lain {n}", en: "Other {n}"}}\n' for n in range(4))

    problem = only(check(written("        - key: clear", more + "        - key: clear")))

    assert (problem.rule, problem.line) == ("options", 18)


def test_ids_of_lessons_and_questions_stand_once(written):
    lesson = COURSE[COURSE.index("  - id: didih") :]

    problems = check(written(course=COURSE + lesson))

    assert [(problem.rule, problem.line) for problem in problems] == [("same", 36), ("same", 44)]
    assert "two lessons of this name" in problems[0].says


def test_two_courses_have_two_ids(written):
    directory = written()
    (directory / "courses" / "air2.yaml").write_text(COURSE, encoding="utf-8")

    problem = only(check(directory))

    assert problem.file.endswith("air2.yaml")
    assert "air1.yaml" in problem.says


def test_all_problems_of_all_files_are_told_at_once(written):
    directory = written('"Boil the water"', '""', words=KEYWORDS.replace("menu,any", "menu,anny"))
    (directory / "courses" / "b.yaml").write_text("id: [", encoding="utf-8")
    (directory / "courses" / "c.yml").write_text(COURSE.replace("minutes: 5", "minutes: x"), encoding="utf-8")

    found = {(Path(problem.file).name, problem.rule) for problem in check(directory)}

    assert found == {
        ("air1.yaml", "empty"),
        ("b.yaml", "yaml"),
        ("c.yml", "file"),
        ("c.yml", "type"),
        ("keywords.csv", "scope"),
    }


def test_a_longer_brand_leaves_less_room(written):
    directory = written('"Fikirkan kuman."', f'"{"Fikir lagi. " * 6}lagi"')

    assert check(directory, tag=15) == []
    assert only(check(directory, tag=26)).says.startswith("2 too many")


def test_a_course_in_another_encoding_is_told_by_its_line(written):
    problem = only(check(written(course=COURSE.replace("Clean", "Café").encode("latin-1"))))

    assert (problem.line, problem.rule) == (2, "utf-8")


@pytest.mark.parametrize(
    ("course", "rule"),
    [
        ("", "empty"),
        ("# nothing yet\n", "empty"),
        ("- a\n- b\n", "shape"),
        ("hello\n", "shape"),
        ("id: a\n---\nid: b\n", "yaml"),
        ("id: \x01\n", "yaml"),
    ],
)
def test_a_file_that_is_no_course_is_told_so(written, course, rule):
    assert only(check(written(course=course))).rule == rule


def test_a_directory_without_content_is_told_so(tmp_path):
    assert [(problem.rule, Path(problem.file).name) for problem in check(tmp_path / "nowhere")] == [
        ("missing", "courses"),
        ("unreadable", "keywords.csv"),
    ]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_file_however_broken_ends_in_a_traceback(tmp_path_factory, data):
    directory = tmp_path_factory.mktemp("broken")
    (directory / "courses").mkdir()
    place = data.draw(st.integers(0, len(COURSE)))
    cut = data.draw(st.integers(0, 60))
    junk = data.draw(st.text(st.sampled_from("{}[]:-\"'#&*!|>%@`\n\t ?, ayes1~é\x00"), max_size=12))
    (directory / "courses" / "a.yaml").write_text(COURSE[:place] + junk + COURSE[place + cut :], encoding="utf-8")
    (directory / "keywords.csv").write_text(KEYWORDS[: place % len(KEYWORDS)] + junk, encoding="utf-8")

    for problem in check(directory):
        assert problem.line >= 1
        assert problem.says


# --- The keyword table ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "line", "rule", "says"),
    [
        ("sabah,note", "sabahh,note", 2, "columns", "Did you mean `sabah`"),
        ("menu,any,menu,main,menu bah,", "menu,any,menu,main,menu bah", 4, "columns", "5 cells where 6 belong"),
        ('"a note, with a comma"', "a note, with a comma", 5, "columns", "7 cells"),
        ('"a note, with a comma"', '"a note', 5, "columns", "do not close"),
        ("ya,yes,bah", "ya|MAIN!,yes,bah", 5, "phrase", '"MAIN!" stands under menu too'),
        ("ya,yes,bah", "ya|0,yes,bah", 5, "phrase", "stands under back too"),
        ("ya,yes,bah", "ya||y,yes,bah", 5, "empty", 'column ms'),
        ("menu,any,menu,main,menu bah,", "menu,any,,,,", 4, "empty", "no phrase"),
        ("yes,prompt", "menu,prompt", 5, "twice", "has a line already"),
        ("yes,prompt", "yes,promt", 5, "scope", "did you mean prompt?"),
        ("yes,prompt", "Yes!,prompt", 5, "name", "small letters"),
        ("batal|berhenti", "batal", 1, "stop", '"berhenti" must stand under opt_out'),
        (KEYWORDS, "# nothing\n", 1, "columns", "The table is empty"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_keyword_table_is_told(written, old, new, line, rule, says):
    assert old in KEYWORDS

    problem = only(check(written(words=KEYWORDS.replace(old, new))))

    assert problem.file.endswith("keywords.csv")
    assert (problem.line, problem.rule) == (line, rule)
    assert says in problem.says


# --- The shelf ------------------------------------------------------------------------------------------------------


class Turned:
    """A clock the test turns."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Turned:
    return Turned()


def title_on(shelf: Shelf) -> str:
    library: Library = shelf.library()
    return library.courses["air1"].title.within("en")


def test_the_shelf_shows_an_edit_after_a_while(written, clock):
    shelf = Shelf(written(), clock=clock, report=pytest.fail, every=5)
    before = shelf.library()

    written("Clean water", "Good water")
    assert shelf.library() is before

    clock.now += timedelta(seconds=5)
    assert title_on(shelf) == "Good water"


def test_the_shelf_reads_nothing_again_when_nothing_changed(written, clock):
    shelf = Shelf(written(), clock=clock, report=pytest.fail)
    before = shelf.library()

    clock.now += timedelta(hours=1)

    assert shelf.library() is before


def test_a_broken_edit_keeps_the_last_good_library_and_is_told_once(written, clock):
    told: list[object] = []
    shelf = Shelf(written(), clock=clock, report=told.append)

    written("    question:", "    quesiton:")
    for _ in range(3):
        clock.now += timedelta(minutes=1)
        assert title_on(shelf) == "Clean water"
    assert [problem.rule for problems in told for problem in problems] == ["unknown"]

    written("Clean water", "Mended water")
    clock.now += timedelta(minutes=1)
    assert title_on(shelf) == "Mended water"


def test_a_shelf_is_not_begun_on_broken_content(written, clock):
    with pytest.raises(ContentError, match="Did you mean `question`"):
        Shelf(written("    question:", "    quesiton:"), clock=clock, report=pytest.fail)


# --- The command ----------------------------------------------------------------------------------------------------


def test_the_command_is_content_when_all_is_well(written):
    ran = CliRunner().invoke(content, ["check", str(written())])

    assert (ran.exit_code, ran.output.strip()) == (0, f"{written()}: everything is in order.")


def test_the_command_prints_line_rule_and_advice(written):
    directory = written("    question:", "    quesiton:")

    ran = CliRunner().invoke(content, ["check", str(directory)])

    first, last = ran.output.strip().splitlines()
    assert ran.exit_code == 1
    assert first.startswith(f"{directory}/courses/air1.yaml:13  unknown  lessons › didih › quesiton: ")
    assert last.endswith("1 thing to put right.")


def test_the_command_speaks_json(written):
    ran = CliRunner().invoke(content, ["check", str(written("minutes: 5", "minutes: x")), "--json"])

    told = json.loads(ran.output)
    assert (ran.exit_code, told["ok"]) == (1, False)
    assert (told["problems"][0]["line"], told["problems"][0]["rule"]) == (4, "type")


# --- What we ship ---------------------------------------------------------------------------------------------------


def test_what_we_ship_is_in_order():
    assert [problem for problem in check(SHIPPED) if problem.blocks] == []


def test_the_five_courses_we_ship_are_taught():
    courses = load(SHIPPED).courses

    assert set(courses) == {"buku1", "cerita1", "layan1", "sayur1", "selamat1"}
    for course in courses.values():
        assert 6 <= len(course.lessons) <= 8, course.id
        assert all(len(lesson.bank) >= 3 and lesson.sources for lesson in course.lessons), course.id
        assert len({question.kind for lesson in course.lessons for question in lesson.bank}) >= 4, course.id


def test_every_wrong_answer_we_ship_has_a_kind_word():
    for course in load(SHIPPED).courses.values():
        for question in (each for lesson in course.lessons for each in lesson.bank):
            assert question.hint, question.id
            if question.kind in ("choice", "several", "text"):
                assert all(option.right or option.because for option in question.options), question.id


def test_whoever_may_choose_several_is_told_so():
    for course in load(SHIPPED).courses.values():
        for question in (each for lesson in course.lessons for each in lesson.bank if each.kind == "several"):
            assert question.asks.within("ms").endswith(" Pilih semua yang betul."), question.id
            assert question.asks.within("en").lower().endswith("choose all that are right."), question.id


def test_every_word_we_ship_as_an_answer_is_read_as_that_answer():
    """Whatever the author wrote as right or as wrong, a learner who writes it is understood, and surely."""
    library = load(SHIPPED)
    asked = [each for course in library.courses.values() for lesson in course.lessons for each in lesson.bank]
    checked = 0
    for question in asked:
        for option in question.options if question.kind in ("choice", "truth", "text") else ():
            for wording in (*(words for _, words in option.says.words), *option.also):
                reading = read(question, question.shown(3), library.keywords.hear(wording), wording)
                assert (reading.answer, reading.sure) == (option.key, True), (question.id, wording)
                checked += 1
    assert checked > 500


def test_about_half_of_the_statements_we_ship_are_true():
    answers = [
        question.right_answer
        for course in load(SHIPPED).courses.values()
        for lesson in course.lessons
        for question in lesson.bank
        if question.kind == "truth"
    ]

    assert 0.4 <= answers.count("true") / len(answers) <= 0.6


@pytest.mark.parametrize(
    ("said", "intent"),
    [
        ("STOP", "opt_out"), (" Berhenti!! ", "opt_out"), ("BATAL", "opt_out"), ("stop all", "opt_out_all"),
        ("au", "unsure"), ("Au'", "unsure"), ("bah", "yes"), ("nda", "no"), ("Ranau", "district_ranau"),
        ("kundasang bah", "district_ranau"), ("KUDAT", "district_kudat"), ("pitas", "district_pitas"), ("daerah", "location"),
        ("sijil", "certificate"), ("?", "help"), ("menuuuu", "menu"), ("tolu", "answer_c"),
    ],
)  # fmt: skip
def test_learners_are_understood(said, intent):
    assert load(SHIPPED).keywords.hear(said).intent == intent


def test_every_phrase_we_ship_is_heard_as_its_intent():
    keywords = load(SHIPPED).keywords

    assert len(keywords.intents) > 400
    for phrase, intent in keywords.intents.items():
        assert plain(phrase) == phrase
        assert keywords.hear(phrase).intent == intent

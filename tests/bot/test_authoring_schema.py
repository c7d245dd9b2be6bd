"""What an editor is told about a course file, and the course that an author begins with."""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest
import yaml
from click.testing import CliRunner, Result

from bot.cli import main
from bot.cli.authoring.new import SCHEMA, STARTER
from bot.content import check, load, shape
from bot.content.rules import Limits
from bot.content.schema import MAY, NEEDS, SAYS, schema
from bot.settings import ROOT
from flows.course import Question
from flows.reading.answers import read

COURSES = sorted((ROOT / "content" / "courses").glob("*.yaml"))
validate = fastjsonschema.compile(schema(), use_default=False)


def runs(*args: str | Path) -> Result:
    return CliRunner().invoke(main, ["content", *map(str, args)])


def starter() -> dict[str, Any]:
    course = yaml.safe_load(STARTER.read_text(encoding="utf-8"))
    assert isinstance(course, dict)
    return course


# --- the schema -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("course", [*COURSES, STARTER], ids=lambda path: path.stem)
def test_every_course_there_is_has_the_shape(course):
    validate(yaml.safe_load(course.read_text(encoding="utf-8")))


def bank(course: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["id"]: each for lesson in course["lessons"] for each in lesson["questions"]}


MISTAKES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no English": lambda course: course["title"].pop("en"),
    "a misspelt field": lambda course: course["lessons"][0].update(idea=course["lessons"][0].pop("ideas")),
    "an id with capitals": lambda course: course.update(id="Contoh1"),
    "a kind there is not": lambda course: bank(course)["bila-1"].update(kind="multiple"),
    "a choice with one option": lambda course: bank(course)["bila-1"].update(
        options=bank(course)["bila-1"]["options"][:1]
    ),
    "a choice with nothing right": lambda course: bank(course)["bila-1"]["options"][1].pop("right"),
    "a choice with an answer": lambda course: bank(course)["bila-1"].update(answer=True),
    "a statement without its answer": lambda course: bank(course)["bila-2"].pop("answer"),
    "a statement whose answer is a number": lambda course: bank(course)["bila-2"].update(answer=3),
    "a statement with options": lambda course: bank(course)["bila-2"].update(options=bank(course)["bila-1"]["options"]),
    "a number that is words": lambda course: bank(course)["cara-1"].update(answer="dua puluh"),
    "an order with a right option": lambda course: bank(course)["cara-2"]["options"][0].update(right=True),
    "a text with nothing accepted": lambda course: bank(course)["cara-3"].pop("accept"),
    "a text accepted in Malay alone": lambda course: bank(course)["cara-3"]["accept"].pop("en"),
    "an open question with an answer": lambda course: bank(course)["cara-4"].update(answer=1),
    "no because": lambda course: bank(course)["bila-1"].pop("because"),
    "a lesson without questions": lambda course: course["lessons"][0].pop("questions"),
    "a day in a course that follows none": lambda course: course["lessons"][0].update(day=3),
    "nothing after a name": lambda course: bank(course)["bila-1"].update(hint=None),
    "minutes in words": lambda course: course.update(minutes="ten"),
    "a pass mark of 0": lambda course: course["lessons"][0].update(pass_mark=0),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_typical_mistake_is_underlined(mistake):
    course = copy.deepcopy(starter())
    MISTAKES[mistake](course)

    with pytest.raises(fastjsonschema.JsonSchemaValueException):
        validate(course)


def test_a_day_is_fine_in_a_course_that_follows_one():
    course = starter()
    course["follows"] = {"ms": "Bila?", "en": "When?"}
    course["lessons"][0]["day"] = 3

    validate(course)


def test_every_field_is_explained_and_nothing_else():
    shapes = [each for each in vars(shape).values() if isinstance(each, type) and issubclass(each, shape.Shape)]
    fields = {(each.__name__, field) for each in shapes for field in each.model_fields}

    assert [named for named in fields if named not in SAYS and ("", named[1]) not in SAYS] == []
    assert [named for named in SAYS if named[0] and named not in fields] == []


def test_the_kinds_are_those_of_the_shape():
    kinds = schema()["$defs"]["QuestionShape"]["properties"]["kind"]["enum"]

    assert sorted(NEEDS) == sorted(kinds)
    assert set(MAY) <= set(kinds)


def test_the_command_prints_it_and_writes_it(tmp_path):
    printed = runs("schema")
    assert json.loads(printed.output) == schema()

    runs("schema", tmp_path / "course.schema.json")
    assert (tmp_path / "course.schema.json").read_text(encoding="utf-8") == printed.output


# --- a new course ---------------------------------------------------------------------------------------------------


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """An empty content directory, but for the words learners send."""
    (tmp_path / "courses").mkdir()
    (tmp_path / "keywords.csv").write_bytes((ROOT / "content" / "keywords.csv").read_bytes())
    return tmp_path


def test_a_new_course_passes_the_check_and_can_be_taught_as_it_is(content):
    assert runs("new", "air1", "--content", content).exit_code == 0

    assert check(content) == []
    course = load(content).courses["air1"]
    assert {question.kind for lesson in course.lessons for question in lesson.bank} == {
        *("choice", "truth", "several", "order", "number", "text", "open")
    }


def test_a_new_course_points_an_editor_to_the_schema_beside_it(content):
    runs("new", "air1", "--content", content)

    first = (content / "courses" / "air1.yaml").read_text(encoding="utf-8").splitlines()[0]
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert named is not None
    assert (content / "courses" / named[1]).resolve() == (content / SCHEMA).resolve()
    assert json.loads((content / SCHEMA).read_text(encoding="utf-8")) == schema()


def test_a_folder_that_is_not_there_yet_becomes_one_that_can_be_checked(tmp_path):
    assert runs("new", "air1", "--content", tmp_path / "mine").exit_code == 0

    assert check(tmp_path / "mine") == []


def test_nothing_is_overwritten(content):
    file = content / "courses" / "air1.yaml"
    file.write_text("mine", encoding="utf-8")

    result = runs("new", "air1", "--content", content)

    assert result.exit_code == 2
    assert "is there already" in result.output
    assert file.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", ["Air1", "1air", "air 1", "a" * 21, "../air"])
def test_an_id_that_cannot_be_one_is_refused(content, name):
    result = runs("new", name, "--content", content)

    assert result.exit_code == 2
    assert "cannot be an id" in result.output
    assert list((content / "courses").iterdir()) == []


def question(content: Path, wanted: str) -> Question:
    runs("new", "air1", "--content", content)
    course = load(content).courses["air1"]
    return next(each for lesson in course.lessons for each in lesson.bank if each.id == wanted)


def reads_right(content: Path, wanted: str, *replies: str) -> bool:
    asked = question(content, wanted)
    keywords = load(content).keywords
    readings = [read(asked, asked.shown(0), keywords.hear(reply), reply) for reply in replies]
    return all(reading.sure and asked.grades(reading.answer) for reading in readings)


def kinds(content: Path, wanted: str) -> str:
    return question(content, wanted).kind


def limit(kind: str, most: int) -> Callable[[Path], bool]:
    return lambda _: Limits().of(kind) == most


# Every note of the starter, and what makes it true. A note that is not here fails the test.
TRUE: dict[str, Callable[[Path], bool]] = {
    "yaml-language-server: $schema=../course.schema.json": lambda content: True,  # tested above
    "A course to begin with. Change the words, remove what you do not need, and keep the shape.": lambda _: True,
    "What follows a # is a note to yourself; learners never see it. How to go on: docs/authoring.md": lambda _: (
        ROOT / "docs" / "authoring.md"
    ).is_file(),
    "what learners send after DAFTAR; never change it later": lambda _: True,
    "a line in a menu: at most 28 characters": limit("title", 28),
    "at most 100 characters": limit("about", 100),
    "reading and answering, all lessons together": lambda _: True,
    "one or two, sent before the question: at most 135 characters each": limit("idea", 135),
    "the bank: three or more, and each must make sense alone": lambda content: all(
        len(lesson["questions"]) >= 3 for lesson in starter()["lessons"]
    ),
    "exactly one option is right": lambda content: (
        kinds(content, "bila-1") == "choice" and sum(each.right for each in question(content, "bila-1").options) == 1
    ),
    "with all its options at most 140 characters": limit("question", 140),
    "said to whoever chose this: first her reason, then what it overlooks": lambda content: bool(
        question(content, "bila-1").options[0].because
    ),
    "other ways to write this answer": lambda content: reads_right(content, "bila-1", "pakai sabun", "use soap"),
    "why the right answer is right: at most 85 characters": limit("because", 85),
    "for whoever asks for one; it does not give the answer": lambda content: bool(question(content, "bila-1").hint),
    "a statement; the answer is true or false": lambda content: kinds(content, "bila-2") == "truth",
    "three to five options, and more than one may be right": lambda content: (
        kinds(content, "bila-3") == "several" and sum(each.right for each in question(content, "bila-3").options) > 1
    ),
    "for the next author; learners do not see them": lambda _: True,
    "how many right answers pass the lesson": lambda content: load(content).courses["air1"].lessons[1].pass_mark == 1,
    "any number; 20, dua puluh and 20 saat are the same answer": lambda content: reads_right(
        content, "cara-1", "20", "dua puluh", "20 saat"
    ),
    "written here in the right order; learners see it mixed": lambda content: (
        question(content, "cara-2").shown(0) != question(content, "cara-2").options
    ),
    "a word; list every way people write it, in each language": lambda content: reads_right(
        content, "cara-3", "keringkan", "LAP", "dry"
    ),
    "words they will plainly write instead": lambda content: not reads_right(content, "cara-3", "gosok"),
    "nobody is graded: her words go to you": lambda content: kinds(content, "cara-4") == "open",
}


def test_every_note_in_a_new_course_is_true(content):
    notes = [
        note.strip()
        for line in STARTER.read_text(encoding="utf-8").splitlines()
        for mark, note in [
            re.search(r"(?:^|\s)(#) (.*)$", line).groups() if re.search(r"(?:^|\s)# ", line) else ("", "")
        ]
        if mark
    ]

    assert [note for note in notes if note not in TRUE] == []
    assert sorted(set(TRUE) - set(notes)) == []
    for note in notes:
        (content / "courses" / "air1.yaml").unlink(missing_ok=True)
        runs("new", "air1", "--content", content)
        assert TRUE[note](content), note

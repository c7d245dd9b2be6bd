"""The nudges of a course before it is published: each rule is broken once; and old versions, which have none."""

import json

import pytest

from bot import settings
from bot.content import check, load
from bot.content.archive import restored, written
from bot.content.cache import Cache
from bot.content.compiling import version
from bot.content.library import read
from flows.course import Nudges

FILE = settings.ROOT / "tests" / "content" / "courses" / "selamat1.yaml"
BLOCK = """\
nudges:
  after_days: [1, 4]
  then_every_days: 21
  most: 4
  texts:
    - key: sekejap
      ms: "Ada 3 minit? {course}: {title}."
      en: "Have 3 minutes? {course}: {title}."
    - key: sambung
      ms: "{course} {lesson}/{total}: {title} menunggu."
      en: "{course}, lesson {lesson} of {total}: {title} is waiting."
"""


@pytest.fixture
def content(tmp_path):
    """A content directory with one course, and what is to stand before its lessons."""
    (tmp_path / "courses").mkdir()
    (tmp_path / "keywords.csv").write_bytes((FILE.parents[1] / "keywords.csv").read_bytes())

    def written_with(block=BLOCK):
        plain = FILE.read_text(encoding="utf-8")
        assert plain.count("\nlessons:\n") == 1
        (tmp_path / "courses" / "selamat1.yaml").write_text(plain.replace("\nlessons:\n", f"\n{block}lessons:\n"))
        return tmp_path

    return written_with


def test_what_an_author_writes_is_what_is_taught_from(content):
    nudges = load(content()).courses["selamat1"].nudges

    assert (nudges.gaps, nudges.then, nudges.most) == ((24, 72), 504, 4)
    assert [name for name, _ in nudges.texts] == ["sekejap", "sambung"]
    assert dict(nudges.texts)["sekejap"].within("en") == "Have 3 minutes? {course}: {title}."


def test_without_the_block_and_with_an_empty_one_all_is_as_titian_does(content):
    assert load(content("")).courses["selamat1"].nudges == Nudges()
    assert load(content("nudges: {}\n")).courses["selamat1"].nudges == Nudges()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("after_days: [1, 4]", "after_days: [4, 1]", "Day 1 does not come after day 4"),
        ("after_days: [1, 4]", "after_days: [1, 91]", "After 90 days of silence"),
        ("after_days: [1, 4]", "after_days: [0, 4]", "Write a number above 0 here."),
        ("after_days: [1, 4]", "after_days: []", "This list is empty"),
        ("after_days: [1, 4]", "after_day: [1, 4]", "Did you mean `after_days`?"),
        ("then_every_days: 21", "then_every_days: 2", "Write 7 or more"),
        ("most: 4", "most: 1", "Write 2 to 6"),
        ("most: 4", "most: 7", "Write 2 to 6"),
        ("key: sambung", "key: sekejap", '"sekejap" is another text already'),
        ("Have 3 minutes? {course}: {title}.", "Have 3 minutes? {title}.", "Name the course"),
        ("Have 3 minutes? {course}: {title}.", "Have 3 minutes? {course}.", "Name the one next step"),
        ("Have 3 minutes? {course}", "Hello {name}, {course}", "could stand in {name}: there are {course}, {lesson}"),
        ("Have 3 minutes? {course}", "Have 3 minutes}? {course}", "could stand in {}"),
        ('en: "Have 3 minutes? {course}: {title}."', "", "The English text is missing"),
        ("Ada 3 minit?", "Ada “3 minit”?", "makes the SMS cost more"),
        ("Ada 3 minit?", "Balas sekarang.", "Balas"),
        ("Ada 3 minit?", "Ada " + "masa " * 20 + "untuk", "too many for one SMS"),
    ],
)
def test_a_mistake_is_told_by_its_line_and_in_words(content, old, new, says):
    assert old in BLOCK
    block = BLOCK.replace(old, new)
    line = content(block).joinpath("courses", "selamat1.yaml").read_text().splitlines().index("nudges:") + 1

    problems = [each for each in check(content(block)) if each.blocks]

    assert any(says in each.says for each in problems), problems
    assert all(line <= each.line <= line + 10 for each in problems)


def test_one_text_alone_would_come_twice_running(content):
    alone = BLOCK[: BLOCK.index("    - key: sambung")]

    (problem,) = [each for each in check(content(alone)) if each.blocks]

    assert "Write two texts or more" in problem.says


def test_a_text_is_measured_with_the_longest_titles_in_it_and_how_to_answer_after_it(content):
    """As it is sent: the limit for what is written alone would let this one through."""
    block = BLOCK.replace("Ada 3 minit?", "Ada " + "masa " * 11 + "untuk")

    (problem, *_) = [each for each in check(content(block)) if each.blocks]

    assert problem.rule == "cut"
    assert "does not fit one SMS in Malay" in problem.says


def test_a_version_from_before_there_were_nudges_is_taught_with_what_titian_does(content):
    (shape,) = read(content(""), Cache()).anew.values()
    kept = json.loads(written(shape))
    kept.pop("nudges", None)

    made = restored(version(shape), json.dumps(kept))

    assert made is not None
    assert made.nudges == Nudges()


def test_a_version_with_nudges_comes_back_as_it_was(content):
    ((known_as, shape),) = read(content(), Cache()).anew.items()

    assert restored(known_as, written(shape)) == load(content()).courses["selamat1"]


def test_the_words_of_a_nudge_are_part_of_the_version_since_she_reads_them(content):
    plain = load(content("")).courses["selamat1"].version
    changed = load(content(BLOCK.replace("Ada 3 minit?", "Ada masa?"))).courses["selamat1"].version

    assert len({plain, changed, load(content()).courses["selamat1"].version}) == 3

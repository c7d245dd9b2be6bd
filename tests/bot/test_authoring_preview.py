"""A course before learners see it: previewed, pictured, translated, played."""

import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from babel.messages.pofile import read_po
from click.testing import CliRunner, Result

from bot import gsm
from bot.cli import main
from bot.cli.authoring.new import STARTER
from bot.content import load
from bot.content.splice import essence
from bot.settings import ROOT

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A content directory with the starter alone."""
    directory = tmp_path / "content"
    (directory / "courses").mkdir(parents=True)
    shutil.copy(STARTER, directory / "courses" / "contoh1.yaml")
    shutil.copy(ROOT / "content" / "keywords.csv", directory)
    return directory


def runs(*args: str | Path, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["content", *map(str, args)])
    assert result.exit_code == code, result.output
    return result


# --- preview --------------------------------------------------------------------------------------------------------


def test_a_lesson_is_shown_as_it_is_sent_with_what_it_costs(content):
    shown = runs("preview", "contoh1", "bila", "--content", content).output

    assert "contoh1 › bila › bila-1 (choice)\n  the lesson begins:\n    < RM0.00 TITIAN: 1/2 Kuman di tangan" in shown
    assert "= 2 SMS" in shown
    assert "cara" not in shown


def test_every_message_of_a_preview_is_measured_as_the_gate_measures_it(content):
    for channel, room in (("sms", 160), ("ussd", 150)):
        shown = runs("preview", "contoh1", "--as", channel, "--content", content).output
        messages = re.findall(r"    < (.*?)\n      \[(\d+) of (\d+)\]", shown, re.DOTALL)

        assert messages
        for text, length, most in messages:
            said = text.replace("\n      ", "\n")
            assert (int(length), int(most)) == (gsm.septets(said), room)
            assert int(length) <= room


@pytest.mark.parametrize("channel", ["sms", "ussd", "whatsapp"])
@pytest.mark.parametrize("language", ["ms", "en"])
def test_right_answers_are_right_and_wrong_ones_wrong_on_every_channel(content, channel, language):
    shown = runs("preview", "contoh1", "--as", channel, "--language", language, "--content", content).output
    correct, answer = {"ms": ("Betul!", "Jawapannya"), "en": ("Correct!", "The answer")}[language]

    rights = re.findall(r"a right answer:\n    > .*\n    < (.*)", shown)
    assert len(rights) == 7
    assert all(correct in said for said in rights[:-1])  # the last is an open question, which thanks her
    for wrong in re.findall(r"a wrong answer:\n((?:    .*\n|\n(?=    ))*)", shown):
        assert answer in wrong
        assert correct not in wrong


@pytest.mark.parametrize("channel", ["sms", "ussd", "whatsapp"])
def test_a_preview_is_drawn_with_every_word_in_it(content, tmp_path, channel):
    runs("preview", "contoh1", "--as", channel, "--svg", tmp_path / "a.svg", "--content", content)

    drawn = ElementTree.parse(tmp_path / "a.svg").getroot()
    words = " ".join(text.text or "" for text in drawn.iter(f"{SVG}text"))
    assert "Kuman di" in words
    assert "cara-4 (open)" in words
    width, height = float(drawn.get("width", "0")), float(drawn.get("height", "0"))
    for box in drawn.iter(f"{SVG}rect"):
        if "%" not in box.get("width", ""):
            assert float(box.get("x", "0")) + float(box.get("width", "0")) <= width
            assert float(box.get("y", "0")) + float(box.get("height", "0")) <= height


def test_every_real_course_can_be_previewed():
    for course in load(ROOT / "content").courses:
        for channel in ("sms", "ussd", "whatsapp"):
            shown = runs("preview", course, "--as", channel, "--content", ROOT / "content").output
            assert f"{course} › " in shown


def test_a_course_or_lesson_there_is_not_is_told_with_those_there_are(content):
    assert "There are: contoh1." in runs("preview", "nosuch", "--content", content, code=2).output
    assert "There are: bila, cara." in runs("preview", "contoh1", "nosuch", "--content", content, code=2).output


# --- graph ----------------------------------------------------------------------------------------------------------


def test_a_course_is_pictured_with_its_banks_pass_marks_tasks_and_days(content, tmp_path):
    file = content / "courses" / "contoh1.yaml"
    course = yaml.safe_load(file.read_text(encoding="utf-8"))
    course["follows"] = {"ms": "Bila anda mula?", "en": "When did you begin?"}
    course["placement"] = ["bila/bila-1", "cara/cara-1"]
    course["lessons"][0] |= {"day": 3, "minutes": 4}
    course["lessons"][0]["questions"][0]["level"] = "easy"
    course["lessons"][1]["task"] = {
        "id": "tugas",
        "ask": {"ms": 'Cuci tangan & tunjuk "saksi".', "en": "Wash, and show."},
        "because": {"ms": "Bagus.", "en": "Good."},
    }
    file.write_text(yaml.safe_dump(course, allow_unicode=True), encoding="utf-8")

    drawn = runs("graph", "contoh1", "--content", content).output

    assert drawn.startswith("flowchart TB\n")
    for part in (
        "placement: 2 questions",
        "Bila anda mula?",
        "bank of 3: 1 choice, 1 several, 1 truth<br/>levels: 1 easy<br/>pass with 1 right, 4 minutes<br/>due on day 3",
        "task: Cuci tangan #amp; tunjuk #quot;saksi#quot;.",
        "l1 --> l2",
    ):
        assert part in drawn

    runs("graph", "contoh1", "--svg", tmp_path / "a.svg", "--content", content)
    words = [each.text for each in ElementTree.parse(tmp_path / "a.svg").getroot().iter(f"{SVG}text")]
    assert 'task: Cuci tangan & tunjuk "saksi".' in words


# --- translators ----------------------------------------------------------------------------------------------------


def po(content: Path, file: Path, *more: str, code: int = 0) -> str:
    return runs("po", "contoh1", file, "--content", content, *more, code=code).output


def test_a_po_file_holds_every_malay_text_by_its_place(content, tmp_path):
    po(content, tmp_path / "a.po")

    with (tmp_path / "a.po").open("rb") as opened:
        messages = {each.context: each for each in read_po(opened) if each.id}
    assert messages["lessons/bila/questions/bila-1/options/water"].id == "Bilas dengan air"
    assert messages["lessons/bila/questions/bila-1/options/water"].auto_comments == ["English: Rinse with water"]
    assert messages["lessons/cara/questions/cara-3/accept"].id.startswith("keringkan | kering")
    assert not any(each.string for each in messages.values())
    assert not any(each.flags for each in messages.values())


def test_a_partial_translation_comes_back_and_the_rest_stays_as_it_is(content, tmp_path):
    file = content / "courses" / "contoh1.yaml"
    before = file.read_text(encoding="utf-8")
    po(content, tmp_path / "a.po")
    text = (tmp_path / "a.po").read_text(encoding="utf-8")
    text = text.replace('msgid "Cuci tangan"\nmsgstr ""', 'msgid "Cuci tangan"\nmsgstr "Momoguyu longon"')
    text = re.sub(r'(msgid "keringkan .*"\n)msgstr ""', r'\1msgstr "popotuu | tuu"', text)
    (tmp_path / "a.po").write_text(text, encoding="utf-8")

    assert "Nothing is written yet" in po(content, tmp_path / "a.po", "--import")
    assert file.read_text(encoding="utf-8") == before
    po(content, tmp_path / "a.po", "--import", "--yes")

    after = file.read_text(encoding="utf-8")
    assert 'dtp: "Momoguyu longon"' in after
    assert 'dtp: ["popotuu", "tuu"]' in after
    assert [line for line in after.splitlines() if "dtp:" not in line] == before.splitlines()
    assert load(content).courses["contoh1"].title.within("dtp") == "Momoguyu longon"


def test_a_translation_of_words_that_have_changed_or_is_fuzzy_is_not_taken(content, tmp_path):
    po(content, tmp_path / "a.po", "--to", "en")
    text = (tmp_path / "a.po").read_text(encoding="utf-8")
    text = text.replace('msgid "Cuci tangan"\nmsgstr "Washing hands"', 'msgid "Basuh tangan"\nmsgstr "Cleaning hands"')
    text = text.replace('msgctxt "about"', '#, fuzzy\nmsgctxt "about"').replace('"Soap, water', '"Foam, water')
    (tmp_path / "a.po").write_text(text, encoding="utf-8")

    said = po(content, tmp_path / "a.po", "--to", "en", "--import", "--yes")

    assert "passed over: title: the Malay has changed since" in said
    assert "Nothing changes." in said


def test_a_translation_that_is_too_long_is_not_written(content, tmp_path):
    file = content / "courses" / "contoh1.yaml"
    before = file.read_text(encoding="utf-8")
    po(content, tmp_path / "a.po", "--to", "en")
    text = (tmp_path / "a.po").read_text(encoding="utf-8").replace('"Washing hands"', f'"{"Washing hands " * 9}"')
    (tmp_path / "a.po").write_text(text, encoding="utf-8")

    said = po(content, tmp_path / "a.po", "--to", "en", "--import", "--yes", code=1)

    assert "too many" in said
    assert file.read_text(encoding="utf-8") == before


def test_what_is_no_po_file_is_told_so(content, tmp_path):
    (tmp_path / "a.po").write_text('msgid "a\nnonsense', encoding="utf-8")

    assert "a.po" in po(content, tmp_path / "a.po", "--import", code=1)


@pytest.mark.parametrize("course", sorted((ROOT / "content" / "courses").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_real_course_goes_to_translators_and_back_unchanged(course, tmp_path):
    directory = tmp_path / "content"
    shutil.copytree(ROOT / "content", directory)
    before = course.read_text(encoding="utf-8")

    for target in ("en", "dtp"):
        runs("po", course.stem, tmp_path / "a.po", "--to", target, "--content", directory)
        said = runs("po", course.stem, tmp_path / "a.po", "--to", target, "--import", "--content", directory).output
        assert said == "Nothing changes.\n"
    assert essence(yaml.safe_load(before)) == essence(yaml.safe_load((directory / "courses" / course.name).read_text()))


# --- play -----------------------------------------------------------------------------------------------------------


def test_what_a_learner_sends_is_played_and_compared(content, tmp_path):
    said = tmp_path / "said.txt"
    said.write_text("# a wrong answer first\nentah\nhint\n@channel ussd\n1\n+ 1d\n", encoding="utf-8")

    played = runs("play", "contoh1", said, "--content", content).output

    assert played.startswith("> DAFTAR contoh1\n< RM0.00 TITIAN: 1/2 Kuman")
    assert "\n# a wrong answer first\n> entah\n" in played
    assert "\n@ ussd\n>\n" in played
    assert "RecordAnswer" not in played

    (tmp_path / "kept.txt").write_text(played, encoding="utf-8")
    assert (
        "As expected" in runs("play", "contoh1", said, "--expect", tmp_path / "kept.txt", "--content", content).output
    )

    file = content / "courses" / "contoh1.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("Kuman di tangan tidak", "Kuman pada tangan tidak"), "utf-8"
    )
    differs = runs("play", "contoh1", said, "--expect", tmp_path / "kept.txt", "--content", content, code=1).output
    assert "-< RM0.00 TITIAN: 1/2 Kuman di tangan" in differs
    assert "+< RM0.00 TITIAN: 1/2 Kuman pada tangan" in differs


@pytest.mark.parametrize("line", ["@ussd", "@channel fax", "+ soon"])
def test_a_line_that_cannot_be_played_is_named(content, tmp_path, line):
    (tmp_path / "said.txt").write_text(f"b\n{line}\n", encoding="utf-8")

    assert "said.txt: line 2: " in runs("play", "contoh1", tmp_path / "said.txt", "--content", content, code=1).output

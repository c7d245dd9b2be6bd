"""A course as a spreadsheet and back: nothing is lost, nothing else changes, and mistakes are told by row and column."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from bot.cli import main
from bot.cli.authoring.new import STARTER
from bot.content import check, shape, workbook
from bot.content.rules import Limits
from bot.content.sheet import COLUMNS, rows_of
from bot.content.sheet_reading import course_of
from bot.content.splice import Unwritable, essence, spliced
from bot.content.writing import written
from bot.settings import ROOT

COURSES = sorted((ROOT / "content" / "courses").glob("*.yaml"))

EVERYTHING = """\
id: semua1   # the id
title: {ms: "Semua", en: "All", ussd: {ms: "Smua", en: "Al"}}
about:
  ms: 'Segala-galanya'
  en: "Everything"
minutes: 30
follows:
  ms: "Bila anda menanam?"
  en: "When did you plant?"
placement: ["satu/satu-1", "satu/satu-2"]
nudges:
  after_days: [1, 5]
  then_every_days: 20
  most: 4
  texts:
  - {key: hujan, ms: "{course}: {title} menunggu.", en: "{course}: {title} is waiting."}
  - key: panas   # for the dry months
    ms: "Ke {title} dalam {course}?"
    en: "On to {title} in {course}?"

lessons:
    # four spaces here, and a note that belongs to the first lesson
    -   id: satu
        title:
            ms: "Satu"
            en: "One"
            dtp: "Iso"
        ideas:
        - ms: "Satu idea."   # said first
          en: "An idea."
          whatsapp:
            ms: "Satu idea yang lebih panjang."
            en: "A longer idea."
        - ms: >-
            Idea kedua
            di sini.
          en: "A second idea."
        picture:
            file: satu.jpg
            ms: "Sebuah gambar."
            en: "A picture."
        pass_mark: 2
        minutes: 12
        day: 0
        questions:
        - id: satu-1
          kind: number
          ask: {ms: "Berapa kilogram?", en: "How many kilograms?"}
          answer: 12.50
          tolerance: 0.5
          unit: {ms: "kg", en: "kg"}
          because: {ms: "Begitu.", en: "So.", ussd: {ms: "Gitu.", en: "Thus."}}
          level: hard
        - id: satu-2
          kind: text
          ask: {ms: "Apa itu?", en: "What is it?"}
          accept:
            ms: ["baja", "baja organik"]
            en: ["fertiliser"]
            dtp: ["baza"]
          wrong:
          - ms: ["racun"]
            en: ["poison"]
            because: {ms: "Bukan racun.", en: "Not poison."}
          because: {ms: "Begitu.", en: "So."}
          hint: {ms: "Fikir.", en: "Think.", whatsapp: {ms: "Cuba fikir.", en: "Do think."}}
        - id: satu-3
          kind: choice
          ask: {ms: "Mana satu?", en: "Which one?"}
          keep_order: true
          options:
          - {key: a, ms: "Ini", en: "This", right: true, also: {ms: ["yang ini"]}}
          - key: b
            ms: "Itu"
            en: "That"
            right: false
            because: {ms: "Bukan.", en: "No."}
          because: {ms: "Begitu.", en: "So."}
        task:
          id: tugas
          ask: {ms: "Tunjukkan kepada saksi.", en: "Show it to a witness."}
          because: {ms: "Bagus.", en: "Good."}
        sources: ["Buku =1, 2024", "https://example.org/a?b=c"]
    -   id: dua
        title: {ms: "Dua", en: "Two"}
        ideas:
        - {ms: "=Idea, dengan \\"petikan\\".", en: "-An idea"}
        question:
          id: dua-1
          kind: open
          ask: {ms: "Apa pendapat anda?", en: "What do you think?"}
          because: {ms: "Terima kasih.", en: "Thank you."}
complete:   # the rule
  lessons: [satu, dua]
  final: dua
  witnessed:
  - satu   # her garden
  pass_mark: 70
  minutes: 60
  days: 3
  identity: 1
  valid_months: 24
"""


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A content directory of our own, with the real courses, the starter, and one with every field there is."""
    copy = tmp_path / "content"
    shutil.copytree(ROOT / "content", copy)
    starter = STARTER.read_text(encoding="utf-8")
    (copy / "courses" / "contoh1.yaml").write_text(starter, encoding="utf-8")
    return copy


def runs(*args: str | Path) -> Result:
    return CliRunner().invoke(main, ["content", *map(str, args)])


def change(file: Path, do: Callable[[Worksheet], None]) -> None:
    book = load_workbook(file)
    do(book["course"])
    book.save(file)


def find(sheet: Worksheet, name: str) -> int:
    """The row of that name."""
    return next(row for row in range(2, sheet.max_row + 1) if sheet.cell(row, 2).value == name)


def at(column: str) -> int:
    return COLUMNS.index(column) + 1


MS, EN = "text::Bahasa Malaysia (ms)", "text::English (en)"


# --- there and back -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
@pytest.mark.parametrize("course", COURSES, ids=lambda path: path.stem)
def test_a_course_comes_back_without_a_byte_changed(course, suffix, tmp_path):
    text = course.read_text(encoding="utf-8")
    sheet = tmp_path / f"course{suffix}"

    workbook.write(sheet, list(rows_of(yaml.safe_load(text))), Limits())
    rows, wrong = workbook.read(sheet)
    found = course_of(rows)

    assert wrong + found.wrong == []
    assert spliced(text, found.course) == text


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_every_field_there_is_comes_back_however_the_file_is_written(suffix, tmp_path):
    sheet = tmp_path / f"course{suffix}"

    workbook.write(sheet, list(rows_of(yaml.safe_load(EVERYTHING))), Limits())
    rows, wrong = workbook.read(sheet)
    found = course_of(rows)

    assert wrong + found.wrong == []
    assert spliced(EVERYTHING, found.course) == EVERYTHING
    assert essence(yaml.safe_load(written(found.course))) == essence(yaml.safe_load(EVERYTHING))


def names(value: object) -> set[str]:
    """Every name in a course."""
    if isinstance(value, dict):
        return set(value).union(*map(names, value.values()))
    return set().union(*map(names, value)) if isinstance(value, list) else set()


def test_there_is_no_field_that_the_sheet_does_not_carry():
    """A field that is added to the shape belongs into the sheet too, or an import would take it away."""
    shapes = [each for each in vars(shape).values() if isinstance(each, type) and issubclass(each, shape.Shape)]
    fields = {field for each in shapes for field in each.model_fields}

    assert fields - names(yaml.safe_load(EVERYTHING)) == set()


def test_importing_what_was_exported_says_that_nothing_changes(content, tmp_path):
    assert runs("export", "contoh1", tmp_path / "a.xlsx", "--content", content).exit_code == 0

    result = runs("import", tmp_path / "a.xlsx", "--content", content, "--yes")

    assert (result.exit_code, result.output) == (0, "Nothing changes.\n")


# --- changes --------------------------------------------------------------------------------------------------------


def edited(content: Path, tmp_path: Path, do: Callable[[Worksheet], None], *more: str) -> tuple[Result, str, str]:
    """Export the starter, change its sheet, import it; the result, and the file before and after."""
    file, sheet = content / "courses" / "contoh1.yaml", tmp_path / "sheet.xlsx"
    before = file.read_text(encoding="utf-8")
    runs("export", "contoh1", sheet, "--content", content)
    change(sheet, do)
    result = runs("import", sheet, "--content", content, *more)
    return result, before, file.read_text(encoding="utf-8")


def test_a_change_is_shown_and_not_written_until_it_is_meant(content, tmp_path):
    def do(sheet: Worksheet) -> None:
        sheet.cell(find(sheet, "bila-2"), at(EN)).value = "Clean-looking hands need no washing."

    result, before, after = edited(content, tmp_path, do)

    assert result.exit_code == 0
    assert result.output == (
        "lessons › bila › questions › bila-2 › ask › en\n"
        "- Hands that look clean need no washing before you eat.\n"
        "+ Clean-looking hands need no washing.\n"
        "\n"
        "Nothing is written yet. With --yes it is.\n"
    )
    assert after == before


def test_only_the_line_that_changes_changes(content, tmp_path):
    def do(sheet: Worksheet) -> None:
        sheet.cell(find(sheet, "bila-2"), at(EN)).value = "Clean-looking hands need no washing."

    result, before, after = edited(content, tmp_path, do, "--yes")

    assert result.exit_code == 0
    assert after == before.replace(
        "Hands that look clean need no washing before you eat.", "Clean-looking hands need no washing."
    )


def test_what_is_added_taken_away_and_moved_leaves_the_notes_of_the_rest(content, tmp_path):
    def do(sheet: Worksheet) -> None:
        row = find(sheet, "wet")
        moved = [sheet.cell(row, column).value for column in range(1, len(COLUMNS) + 1)]
        sheet.delete_rows(row)
        sheet.insert_rows(find(sheet, "rinse") + 1)
        for column, value in enumerate(moved, 1):
            sheet.cell(find(sheet, "rinse") + 1, column).value = value
        sheet.delete_rows(find(sheet, "cara-4"))
        row = find(sheet, "bila-2")
        for language in ("Bahasa Malaysia (ms)", "English (en)"):
            sheet.cell(row, at(f"hint::{language}")).value = None
        sheet.cell(row, at("text::Dusun (dtp)")).value = "Longon ..."

    result, before, after = edited(content, tmp_path, do, "--yes")

    assert result.exit_code == 0, result.output
    was, now = yaml.safe_load(before), yaml.safe_load(after)
    assert [each["key"] for each in now["lessons"][1]["questions"][1]["options"]] == ["rub", "rinse", "wet"]
    assert [each["id"] for each in now["lessons"][1]["questions"]] == ["cara-1", "cara-2", "cara-3"]
    assert "hint" not in now["lessons"][0]["questions"][1]
    assert now["lessons"][0]["questions"][1]["ask"]["dtp"] == "Longon ..."
    gone = [line for line in before.splitlines() if line not in after.splitlines()]
    assert not any("#" in line for line in gone if "nobody is graded" not in line), gone
    assert was["lessons"][0]["ideas"] == now["lessons"][0]["ideas"]


def test_a_new_lesson_is_written_where_it_stands_in_the_sheet(content, tmp_path):
    def do(sheet: Worksheet) -> None:
        last = sheet.max_row + 1
        for column, value in (("type", "lesson"), ("name", "akhir"), (MS, "Ulang"), (EN, "Again")):
            sheet.cell(last, at(column)).value = value
        for column, value in (("type", "idea"), (MS, "Cuci tangan setiap hari."), (EN, "Wash hands every day.")):
            sheet.cell(last + 1, at(column)).value = value
        for column, value in (
            ("type", "open"),
            ("name", "akhir-1"),
            (MS, "Bila anda mula?"),
            (EN, "When do you begin?"),
            ("because::Bahasa Malaysia (ms)", "Terima kasih."),
            ("because::English (en)", "Thank you."),
        ):
            sheet.cell(last + 2, at(column)).value = value

    result, before, after = edited(content, tmp_path, do, "--yes")

    assert result.exit_code == 0, result.output
    assert after.startswith(before.rstrip("\n"))
    assert yaml.safe_load(after)["lessons"][-1]["questions"][0]["kind"] == "open"
    assert [each for each in check(content) if Path(each.file).stem == "contoh1" and each.severity == "problem"] == []


def test_a_sheet_of_a_course_that_is_not_there_makes_it(content, tmp_path):
    runs("export", "contoh1", tmp_path / "a.xlsx", "--content", content)
    change(tmp_path / "a.xlsx", lambda sheet: setattr(sheet.cell(2, 2), "value", "tangan2"))

    result = runs("import", tmp_path / "a.xlsx", "--content", content, "--yes")

    assert result.exit_code == 0, result.output
    made = yaml.safe_load((content / "courses" / "tangan2.yaml").read_text(encoding="utf-8"))
    was = yaml.safe_load((content / "courses" / "contoh1.yaml").read_text(encoding="utf-8"))
    assert made == was | {"id": "tangan2"}


def test_line_ends_of_windows_stay(content, tmp_path):
    file = content / "courses" / "contoh1.yaml"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    before = file.read_bytes()
    runs("export", "contoh1", tmp_path / "a.csv", "--content", content)
    text = (tmp_path / "a.csv").read_bytes().replace(b"Washing hands", b"Clean hands")
    (tmp_path / "a.csv").write_bytes(text)

    assert runs("import", tmp_path / "a.csv", "--content", content, "--yes").exit_code == 0

    assert file.read_bytes() == before.replace(b"Washing hands", b"Clean hands", 1)


# --- the rule of completion -----------------------------------------------------------------------------------------

RULE = "\ncomplete:  # agreed with the association\n  lessons: [bila, cara]\n  pass_mark: 70\n  days: 3  # a week is too long\n"


def with_rule(content: Path, rule: str = RULE) -> None:
    """The starter, with a rule."""
    file = content / "courses" / "contoh1.yaml"
    file.write_text(file.read_text(encoding="utf-8").rstrip("\n") + "\n" + rule, encoding="utf-8")


def rule_row(**cells: object) -> Callable[[Worksheet], None]:
    """Put these into the row of type complete, which is made where there is none."""

    def do(sheet: Worksheet) -> None:
        there = [row for row in range(2, sheet.max_row + 1) if sheet.cell(row, 1).value == "complete"]
        row = there[0] if there else sheet.max_row + 1
        sheet.cell(row, 1).value = "complete"
        for column, value in cells.items():
            sheet.cell(row, at(column)).value = value  # type: ignore[assignment]

    return do


def test_a_rule_comes_back_changed_where_it_was_changed_and_nowhere_else(content, tmp_path):
    with_rule(content)

    result, before, after = edited(content, tmp_path, rule_row(days=5, identity=1), "--yes")

    assert result.exit_code == 0, result.output
    assert after == before.replace("days: 3  #", "days: 5  #").rstrip("\n") + "\n  identity: 1\n"


def test_a_rule_is_added_by_a_row_and_taken_away_by_emptying_it(content, tmp_path):
    wanted = {"lessons": "bila | cara", "valid_months": 24}
    result, before, after = edited(content, tmp_path, rule_row(**wanted), "--yes")
    assert result.exit_code == 0, result.output
    assert yaml.safe_load(after)["complete"] == {"lessons": ["bila", "cara"], "valid_months": 24}
    assert 'lessons: ["bila", "cara"]' in after

    result, _, gone = edited(content, tmp_path, rule_row(lessons=None, valid_months=None), "--yes")
    assert result.exit_code == 0, result.output
    assert yaml.safe_load(gone) == yaml.safe_load(before)


def test_a_sheet_without_a_row_for_it_leaves_the_rule_alone(content, tmp_path):
    """As those are that were written before there was one."""
    runs("export", "contoh1", tmp_path / "old.xlsx", "--content", content)
    with_rule(content)

    result = runs("import", tmp_path / "old.xlsx", "--content", content, "--yes")

    assert (result.exit_code, result.output) == (0, "Nothing changes.\n")


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ({"lessons": "bila | tiada"}, 'column "lessons": There is no lesson "tiada"'),
        ({"final": "bila"}, 'column "final": "bila" assesses the whole, and lessons follow it'),
        ({"witnessed": "bila, bila"}, 'column "witnessed": '),
        ({"pass_mark": "most"}, 'column "pass_mark": Write a whole number here.'),
        ({"identity": 3}, 'column "identity": '),
        ({"days": 2.5}, 'column "days": Write a whole number here.'),
        ({"day": 2}, 'column "day": This means nothing in a row of type complete'),
        ({MS: "Tamat"}, "This means nothing in a row of type complete"),
    ],
)
def test_a_rule_that_cannot_be_met_is_told_by_its_cell(content, tmp_path, cells, says):
    result, before, after = edited(content, tmp_path, rule_row(**cells), "--yes")

    assert result.exit_code == 1
    assert says in result.output
    assert after == before


def test_two_rules_are_one_too_many():
    rows, _ = grid(["type", "name", MS, EN, "days"], ["course", "a1", "A", "A"], *[["complete", "", "", "", "3"]] * 2)

    assert "a course has one rule" in str(course_of(rows).wrong[0])


# --- what is wrong --------------------------------------------------------------------------------------------------


def put(name: str, column: str, value: object) -> Callable[[Worksheet], None]:
    def do(sheet: Worksheet) -> None:
        sheet.cell(find(sheet, name), at(column)).value = value  # type: ignore[assignment]

    return do


@pytest.mark.parametrize(
    ("do", "says"),
    [
        (put("bila-2", "type", "thruth"), 'row 10, column "type": "thruth" is no type of row. Did you mean truth?'),
        (put("bila-2", "right", "maybe"), 'row 10, column "right": Write true or false here.'),
        (put("cara-1", "right", "dua puluh"), "Write a number here."),
        (put("cara-1", "name", None), 'column "name": Write a short name here'),
        (put("bila-2", "minutes", 3), 'row 10, column "minutes": This means nothing in a row of type truth'),
        (put("bila-2", MS, "=A1"), f'row 10, column "{MS}": A formula stands here'),
        (put("bila-2", MS, "x" * 20 + " " + "kata " * 60), f'row 10, column "{MS}": '),
        (put("bila-2", MS, None), f'row 10, column "{MS}": The Malay text is missing'),
        (put("water", EN, "“Rinse” with water"), "makes the SMS cost more"),
    ],
)
def test_a_mistake_is_told_by_row_and_column_and_nothing_is_written(content, tmp_path, do, says):
    result, before, after = edited(content, tmp_path, do, "--yes")

    assert result.exit_code == 1
    assert says in result.output
    assert after == before


def test_a_row_that_belongs_under_another_is_not_taken_without_it():
    rows, _ = grid(["type", "name", MS, EN], ["course", "a1", "A", "A"], ["option", "b", "B", "B"])

    assert [str(each) for each in course_of(rows).wrong] == [
        'row 3, column "type": A row of type option belongs under a question, and there is none above it.'
    ]


def grid(*lines: list[str]) -> tuple[list[workbook.Row], list[workbook.Misplaced]]:
    return workbook._rows(iter(map(tuple, lines)))


def test_files_that_are_no_sheet_are_told_so(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"not a workbook")
    (tmp_path / "b.csv").write_bytes("type,name\nidea,\xe9".encode("latin-1"))
    (tmp_path / "c.ods").write_text("x")
    Workbook().save(tmp_path / "d.xlsx")

    for name, says in (
        ("a.xlsx", "Excel workbook"),
        ("b.csv", "CSV UTF-8"),
        ("c.ods", ".xlsx"),
        ("d.xlsx", "headings"),
    ):
        with pytest.raises(workbook.Unopened, match=says):
            workbook.read(tmp_path / name)


# --- the sheet itself -----------------------------------------------------------------------------------------------


def test_a_sheet_counts_along_and_turns_red(content, tmp_path):
    runs("export", "contoh1", tmp_path / "a.xlsx", "--content", content)

    sheet = load_workbook(tmp_path / "a.xlsx")["course"]

    row = find(sheet, "bila-1")
    assert (
        sheet.cell(row, at("length (ms)")).value
        == f'=IF(C{row}="","",LEN(C{row})+LEN(C{row + 1})+LEN(C{row + 2})+LEN(C{row + 3})+12)'
    )
    assert sheet.cell(row, at("limit")).value == Limits().of("question")
    assert len(sheet.conditional_formatting) == 3


def test_a_csv_holds_the_lengths_as_the_gate_counts_them(content, tmp_path):
    runs("export", "contoh1", tmp_path / "a.csv", "--content", content)

    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as opened:
        rows = {row["name"]: row for row in csv.DictReader(opened)}

    shown = "Anda baru balik dari kebun dan mahu makan. Apa dahulu?\nA) Bilas dengan air\nB) Cuci dengan sabun\nC) Lap pada kain"
    assert int(rows["bila-1"]["length (ms)"]) == len(shown)


def test_words_that_look_like_a_formula_stay_words(tmp_path):
    course = yaml.safe_load(EVERYTHING)

    for suffix in (".xlsx", ".csv"):
        sheet = tmp_path / f"course{suffix}"
        workbook.write(sheet, list(rows_of(course)), Limits())
        rows, wrong = workbook.read(sheet)
        assert wrong == []
        assert any(row.cells.get(MS) == '=Idea, dengan "petikan".' for row in rows)


def test_what_cannot_be_written_in_place_is_refused_and_not_spoilt():
    with pytest.raises(Unwritable):
        spliced("[1, 2]", {"id": "a"})
    with pytest.raises(Unwritable):
        spliced("id: a\nlessons: [{id: b}]\n", {"id": "a", "lessons": [{"id": "b"}, {"id": "c"}]})

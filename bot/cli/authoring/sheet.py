"""`titian content export` and `import`: a course as a spreadsheet, and what was changed in it back into the course."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.authoring.places import COURSES, at_option, content_option, file_of

if TYPE_CHECKING:
    from bot.content.sheet import Gathered


@click.command()
@click.argument("course")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@content_option
@click.option("--brand", default="TITIAN", envvar="BRAND", show_default=True, help="The name before every SMS.")
def export(course: str, file: Path, directory: Path, brand: str) -> None:
    """Write COURSE as a sheet, FILE.xlsx or FILE.csv: one row a text, one column a language.

    In .xlsx the lengths count along while you write, and turn red where a text is too long.
    """
    from bot.content import workbook
    from bot.content.rules import Limits
    from bot.content.shape import shaped
    from bot.content.sheet import rows_of
    from bot.content.sheet_reading import course_of
    from bot.content.source import read_yaml
    from bot.content.splice import essence

    at = file_of(directory, course)
    source = read_yaml(at, str(at))
    if shaped(source) is None:
        told = "\n".join(map(str, source.problems))
        raise click.ClickException(f"The course cannot be read as it is.\n{told}")
    rows = list(rows_of(source.data))
    if essence(course_of(rows).course) != essence(source.data):
        raise click.ClickException(f"{at} holds something that a sheet has no column for: nothing is written.")
    try:
        workbook.write(file, rows, Limits(len(f"RM0.00 {brand}: ")))
    except (workbook.Unopened, OSError) as wrong:
        raise click.ClickException(str(wrong)) from wrong
    click.echo(
        f"{len(rows)} rows are written to {file}. Back again: titian content import {file}{at_option(directory)}"
    )


@click.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@content_option
@click.option("--yes", is_flag=True, help="Write the course. Without it, only what would change is shown.")
def import_(file: Path, directory: Path, *, yes: bool) -> None:
    """Bring a sheet back into its course: show what changes, check it, and write it with --yes.

    The course is the one that the sheet's first row names; where there is none of that name yet, it is made. All that
    did not change stays in the file as it is, notes and spacing too. Exits with 1 where something is to be put right.
    """
    from bot.cli.authoring.change import by_cell, settled, text_of
    from bot.content.splice import Unwritable, spliced
    from bot.content.writing import written

    found = gathered(file)
    at = directory / COURSES / f"{found.course['id']}.yaml"
    before = text_of(at)
    try:
        after = spliced(before, as_in_the_file(found.course, before)) if before else written(found.course)
    except Unwritable as wrong:
        raise click.ClickException(f"{at}: {wrong}") from wrong
    settled(directory, at, after, by_cell(after, found.cells, file), yes=yes)


def gathered(file: Path) -> Gathered:
    """The course in a sheet; everything that makes no course of it ends the command, by row and column."""
    from bot.content import workbook
    from bot.content.schema import is_name
    from bot.content.sheet_reading import course_of

    try:
        rows, wrong = workbook.read(file)
    except workbook.Unopened as unopened:
        raise click.ClickException(str(unopened)) from unopened
    found = course_of(rows)
    told = sorted([*wrong, *found.wrong], key=lambda each: each.line)
    for each in told:
        click.echo(f"{file}: {each}", err=True)
    if told:
        raise click.ClickException(f"Nothing is changed: {len(told)} to be put right in the sheet.")
    if not is_name(found.course.get("id", "")):
        says = 'the name of the course is its id: small letters, digits and "-", a letter first, at most 20'
        raise click.ClickException(f"{file}: {says}.")
    return found


def as_in_the_file(course: dict[str, Any], before: str) -> dict[str, Any]:
    """The course with a lesson's only question under `question` where the file has it so.

    Its rule of completion stays where the sheet has no row for it, as those have none that were written before there was one;
    a row with empty cells takes it away.
    """
    import yaml

    kept = yaml.safe_load(before)
    if "complete" not in course and kept.get("complete"):
        course = course | {"complete": kept["complete"]}
    elif not course.get("complete"):
        course = {name: part for name, part in course.items() if name != "complete"}
    alone = {each.get("id"): each["question"] for each in kept.get("lessons") or () if each.get("question")}
    lessons = []
    for lesson in course.get("lessons", ()):
        bank = lesson.get("questions") or []
        was = alone.get(lesson["id"])
        if was and bank and (len(bank) == 1 or bank[0]["id"] == was.get("id")):
            parts = [(name, part) for name, part in lesson.items() if name != "questions"]
            at = list(lesson).index("questions")
            more = [("questions", bank[1:])] if bank[1:] else []
            lesson = dict([*parts[:at], ("question", bank[0]), *more, *parts[at:]])
        lessons.append(lesson)
    return course | {"lessons": lessons} if lessons else course

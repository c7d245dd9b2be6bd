"""`titian content new`: a course to begin with, which can be taught as it is."""

from pathlib import Path
from typing import Final

import click

from bot.cli.authoring.places import COURSES, content_option

KEYWORDS: Final = "keywords.csv"  # without them a folder cannot be checked, so a new folder gets ours
STARTER: Final = Path(__file__).with_name("starter.yaml")
STARTER_ID: Final = "contoh1"
SCHEMA: Final = "course.schema.json"  # in the content directory; a course names it in its first line


@click.command()
@click.argument("course", metavar="ID")
@content_option
def new(course: str, directory: Path) -> None:
    """Write a small course named ID, with notes that say what each part is for. It passes the check as it is.

    Nothing that is there already is overwritten. Give a folder of your own with --content until the course is ready:
    what stands in the bot's own folder is taught within seconds.
    """
    import shutil

    from bot.content.schema import is_name, written
    from bot.settings import ROOT

    if not is_name(course):
        raise click.UsageError(
            f'"{course}" cannot be an id: small letters, digits and "-", a letter first, at most 20.'
        )
    file = directory / COURSES / f"{course}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    starter = STARTER.read_text(encoding="utf-8").replace(f"id: {STARTER_ID:<26} #", f"id: {course:<26} #", 1)
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(starter)
    except FileExistsError:
        raise click.UsageError(f"{file} is there already: choose another id. Nothing was changed.") from None
    if not (directory / KEYWORDS).exists():
        shutil.copy(ROOT / "content" / KEYWORDS, directory / KEYWORDS)
    (directory / SCHEMA).write_text(written(), encoding="utf-8")
    click.echo(f"{file} is written. Change its words, then: titian content check {directory}")

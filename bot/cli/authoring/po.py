"""`titian content po`: a course's texts for translators, and their translations back into the course."""

from pathlib import Path

import click

from bot.cli.authoring.places import at_option, content_option, file_of


@click.command()
@click.argument("course")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--to", "target", type=click.Choice(["en", "dtp"]), default="dtp", show_default=True, help="From Malay to."
)
@click.option("--import", "imports", is_flag=True, help="Take the translations of FILE.po into the course.")
@click.option("--yes", is_flag=True, help="Write the course. Without it, only what would change is shown.")
@content_option
def po(course: str, file: Path, target: str, directory: Path, *, imports: bool, yes: bool) -> None:
    """Write the texts of COURSE to FILE.po, which Poedit, Weblate and others open; or take it back with --import.

    Translated is from Malay. What is not translated yet, or marked fuzzy, stays as it is in the course.
    """
    import yaml

    from bot.cli.authoring.change import settled, text_of
    from bot.content import po as translating
    from bot.content.splice import Unwritable, spliced

    at = file_of(directory, course)
    before = text_of(at)
    try:
        held = yaml.safe_load(before)
    except yaml.YAMLError as wrong:
        raise click.ClickException(f"{at} cannot be read: titian content check says where.") from wrong
    if not imports:
        file.write_bytes(translating.exported(held, target))
        back = f"titian content po {course} {file} --to {target} --import{at_option(directory)}"
        click.echo(f"The texts are written to {file}. Back again: {back}")
        return
    try:
        result = translating.imported(file.read_bytes(), held, target)
        after = spliced(before, result.course)
    except (translating.Unreadable, Unwritable, OSError) as wrong:
        raise click.ClickException(f"{file}: {wrong}") from wrong
    for each in result.passed_over:
        click.echo(f"passed over: {each}", err=True)
    settled(directory, at, after, yes=yes)

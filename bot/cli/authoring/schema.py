"""`titian content schema`: what an editor needs to complete a course file and to underline mistakes."""

from pathlib import Path

import click


@click.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
def schema(file: Path | None) -> None:
    """Print the JSON Schema of a course file, or write it to FILE.

    VS Code's YAML extension reads it where a course begins with the line that `titian content new` writes.
    """
    from bot.content.schema import written

    if file is None:
        click.echo(written(), nl=False)
        return
    file.write_text(written(), encoding="utf-8")
    click.echo(f"Written to {file}.", err=True)

"""`titian content graph`: a course as a picture."""

from pathlib import Path

import click

from bot.cli.authoring.places import content_option, course_among, library_of


@click.command()
@click.argument("course")
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), help="Draw it to this file, for a browser.")
@click.option("--mermaid", is_flag=True, help="Print it as Mermaid text, as without options.")
@click.option("--language", type=click.Choice(["ms", "en", "dtp"]), default="ms", show_default=True)
@content_option
def graph(course: str, svg: Path | None, language: str, directory: Path, *, mermaid: bool) -> None:
    """Show COURSE as a picture: lessons, banks by kind and level, pass marks, tasks, days, and what comes before.

    Mermaid text is drawn by GitHub, by many editors, and at mermaid.live.
    """
    from bot.content import graph as pictures

    shown = course_among(library_of(directory), course)
    if svg is not None:
        svg.write_text(pictures.svg(shown, language), encoding="utf-8")
        click.echo(f"Drawn to {svg}: open it in a browser.", err=mermaid)
    if mermaid or svg is None:
        click.echo(pictures.mermaid(shown, language), nl=False)

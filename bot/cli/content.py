"""`titian content`: what educators write, checked before a learner reads it."""

from pathlib import Path

import click


@click.group()
def content() -> None:
    """Look after the lessons and the words learners send."""


@content.command()
@click.argument("directory", default="content", envvar="CONTENT_DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--brand", default="TITIAN", envvar="BRAND", show_default=True, help="The name before every SMS.")
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
def check(directory: Path, brand: str, *, as_json: bool) -> None:
    """Say in which line of which file something has to be put right.

    Exits with 0 if there is nothing, with 1 if there is.
    """
    import dataclasses
    import json

    from bot.content import check as check_content

    problems = check_content(directory, tag=len(f"RM0.00 {brand}: "))
    if as_json:
        told = {"ok": not problems, "problems": [dataclasses.asdict(problem) for problem in problems]}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        for problem in problems:
            click.echo(str(problem))
        click.echo(_summary(len(problems), directory))
    if problems:
        raise SystemExit(1)


def _summary(count: int, directory: Path) -> str:
    if not count:
        return f"{directory}: everything is in order."
    return f"{directory}: {count} {'thing' if count == 1 else 'things'} to put right."

"""`titian content`: what educators write, checked before a learner reads it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.content.cache import Cache
    from bot.content.problems import Problem

from bot.cli.authoring import AuthorsGroup


@click.group(cls=AuthorsGroup)
def content() -> None:
    """Look after the lessons and the words learners send."""


@content.command()
@click.argument("directory", default="content", envvar="CONTENT_DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--brand", default="TITIAN", envvar="BRAND", show_default=True, help="The name before every SMS.")
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
def check(directory: Path, brand: str, *, as_json: bool) -> None:
    """Say in which line of which file something has to be put right, and how long each programme takes.

    Exits with 0 if nothing keeps the content from being published (advice does not), with 1 if something does.
    """
    import dataclasses
    import json

    from bot.content import check as check_content
    from bot.content.cache import Cache

    cache, tag = Cache(), len(f"RM0.00 {brand}: ")
    problems = sorted(_but_logos(check_content(directory, tag, cache), directory) + _issuers(directory, cache, tag))
    problems += _experiments(directory, tag, cache, problems)
    stopped = sum(problem.blocks for problem in problems)
    if as_json:
        told = {"ok": not stopped, "problems": [dataclasses.asdict(problem) for problem in problems]}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        for problem in problems:
            click.echo(str(problem))
        for line in [] if stopped else _ledgers(directory, tag, cache):
            click.echo(line)
        click.echo(_summary(stopped, len(problems) - stopped, directory))
    if stopped:
        raise SystemExit(1)


def _experiments(directory: Path, tag: int, cache: "Cache", problems: "Sequence[Problem]") -> "list[Problem]":
    """What has to be put right in the experiments; whether their courses have what they name is asked once those can be read."""
    from zoneinfo import ZoneInfo

    from bot.content.library import read
    from bot.experiments import read_experiments

    stopped = any(problem.blocks for problem in problems)
    courses = {} if stopped else read(directory, cache, tag).library.courses
    return read_experiments(directory, ZoneInfo("UTC"), courses)[1]  # which days overlap is the same everywhere


def _but_logos(problems: "list[Problem]", directory: Path) -> "list[Problem]":
    """Without the advice to remove a picture that no lesson shows, where an association's certificates show it."""
    from bot.credentials.issuers import logos

    shown = logos(directory)
    return [each for each in problems if each.blocks or each.rule != "picture" or Path(each.file).name not in shown]


def _issuers(directory: Path, cache: "Cache", tag: int) -> "list[Problem]":
    """What is wrong with issuers.yaml; its courses are held against those there are, where those can be read."""
    from bot.content import ContentError
    from bot.content.library import read
    from bot.credentials.issuers import read_issuers

    try:
        library = read(directory, cache, tag).library
    except ContentError:
        return read_issuers(directory)
    return read_issuers(directory, [*library.courses, *library.programmes])


def _ledgers(directory: Path, tag: int, cache: "Cache") -> list[str]:
    from bot.content.library import read
    from bot.content.programmes import ledger, read_programmes

    programmes, _ = read_programmes(directory)
    courses = read(directory, cache, tag).library.courses if programmes else {}
    return [ledger(programme, courses) for programme in programmes]


def _summary(count: int, advice: int, directory: Path) -> str:
    said = f"{count} {'thing' if count == 1 else 'things'} to put right" if count else "everything is in order"
    more = f", {advice} {'thing' if advice == 1 else 'things'} to think about" if advice else ""
    return f"{directory}: {said}{more}."

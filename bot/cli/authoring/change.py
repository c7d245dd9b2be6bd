"""A change to a course file that came from a sheet or a translator: shown first, checked, and only then written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from bot.cli.authoring.places import COURSES, blocking

if TYPE_CHECKING:
    from bot.content.problems import Problem
    from bot.content.source import Path as Place


def text_of(file: Path) -> str:
    """What a course file holds, its lines ended by newlines alone; "" where there is no such file yet."""
    if not file.exists():
        return ""
    try:
        return file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file} is not saved as UTF-8.") from error


def settled(directory: Path, file: Path, after: str, named: Callable[[Problem], str] = str, *, yes: bool) -> None:
    """Show what changes, check the course as it would be, and write it with `yes`. Exits with 1 where it may not be."""
    before = text_of(file)
    if after == before:
        click.echo("Nothing changes.")
        return
    click.echo(shown(before, after))
    stops = blocking(judged(directory, file, after))
    for problem in stops:
        click.echo(named(problem), err=True)
    if stops:
        things = "thing has" if len(stops) == 1 else "things have"
        raise click.ClickException(f"Nothing is written: {len(stops)} {things} to be put right first.")
    if yes:
        written(file, after)
        click.echo(f"{file} is written.")
    else:
        click.echo("Nothing is written yet. With --yes it is.")


def shown(before: str, after: str) -> str:
    """What changes, by lesson and question."""
    import yaml

    from bot.content.differences import changes

    was: Mapping[str, Any] = yaml.safe_load(before) if before else {}
    return "\n\n".join(map(str, changes(was, yaml.safe_load(after)))) + "\n"


def judged(directory: Path, file: Path, after: str) -> list[Problem]:
    """What the check says of this file as it would be, among the other courses as they are."""
    from dataclasses import replace

    from bot.content import check

    with TemporaryDirectory(prefix="titian-check-") as made:
        copy = Path(made) / "content"
        shutil.copytree(directory, copy)
        tried = copy / COURSES / file.name
        tried.write_text(after, encoding="utf-8")
        return [replace(each, file=str(file)) for each in check(copy) if Path(each.file) == tried]


def written(file: Path, text: str) -> None:
    """Put the text in the place of the file at once, with the line ends the file had."""
    old = file.read_bytes() if file.exists() else b""
    mark = b"\xef\xbb\xbf" if old.startswith(b"\xef\xbb\xbf") else b""
    ended = text.replace("\n", "\r\n") if b"\r\n" in old else text
    new = file.with_name(f".{file.name}.new")
    new.write_bytes(mark + ended.encode("utf-8"))
    if old:
        shutil.copymode(file, new)
    os.replace(new, file)


def by_cell(text: str, cells: Mapping[Place, tuple[int, str]], sheet: Path) -> Callable[[Problem], str]:
    """How to tell a problem to somebody who has the sheet before her: by row and column, where they are known."""
    from bot.content.source import parse_yaml

    source = parse_yaml(text.encode(), "")
    places: dict[str, tuple[int, str]] = {}
    for path, cell in cells.items():
        for known in (path, _alone(path)):
            for length in range(len(known), 0, -1):
                if source.at(*known[: length - 1]) is not None:
                    places.setdefault(source.named(known[:length]), cell)

    def told(problem: Problem) -> str:
        where = problem.where
        while where and where not in places:
            where = where.rpartition(" › ")[0]
        if not where:
            return str(problem)
        line, column = places[where]
        return f'{sheet}: row {line}, column "{column}": {problem.says}'

    return told


def _alone(path: Place) -> Place:
    """The path of a question that a lesson has alone, under `question`."""
    if path[2:4] == ("questions", 0):
        return (*path[:2], "question", *path[4:])
    return path

"""Where an author's files are: the content directory, and one course in it by its id or its file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from bot.content.problems import Problem
    from flows.course import Course
    from flows.session import Library

COURSES: Final = "courses"

content_option: Callable[[Any], Any] = click.option(
    "--content",
    "directory",
    default="content",
    envvar="CONTENT_DIR",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder with the courses.",
)


def at_option(directory: Path) -> str:
    """The option that names the folder again, for a command that is suggested; nothing where it is the usual one."""
    return "" if str(directory) == "content" else f" --content {directory}"


def file_of(directory: Path, course: str) -> Path:
    """The file of a course, named by its id or by its path; ends the command in words where there is none."""
    named = Path(course)
    if named.suffix in (".yaml", ".yml"):
        if named.is_file():
            return named
        raise click.UsageError(f"There is no file {course}.")
    file = directory / COURSES / f"{course}.yaml"
    if file.is_file():
        return file
    there = sorted(each.stem for each in (directory / COURSES).glob("*.yaml"))
    raise click.UsageError(f"There is no course {course} in {directory}. There are: {', '.join(there) or 'none'}.")


def library_of(directory: Path) -> Library:
    """The courses of a directory as the flows teach from them; what is wrong with them ends the command."""
    from bot.content import ContentError, load

    try:
        return load(directory)
    except ContentError as wrong:
        told = "\n".join(map(str, wrong.problems))
        raise click.ClickException(f"The courses cannot be taught as they are.\n{told}") from wrong


def course_among(library: Library, named: str) -> Course:
    """The course of that id or file among those that are taught; ends the command in words where there is none."""
    course = library.course(Path(named).stem if named.endswith((".yaml", ".yml")) else named)
    if course is None:
        raise click.UsageError(f"There is no course {named}. There are: {', '.join(sorted(library.courses))}.")
    return course


def blocking(problems: list[Problem]) -> list[Problem]:
    """Those that keep a course from being taught; advice does not."""
    return [problem for problem in problems if getattr(problem, "severity", "problem") != "advice"]

"""`titian content play`: what a learner sends, line by line, and the whole conversation that comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from bot.cli.authoring.places import content_option, file_of

if TYPE_CHECKING:
    from bot.cli.transcript import Scene

CALL_ENDS: Final = "* the call ends"  # of what a conversation leads to, all that she notices
LANGUAGES: Final = {"ms": ("hai", "1"), "en": ("hello", "2")}


@click.command()
@click.argument("course")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--expect", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="What it should come to.")
@click.option("--language", type=click.Choice(list(LANGUAGES)), default="ms", show_default=True)
@content_option
def play(course: str, file: Path, expect: Path | None, language: str, directory: Path) -> None:
    """Send the lines of FILE to the bot, one message a line, and print the conversation.

    The learner has greeted the bot, agreed, and begun COURSE. Lines that begin with # are remarks. "@channel ussd" goes
    on by USSD (or sms, whatsapp); there the first key dials. "+ 24h" lets time pass. With --expect the conversation is
    compared with that file: exits with 1, and shows what differs, where it is another.
    """
    import difflib

    from bot.cli.transcript import Unreadable

    try:
        said = conversation(file_of(directory, course).stem, file, language, directory)
    except Unreadable as wrong:
        raise click.ClickException(f"{file}: {wrong}") from wrong
    if expect is None:
        click.echo(said, nl=False)
        return
    wanted = expect.read_text(encoding="utf-8").replace("\r\n", "\n")
    if said != wanted:
        parts = (wanted.splitlines(keepends=True), said.splitlines(keepends=True))
        click.echo("".join(difflib.unified_diff(*parts, str(expect), "as it is now")), nl=False)
        raise SystemExit(1)
    click.echo(f"As expected: {len(said.splitlines())} lines.")


def conversation(course: str, file: Path, language: str, directory: Path) -> str:
    """The conversation that the lines of the file lead to, from the first lesson of the course on. Raises Unreadable."""
    from bot.cli.chat import rehearsed
    from bot.cli.transcript import Scene

    with rehearsed(keep=False, standing=True, content=directory) as rehearsal:
        scene = Scene(rehearsal)
        for words in (*LANGUAGES[language], "1", f"DAFTAR {course}"):
            scene.types(words)
        del scene.lines[: len(scene.lines) - beginning(scene)]
        for number, line in enumerate(file.read_text(encoding="utf-8-sig").splitlines(), start=1):
            send(scene, line, number)
        return "".join(f"{line}\n" for line in scene.lines if not line.startswith("* ") or line == CALL_ENDS)


def beginning(scene: Scene) -> int:
    """How many of the last lines the first lesson takes: all from the last message she sent."""
    return next(back for back, line in enumerate(reversed(scene.lines), 1) if line.startswith(">"))


def send(scene: Scene, line: str, number: int) -> None:
    """One line of the file: a message, a remark, another channel from here on, or time that passes. Raises Unreadable."""
    from bot.cli.transcript import Unreadable

    said = line.strip()
    try:
        match said.split():
            case []:
                pass
            case [word, *_] if word.startswith("#"):
                scene.lines.append(said)
            case ["@channel", kind]:
                scene.turn_to(kind)
            case ["+", time]:
                scene.passes(time)
            case [word, *_] if word.startswith("@"):
                raise Unreadable(f'"{said}" is none of: words, # a remark, @channel ussd, + 24h')
            case _:
                for words in dialled(scene, said):
                    scene.types(words)
    except Unreadable as wrong:
        raise Unreadable(f"line {number}: {wrong}") from wrong


def dialled(scene: Scene, said: str) -> Iterator[str]:
    """The words, and in USSD the dialling before them where no call is open."""
    if scene.kind == "ussd" and not scene.phone.call:
        yield ""
    yield said

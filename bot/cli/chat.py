"""`titian chat`: a phone in the terminal. The whole bot answers, with no server, no queue and no network."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from bot.cli.setup import Misconfigured, configured

if TYPE_CHECKING:
    from bot.cli.rehearsal import Rehearsal
    from bot.cli.transcript import Scene

FIRST_WORDS = {"ms": ("hai", "1"), "en": ("hello", "2")}
HELP = """\
Type what a learner would send. In USSD an empty line dials, and hangs up.
/sms /ussd /whatsapp   go on by that channel: the journey is the same
/wait 24h              let time pass (30m, 24h, 3d), so that a reminder comes
/quit                  end\
"""


@click.command()
@click.option("--locale", type=click.Choice(["ms", "en"]), help="Greet the bot and choose this language first.")
@click.option("--channel", type=click.Choice(["sms", "ussd", "whatsapp"]), default="sms", show_default=True)
@click.option("--phone", default="+60111000001", show_default=True, help="The learner's number.")
@click.option("--keep", is_flag=True, help="Use the database of VAR_DIR, instead of one that is gone afterwards.")
@click.option("--record", metavar="NAME", help="Write the conversation to a transcript when it ends.")
def chat(locale: str | None, channel: str, phone: str, record: str | None, *, keep: bool) -> None:
    """Talk to the bot in this terminal; /help says what else can be typed."""
    from bot.phone import NotANumber, e164

    if keep and record:
        raise click.UsageError("A transcript begins with a stranger: --record and --keep do not go together.")
    file = transcript_file(record) if record else None
    try:
        number = e164(phone)
    except NotANumber as wrong:
        raise click.BadParameter(str(wrong), param_hint="--phone") from wrong
    with rehearsed(keep=keep, standing=file is not None) as rehearsal:
        scene = opened(rehearsal, channel, number)
        try:
            if locale:
                greet(scene, locale)
            converse(scene, keep=keep)
        finally:
            if file is not None:
                file.write_text("\n".join(scene.lines) + "\n", encoding="utf-8")
                click.echo(f"Written to {file}.", err=True)


@contextmanager
def rehearsed(*, keep: bool, standing: bool, content: Path | None = None) -> Iterator[Rehearsal]:
    """Give a whole bot on a database of its own, or on the one that is kept; with the courses of CONTENT_DIR, or others."""
    from bot.cli.db import bring_up_to_date
    from bot.cli.rehearsal import Clock, rehearse
    from bot.cli.transcript import BEGINS
    from bot.content import ContentError
    from bot.wiring import utc_now

    settings = configured()
    # A conversation that is recorded happens at the time at which it will be played.
    clock = Clock((lambda: BEGINS) if standing else utc_now)
    with TemporaryDirectory(prefix="titian-chat-") as directory:
        if not keep:
            own = {"var_dir": Path(directory), "database_url": ""}
            settings = settings.model_copy(update=own)
        if content is not None:
            settings = settings.model_copy(update={"content_dir": content})
        settings.var_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        bring_up_to_date(settings.store_url)
        try:
            rehearsal = rehearse(settings, clock)
        except ContentError as wrong:
            raise Misconfigured(f"The courses cannot be taught as they are.\n{wrong}") from wrong
        try:
            yield rehearsal
        finally:
            rehearsal.bot.store.engine.dispose()


def opened(rehearsal: Rehearsal, channel: str, number: str) -> Scene:
    """Put the phone on the table."""
    from bot.cli.transcript import PHONE, Scene

    scene = Scene(rehearsal, lines=["# Recorded with `titian chat`."])
    scene.turn_to(channel, number if number != PHONE else "")
    return scene


def greet(scene: Scene, locale: str) -> None:
    """Say the first words, and choose the language."""
    hello, language = FIRST_WORDS[locale]
    for words in ("" if scene.kind == "ussd" else hello, language):
        click.secho(f"> {words}".rstrip(), dim=True)
        send(scene, words)


def converse(scene: Scene, *, keep: bool) -> None:
    """Go on until there is nothing more to read, or /quit."""
    if sys.stdin.isatty():
        click.secho("/help says what can be typed.", dim=True)
    for line in typed(scene):
        match line.split():
            case ["/quit", *_]:
                return
            case ["/help", *_]:
                click.echo(HELP)
            case ["/sms" | "/ussd" | "/whatsapp" as channel]:
                scene.turn_to(channel.removeprefix("/"))
            case ["/wait", time] if not keep:
                wait(scene, time)
            case ["/wait", *_]:
                click.echo(
                    "With --keep time is everybody's, so it cannot be turned." if keep else "Write it like /wait 24h."
                )
            case [word, *_] if word.startswith("/"):
                click.echo(f"There is no {word}; /help says what there is.")
            case _:
                send(scene, line.strip())


def typed(scene: Scene) -> Iterator[str]:
    """What is typed, line by line; with a prompt on a terminal, and without where it is piped in."""
    if not sys.stdin.isatty():
        yield from sys.stdin
        return
    import readline  # noqa: F401 - gives `input` its arrow keys

    while True:
        try:
            yield input(f"{scene.kind}{' (in a call)' if scene.phone.call else ''}> ")
        except (EOFError, KeyboardInterrupt):
            click.echo()
            return


def send(scene: Scene, words: str) -> None:
    """Send what was typed, and show what comes back."""
    from bot.cli.handset import NoCall

    if not words and scene.kind != "ussd":
        return
    try:
        answer = scene.types(words)
    except NoCall:
        click.echo("No call is open: an empty line dials.")
        return
    if answer is None:
        click.echo("(hung up)")
        return
    picture(answer.picture)
    for text in answer.texts:
        show(scene.kind, text)
    if answer.ends and scene.kind == "ussd":
        click.echo("(the call is over)")


def wait(scene: Scene, time: str) -> None:
    """Let time pass, and show what comes meanwhile."""
    from bot.cli.transcript import Unreadable

    try:
        came = scene.passes(time)
    except Unreadable as wrong:
        click.echo(str(wrong))
        return
    bot = scene.rehearsal.bot
    for sent in came:
        click.secho(f"{sent.at.astimezone(bot.zone):%A %H:%M}, to {sent.to}:", dim=True)
        picture(sent.picture)
        show(sent.kind, sent.text)
    click.secho(f"It is {bot.clock().astimezone(bot.zone):%A %H:%M}.", dim=True)


def picture(words: str) -> None:
    """Show what a picture shows, if there is one."""
    from bot.cli.transcript import pictured

    if words:
        click.secho(pictured(words), dim=True)


def show(kind: str, text: str) -> None:
    """Show one text as that kind of phone would."""
    from bot import gsm

    if kind == "ussd":
        click.echo(boxed(text))
        return
    click.secho(text, fg="green" if kind == "whatsapp" else "cyan")
    if kind == "sms":
        count = gsm.segments(text)
        click.secho(f"[{gsm.septets(text)} of 160, {count} SMS]", dim=True)


def boxed(text: str, width: int = 40) -> str:
    """A screen: the text in a frame, wrapped between words."""
    import textwrap

    lines = [part for line in text.split("\n") for part in textwrap.wrap(line, width) or [""]]
    rule = "─" * (width + 2)
    return "\n".join([f"┌{rule}┐", *(f"│ {line:<{width}} │" for line in lines), f"└{rule}┘"])


def transcript_file(name: str) -> Path:
    """Where a transcript of this name is written: among the golden ones in a checkout, else here."""
    from bot.settings import ROOT

    golden = ROOT / "tests" / "bot" / "transcripts"
    file = Path(name).with_suffix(".txt")
    if "/" not in name and golden.is_dir():
        file = golden / file
    if file.exists():
        raise click.UsageError(f"{file} exists already: give this transcript another name.")
    return file

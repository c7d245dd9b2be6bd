"""`titian segments`: groups of learners described in words, counted, and kept under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import click

from bot.cli.setup import wired

if TYPE_CHECKING:
    from bot.segments import Described, NotUnderstood
    from bot.wiring import Bot

LOCALE = click.option("--language", "locale", type=click.Choice(["ms", "en"]), default="en", help="To be explained in.")


@click.group()
def segments() -> None:
    """Groups of learners: "daerah Ranau atau Pitas, kursus sayur1, belum tamat, senyap 14 hari"."""


@segments.command()
@click.argument("words")
@LOCALE
def count(words: str, locale: str) -> None:
    """Say how WORDS are understood, and how many learners that are now.

    Those who stopped our messages everywhere, or never agreed to them, are never in it. Exit code 1: not understood.
    """
    from bot.segments import NotUnderstood, count as counted, in_words, names_there, read

    bot = wired()
    try:
        described = read(bot.store, words, names_there(bot.store, bot.library()))
    except NotUnderstood as wrong:
        _refuse(words, wrong, locale)
    click.echo(in_words(described, locale))
    click.echo(_learners(counted(bot.store, described, bot.clock(), zone=bot.zone)))


@segments.command()
@click.argument("name")
@click.argument("words")
@click.option("--by", "author", required=True, help="Who saves it; kept in the audit.")
@click.option("--yes", is_flag=True, help="Do not ask before another is replaced.")
@LOCALE
def save(name: str, words: str, *, author: str, yes: bool, locale: str) -> None:
    """Keep the group that WORDS describe under NAME; others may speak of it as "segment NAME"."""
    from bot import segments as groups

    bot = wired()
    there = {row.name: row.described for row in groups.listed(bot.store)}
    kept = there.get(" ".join(name.casefold().split()))
    if kept is not None and kept != words and not yes:
        click.echo(f"Under this name there is: {kept}")
        click.confirm("Replace it?", abort=True)
    known = groups.names_there(bot.store, bot.library())
    try:
        described = groups.save(bot.store, name, words, author, now=bot.clock(), known=known)
    except groups.NotUnderstood as wrong:
        _refuse(words, wrong, locale)
    except groups.Refused as why:
        raise click.ClickException(str(why)) from why
    click.echo(groups.in_words(described, locale))
    click.echo(f"Saved. {_counted(bot, described)}")


@segments.command(name="list")
def list_all() -> None:
    """Show the saved groups."""
    from bot.segments import listed

    rows = listed(wired().store)
    for row in rows:
        click.echo(f"{row.name:<20}  {row.changed_at:%Y-%m-%d}  {row.author:<16}  {row.described}")
    if not rows:
        click.echo("Nothing is saved yet.")


@segments.command()
@click.argument("name")
@LOCALE
def show(name: str, locale: str) -> None:
    """Show what is saved under NAME, what that means, and how many learners that are now."""
    from bot import segments as groups

    bot = wired()
    words = {row.name: row.described for row in groups.listed(bot.store)}.get(" ".join(name.casefold().split()))
    if words is None:
        raise click.ClickException(f'There is no segment "{name}".')
    try:
        described = groups.load(bot.store, name)
    except groups.NotUnderstood as wrong:
        _refuse(words, wrong, locale)
    except (LookupError, groups.Refused) as wrong:
        raise click.ClickException(f"It cannot be used: {wrong}.") from wrong
    for line in (words, groups.in_words(groups.opened(described), locale), _counted(bot, described)):
        click.echo(line)


@segments.command()
@click.argument("name")
@click.option("--by", "author", required=True, help="Who deletes it; kept in the audit.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(name: str, *, author: str, yes: bool) -> None:
    """Forget a saved group. The learners in it stay as they are."""
    from bot import segments as groups

    if not yes:
        click.confirm(f'Delete the segment "{name}"?', abort=True)
    bot = wired()
    try:
        gone = groups.delete(bot.store, name, author, now=bot.clock())
    except groups.Refused as why:
        raise click.ClickException(str(why)) from why
    if not gone:
        raise click.ClickException(f'There is no segment "{name}".')
    click.echo("Deleted.")


def _counted(bot: Bot, described: Described) -> str:
    from bot.segments import count as counted

    return _learners(counted(bot.store, described, bot.clock(), zone=bot.zone))


def _learners(count: int) -> str:
    return "1 learner now." if count == 1 else f"{count:,} learners now."


def _refuse(words: str, wrong: NotUnderstood, locale: str) -> NoReturn:
    """End the command with what was not understood, and a mark under it."""
    from bot.i18n import Catalogues

    raise click.ClickException(f"{Catalogues().say(wrong.says, locale)}\n  {words}\n  {' ' * wrong.at}^")

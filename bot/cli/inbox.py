"""`titian inbox`: what learners wrote that only a person can read; answered, or marked as dealt with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from bot.cli.setup import wired

if TYPE_CHECKING:
    from bot.inbox import Entry
    from bot.wiring import Bot

BY = click.option("--by", "who", required=True, help="Who does it; kept in the audit.")


@click.group(invoke_without_command=True)
@click.option("--by", "who", help="Only of the district of this coordinator, where she has one.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_context
def inbox(ctx: click.Context, who: str | None, *, as_json: bool) -> None:
    """Show what learners wrote that only a person can read, whoever waits longest first.

    Free answers to announcements, sentences that nothing understood, problems. Calls and data: titian requests.
    """
    if ctx.invoked_subcommand is not None:
        return
    from dataclasses import asdict

    from bot import inbox as kept

    bot = wired()
    district = _district(bot, who)
    entries = kept.waiting(bot.store, district, now=bot.clock())
    if as_json:
        click.echo(json.dumps([_plain(asdict(entry)) for entry in entries], ensure_ascii=False, indent=2, default=str))
        return
    for entry in entries:
        _show(bot, entry)
    more = kept.count(bot.store, district, now=bot.clock()) - len(entries)
    waits = f"{len(entries)} wait" + (f", and {more} more." if more else ".")
    click.echo(f"{waits} titian inbox answer ID WORDS, or titian inbox done ID" if entries else "Nobody waits.")


@inbox.command()
@click.argument("entry", type=int)
@click.argument("words")
@BY
def answer(entry: int, words: str, who: str) -> None:
    """Send WORDS to the learner of this ENTRY, as one message in her language, and mark it as done."""
    from bot import inbox as kept
    from bot.announcements.texts import Unfit
    from bot.segments.misread import english

    bot = wired()
    try:
        due = kept.answer(bot.store, bot.pushes, entry, words, district=None, who=who, now=bot.clock())
    except kept.Refused as refused:
        raise click.ClickException(english(refused.says)) from refused
    except Unfit as unfit:
        raise click.ClickException(f"{unfit}.") from unfit
    bot.wake()
    click.echo(f"It goes out {due.astimezone(bot.zone):%d/%m/%Y %H:%M}.")


@inbox.command()
@click.argument("entry", type=int)
@BY
def done(entry: int, who: str) -> None:
    """Mark what the learner of this ENTRY wrote as dealt with, without an answer."""
    from bot import inbox as kept

    bot = wired()
    if not kept.done(bot.store, entry, None, who, now=bot.clock()):
        raise click.ClickException(f"Nothing waits under {entry}: has somebody dealt with it already?")
    click.echo("Done.")


def _show(bot: Bot, entry: Entry) -> None:
    from bot.phone import masked

    who = ", ".join(filter(None, (masked(entry.number) if entry.number else "", entry.locale, entry.district)))
    click.echo(f"{entry.id}  {who}")
    for each in entry.messages:
        announced = json.loads(each.answers).get(entry.locale, "") if each.answers else ""
        click.echo(f"    {each.at.astimezone(bot.zone):%d/%m %H:%M}  {each.about:<12} {each.words!r}")
        if announced:
            click.echo(f"    {'':<26} to {announced!r}")


def _plain(entry: dict[str, object]) -> dict[str, object]:
    """Without the number: whoever may dial it finds it in `titian requests`."""
    return {name: value for name, value in entry.items() if name != "number"}


def _district(bot: Bot, who: str | None) -> str | None:
    if who is None:
        return None
    from bot import coordinators

    her = coordinators.named(bot.store, who)
    if her is None:
        raise click.ClickException(f"There is no coordinator {who!r}: titian coordinators list")
    district: str | None = her.district
    return district

"""`titian channels`: which ways in and out there are, how they fare, and a message by one of them to see it arrive."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import click

from bot.cli.setup import wired

if TYPE_CHECKING:
    from bot.channels.base import Channel, ChannelError
    from bot.wiring import Bot

LOOKED_EVERY = 0.5  # seconds, for a receipt


@click.group(invoke_without_command=True)
@click.pass_context
def channels(context: click.Context) -> None:
    """List the channels: their kind, whether learners can write by them, receipts, health, and what is missing.

    With a name and a number, `titian channels test` sends one message.
    """
    if context.invoked_subcommand is None:
        listed(wired())


@channels.command()
@click.argument("name")
@click.argument("number")
@click.option("--wait", default=20, show_default=True, help="Seconds to wait for a receipt; `titian web` must run.")
def test(name: str, number: str, wait: int) -> None:
    """Send one test message by a channel to a number, and say what came of it. It is paid for like any other."""
    from bot.phone import NotANumber, e164

    bot = wired()
    channel = bot.channels.get(name) or bot.channels.get(f"gateway_{name}")
    if channel is None:
        raise click.ClickException(f"There is no channel {name}. There are: {', '.join(bot.channels) or 'none'}.")
    try:
        to = e164(number)
    except NotANumber as error:
        raise click.ClickException(f"{number} is {error}; write it like +60111000000.") from error
    raise SystemExit(sent(bot, channel, to, wait))


def listed(bot: Bot) -> None:
    """Print a line for each channel, and below it what there is to look at."""
    from bot import circuits, diagnosis

    if not bot.channels:
        click.echo("No channel is set up. docs/channels.md says how.")
    failing = circuits.look(bot.store)
    found = diagnosis.findings(bot.settings, bot.channels)
    budgets = {budget.channel: budget for budget in bot.budgets.standing(bot.clock())}
    for name, channel in bot.channels.items():
        profile = channel.profile
        way = "two-way" if profile.two_way else "one-way"
        receipts = "receipts" if profile.receipts else "no receipts"
        health = str(failing[name]) if name in failing else "ok"
        click.echo(f"{name:<28} {profile.kind:<9} {way:<8} {receipts:<12} {health}")
        for finding in found:
            if finding.about == name:
                click.echo(f"    {finding.says}")
        if name in budgets:
            click.echo(f"    {budgets[name]}")
    rest = [finding for finding in found if finding.about not in bot.channels]
    for finding in rest:
        click.echo(f"{finding.about} {finding.says}")


def sent(bot: Bot, channel: Channel, to: str, wait: int) -> int:
    """Send it and print what the provider says; returns 0 where it was taken."""
    from bot.channels import line
    from bot.channels.base import ChannelError, Outgoing
    from bot.store.ids import new_id
    from flows.text import T
    from flows.types import Say

    if _opted_out(bot, to):
        click.echo("Not sent: this number has sent STOP.")
        return 1
    say = Say((T("A test message from us. There is nothing you need to do."),))
    (text,) = bot.pushes.voice.render(say, "ms", channel.profile.kind, to).texts
    message = Outgoing(new_id(bot.clock()), to, text)
    try:
        provider_id = line.run(channel.send(message))
    except ChannelError as error:
        click.echo(f"Not sent: {error.code}. {_meaning(error)}")
        return 1
    click.echo(f"Sent, as {provider_id}: {text}")
    if channel.profile.receipts and wait > 0:
        click.echo(_reported(bot, channel, provider_id, wait))
    return 0


def _opted_out(bot: Bot, to: str) -> bool:
    from sqlalchemy import select

    from bot.store import tables as t

    at = t.address.c
    return bool(bot.store.look(select(at.id).where(at.identifier == to, at.opted_out_at.is_not(None))))


def _meaning(error: ChannelError) -> str:
    """What an operator does about a refusal."""
    from bot.channels.base import Refusal

    if error.ambiguous:
        return "Nobody knows whether it went: look at the phone before you try again."
    return {
        Refusal.OPT_OUT: "This number wants no messages from us.",
        Refusal.BAD_ADDRESS: "No phone is there that this channel reaches.",
        Refusal.CONFIGURATION: "A setting is wrong: key, password, credit or sender. `titian doctor --online` may say which.",
        Refusal.CONTENT: "This text will not go by it.",
        Refusal.NEEDS_TEMPLATE: "She has not written for 24 hours, and no template is approved.",
        Refusal.RETRY: "Try again in a while.",
        Refusal.NOT_REACHED: "The provider was not reached: is its address right, and is the network there?",
        Refusal.WAIT_A_DAY: "The day's limit is used up.",
        Refusal.UNKNOWN: "We do not know this code: look it up at the provider's.",
    }[error.refusal]


def _reported(bot: Bot, channel: Channel, provider_id: str, wait: int) -> str:
    """What the provider reports: a receipt about no message of ours is kept for a day, so it can be looked up."""
    from sqlalchemy import select

    from bot.store import tables as t

    early = t.early_receipt.c
    query = select(early.status, early.error).where(early.provider_id == provider_id, early.channel == channel.name)
    query = query.order_by(early.rank.desc()).limit(1)
    for _ in range(int(wait / LOOKED_EVERY)):
        for row in bot.store.look(query):
            if row.status != "sent":
                return f"The provider says: {row.status}{f' ({row.error})' if row.error else ''}."
        threading.Event().wait(LOOKED_EVERY)
    return f"No word from the phone within {wait} seconds. Receipts come to `titian web`: does it run, and is PUBLIC_URL right?"

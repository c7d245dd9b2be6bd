"""`titian outbox`: what waits, which channels rest, what failed and may go again, and what nobody knows the fate of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bot.cli.setup import wired

if TYPE_CHECKING:
    from bot.store.database import Store
    from bot.wiring import Bot


@click.group(invoke_without_command=True)
@click.option("--most", default=50, show_default=True, help="How many messages at most.")
@click.pass_context
def outbox(context: click.Context, most: int) -> None:
    """Show how much waits, which channels rest, and the messages that failed or whose fate is undetermined.

    An undetermined message was being sent when its sender died. It is never sent again by itself, since it may
    have arrived; a receipt settles it. One that failed has not arrived: `titian outbox retry` sends it again.
    """
    if context.invoked_subcommand is None:
        _show(wired(), most)


@outbox.command()
@click.argument("ids", nargs=-1, type=int)
@click.option("--channel", default="", help="All that failed on this channel; it is tried at once if it rests.")
@click.option("--all", "everything", is_flag=True, help="All that failed on any channel.")
@click.option("--by", "who", required=True, help="Who asks for it; kept in the audit.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def retry(*, ids: tuple[int, ...], channel: str, everything: bool, who: str, yes: bool) -> None:
    """Send failed messages again, once what was wrong has been put right.

    Whether each may go now is asked again: somebody who has sent STOP meanwhile gets nothing.
    """
    from bot import circuits, dead_letters
    from bot.pushes import BULK, REPLIES

    if sum((bool(ids), bool(channel), everything)) != 1:
        raise click.UsageError("Name messages by their ids, or one --channel, or --all.")
    bot = wired()
    for message_id, why in dead_letters.why_not(bot.store, ids).items():
        click.echo(f"{message_id}: {why}.", err=True)
    if not yes and not ids:
        groups = [each for each in dead_letters.listed(bot.store) if everything or each.channel == channel]
        click.confirm(f"Send {sum(each.count for each in groups)} messages again?", abort=True)
    count = dead_letters.retry(bot.store, who, ids=ids, channel=channel, now=bot.clock())
    if channel and circuits.close(bot.store, channel):
        click.echo(f"{channel} is tried again now.")
    for lane, queue in ((REPLIES, "replies"), (BULK, "bulk")):
        bot.bell.ring(queue, "workers.jobs.deliver", lane)
    click.echo(f"{count} {'message goes' if count == 1 else 'messages go'} again.")


def _show(bot: Bot, most: int) -> None:
    from sqlalchemy import select

    from bot import circuits, queues
    from bot.store import tables as t

    out = t.outbound_message.c
    for status, count in queues.by_status(bot.store).items():
        click.echo(f"{count:>8} {status}")
    for name, circuit in circuits.look(bot.store).items():
        click.echo(f"channel {name}: {circuit}")
    for budget in bot.budgets.low(bot.clock()):
        click.echo(f"channel {budget.channel}: {budget}")
    _show_failed(bot.store)
    doubtful = select(out.id, out.channel, out.purpose, out.status, out.error, out.created_at)
    doubtful = doubtful.where(out.status.in_(("undetermined", "failed"))).order_by(out.id.desc()).limit(most)
    for row in bot.store.look(doubtful):
        click.echo(
            f"{row.id}  {row.created_at:%Y-%m-%d %H:%M}  {row.channel:<18} {row.purpose:<9} {row.status:<12} {row.error or ''}"
        )


def _show_failed(store: Store) -> None:
    from bot import dead_letters

    for group in dead_letters.listed(store):
        click.echo(f"{group.count:>8} failed on {group.channel}: {group.why}")

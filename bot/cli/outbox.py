"""`titian outbox`: what waits, what failed, and what nobody knows the fate of."""

import click

from bot.cli.setup import wired


@click.command()
@click.option("--most", default=50, show_default=True, help="How many messages at most.")
def outbox(most: int) -> None:
    """Show how much waits, and the messages that failed or whose fate is undetermined.

    An undetermined message was being sent when its sender died. It is never sent again by itself, since it may
    have arrived; a receipt settles it.
    """
    from sqlalchemy import func, select

    from bot.store import tables as t

    store = wired().store
    out = t.outbound_message.c
    for status in ("queued", "sending", "undetermined"):
        count = store.look(select(func.count()).where(out.status == status))[0][0]
        click.echo(f"{count:>8} {status}")
    doubtful = select(out.id, out.channel, out.purpose, out.status, out.error, out.created_at)
    doubtful = doubtful.where(out.status.in_(("undetermined", "failed"))).order_by(out.id.desc()).limit(most)
    for row in store.look(doubtful):
        click.echo(
            f"{row.id}  {row.created_at:%Y-%m-%d %H:%M}  {row.channel:<18} {row.purpose:<9} {row.status:<12} {row.error or ''}"
        )

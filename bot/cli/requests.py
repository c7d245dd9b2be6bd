"""`titian requests`: whom to ring, and what learners asked about their data."""

from typing import Any

import click

from bot.cli.setup import wired


@click.group()
def requests() -> None:
    """What learners asked of a person."""


@requests.command(name="list")
@click.option("--most", default=50, show_default=True, help="How many at most.")
def list_open(most: int) -> None:
    """Show the open requests, the one due first at the top. A request about data must be answered within 21 days."""
    from bot import requests as asked

    bot = wired()
    rows = asked.still_open(bot.store, most=most)
    for row in rows:
        due = row.due_at.astimezone(bot.zone).strftime("%d/%m/%Y")
        click.echo(f"{row.id}  {row.about:<13} by {due}  {_whom(row):<16} {row.district or '-':<8} {row.text!r}")
    click.echo(f"{len(rows)} open." if rows else "Nothing is open.")


def _whom(row: Any) -> str:
    shares = f" (Pengguna {row.place})" if row.place else ""
    return f"{row.identifier or 'no number'}{shares}"


@requests.command()
@click.argument("request_id", type=int)
@click.option("--by", "who", required=True, help="Who dealt with it; kept in the audit.")
def close(request_id: int, who: str) -> None:
    """Note that a request has been dealt with."""
    from bot import requests as asked

    bot = wired()
    if not asked.close(bot.store, request_id, who, now=bot.clock()):
        raise click.ClickException(f"No request {request_id} is open.")
    click.echo("Closed.")

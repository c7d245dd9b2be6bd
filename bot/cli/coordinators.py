"""`titian coordinators`: who may announce, approve and ring, from which number."""

import click

from bot.cli.setup import wired


@click.group()
def coordinators() -> None:
    """Coordinators: their numbers, rights and digits."""


@coordinators.command()
@click.argument("name")
@click.option("--number", help="From which she may announce by SMS, like 011-1000 0000.")
@click.option(
    "--rights",
    default="announce",
    show_default=True,
    help="Of announce, approve, ring, attest, certify; commas between.",
)
@click.option("--district", help="Whose learners she rings. Without it: all.")
@click.option("--locale", type=click.Choice(["ms", "en"]), default="ms", show_default=True, help="Her language.")
@click.option("--by", "who", required=True, help="Who enters her; kept in the audit.")
def add(name: str, number: str | None, rights: str, district: str | None, locale: str, who: str) -> None:
    """Enter a coordinator, or change what is known of her."""
    from bot import coordinators as known
    from bot.phone import NotANumber, e164

    bot = wired()
    wanted = [each.strip() for each in rights.split(",") if each.strip()]
    try:
        at = e164(number) if number else None
        known.add(bot.store, name, who, rights=wanted, number=at, district=district, locale=locale, now=bot.clock())
    except (NotANumber, known.Refused) as wrong:
        raise click.ClickException(f"{wrong}.") from wrong
    click.echo(f"{name}: {', '.join(wanted) or 'no rights'}.")


@coordinators.command(name="list")
def list_() -> None:
    """Show everybody: rights, district, and the end of the number."""
    from bot import coordinators as known
    from bot.phone import masked

    rows = known.listed(wired().store)
    for row in rows:
        number, digits = masked(row.number) if row.number else "-", "digits" if row.pin_hash else "no digits"
        click.echo(f"{row.name:<24} {row.rights or '-':<22} {row.district or 'all':<10} {number:<14} {digits}")
    if not rows:
        click.echo("Nobody is entered.")


@coordinators.command()
@click.argument("name")
@click.option("--by", "who", required=True, help="Who does it; kept in the audit.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(name: str, who: str, *, yes: bool) -> None:
    """Take somebody's rights, number and digits away."""
    from bot import coordinators as known

    if not yes and not click.confirm(f"Take everything from {name}?"):
        raise click.Abort
    bot = wired()
    if not known.remove(bot.store, name, who, now=bot.clock()):
        raise click.ClickException(f"There is no coordinator {name!r}.")
    click.echo("Done.")


@coordinators.command()
@click.argument("name")
@click.option("--by", "who", required=True, help="Who does it; kept in the audit.")
@click.option("--none", "without", is_flag=True, help="She needs none from now on.")
def pin(name: str, who: str, *, without: bool) -> None:
    """Give somebody four digits, which she sends with YA; they are asked for here, and shown nowhere."""
    from bot import coordinators as known

    digits = "" if without else click.prompt("Four digits", hide_input=True, confirmation_prompt=True)
    bot = wired()
    try:
        found = known.set_pin(bot.store, name, digits, who, now=bot.clock())
    except known.Refused as wrong:
        raise click.ClickException(f"{wrong}.") from wrong
    if not found:
        raise click.ClickException(f"There is no coordinator {name!r}.")
    click.echo("Done.")

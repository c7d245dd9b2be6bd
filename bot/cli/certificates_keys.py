"""`titian certificates keys` and `status`: what signs credentials, and the lists of what is revoked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from bot.cli.setup import refusing, wired

if TYPE_CHECKING:
    from bot.credentials.issuers import Issuer
    from bot.credentials.issuing import Desk
    from bot.wiring import Bot

of_issuer = click.option(
    "--issuer", "named", default="", help="Its id in issuers.yaml; may be left out for the only one."
)
by = click.option("--by", "who", required=True, help="Who does it; kept in the audit.")
sure = click.option("--yes", is_flag=True, help="Do not ask.")


@click.group()
def keys() -> None:
    """Look after the keys that sign credentials (docs/credentials.md)."""


@click.group()
def status() -> None:
    """Look after the lists that tell machines what is revoked."""


@keys.command()
@of_issuer
@by
@sure
def new(*, named: str, who: str, yes: bool) -> None:
    """Make an issuer's first key. Its name, registration and DID stand in every credential for good: look at them."""
    from bot.credentials import keys as kept

    bot, desk, issuer = _at(named)
    click.echo(f"{issuer.name['ms']}, {issuer.registration}, as {issuer.did}")
    if not bot.settings.public_url:
        click.echo("PUBLIC_URL is not set: nobody outside this machine could check what this key signs.", err=True)
    if issuer.url.rstrip("/").endswith(".example"):
        click.echo("issuers.yaml still has the example in it: write your own association there first.", err=True)
    _ask("Sign credentials in this name?", yes)
    with refusing(kept.KeyTrouble):
        fragment = kept.new(desk.store, desk.safe, issuer.id, who, now=bot.clock())
    click.echo(
        f"{fragment} signs for {issuer.id} from now on. Keep a copy of {desk.safe.folder} where nobody else can read it."
    )


@keys.command()
@of_issuer
@by
@sure
def rotate(*, named: str, who: str, yes: bool) -> None:
    """Let another key sign from now on: every year, or when the old one is lost. What the old one signed stays good."""
    from bot.credentials import keys as kept

    bot, desk, issuer = _at(named)
    _ask(f"Take another key for {issuer.id}, and delete the private half of the one it has?", yes)

    with refusing(kept.KeyTrouble):
        fragment = kept.rotate(desk.store, desk.safe, issuer.id, who, now=bot.clock())
    _publish(bot, desk)
    click.echo(f"{fragment} signs for {issuer.id} from now on. What was signed before stays good.")


@keys.command()
@click.argument("fragment", metavar="KEY")
@of_issuer
@by
@sure
def compromised(fragment: str, *, named: str, who: str, yes: bool) -> None:
    """Give up KEY (such as key-ed25519-2026), which somebody else may have. All it signed is signed anew with another."""
    bot, desk, issuer = _at(named)
    _ask(
        f"Give up {fragment}? Copies of credentials that it signed are good no more, and have to be fetched anew.", yes
    )
    from bot.credentials import keys as kept

    with refusing(kept.KeyTrouble):
        live, again = kept.compromised(desk.store, desk.safe, issuer.id, fragment, who, now=bot.clock())
    _publish(bot, desk)
    click.echo(f"{fragment} is given up, and {live} signs. {again} credentials are signed anew by the worker.")


@keys.command()
def show() -> None:
    """Say which keys there are, which sign, and how many certificates wait to be signed."""
    from bot.credentials import issuing, keys as kept

    bot, desk = _desk()
    held = desk.safe.holding()
    for issuer in desk.issuers.all:
        click.echo(f"{issuer.id}: {issuer.did}")
        for key in kept.keys_of(bot.store, issuer.id):
            state = "given up" if key.compromised_at else "retired" if key.retired_at else "signs"
            here = ", private half here" if key.public in held else ""
            click.echo(f"  {key.fragment}  {key.public}  {state}{here}")
        try:
            kept.signer(bot.store, desk.safe, issuer)
        except kept.KeyTrouble as trouble:
            click.echo(f"  {trouble}")
    click.echo(f"{issuing.waiting(bot.store)} certificates wait to be signed.")


@keys.command("did")
@of_issuer
def did_json(*, named: str) -> None:
    """Print an issuer's did.json, by which anybody checks its credentials without us."""
    from bot.credentials import did, keys as kept

    bot, _, issuer = _at(named)
    click.echo(json.dumps(did.document(issuer, kept.keys_of(bot.store, issuer.id)), ensure_ascii=False, indent=2))


@status.command()
def publish() -> None:
    """Sign every status list now. The worker does so each day and after a revocation."""
    bot, desk = _desk()
    click.echo(f"{_publish(bot, desk, at_once=True)} status lists signed, good for seven days.")


@status.command("export")
@click.argument("number", type=int, default=1)
@of_issuer
def export_list(number: int, *, named: str) -> None:
    """Print a status list as it was signed last."""
    from bot.credentials import status_list

    bot, _, issuer = _at(named)
    found = status_list.published(bot.store, issuer.id, number)
    if found is None:
        raise click.ClickException(f"{issuer.id} has no status list {number} yet.")
    click.echo(found)


def _ask(question: str, yes: bool) -> None:
    if not yes and not click.confirm(question):
        raise click.Abort


def _desk() -> tuple[Bot, Desk]:
    from bot.content import ContentError
    from bot.credentials import issuing

    bot = wired()
    try:
        return bot, issuing.desk_of(bot.settings, bot.store, bot.library())
    except ContentError as wrong:
        raise click.ClickException(str(wrong)) from wrong


def _at(named: str) -> tuple[Bot, Desk, Issuer]:
    """The issuer that is meant. Where there is one alone, it need not be named."""
    bot, desk = _desk()
    known = ", ".join(each.id for each in desk.issuers.all)
    if not known:
        raise click.ClickException(
            "There is no issuers.yaml in the content: write down who stands behind certificates."
        )
    issuer = desk.issuers.named(named) if named else desk.issuers.all[0]
    if issuer is None or (not named and len(desk.issuers.all) > 1):
        raise click.ClickException(f"Which issuer? --issuer is one of {known}.")
    return bot, desk, issuer


def _publish(bot: Bot, desk: Desk, *, at_once: bool = False) -> int:
    from bot.credentials import status_list

    return status_list.publish(desk.store, desk.safe, desk.issuers, now=bot.clock(), at_once=at_once)

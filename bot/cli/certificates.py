"""`titian certificates`: codes checked, and certificates revoked."""

from __future__ import annotations

import json

import click

from bot.cli.setup import wired

EXIT_CODES = {"valid": 0, "revoked": 1, "unknown": 2, "mistyped": 3}


@click.group()
def certificates() -> None:
    """Look after certificates."""


@certificates.command()
@click.argument("code")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def verify(code: str, *, as_json: bool) -> None:
    """Say what a certificate code is.

    Exits with 0 valid, 1 revoked, 2 unknown, 3 mistyped.
    """
    checked = wired().check_certificate(code)
    if as_json:
        issued = checked.issued_at.isoformat() if checked.issued_at else None
        click.echo(
            json.dumps({"verdict": checked.verdict, "code": checked.code, "course": checked.title, "issued": issued})
        )
    else:
        course = f" {checked.title['en']}." if checked.title else ""
        click.echo(f"{checked.code}: {checked.verdict}.{course}")
    raise SystemExit(EXIT_CODES[checked.verdict])


@certificates.command()
@click.argument("code")
@click.option("--why", required=True, help="The reason; kept with the certificate.")
@click.option("--by", "who", required=True, help="Who revokes it; kept in the audit.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def revoke(code: str, *, why: str, who: str, yes: bool) -> None:
    """Revoke a certificate. It cannot be made valid again."""
    from bot import certificates as tracker, codes

    read = codes.read(code)
    if read is None:
        raise click.ClickException(f"{code} is mistyped: its check symbol does not fit. Nothing was revoked.")
    if not yes and not click.confirm(f"Revoke {codes.written(read)} for good?"):
        raise click.Abort
    bot = wired()
    if not tracker.revoke(bot.store, read, why, who, now=bot.clock()):
        raise click.ClickException(f"There is no valid certificate {codes.written(read)}.")
    click.echo(f"{codes.written(read)} is revoked.")

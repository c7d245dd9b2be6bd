"""`titian certificates`: codes and credentials checked, credentials handed out, and certificates revoked."""

from __future__ import annotations

import json
from pathlib import Path

import click

from bot.cli import certificates_files as files
from bot.cli.certificates_approving import approve, decline, issue, waiting
from bot.cli.certificates_doubts import called, doubts, sample, settle
from bot.cli.certificates_export import export
from bot.cli.certificates_keys import keys, status
from bot.cli.certificates_paper import print_
from bot.cli.certificates_qr import is_offline, qr, told_offline
from bot.cli.certificates_revoking import reissue, revoke
from bot.cli.certificates_tracker import backfill, correct, missing, transcript
from bot.cli.setup import wired

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
EXIT_CODES = {
    "valid": 0,
    "revoked": 1,
    "unknown": 2,
    "mistyped": 3,
    "forged": 4,
    "damaged": 4,
    "expired": 5,
    "unclear": 6,
    "replaced": 7,
}


@click.group()
def certificates() -> None:
    """Look after certificates."""


certificates.add_command(keys)
certificates.add_command(status)
for command in (missing, correct, backfill, transcript, waiting, approve, decline, issue, revoke, reissue, qr):
    certificates.add_command(command)
for command in (doubts, settle, sample, called, export, print_):
    certificates.add_command(command)


@certificates.command()
@click.argument("what", metavar="FILE|CODE")
@click.option("--did", type=FILE, multiple=True, help="The issuer's did.json; of several issuers, several.")
@click.option("--status-list", "listed", type=FILE, multiple=True, help="The list it names; if several, several.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def verify(what: str, *, did: tuple[Path, ...], listed: tuple[Path, ...], as_json: bool) -> None:
    """Say what a code is, check a file (- for standard input: a credential, transcript, badge, PDF), or what is in a printed QR.

    A file is checked against --did and --status-list, without a database or a network; or else against our own keys and
    lists. Exits with 0 valid, 1 revoked, 2 unknown, 3 mistyped, 4 forged or damaged, 5 expired, 6 cannot be told,
    7 replaced by a corrected one.
    """
    if is_offline(what):
        raise SystemExit(EXIT_CODES[told_offline(what, [files.did_in(each) for each in did], as_json=as_json)])
    if what != "-" and not Path(what).is_file():
        if did or what.endswith((".json", ".png", ".pdf")):
            raise click.BadParameter(f"There is no file {what}.", param_hint="FILE|CODE")
        _verify_code(what, as_json)
    found = files.found(what, did, listed)
    if as_json:
        click.echo(json.dumps({"verdict": found.verdict, "why": found.why, **files.told(found)}, ensure_ascii=False))
    else:
        click.echo(f"{found.verdict}: {found.why}")
        for name, told in files.told(found).items():
            click.echo(f"  {name}: {told}")
    raise SystemExit(EXIT_CODES[found.verdict])


def _verify_code(code: str, as_json: bool) -> None:
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

"""`titian certificates qr`: the QR of a certificate, with its code alone or signed so that it is checked without a network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.certificates_tracker import stored
from bot.cli.setup import wired

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from bot.certificates import CheckedCertificate
    from bot.wiring import Bot

MODULE = 0.4  # mm: a smaller one is lost in the ink of a cheap printer
EDGE = 4  # modules that stay white around it
_file = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.command()
@click.argument("code")
@click.option("--offline", is_flag=True, help="Her name, the course and a signature in it: checked without a network.")
@click.option("--svg", type=_file, help="Write it there, for print.")
@click.option("--png", type=_file, help="Write it there, as a picture.")
def qr(code: str, *, offline: bool, svg: Path | None, png: Path | None) -> None:
    """Draw the QR of a valid certificate: here, or into a file. With --offline her name is in it: it is for her alone."""
    from bot.credentials import qr as drawing

    read = stored(code, "Nothing was drawn.")
    bot = wired()
    checked = bot.check_certificate(read)
    if checked.verdict != "valid":
        raise click.ClickException(f"{checked.code} is {checked.verdict}: there is nothing to print.")
    address = _offline(bot, checked) if offline else f"{bot.settings.reached_at}/verify#{checked.code}"
    drawn = drawing.of(address)
    for path, kind in ((svg, "svg"), (png, "png")):
        if path is not None:
            try:
                drawn.save(str(path), kind=kind, scale=8 if kind == "png" else 1, border=EDGE)
            except OSError as error:
                raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from error
    if svg is None and png is None:
        drawn.terminal(border=EDGE, compact=True)
    modules = drawn.symbol_size(border=0)[0]
    click.echo(f"{address}\n{modules} modules: print it at least {modules * MODULE:.0f} mm wide.", err=True)


def is_offline(text: str) -> bool:
    """Whether somebody pasted what a camera read from a printed QR."""
    from bot.credentials import compact

    return f"{compact.PATH}#" in text


def told_offline(address: str, dids: Sequence[Mapping[str, Any]], *, as_json: bool) -> str:
    """Say what the address in a printed QR is, by the did.json that are given, or by our own keys and records; its verdict."""
    from bot.credentials import compact, issuers, qr as camera
    from bot.wiring import utc_now

    if dids:
        checked = (compact.check(address.partition("#")[2], did, today=utc_now().date()) for did in dids)
        found = min(checked, key=lambda each: each.verdict == "unclear")  # whose key it is not cannot tell
        verdict: str = found.verdict
    else:
        bot = wired()
        known = issuers.load(bot.settings.content_dir, bot.settings.reached_at)
        found = camera.check(known, bot.store, address, today=bot.clock().astimezone(bot.zone).date())
        verdict = bot.check_certificate(found.said.code).verdict if found.said else found.verdict
    said = found.said
    told = {"verdict": verdict, "why": found.why}
    if said is not None:
        told |= {"certificate": said.code, "name": said.name, "for": said.title["ms"], "issued": f"{said.issued}"}
    click.echo(json.dumps(told, ensure_ascii=False) if as_json else "\n  ".join(f"{k}: {v}" for k, v in told.items()))
    return verdict


def _offline(bot: Bot, checked: CheckedCertificate) -> str:
    from bot.credentials import compact, issuers, issuing, keys

    issuer = issuers.load(bot.settings.content_dir, bot.settings.reached_at).of_course(checked.course)
    if issuer is None:
        raise click.ClickException("There is no issuers.yaml in the content: nobody stands behind this certificate.")
    try:
        signer = keys.signer(bot.store, issuing.safe_of(bot.settings), issuer)
        return compact.offline_address(checked, signer, bot.zone)
    except (keys.KeyTrouble, compact.TooLong) as trouble:
        raise click.ClickException(str(trouble)) from trouble

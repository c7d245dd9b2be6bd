"""The files of `titian certificates verify` and `export`: what is checked, in what carries it, and badges."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from bot.cli.setup import wired

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from bot.credentials.checking import Finding
    from bot.wiring import Bot


def found(file: str, dids: Sequence[Path], listed: Sequence[Path]) -> Finding:
    """What a file turns out to be, by the keys and lists that are given, or by our own. "-" is standard input."""
    from bot.credentials import carried, reading, stored
    from bot.credentials.checking import Finding
    from bot.credentials.issuers import load
    from bot.wiring import utc_now

    content = _bytes(file)
    try:
        text = carried.credential_in(content)
    except carried.NotCarried as error:
        return Finding("forged", f"No credential can be taken out of it: {error}.")
    lists = [each.read_text(encoding="utf-8", errors="replace") for each in listed]
    if dids:
        known = {did["id"]: did for did in map(did_in, dids)}
        return reading.check(text, known.get, lambda address: _list_among(lists, address), now=utc_now())
    bot = wired()
    issuers = load(bot.settings.content_dir, bot.settings.reached_at)
    return stored.check(bot.store, issuers, text, lambda address: _list_among(lists, address), now=bot.clock())


def told(found: Finding) -> dict[str, str]:
    """What a credential or a transcript says, in a few lines; nothing where it is forged."""
    from bot.credentials import reading

    if found.document is None:
        return {}
    says, subject = found.document, found.document["credentialSubject"]
    behind = {"issuer": f"{says['issuer']['name']} ({says['issuer']['id']})"}
    if reading.is_transcript(says):
        held = reading.codes_in(says)
        named = _named(subject["verifiableCredential"][-1]["credentialSubject"])
        return {
            "certificates": ", ".join(held),
            **named,
            "says": says["description"],
            **behind,
            "made": says["validFrom"],
        }
    certificate = {"certificate": subject["licenseNumber"], **_named(subject), "for": says["name"]}
    return certificate | behind | {"awarded": says["awardedDate"]}


def write_badge(bot: Bot, code: str, file: Path) -> None:
    """Write the badge of a certificate whose credential is signed."""
    from bot.credentials import stored
    from bot.credentials.issuers import load

    settings = bot.settings
    issuers = load(settings.content_dir, settings.reached_at)
    picture = stored.badge(bot.store, issuers, settings.content_dir, code)
    if picture is None:
        raise click.ClickException(f"There is no credential for {code}.")
    try:
        file.write_bytes(picture)
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}.") from error
    click.echo(
        f"{file} is her badge; send it as a document, for what shrinks a picture takes the credential out of it."
    )


def _named(subject: Mapping[str, Any]) -> dict[str, str]:
    names = [each["identityHash"] for each in subject.get("identifier", [])]
    return {"name": names[0]} if names else {}


def _list_among(lists: Sequence[str], address: str) -> str | None:
    """The list of that address among those given. One that is alone is taken, and found out where it is another."""
    from bot.credentials import checking

    if len(lists) == 1:
        return lists[0]
    for each in lists:
        try:
            if checking.read(each).get("id") == address:
                return each
        except ValueError:
            continue
    return None


def did_in(path: Path) -> dict[str, Any]:
    """An issuer's did.json from a file. Raises BadParameter where it is none."""
    from bot.credentials import checking

    try:
        found = checking.read(path.read_text(encoding="utf-8", errors="replace"))
    except ValueError as error:
        raise click.BadParameter(f"{path} is no did.json: {error}.", param_hint="--did") from error
    return {**found, "id": str(found.get("id"))}


def _bytes(file: str) -> bytes:
    from pathlib import Path

    return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()

"""`titian doctor`: what is wrong with the settings, in words, and what to do about it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.setup import Misconfigured, configured

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.channels.base import Channel
    from bot.diagnosis import Finding
    from bot.settings import Settings

MARKS = {"wrong": ("wrong   ", "red"), "doubtful": ("doubtful", "yellow")}


@click.command()
@click.option("--online", is_flag=True, help="Ask the providers too. Nothing is sent to anybody.")
def doctor(online: bool) -> None:
    """Say what is wrong with a setting: a token, PUBLIC_URL, a number that cannot receive, a gateway's description.

    Without --online nobody is asked. Ends with 1 where something is wrong.
    """
    from bot import diagnosis, wiring

    try:
        settings = configured()
    except Misconfigured as wrong:
        click.echo(wrong.format_message())
        raise SystemExit(1) from wrong
    channels = wiring.channels_of(settings)
    found = [
        *diagnosis.findings(settings, channels),
        *of_money(settings, channels),
        *of_credentials(settings),
        *of_audit(settings),
        *of_paper(settings),
    ]
    for finding in found:
        mark, colour = MARKS[finding.how]
        click.echo(f"{click.style(mark, fg=colour)}  {finding.about} {finding.says}")
    is_wrong = any(finding.how == diagnosis.WRONG for finding in found)
    if online:
        for says in asked(settings, channels):
            is_wrong = True
            click.echo(f"{click.style('asked   ', fg='red')}  {says}")
    if not found and not is_wrong:
        click.echo("Nothing is wrong that can be seen from here." + ("" if online else " --online asks the providers."))
    raise SystemExit(1 if is_wrong else 0)


def of_money(settings: Settings, channels: Mapping[str, Channel]) -> Iterator[Finding]:
    """What is wrong with the files of prices and budgets."""
    from bot import wiring
    from bot.diagnosis import DOUBTFUL, Finding
    from bot.money import budgets
    from bot.settings import WrongSettings

    try:
        prices, limits = wiring.money_of(settings, channels)
    except WrongSettings as wrong:
        yield Finding("money:", str(wrong))
        return
    for channel, says in budgets.doubts(limits, prices):
        yield Finding(channel, says, DOUBTFUL)


def of_credentials(settings: Settings) -> Iterator[Finding]:
    """What is wrong with the issuers of certificates and with the private keys that are here."""
    from bot.content import ContentError
    from bot.credentials import issuers, issuing
    from bot.credentials.keys import KeyTrouble
    from bot.diagnosis import Finding

    try:
        issuers.load(settings.content_dir, settings.reached_at)
    except ContentError as wrong:
        yield Finding("issuers.yaml:", str(wrong))
    try:
        issuing.safe_of(settings).holding()
    except KeyTrouble as trouble:
        yield Finding("SIGNING_KEY:", str(trouble))


def of_audit(settings: Settings) -> Iterator[Finding]:
    """What the last nightly check of the audit found; nothing where there is no database or none has ended."""
    from sqlalchemy.exc import SQLAlchemyError

    from bot.auditing import rounds
    from bot.diagnosis import DOUBTFUL, WRONG, Finding
    from bot.store.database import Store

    if settings.store_url.startswith("sqlite") and not Path(settings.store_url.partition("///")[2]).is_file():
        return  # to look into it would make it
    store = Store(settings.store_url)
    try:
        checked = rounds.last(store)
    except SQLAlchemyError:
        return  # `titian db upgrade` and /readyz say what is the matter with it
    finally:
        store.engine.dispose()
    if checked is not None and (checked.changed or checked.untold):
        counts = f"{checked.changed} things were changed, of {checked.untold} it cannot be told"
        how = WRONG if checked.changed else DOUBTFUL
        yield Finding(
            "audit:", f"{counts} ({checked.ended_at:%Y-%m-%d}): `titian audit verify`. {checked.told[0].says}", how
        )


def of_paper(settings: Settings) -> Iterator[Finding]:
    """What keeps certificates from being printed here: libraries, fonts, a logo that is no picture."""
    from bot.content import ContentError, media
    from bot.credentials import issuers
    from bot.diagnosis import DOUBTFUL, Finding
    from bot.paper import laying, rendering

    try:
        for script, package in rendering.lacking().items():
            yield Finding(
                "paper:", f"no font here has {script}: names in it are not printed. Install {package}.", DOUBTFUL
            )
    except laying.PaperUnavailable as trouble:
        yield Finding("paper:", str(trouble), DOUBTFUL)
        return
    with suppress(ContentError):  # it is told of already
        for each in issuers.load(settings.content_dir, settings.reached_at).all:
            logo = media.read(settings.content_dir, each.logo)
            try:
                _ = logo and laying.picture(logo[0])
            except laying.Unprintable as trouble:
                yield Finding(f"issuers.yaml: {each.id}:", str(trouble))


def asked(settings: Settings, channels: Mapping[str, Channel]) -> list[str]:
    """What the providers that are set up say is wrong."""
    from bot.channels import asking, line

    return line.run(asking.wrong(settings, channels.values()))

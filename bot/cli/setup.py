"""What nearly every command begins with: settings that are right, and a bot made from them."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.supervisor import MISCONFIGURED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.settings import Settings
    from bot.wiring import Bot


class Misconfigured(click.ClickException):
    """The environment or .env says something that cannot be; shown in words, exit code 78."""

    exit_code = MISCONFIGURED


def configured() -> Settings:
    """Return the settings, or end the command with every wrong one named."""
    from bot import settings

    try:
        made = settings.load()
        if made.gateways:
            from bot import gateways

            gateways.read(Path(made.gateways), settings.environment(), made.reached_at)
        return made
    except settings.WrongSettings as wrong:
        raise Misconfigured(str(wrong)) from wrong


def wired() -> Bot:
    """Return a bot made from the settings, or end the command where it has nothing to stand on."""
    from bot import health, wiring
    from bot.calendar import WrongCalendar
    from bot.content import ContentError
    from bot.settings import WrongSettings

    try:
        bot = wiring.build(configured())
    except ContentError as wrong:
        raise Misconfigured(f"The courses cannot be taught as they are.\n{wrong}") from wrong
    except (WrongCalendar, WrongSettings) as wrong:
        raise Misconfigured(str(wrong)) from wrong
    if context := click.get_current_context(silent=True):
        context.call_on_close(bot.store.engine.dispose)
    if (state := health.database(bot.store)) != "ok":
        raise Misconfigured(f"The database is {state}.")
    return bot


@contextmanager
def refusing(*troubles: type[Exception]) -> Iterator[None]:
    """End the command with what such a trouble says."""
    try:
        yield
    except troubles as trouble:
        raise click.ClickException(str(trouble)) from trouble

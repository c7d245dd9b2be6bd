"""Credentials for certificates that have none, and status lists before they run out."""

from bot.credentials import issuing, status_list
from bot.credentials.issuing import BATCH as BATCH
from bot.wiring import Bot


def sign(bot: Bot) -> int:
    """Sign a batch of certificates; how many were. Harmless twice or never: each is claimed when it is written."""
    return issuing.sign_batch(issuing.desk_of(bot.settings, bot.store, bot.library()), now=bot.clock())


def publish(bot: Bot) -> int:
    """Sign the status lists that are due; how many were. Harmless twice; harmless never for a week."""
    desk = issuing.desk_of(bot.settings, bot.store, bot.library())
    return status_list.publish(desk.store, desk.safe, desk.issuers, now=bot.clock())

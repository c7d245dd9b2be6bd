"""The audit's chain goes on, its head is signed each day, and each night all of it is checked."""

from bot.auditing import heads, linking, rounds
from bot.auditing.pieces import Asked
from bot.credentials import issuing
from bot.credentials.issuers import Issuers, load
from bot.wiring import Bot


def link(bot: Bot) -> int:
    """Give a batch of events their places; how many. Harmless twice; harmless never, but that the chain stays behind."""
    return linking.link(bot.store)


def sign_head(bot: Bot) -> int:
    """Sign how the chain ends, where that is due; 1 where it was. Harmless twice, or never for a day."""
    return heads.sign_due(bot.store, issuing.safe_of(bot.settings), _issuers(bot), now=bot.clock())


def check(bot: Bot) -> int:
    """Check the next piece of the audit, where that is due; the rows looked at. Harmless twice or never."""
    return rounds.go_on(Asked(bot.store, _issuers(bot), every_signature=False, now=bot.clock()))


def _issuers(bot: Bot) -> Issuers:
    return load(bot.settings.content_dir, bot.settings.reached_at)

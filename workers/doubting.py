"""Certificates that were issued an hour ago, looked at for what people should ask about."""

from bot.doubts import looking
from bot.wiring import Bot

BATCH = looking.BATCH


def look(bot: Bot) -> int:
    """Look at a batch of certificates; how many there were. Harmless twice or never: each is marked with what was found."""
    return looking.look(bot.store, bot.zone, now=bot.clock())

"""The clock: every few seconds it tells the workers to look. It keeps no time of its own, so a missed tick is harmless."""

import logging
import signal
import threading
from typing import Final

from bot.wiring import Bot

log = logging.getLogger(__name__)

EVERY: Final = 2.0  # seconds


def run_clock(bot: Bot) -> None:
    """Tick until told to stop. Two clocks are as good as one: the bell does not ring where jobs wait already."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    while not stop.wait(EVERY):
        bot.bell.ring("clock", "workers.jobs.look")

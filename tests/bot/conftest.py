"""What tests of the bot may ask for: a whole one on a real database, its webhooks, a clock to turn, a provider that listens."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bot.app import create_app
from bot.cli.rehearsal import Clock
from bot.wiring import Bot
from tests.bots import BEGINS, listening_bot


@pytest.fixture
def clock() -> Clock:
    """Nine in the morning in Kuching, until it is turned."""
    return Clock(lambda: BEGINS)


@pytest.fixture
def bot(migrated_url: str, tmp_path: Path, clock: Clock) -> Iterator[Bot]:
    """A bot with every channel; what it sends is kept in `bot.channels[...].sent`."""
    made = listening_bot(migrated_url, tmp_path, clock)
    yield made
    made.store.engine.dispose()


@pytest.fixture
def app(bot: Bot) -> Flask:
    """Its web application."""
    return create_app(bot)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Who calls the webhooks."""
    return app.test_client()

"""A bot with a key and a chain, on both databases."""

from collections.abc import Iterator

import pytest

from bot.wiring import Bot
from tests.credentials import association


@pytest.fixture
def bot(migrated_url, tmp_path, clock) -> Iterator[Bot]:
    """A bot whose association has a key; making it is the first event of its audit."""
    with association(migrated_url, tmp_path, clock) as made:
        yield made

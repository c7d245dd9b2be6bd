"""A bot whose association has a key, for everything that is asked of credentials."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.credentials import association, installed


@pytest.fixture
def bot(sqlite_url, tmp_path, clock) -> Iterator:
    """A bot whose association has a key. Where only documents are asked about, one database is enough."""
    with association(sqlite_url, tmp_path, clock) as made:
        yield made


@pytest.fixture
def bot_on_both(migrated_url, tmp_path, clock) -> Iterator:
    """The same on both databases, for what they promise."""
    with association(migrated_url, tmp_path, clock) as made:
        yield made


@pytest.fixture(scope="session")
def verifier(tmp_path_factory) -> Path:
    """The verifier that is not ours, installed once a session: about six seconds."""
    try:
        return installed(tmp_path_factory.mktemp("verifier"))
    except FileNotFoundError:
        pytest.skip("node and npm are not here; the independent verifier needs them")

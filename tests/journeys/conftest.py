"""What journeys may ask for: a database of each kind with every table still missing, and a house around it."""

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import services
from tests.conftest import RUN
from tests.journeys.processes import House, house

NUMBERS = itertools.count()


@pytest.fixture
def titian_house(tmp_path: Path, database_url: str, valkey: services.Valkey) -> Iterator[Callable[..., House]]:
    """Start a house with these parts, on SQLite and on PostgreSQL; it is gone after the test."""
    opened = []

    def start(*parts: str) -> House:
        opened.append(house(tmp_path / "house", database_url, valkey.url, *parts))
        return opened[-1].__enter__()

    yield start
    for each in opened:
        each.__exit__(None, None, None)


class OwnPostgres:
    """A PostgreSQL cluster for one test, which may be stopped and started again."""

    def __init__(self, run: services.Run) -> None:
        self._run = services.Run(run.directory / f"own-{run.process}-{next(NUMBERS)}", os.getpid(), run.process)
        self._run.directory.mkdir(mode=0o755)
        self.directory = self._run.directory / "postgres"
        started = services.start_postgres(self.directory, self._run)
        if "missing" in started:
            pytest.skip(str(started["missing"]))
        self._guard = int(str(started["guard"]))
        self.url = services.Postgres(self.directory, "own").url("postgres")

    def stop(self) -> None:
        """Stop it, as when it is updated: whoever is connected is thrown out, and nobody gets in."""
        services.stop_postgres(self._guard, self.directory)

    def start(self) -> None:
        """Start it again, with what it held."""
        self._guard = services.serve_postgres(self.directory, self._run)


@pytest.fixture
def own_postgres(pytestconfig: pytest.Config) -> Iterator[OwnPostgres]:
    """A running PostgreSQL of this test's own."""
    made = OwnPostgres(pytestconfig.stash[RUN])
    yield made
    made.stop()

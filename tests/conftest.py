"""What every test may ask for: databases and a Valkey that are real, empty, and gone afterwards."""

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from bot.cli.db import bring_up_to_date
from tests import services
from tests.faults.counts import pytest_terminal_summary as pytest_terminal_summary
from tests.world import World

RUN = pytest.StashKey[services.Run]()

# How long an example takes says something of the machine, not of us.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def _logging_stays() -> Iterator[None]:
    """A web application or a command sets up the logging of its process; afterwards it is the test run's own again."""
    root = logging.getLogger()
    kept, level = root.handlers, root.level
    yield
    root.handlers = kept
    root.setLevel(level)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our own options."""
    parser.addoption(
        "--rewrite-transcripts", action="store_true", help="write golden conversations instead of comparing with them"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the directory that the servers of this run share."""
    told = getattr(config, "workerinput", None)
    if told is not None:
        config.stash[RUN] = services.Run(Path(told["run_dir"]), told["controller"], told["workerid"])
    else:
        directory = Path(tempfile.mkdtemp(prefix="titian-tests-"))
        directory.chmod(0o755)  # PostgreSQL, as another user, must pass through
        config.stash[RUN] = services.Run(directory, os.getpid(), "main")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Tell a test process which run it belongs to."""
    run = node.config.stash[RUN]  # type: ignore[attr-defined]
    node.workerinput.update(run_dir=str(run.directory), controller=run.controller)  # type: ignore[attr-defined]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what the run shared, once every test process is done."""
    if not hasattr(config, "workerinput") and RUN in config.stash:
        services.stop_all(config.stash[RUN].directory)


@pytest.fixture(scope="session")
def rewrite_transcripts(pytestconfig: pytest.Config) -> bool:
    """Whether golden conversations are to be written instead of compared."""
    return bool(pytestconfig.getoption("--rewrite-transcripts"))


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> services.Postgres:
    """The PostgreSQL cluster of this run."""
    try:
        return services.postgres_of(pytestconfig.stash[RUN])
    except services.Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def postgres_url(postgres: services.Postgres) -> Iterator[str]:
    """A fresh, empty PostgreSQL database."""
    database = postgres.create()
    yield postgres.url(database)
    postgres.drop(database)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh, empty database: the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'titian.db'}"
    url = request.getfixturevalue("postgres_url")
    assert isinstance(url, str)
    return url


@pytest.fixture(scope="session")
def _migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "titian.db"
    bring_up_to_date(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def _migrated_postgres(postgres: services.Postgres) -> str:
    database = postgres.create()
    bring_up_to_date(postgres.url(database))
    return database


@pytest.fixture(params=["sqlite", "postgres"])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database with every table, copied from one that was migrated once: on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        copy = shutil.copy(request.getfixturevalue("_migrated_sqlite"), tmp_path / "titian.db")
        yield f"sqlite:///{copy}"
        return
    postgres: services.Postgres = request.getfixturevalue("postgres")
    database = postgres.create(request.getfixturevalue("_migrated_postgres"))
    yield postgres.url(database)
    postgres.drop(database)


@pytest.fixture
def sqlite_url(_migrated_sqlite: Path, tmp_path: Path) -> str:
    """A fresh SQLite database with every table, copied from one that was migrated once."""
    return f"sqlite:///{shutil.copy(_migrated_sqlite, tmp_path / 'titian.db')}"


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    """A whole bot, on SQLite, at nine in the morning."""
    world = World(sqlite_url, tmp_path)
    yield world
    world.close()


@pytest.fixture
def world_on_both(migrated_url: str, tmp_path: Path) -> Iterator[World]:
    """The same, for tests of what the database promises: once on SQLite and once on PostgreSQL."""
    world = World(migrated_url, tmp_path)
    yield world
    world.close()


@pytest.fixture(scope="session")
def _valkey(pytestconfig: pytest.Config) -> Iterator[services.Valkey]:
    run = pytestconfig.stash[RUN]
    server = services.Valkey(run.directory / run.process, run.controller)
    try:
        server.start()
    except services.Missing as missing:
        pytest.skip(str(missing))
    yield server
    server.stop()


@pytest.fixture
def valkey(_valkey: services.Valkey) -> services.Valkey:
    """A running, empty Valkey, which the test may stop and start."""
    _valkey.start()
    _valkey.flush()
    return _valkey


@pytest.fixture
def redis_url(valkey: services.Valkey) -> str:
    """The URL of a running, empty Valkey."""
    return valkey.url

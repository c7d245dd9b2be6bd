"""How each database is connected to, and how SQLite's one writer waits for its turn."""

import fcntl
import select
import threading
import time
from pathlib import Path
from typing import IO, Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError

# Seconds for our own lock, and as many for SQLite's: a provider waits ten, and can send again after a 503.
PATIENCE: Final = 3.0
_ALONE: Final = "statements_alone"  # an execution option of ours: no transaction is begun


class OneWriter:
    """The one place of SQLite's one writer, in all threads and processes.

    SQLite's own waiting sleeps in steps: with two writing processes the slowest turns took 180-620 ms, and 27 ms with this.
    """

    def __init__(self, database: Path) -> None:
        self._thread = threading.Lock()
        self._path = database.with_name(database.name + ".write") if database.name else None
        self._file: IO[str] | None = None

    def __enter__(self) -> None:
        began = time.monotonic()
        if not self._thread.acquire(timeout=PATIENCE):
            raise TimeoutError("the database was written to by others for too long")
        try:
            if self._path is not None:
                self._file = self._file or self._path.open("a", encoding="utf-8")
                fcntl.flock(self._file, fcntl.LOCK_EX)
            if time.monotonic() - began > PATIENCE:  # whoever held it waited for the file, and so would we
                raise TimeoutError("the database was written to by others for too long")
        except BaseException:
            self._let_go()
            raise

    def __exit__(self, *_: object) -> None:
        self._let_go()

    def close(self, *_: object) -> None:
        """Close the file; the next writer opens it again."""
        with self._thread:
            if self._file is not None:
                self._file.close()
            self._file = None

    def _let_go(self) -> None:
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self._thread.release()


def connect(url: str, pool_size: int) -> Engine:
    """An engine for the database at `url`; nothing is connected yet."""
    made = make_url(url)
    if made.get_backend_name() != "sqlite":
        engine = create_engine(
            made,
            pool_size=pool_size,
            max_overflow=4,
            pool_timeout=PATIENCE,
            hide_parameters=True,  # an error goes to the log; a learner's words do not
            # A server that vanished without a word is noticed after 10 s, not after the 15 minutes TCP would wait.
            # Each statement is its own transaction unless one is begun: to switch that for a turn and back cost a quarter of its look.
            connect_args={
                "connect_timeout": 3,
                "application_name": "titian",
                "tcp_user_timeout": 10_000,
                "autocommit": True,
            },
        )
        event.listen(engine, "checkout", _refuse_dead)
        event.listen(engine, "begin", _begin)
        return engine
    if made.database:
        Path(made.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        made, pool_size=pool_size, max_overflow=4, hide_parameters=True, connect_args={"timeout": PATIENCE}
    )
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def alone(engine: Engine) -> Engine:
    """The same engine, each of whose statements is its own transaction."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(isolation_level="AUTOCOMMIT")
    return engine.execution_options(**{_ALONE: True})


def _refuse_dead(connection: Any, _record: object, _proxy: object) -> None:
    """Have the pool replace a connection that the server has closed: there is something to read on it, its farewell.

    It costs a system call, where asking the server first (pool_pre_ping) would cost a round trip.
    """
    if not is_alive(connection):
        raise DisconnectionError("closed by the server")


def is_alive(connection: Any) -> bool:
    """Whether the server has not closed a connection of psycopg's that nobody uses now."""
    looks = select.poll()
    looks.register(connection.pgconn.socket, select.POLLIN)
    return not looks.poll(0)


def _begin(connection: Connection) -> None:
    """Begin a transaction where SQLAlchemy believes that the driver does, unless each statement is to stand alone."""
    if not connection.get_execution_options().get(_ALONE):
        driver: Any = (
            connection.connection.driver_connection
        )  # SQLAlchemy would declare a cursor for it where rows are streamed
        driver.execute("BEGIN")


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    # WAL: readers and the writer do not wait for each other. FULL: a commit survives a power cut, which is the promise.
    # 8000 pages (32 MB): the log is folded in every thousand turns, not every hundred, while everybody waits.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "wal_autocheckpoint=8000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()

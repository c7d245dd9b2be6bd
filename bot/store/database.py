"""The database: one look to read a turn, one statement to write it, on Postgres as on SQLite."""

import fcntl
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, Engine, Executable, Row, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError

from bot.store.statements import Statement, Write

_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


class Conflict(Exception):  # noqa: N818 - exceptions say what happened
    """Somebody else was first: another message of hers, or this very message in another process. Look again."""


class Store:
    """A database, with the two ways of using it that a turn needs, and plain transactions for everything else."""

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self.engine: Engine = _engine(url, pool_size)
        self.on_sqlite = self.engine.dialect.name == "sqlite"
        self._alone = _OneWriter(Path(self.engine.url.database or "")) if self.on_sqlite else None
        self._at_once = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._shapes: dict[tuple[Statement, ...], str] = {}

    def look(self, query: Executable, values: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        """The rows of one query: one round trip, no transaction."""
        with self._at_once.connect() as connection:
            return connection.execute(query, values or {}).all()

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction; commits on the way out. On SQLite one writer at a time, in all processes."""
        if self._alone is None:
            with self.engine.begin() as connection:
                yield connection
        else:
            with self._alone, self.engine.begin() as connection:
                yield connection

    def write(self, writes: Sequence[Write]) -> None:
        """Write a whole turn, or nothing of it. Raises Conflict where a promise of the tables would be broken.

        On Postgres it is one statement of many parts, so one round trip and its own transaction. The parts see
        the tables as they were before, so where two of them touch the same rows they are sent one by one.
        """
        try:
            if self.on_sqlite or _touch_twice(writes):
                self._one_by_one(writes)
            else:
                self._as_one(writes)
        except IntegrityError as error:
            raise Conflict(str(error.orig)) from error

    def _one_by_one(self, writes: Sequence[Write]) -> None:
        with self.begin() as connection:
            for write in writes:
                if self.on_sqlite:
                    connection.exec_driver_sql(write.statement.sqlite, {k: _plain(v) for k, v in write.values.items()})
                else:
                    connection.exec_driver_sql(write.statement.postgres, write.values)

    def _as_one(self, writes: Sequence[Write]) -> None:
        shape = tuple(write.statement for write in writes)
        sql = self._shapes.get(shape)
        if sql is None:
            sql = self._shapes[shape] = _joined(shape)
        values = {
            f"w{place}_{name}": value for place, write in enumerate(writes) for name, value in write.values.items()
        }
        with self._at_once.connect() as connection:
            connection.exec_driver_sql(sql, values)


def _joined(shape: Sequence[Statement]) -> str:
    """The statements as parts of one, each with placeholders of its own."""
    parts = []
    for place, statement in enumerate(shape):
        sql = _PLACEHOLDER.sub(rf"%(w{place}_\1)s", statement.postgres)
        parts.append(f"w{place} AS ({sql})")
    return f"WITH {', '.join(parts)} SELECT 1"


def _touch_twice(writes: Sequence[Write]) -> bool:
    """Whether a table is changed by one write and touched by another; rows only added do not mind each other."""
    seen: dict[str, bool] = {}
    for write in writes:
        adds = write.statement.adds
        if write.statement.table in seen and not (adds and seen[write.statement.table]):
            return True
        seen[write.statement.table] = adds and seen.get(write.statement.table, True)
    return False


def _plain(value: Any) -> Any:
    """A value as SQLAlchemy itself writes it to SQLite, for statements that go past its types."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return value


class _OneWriter:
    """The one place of SQLite's one writer, in all threads and processes.

    SQLite's own waiting sleeps in steps: with two writing processes the slowest turns took 180-620 ms, and 27 ms with this.
    """

    def __init__(self, database: Path) -> None:
        self._thread = threading.Lock()
        self._path = database.with_name(database.name + ".write") if database.name else None
        self._file: IO[str] | None = None

    def __enter__(self) -> None:
        self._thread.acquire()
        try:
            if self._path is not None:
                self._file = self._file or self._path.open("a", encoding="utf-8")
                fcntl.flock(self._file, fcntl.LOCK_EX)
        except BaseException:
            self._thread.release()
            raise

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self._thread.release()


def _engine(url: str, pool_size: int) -> Engine:
    made = make_url(url)
    if made.get_backend_name() != "sqlite":
        return create_engine(
            made,
            pool_size=pool_size,
            max_overflow=4,
            hide_parameters=True,  # an error goes to the log; a learner's words do not
            connect_args={"connect_timeout": 5, "application_name": "titian"},
        )
    if made.database:
        Path(made.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        made, pool_size=pool_size, max_overflow=4, hide_parameters=True, connect_args={"timeout": 30}
    )
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    # WAL: readers and the writer do not wait for each other. FULL: a commit survives a power cut, which is the promise.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()

"""The database: one look to read a turn, one statement to write it, on Postgres as on SQLite."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, Executable, Row, event
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from bot.store.engine import OneWriter, alone, connect
from bot.store.kept import Kept
from bot.store.looking import Query
from bot.store.prepared import PLACEHOLDER, Numbered
from bot.store.statements import Statement, Write

DEADLOCKED: Final = frozenset({"40P01", "40001"})  # this statement was undone so that another could go on

R = TypeVar("R")


class Conflict(Exception):
    """Somebody else was first: another message of hers, or this very message in another process. Look again."""


class Store:
    """A database, with the two ways of using it that a turn needs, and plain transactions for everything else."""

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self.engine: Engine = connect(url, pool_size)
        self.on_sqlite = self.engine.dialect.name == "sqlite"
        self._alone = OneWriter(Path(self.engine.url.database or "")) if self.on_sqlite else None
        if self._alone is not None:
            event.listen(self.engine, "engine_disposed", self._alone.close)
        self._kept = Kept(self.engine)
        self._at_once = alone(self.engine)
        self._shapes: dict[tuple[Statement, ...], _Joined] = {}

    def look(self, query: Executable, values: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        """The rows of one query: one round trip, no transaction."""
        with self._at_once.connect() as connection:
            return connection.execute(query, values or {}).all()

    def quick_look(self, query: Query[R], values: Mapping[str, str]) -> list[R]:
        """The rows of the one query that every turn begins with, like `look` but past SQLAlchemy."""
        try:
            found = self._rows(query, values)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            found = self._rows(query, values)  # the connection ended under our hands; there are others
        return [query.row(*each) for each in found]

    def _rows(self, query: Query[R], values: Mapping[str, str]) -> list[tuple[Any, ...]]:
        with self._kept.one() as own:
            if own.prepared is not None:
                return own.prepared.rows(query.postgres, values)
            rows: list[tuple[Any, ...]] = own.driver.execute(query.sqlite, values).fetchall()
            return rows

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
            raise Conflict("somebody was first") from error
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) not in DEADLOCKED:
                raise
            raise Conflict("deadlocked") from error

    def add(self, connection: Connection, writes: Sequence[Write]) -> None:
        """Write a turn within a transaction that is open. Raises IntegrityError where a promise would be broken."""
        for write in writes:
            if self.on_sqlite:
                values = {name: _plain(value) for name, value in write.values.items()}
                connection.exec_driver_sql(write.statement.sqlite, values)
            else:
                connection.exec_driver_sql(write.statement.postgres, write.values)

    def _one_by_one(self, writes: Sequence[Write]) -> None:
        if self._alone is not None:
            with self._alone, self._kept.one() as own:
                own.driver.execute("BEGIN IMMEDIATE")
                for write in writes:
                    own.driver.execute(write.statement.sqlite, {k: _plain(v) for k, v in write.values.items()})
                own.driver.commit()
        else:
            with self._kept.one(alive=True) as own, own.driver.transaction():
                for write in writes:
                    own.driver.execute(write.statement.postgres, write.values)

    def _as_one(self, writes: Sequence[Write]) -> None:
        shape = tuple([write.statement for write in writes])
        joined = self._shapes.get(shape)
        if joined is None:
            joined = self._shapes[shape] = _joined(shape)
        values = [writes[place].values[name] for place, name in joined.places]
        with self._kept.one(alive=True) as own:
            assert own.prepared is not None  # SQLite's are written one by one
            own.prepared.run(joined.statement, values)


@dataclass(frozen=True, slots=True)
class _Joined:
    """Several statements as one, and where its $1, $2 … come from: the place of a write, and a name in it."""

    statement: Numbered
    places: tuple[tuple[int, str], ...]


def _joined(shape: Sequence[Statement]) -> _Joined:
    """The statements as parts of one, the names in each with its place before them."""
    placed = (PLACEHOLDER.sub(rf"%({place}_\1)s", each.postgres) for place, each in enumerate(shape))
    parts = [f"w{place} AS ({sql})" for place, sql in enumerate(placed)]
    statement = Numbered(f"WITH {', '.join(parts)} SELECT 1")
    split = [name.split("_", 1) for name in statement.names]
    return _Joined(statement, tuple((int(place), name) for place, name in split))


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
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    return value.isoformat() if isinstance(value, date) else value

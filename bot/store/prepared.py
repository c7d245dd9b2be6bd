"""A statement run past the driver's cursors: prepared once on each connection, then one call of libpq that waits for its rows.

A message begins with one look and ends with one write, and a code is checked with one look. psycopg's cursor takes half as long
again for it as the database does, and lets go of the interpreter twice meanwhile, so that threads trip over each other.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from psycopg import Connection, OperationalError, errors, pq
from psycopg.adapt import PyFormat, Transformer

PLACEHOLDER: Final = re.compile(r"%\((\w+)\)s")
FORGOTTEN: Final = b"26000"  # psycopg has every statement of a connection forgotten where a transaction of it is undone


class Numbered:
    """A statement with $1, $2 … where it had %(name)s, for libpq; every value goes as text, and the database makes of it what it needs."""

    def __init__(self, sql: str) -> None:
        self.names: list[str] = []
        self.sql = PLACEHOLDER.sub(self._number, sql).encode()
        self.name = f"titian_{hash(self.sql) & 0xFFFFFFFFFFFF:x}".encode()

    def _number(self, found: re.Match[str]) -> str:
        if found[1] not in self.names:
            self.names.append(found[1])
        return f"${self.names.index(found[1]) + 1}"


class Prepared:
    """The statements that one connection has prepared, and how its rows are read."""

    def __init__(self, connection: "Connection[Any]") -> None:
        self._server = connection.pgconn
        self._reader = Transformer(connection)
        self._known: set[bytes] = set()

    def rows(self, statement: Numbered, values: Mapping[str, str]) -> list[tuple[Any, ...]]:
        """The rows of a query. Raises psycopg's errors."""
        result = self._done(statement, [values[name] for name in statement.names])
        self._reader.set_pgresult(result)
        return self._reader.load_rows(0, result.ntuples, tuple)

    def run(self, statement: Numbered, values: Sequence[Any]) -> None:
        """Run a statement of which no rows are wanted, with the values of its places. Raises psycopg's errors."""
        self._done(statement, values)

    def _done(self, statement: Numbered, values: Sequence[Any]) -> "pq.abc.PGresult":
        asked = self._reader.dump_sequence(values, [PyFormat.TEXT] * len(values))
        result = self._asked(statement, asked)
        if result.error_field(pq.DiagnosticField.SQLSTATE) == FORGOTTEN:
            self._known.discard(statement.name)
            result = self._asked(statement, asked)
        self._checked(result)
        return result

    def _asked(self, statement: Numbered, asked: Sequence[Any]) -> "pq.abc.PGresult":
        if statement.name not in self._known:
            self._checked(self._server.prepare(statement.name, statement.sql))
            self._known.add(statement.name)
        return self._server.exec_prepared(statement.name, asked)

    def _checked(self, result: "pq.abc.PGresult") -> None:
        if result.status in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
            return
        if self._server.status == pq.ConnStatus.BAD:  # there is no code in what libpq says then
            raise OperationalError(self._server.get_error_message())
        raise errors.error_from_result(result)

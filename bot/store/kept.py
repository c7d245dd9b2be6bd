"""The driver's connections that turns and checks of codes use, kept apart from SQLAlchemy's pool.

A thread that asks the operating system for anything lets the others run first and waits for its turn again, and the pool
asks whether a connection is alive each time it gives one out. Here the database itself is the only one that is asked:
with eight threads that made checking a code a sixth quicker.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, cast

from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError

from bot.store.engine import is_alive
from bot.store.prepared import Prepared


class Own:
    """One connection of the driver, each statement its own transaction until one is begun."""

    def __init__(self, engine: Engine) -> None:
        pooled = engine.raw_connection()
        self.driver: Final = cast("Any", pooled.driver_connection)
        pooled.detach()
        self.prepared = None if engine.dialect.name == "sqlite" else Prepared(self.driver)


class Kept:
    """As many connections as threads have used at once; whoever gives one back is the next to have it."""

    def __init__(self, engine: Engine) -> None:
        self._engine: Final = engine
        self._errors: Final[Any] = engine.dialect.loaded_dbapi.Error
        self._free: list[Own] = []
        event.listen(engine, "engine_disposed", self._close)

    @contextmanager
    def one(self, *, alive: bool = False) -> Iterator[Own]:
        """A connection, nobody else's meanwhile. Its errors come as SQLAlchemy tells them, so that nobody need know the drivers.

        One that PostgreSQL has closed is found out by using it: whoever cannot try again asks for one that is `alive`.
        After an error that says so there are none but new ones.
        """
        own = self._taken(alive=alive)
        try:
            yield own
        except self._errors as error:
            gone = self._engine.dialect.is_disconnect(error, own.driver, None)
            if gone:
                self._close()
                own.driver.close()
            else:
                own.driver.rollback()  # what was begun and not ended; where nothing was, it costs nothing
                self._free.append(own)
            raise self._told(error, gone=gone) from error
        except BaseException:
            own.driver.close()  # where a thread was stopped in the middle, nobody knows what it is about
            raise
        else:
            self._free.append(own)

    def _taken(self, *, alive: bool) -> Own:
        try:
            own = self._free.pop()
        except IndexError:
            own = self._made()
        if not alive or is_alive(own.driver):
            return own
        own.driver.close()
        self._close()
        return self._made()

    def _made(self) -> Own:
        try:
            return Own(self._engine)
        except self._errors as error:  # nobody there
            raise self._told(error) from error

    def _close(self, *_: object) -> None:
        with suppress(IndexError):  # other threads take from it as well
            while True:
                self._free.pop().driver.close()

    def _told(self, error: Exception, *, gone: bool = False) -> Exception:
        dialect = self._engine.dialect
        told = DBAPIError.instance(None, None, error, self._errors, connection_invalidated=gone, dialect=dialect)
        assert isinstance(told, Exception)
        return told

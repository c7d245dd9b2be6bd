"""Moments in the database: always aware, always UTC."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Interval, TypeDecorator, func, literal, type_coerce
from sqlalchemy.engine import Dialect


class Moment(TypeDecorator[datetime]):
    """A moment in UTC, always aware. SQLite keeps none of the zone, so it is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def read(kept: object) -> datetime | None:
    """A moment of a row that was read past SQLAlchemy's types: SQLite keeps text, PostgreSQL a datetime."""
    moment = datetime.fromisoformat(kept) if isinstance(kept, str) else kept
    if not isinstance(moment, datetime):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def later(moment: ColumnElement[Any], by: timedelta, *, on_sqlite: bool) -> ColumnElement[Any]:
    """A moment in the database so many whole seconds later."""
    if not on_sqlite:
        return type_coerce(moment + literal(by, Interval()), Moment())
    # SQLite keeps text, and rounds what it adds to; so the fraction of a second is taken over as it stands.
    second, fraction = func.substr(moment, 1, 19), func.substr(moment, 20)
    added = func.strftime("%Y-%m-%d %H:%M:%S", second, f"+{int(by.total_seconds())} seconds")
    return type_coerce(added.concat(fraction), Moment())

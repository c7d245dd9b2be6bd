"""Many values in one parameter."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, any_, bindparam, cast, func, literal, type_coerce
from sqlalchemy.sql.elements import Grouping
from sqlalchemy.types import TypeEngine


def among(column: ColumnElement[Any], name: str, *, on_sqlite: bool) -> ColumnElement[bool]:
    """Whether a column is one of the values of the parameter `name`.

    PostgreSQL gets them as one array, so that the statement is the same however many they are, and is prepared once;
    SQLite has no arrays.
    """
    if on_sqlite:
        return column.in_(bindparam(name, expanding=True))
    return column == any_(bindparam(name, type_=ARRAY(column.type)))


def picked(
    values: Sequence[str | int | None], place: ColumnElement[Any], of: TypeEngine[Any], *, on_sqlite: bool
) -> ColumnElement[Any]:
    """The value at a place that the database works out, counted from 0; the list goes to it once, in one parameter.

    Not as a table to be joined: PostgreSQL would guess how many rows meet it, and guess wrong.
    """
    if on_sqlite:
        path = literal("$[", Text).concat(cast(place, Text)).concat("]")
        return type_coerce(func.json_extract(json.dumps(list(values), ensure_ascii=False), path), of)
    kept: Any = Grouping(cast(literal(list(values), ARRAY(of)), ARRAY(of)))  # in brackets, or it reads as a type
    return type_coerce(kept[place + 1], of)

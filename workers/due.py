"""What has fallen due: dealt with one learner at a time, each in a transaction of her own."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Row

from bot.store.database import Store

log = logging.getLogger(__name__)

Deals = Callable[[Connection, Row[Any]], object]


def each_alone(store: Store, due: Sequence[Row[Any]], deal: Deals, put_off: Deals, *, else_says: str) -> int:
    """Deal with each of these rows and return how many there were.

    One that cannot be dealt with keeps nobody waiting: it is put off, the log says `else_says`, and those behind it have
    their turn.
    """
    for row in due:
        try:
            with store.begin() as connection:
                deal(connection, row)
        except Exception as error:
            log.error(else_says, extra={"learner": row.learner_id}, exc_info=error)
            with store.begin() as connection:
                put_off(connection, row)
    return len(due)

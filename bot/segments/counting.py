"""Who is in a described group, as one query; and how many that are, quickly."""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select, text

from bot.segments.conditions import condition
from bot.segments.described import Described
from bot.segments.facts import When, not_stopped
from bot.segments.saved import resolved
from bot.store import tables as t
from bot.store.database import Store

KUCHING: Final = ZoneInfo("Asia/Kuching")
# For a count over everybody, in its transaction alone. All that is merged is in the order of learners' ids already, or nearly:
# at a million that is less work than hashing, and what is looked up in that order lies together. 64 MB hold what has to be
# sorted; compiling would cost more than it saves; the tables are in memory (see docs/segments.md); two workers read while the
# leader merges. Measured on two processors, one setting after the other.
_AS_COUNTS_ARE: Final = text(
    "SELECT "
    + ", ".join(
        f"set_config('{name}', '{value}', true)"
        for name, value in {
            "enable_hashjoin": "off",
            "enable_hashagg": "off",
            "work_mem": "64MB",
            "jit": "off",
            "random_page_cost": "1.1",
            "parallel_setup_cost": "0",
            "parallel_tuple_cost": "0",
            "parallel_leader_participation": "off",
        }.items()
    )
)


def query(described: Described, now: datetime, *, zone: ZoneInfo = KUCHING) -> Select[Any]:
    """The ids of the learners in the group, in no order: one statement. Days begin at midnight in `zone`.

    Never anybody who has not agreed, or has stopped our messages on every address. Saved groups must have been looked up
    (see `saved.resolved`): raises Unresolved.
    """
    hers = t.learner.c
    return select(hers.id).where(hers.consented_at.is_not(None), condition(described, When(now, zone)), not_stopped())


def count_query(described: Described, now: datetime, *, zone: ZoneInfo = KUCHING) -> Select[Any]:
    """How many learners `query` would give: one statement, one row."""
    return query(described, now, zone=zone).with_only_columns(func.count(), maintain_column_froms=True)


def count(store: Store, described: Described, now: datetime, *, zone: ZoneInfo = KUCHING) -> int:
    """How many learners are in the group now. Looks up the saved groups in it; raises LookupError where one is gone."""
    asked = count_query(resolved(store, described), now, zone=zone)
    with store.engine.connect() as connection:
        if not store.on_sqlite:
            connection.execute(_AS_COUNTS_ARE)
        return int(connection.execute(asked).scalar_one())

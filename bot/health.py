"""What an operator wants to know: is everything there, and what waits for how long."""

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from bot.store import tables as t
from bot.store.database import Store
from bot.wake import Bell
from flows.session import Library

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
MIGRATIONS: Final = Path(__file__).parent / "store" / "migrations"
OPEN_STATUSES: Final = ("queued", "sending", "undetermined")


def checks(store: Store, library: Callable[[], Library], bell: Bell) -> dict[str, str]:
    """Each thing we stand on, and "ok" or what is wrong with it."""
    return {
        "database": database(store),
        "content": _content(library),
        "redis": "ok" if bell.answers() else "not reached",
    }


def database(store: Store) -> str:
    """Whether the database can be used as it is: "ok", or what is wrong with it."""
    try:
        with store.engine.connect() as connection:
            at = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        return f"not reached: {type(error).__name__}"
    if at is None:
        return "empty: run titian db upgrade"
    return "ok" if at == head() else f"at revision {at}, not at {head()}: run titian db upgrade"


def _content(library: Callable[[], Library]) -> str:
    return "ok" if library().courses else "there is no course to teach"


def head() -> str | None:
    """The newest migration we know."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config).get_current_head()


def exposition(store: Store, *, now: datetime) -> bytes:
    """The counts in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Counts(store, now))
    return generate_latest(registry)


class _Counts(Collector):
    """Asked when scraped; the queries read partial indexes, so they cost what waits and not what was ever sent."""

    def __init__(self, store: Store, now: datetime) -> None:
        self._store = store
        self._now = now

    def collect(self) -> Iterable[Metric]:
        out = t.outbound_message.c
        waiting = GaugeMetricFamily("titian_outbound_messages", "Messages not settled, by status.", labels=["status"])
        for status in OPEN_STATUSES:
            count = self._store.look(select(func.count()).where(out.status == status))[0][0]
            waiting.add_metric([status], count)
        yield waiting
        oldest = self._store.look(select(func.min(out.due_at)).where(out.status == "queued"))[0][0]
        age = max(0.0, (self._now - oldest).total_seconds()) if oldest else 0.0
        yield GaugeMetricFamily("titian_oldest_due_seconds", "How long the oldest due message has waited.", value=age)
        due = self._store.look(select(func.count()).where(t.nudge.c.due_at <= self._now))[0][0]
        yield GaugeMetricFamily("titian_nudges_due", "Nudges due and not fired.", value=due)

"""What an operator wants to know: is everything there, and what waits for how long."""

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from sqlalchemy import Select, column, func, inspect, literal_column, select, table
from sqlalchemy.exc import SQLAlchemyError

from bot import circuits, queues
from bot.auditing import rounds
from bot.money import Budgets
from bot.store import tables as t
from bot.store.database import Store
from bot.wake import Bell
from flows.session import Library

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
MIGRATIONS: Final = Path(__file__).parent / "store" / "migrations" / "versions"
_AT: Final[Select[Any]] = select(column("version_num")).select_from(table("alembic_version"))
_FAILED: Final = t.outbound_message.c.status == literal_column("'failed'")  # as its index says it


def checks(store: Store, library: Callable[[], Library], bell: Bell) -> dict[str, str]:
    """Each thing we stand on, and "ok" or what is wrong with it."""
    return {
        "database": database(store),
        "content": _content(library),
        "redis": "ok" if bell.answers() else "not reached",
        "channels": _channels(store),
    }


def database(store: Store) -> str:
    """Whether the database can be used as it is: "ok", or what is wrong with it."""
    try:
        with store.engine.connect() as connection:
            at = connection.execute(_AT).scalar() if inspect(connection).has_table("alembic_version") else None
    except SQLAlchemyError as error:
        return f"not reached: {type(error).__name__}"
    if at is None:
        return "empty: run titian db upgrade"
    return "ok" if at == head() else f"at revision {at}, not at {head()}: run titian db upgrade"


def _channels(store: Store) -> str:
    try:
        resting = [f"{name} {circuit}" for name, circuit in circuits.look(store).items() if circuit.is_open]
    except SQLAlchemyError:
        return "not known: the database is not reached"
    return "; ".join(resting) or "ok"


def budgets(given: Budgets, *, now: datetime) -> str:
    """Which channels have spent their month's money, or nearly; "ok" where none has."""
    try:
        return "; ".join(f"{budget.channel}: {budget}" for budget in given.low(now)) or "ok"
    except SQLAlchemyError:
        return "not known: the database is not reached"


def _content(library: Callable[[], Library]) -> str:
    return "ok" if library().courses else "there is no course to teach"


def head() -> str:
    """The newest migration we know, by the numbers before the names of their files: to load Alembic takes 8 MB and 0.1 s."""
    return max(path.name for path in MIGRATIONS.glob("[0-9]*.py")).partition("_")[0]


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
        for status, count in queues.by_status(self._store).items():
            waiting.add_metric([status], count)
        yield waiting
        failed = GaugeMetricFamily("titian_dead_letters", "Messages that failed, by channel.", labels=["channel"])
        by_channel = select(out.channel, func.count()).where(_FAILED).group_by(out.channel)
        for name, count in map(tuple, self._store.look(by_channel)):
            failed.add_metric([name], count)
        yield failed
        resting = GaugeMetricFamily("titian_channel_resting", "1: the channel fails and rests.", labels=["channel"])
        for name, circuit in circuits.look(self._store).items():
            resting.add_metric([name], int(circuit.is_open))
        yield resting
        oldest = queues.oldest_due(self._store)
        age = max(0.0, (self._now - oldest).total_seconds()) if oldest else 0.0
        yield GaugeMetricFamily("titian_oldest_due_seconds", "How long the oldest due message has waited.", value=age)
        due = queues.nudges(self._store, self._now).due
        yield GaugeMetricFamily("titian_nudges_due", "Nudges due and not fired.", value=due)
        checked = rounds.last(self._store)
        if checked is not None:
            says = "What the last check of the audit found: changed, or that could not be told."
            found = GaugeMetricFamily("titian_audit_findings", says, labels=["how"])
            found.add_metric(["changed"], checked.changed)
            found.add_metric(["untold"], checked.untold)
            yield found
            ago = max(0.0, (self._now - checked.ended_at).total_seconds())
            yield GaugeMetricFamily("titian_audit_checked_seconds", "How long ago that was.", value=ago)

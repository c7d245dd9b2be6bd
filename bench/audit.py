"""The audit's chain: events linked and checked a second, beside a plain SELECT of the same rows, with few and with many before them."""

import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import psycopg
from sqlalchemy import select

from bench import servers
from bench.table import Result, at_most
from bot.auditing import linking, pieces
from bot.auditing.pieces import Asked, Progress
from bot.cli.db import bring_up_to_date
from bot.credentials.issuers import Issuers
from bot.store import tables as t
from bot.store.database import Store

FEW: Final = 20_000
MANY: Final = 1_000_000
FEWER: Final = 100_000
FLAT: Final = 1.5  # times what an event takes with few before it
NOW: Final = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
PAGE: Final = 1_000


def measure(*, quick: bool = False) -> list[Result]:
    """Everything on PostgreSQL, in this process; an event's time with few before it, and again after many."""
    many = FEWER if quick else MANY
    with tempfile.TemporaryDirectory(prefix="titian-bench-") as made, ExitStack() as stack:
        cluster = stack.enter_context(servers.postgres(Path(made)))
        if cluster is None:
            return []
        url = cluster.url(cluster.create())
        bring_up_to_date(url)
        store = Store(url)
        stack.callback(store.engine.dispose)
        first = _linked(store, url, 0, FEW)
        _linked(store, url, FEW, many - 2 * FEW)
        after = _linked(store, url, many - FEW, FEW)
        checked, read = _seconds(lambda: _checked(store)), _seconds(lambda: _read(store))
    each = f"with {many:,} before it / with none"
    return [
        Result(f"events linked, {FEW:,} and none before", FEW / first, "/s"),
        Result(f"events linked, the last {FEW:,} of {many:,}", FEW / after, "/s"),
        at_most(f"an event linked {each}", round(after / first, 2), "x", FLAT),
        Result(f"events checked, of {many:,}", many / checked, "/s"),
        Result("the same rows by SELECT, in pages", many / read, "/s"),
        Result("checked / SELECT, time", round(checked / read, 1), "x"),
    ]


def _linked(store: Store, url: str, after: int, many: int) -> float:
    """So many events more, and the seconds in which they get their places."""
    with psycopg.connect(url.replace("+psycopg", "")) as db:
        with db.cursor().copy("COPY audit_event (id, at, who, did, about) FROM STDIN") as copy:
            for number in range(after + 1, after + many + 1):
                about = f"learner {250787502493750576 + number}, up to {number}"
                copy.write_row((number, NOW + timedelta(seconds=number), "Puan Rosli", "inbox done", about))
        db.commit()
        db.autocommit = True
        db.execute("VACUUM ANALYZE audit_event, audit_waiting, audit_link")

    def link() -> None:
        while linking.link(store):
            pass

    return _seconds(link)


def _checked(store: Store) -> None:
    progress, asked = Progress(), Asked(store, Issuers(), False, NOW)
    while progress.stage != "done":
        progress = pieces.piece(progress, asked)
    assert progress.changed == 0, progress.told


def _read(store: Store) -> None:
    event, after = t.audit_event.c, 0
    page = select(t.audit_event).order_by(event.id).limit(PAGE)
    while rows := store.look(page.where(event.id > after)):
        after = rows[-1].id


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began

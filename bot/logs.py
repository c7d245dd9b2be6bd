"""Structured logs: one JSON object a line, with ids, never a number or a learner's words."""

import logging
import sys
import traceback
from types import TracebackType
from typing import Final

import structlog

KEPT: Final = frozenset(
    {
        "channel",
        "inbound",
        "learner",
        "outbound",
        "broadcast",
        "state",
        "status",
        "why",
        "problem",
        "count",
        "job",
        "milliseconds",
        "purpose",
        "code",
    }
)
MOST_CAUSES: Final = 4
MOST_FRAMES: Final = 30


def _kept(_logger: object, _method: str, entry: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """The extras that we know to be safe, by name; anything else somebody adds stays out."""
    record = entry.get("_record")
    if isinstance(record, logging.LogRecord):
        entry.update({name: value for name, value in record.__dict__.items() if name in KEPT})
    return entry


def _without_words(_logger: object, _method: str, entry: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """An exception as what it is and where it happened. What it says may be a number, or what a learner wrote."""
    given = entry.pop("exc_info", None)
    error = given[1] if isinstance(given, tuple) else given if isinstance(given, BaseException) else sys.exc_info()[1]
    if given and error is not None:
        entry["exception"] = " < ".join(_named(each) for each in _chain(error))
        entry["where"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in _frames(error.__traceback__)]
    return entry


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and len(found) < MOST_CAUSES and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _named(error: BaseException) -> str:
    """The kind of error, with the database's own number for it where there is one."""
    state = getattr(error, "sqlstate", None)
    return f"{type(error).__module__}.{type(error).__qualname__}{f' {state}' if state else ''}"


def _frames(trace: TracebackType | None) -> list[traceback.FrameSummary]:
    return traceback.extract_tb(trace)[-MOST_FRAMES:]


def set_up(level: int = logging.INFO) -> None:
    """Send every log line to standard error as JSON. Twice is as good as once."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                _kept,
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _without_words,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    logging.root.handlers = [handler]
    logging.root.setLevel(level)
    # A server's own lines, like everybody's; it made its handlers before we came.
    for server in ("gunicorn.error", "gunicorn.access"):
        logging.getLogger(server).handlers = []
        logging.getLogger(server).propagate = True
    # Werkzeug and Twilio log whole URLs and numbers at INFO.
    for chatty in ("werkzeug", "twilio", "urllib3", "rq.worker", "alembic.runtime"):
        logging.getLogger(chatty).setLevel(logging.WARNING)

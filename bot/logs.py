"""Structured logs: one JSON object a line, with ids, never a number or a learner's words."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final

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


class _Line(logging.Formatter):
    """A record as one line of JSON: when, how bad, whose, what; and the extras that we know to be safe, by name."""

    def format(self, record: logging.LogRecord) -> str:
        """Anything else that somebody adds stays out."""
        line: dict[str, Any] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        line.update((name, value) for name, value in record.__dict__.items() if name in KEPT)
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:  # what it is and where it happened; what it says may be a number, or what a learner wrote
            line["exception"] = " < ".join(_named(each) for each in _chain(error))
            line["where"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in _frames(error.__traceback__)]
        return json.dumps(line, ensure_ascii=False, default=str)


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
    handler.setFormatter(_Line())
    logging.root.handlers = [handler]
    logging.root.setLevel(level)
    # A server's own lines, like everybody's; it made its handlers before we came.
    for server in ("gunicorn.error", "gunicorn.access"):
        logging.getLogger(server).handlers = []
        logging.getLogger(server).propagate = True
    # Werkzeug and Twilio log whole URLs and numbers at INFO; what lays out a page tells each of its steps.
    for chatty in ("werkzeug", "twilio", "urllib3", "rq.worker", "alembic.runtime", "weasyprint.progress", "fontTools"):
        logging.getLogger(chatty).setLevel(logging.WARNING)

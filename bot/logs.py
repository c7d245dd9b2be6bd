"""Structured logs: one JSON object a line, with ids, never a number or a learner's words."""

import logging
import sys
from typing import Final

import structlog

KEPT: Final = frozenset(
    {
        "channel",
        "inbound",
        "learner",
        "message",
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


def _kept(_logger: object, _method: str, entry: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """The extras that we know to be safe, by name; anything else somebody adds stays out."""
    record = entry.get("_record")
    if isinstance(record, logging.LogRecord):
        entry.update({name: value for name, value in record.__dict__.items() if name in KEPT})
    return entry


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
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    logging.root.handlers = [handler]
    logging.root.setLevel(level)
    # Werkzeug and Twilio log whole URLs and numbers at INFO.
    for chatty in ("werkzeug", "twilio", "urllib3", "rq.worker"):
        logging.getLogger(chatty).setLevel(logging.WARNING)

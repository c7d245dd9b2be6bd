"""Sending as a tutorial does it: one RQ job for each recipient. `python -m bench.naive` is its worker."""

import os

import requests
from redis import Redis
from rq import Queue, SimpleWorker
from sqlalchemy import create_engine, text

QUEUE = "naive"
_engine = create_engine(os.environ["DATABASE_URL"])


def send(message: int) -> None:
    """Read one message and whom it is for, send it, and write down that it was sent."""
    with _engine.begin() as connection:
        row = connection.execute(
            text(
                "SELECT o.text, a.identifier FROM outbound_message o JOIN address a ON a.id = o.address_id WHERE o.id = :id"
            ),
            {"id": message},
        ).one()
    answer = requests.post(os.environ["PROVIDER"], data={"to": row.identifier, "text": row.text}, timeout=10)
    answer.raise_for_status()
    with _engine.begin() as connection:
        connection.execute(
            text("UPDATE outbound_message SET status = 'sent', rank = 3, provider_id = :sent_as WHERE id = :id"),
            {"id": message, "sent_as": answer.text},
        )


if __name__ == "__main__":
    redis = Redis.from_url(os.environ["REDIS_URL"])
    SimpleWorker([Queue(QUEUE, connection=redis)], connection=redis).work(logging_level="ERROR")

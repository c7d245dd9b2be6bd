"""The load: a process that sends requests signed beforehand over kept-alive connections, and times each answer.

    python -m bench.load SOCKET REQUESTS CONNECTIONS [PER_SECOND]

REQUESTS is a pickled list of learners, each a list of whole requests, sent in order and never two at once.
"""

import asyncio
import json
import pickle
import sys
from collections import deque
from pathlib import Path
from time import perf_counter

ANSWERED = (b"<Response>", b"SAH", b'"valid"')  # one of these is in every answer as it should be: TwiML, a page, JSON


class Load:
    """What is still to be sent, and what came of what was sent."""

    def __init__(self, learners: list[list[bytes]], per_second: float) -> None:
        self.waiting = deque(deque(requests) for requests in learners)
        self.left = sum(len(requests) for requests in learners)
        self.pause = 1 / per_second if per_second else 0.0
        self.due = 0.0
        self.took: list[float] = []
        self.errors = 0
        self.done = asyncio.Event()

    def settle(self, began: float, *, good: bool) -> None:
        """Keep one answer."""
        self.took.append(perf_counter() - began)
        self.errors += not good
        self.left -= 1
        if not self.left:
            self.done.set()


class Connection(asyncio.Protocol):
    """One kept-alive connection: sends the next message of the next learner as soon as the last one is answered."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.learner: deque[bytes] = deque()
        self.answer = b""
        self.began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.next()

    def next(self) -> None:
        """Send the next message, at once or, at a given pace, when it is its turn."""
        load = self.load
        if not load.waiting:
            self.transport.close()
            return
        self.learner = load.waiting.popleft()
        if not load.pause:
            self.send()
            return
        loop = asyncio.get_running_loop()
        load.due = max(load.due + load.pause, loop.time())
        loop.call_at(load.due, self.send)

    def send(self) -> None:
        self.began = perf_counter()
        self.transport.write(self.learner.popleft())

    def data_received(self, data: bytes) -> None:
        self.answer += data
        head, separator, body = self.answer.partition(b"\r\n\r\n")
        if not separator or len(body) < _length(head):
            return
        good = head.startswith(b"HTTP/1.1 200") and any(mark in body for mark in ANSWERED)
        self.answer = b""
        self.load.settle(self.began, good=good)
        if self.learner:
            self.load.waiting.append(self.learner)
        self.next()

    def connection_lost(self, error: Exception | None) -> None:
        if self.load.left and self.load.waiting:
            self.load.errors += 1
            self.load.done.set()


def _length(head: bytes) -> int:
    lowered = head.lower()
    at = lowered.index(b"content-length:") + 15
    return int(lowered[at:].split(b"\r\n", 1)[0])


async def run(listens: str, learners: list[list[bytes]], connections: int, per_second: float) -> dict[str, object]:
    """Send everything; returns how long it took, each answer's seconds, and how many were not what they should be."""
    load = Load(learners, per_second)
    loop = asyncio.get_running_loop()
    load.due = loop.time()
    began = perf_counter()
    for _ in range(connections):
        await loop.create_unix_connection(lambda: Connection(load), listens)
    await load.done.wait()
    return {"seconds": perf_counter() - began, "took": sorted(load.took), "errors": load.errors + load.left}


if __name__ == "__main__":
    where, requests, at_once, *pace = sys.argv[1:]
    everybody = pickle.loads(Path(requests).read_bytes())
    print(json.dumps(asyncio.run(run(where, everybody, int(at_once), float(pace[0]) if pace else 0.0))))

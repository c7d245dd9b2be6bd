"""`python -m bench.provider SOCKET_PORT_FILE`: a provider that takes five milliseconds for an answer, and remembers who got what when.

It speaks Jasmin's way of one message a request and Africa's Talking's of many numbers a request, as cheaply as Python can: what
is measured is who calls it.
"""

import asyncio
import itertools
import json
import re
import sys
import time
from pathlib import Path
from typing import Final
from urllib.parse import unquote_plus

LATENCY: Final = 0.005  # seconds
LENGTH: Final = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)
TO: Final = re.compile(rb"(?:^|&)to=([^&]*)")
WAITED_FOR: Final = "60119"  # replies go to numbers that begin so

_ids = itertools.count(1)
_arrived: list[float] = []
_replies: dict[str, float] = {}


class Provider(asyncio.Protocol):
    """One connection that stays open."""

    def __init__(self) -> None:
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where to write to."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each whole request, after the latency."""
        self._read += data
        while True:
            head, found, rest = self._read.partition(b"\r\n\r\n")
            if not found:
                return
            told = LENGTH.search(head)
            length = int(told[1]) if told else 0
            if len(rest) < length:
                return
            self._read = rest[length:]
            path = head.split(b" ", 2)[1]
            if path == b"/told":
                self._answer(json.dumps({"arrived": _arrived, "replies": _replies}).encode())
            elif path == b"/forget":
                _arrived.clear()
                _replies.clear()
                self._answer(b"{}")
            else:
                answer = _taken(path, rest[:length])
                asyncio.get_running_loop().call_later(LATENCY, self._answer, answer)

    def _answer(self, body: bytes) -> None:
        if not self._transport.is_closing():
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            self._transport.write(head % len(body) + body)


def _taken(path: bytes, body: bytes) -> bytes:
    now, to = time.monotonic(), TO.search(body)
    numbers = unquote_plus(to[1].decode()).split(",") if to else []
    _arrived.extend([now] * len(numbers))
    for number in numbers:
        if number.lstrip("+").startswith(WAITED_FOR):
            _replies[number.lstrip("+")] = now
    if path.endswith(b"/messaging"):
        rows = [
            {"statusCode": 101, "number": number, "status": "Success", "cost": "0", "messageId": f"ATXid_{next(_ids)}"}
            for number in numbers
        ]
        return json.dumps({"SMSMessageData": {"Message": f"Sent to {len(rows)}", "Recipients": rows}}).encode()
    return b'Success "%d"' % next(_ids)


async def serve(tells: Path) -> None:
    """Listen on a port of loopback, and write it down for whoever calls."""
    server = await asyncio.get_running_loop().create_server(Provider, "127.0.0.1", 0)
    tells.write_text(str(server.sockets[0].getsockname()[1]))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))

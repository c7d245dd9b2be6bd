"""A provider made for tests: a real HTTP server that speaks Twilio's and Africa's Talking's sending APIs, and Twilio's Content API.

    python -m tests.doubles --port 0        # prints its port, runs until it is ended

Its own endpoints: GET /messages (what it accepted), DELETE /messages (forget it), POST /behave (a Fault as JSON).
"""

import argparse
import asyncio
import base64
import json
import re
import secrets
import socket
import struct
import threading
import time
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any, Final, cast
from urllib.parse import parse_qs

ACCOUNT: Final = "AC" + "0" * 32
AUTH_TOKEN: Final = "a-token-for-tests"
USERNAME: Final = "titian-tests"
API_KEY: Final = "a-key-for-tests"
JSON: Final = "application/json"

Answer = tuple[int, str, str]  # status, content type, body


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that the double has taken."""

    provider: str  # "twilio" or "africastalking"
    id: str
    to: str
    text: str
    sender: str
    callback: str  # where the receipt is wanted, "" where that is arranged elsewhere
    at: float  # seconds of the monotonic clock, which all processes of a machine share
    media: str = ""  # where the picture is that goes with it
    content: str = ""  # the SID of the Content that it was made of
    shown: str = ""  # JSON: the richest form of that Content, with its places filled


@dataclass(frozen=True, slots=True)
class Fault:
    """How a request is treated. One with a `status` of 300 or more is not accepted, unless `accepts` says so."""

    latency: float = 0.0
    status: int = 0
    code: int = 0  # Twilio's error code, or Africa's Talking's code for a recipient
    reset: bool = False  # accept, begin the answer, then reset the connection
    garbage: bool = False  # accept, and answer what nobody can read
    retry_after: int = 0
    accepts: bool = False


class ProviderDouble:
    """The double in this process: `with ProviderDouble() as provider: provider.url …`."""

    def __init__(self, port: int = 0) -> None:
        self.messages: list[Accepted] = []
        self.contents: list[dict[str, Any]] = []
        self.templates: set[str] = set()  # SIDs of Contents that were made and approved long ago
        self.called: list[str] = []  # the method and path of each request
        self.connections = 0
        self._script: deque[Fault] = deque()
        self._always = Fault()
        self._names = secrets.token_hex(4)  # no two doubles give the same ids
        self.open: set[asyncio.Transport] = set()
        self._loop = asyncio.new_event_loop()
        serving = self._loop.create_server(lambda: _Connection(self), "127.0.0.1", port, backlog=512)
        self._server = self._loop.run_until_complete(serving)
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def behave(self, times: int = 0, **how: Any) -> None:
        """Treat the next `times` requests as a Fault says; 0: all that come when no such request is left."""
        fault = Fault(**how)
        if times:
            self._script.extend([fault] * times)
        else:
            self._always = fault

    def run(self) -> None:
        """Serve until told to stop."""
        try:
            self._loop.run_forever()
        finally:
            self._server.close()
            for transport in self.open:
                transport.abort()
            self._loop.run_until_complete(asyncio.sleep(0))
            self._loop.close()

    def __enter__(self) -> "ProviderDouble":
        self._thread = threading.Thread(target=self.run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def hang_up(self) -> None:
        """Close the connections that stay open, as a provider does with idle ones."""

        async def close() -> None:
            for transport in self.open:
                transport.close()
            await asyncio.sleep(0)

        asyncio.run_coroutine_threadsafe(close(), self._loop).result()

    def others(self, path: str, headers: dict[str, str], body: bytes, fault: Fault) -> Answer:
        """What a double of yet another provider answers; here there is none."""
        return twilio_error(404, 20404)

    def next_fault(self) -> Fault:
        """What is to happen to the request that has just come."""
        return self._script.popleft() if self._script else self._always

    def accept(
        self, provider: str, to: str, text: str, sender: str = "", callback: str = "", media: str = "", **more: str
    ) -> str:
        """Record a message; return its id as the provider would write it."""
        count = f"{self._names}{len(self.messages):024x}"
        sid = f"SM{count}" if provider == "twilio" else f"ATXid_{count}"
        self.messages.append(Accepted(provider, sid, to, text, sender, callback, time.monotonic(), media, **more))
        return sid


class _Connection(asyncio.Protocol):
    """One kept-alive connection. No thread for each: the double shares the machine with what is measured."""

    def __init__(self, double: ProviderDouble) -> None:
        self.double = double
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.double.open.add(self.transport)
        self.double.connections += 1

    def connection_lost(self, exc: Exception | None) -> None:
        self.double.open.discard(self.transport)

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, found, rest = self.received.partition(b"\r\n\r\n")
        if not found:
            return
        request, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return
        self.received = rest[length:]
        method, path, _ = request.split(" ", 2)
        self.answer(method, path, headers, rest[:length])

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        if path in ("/messages", "/behave"):
            self.write(_own_endpoint(self.double, method, body), Fault())
            return
        self.double.called.append(f"{method} {path}")
        fault = self.double.next_fault()
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if path.partition("?")[0] == "/v1/Content":
            answer = _content(self.double, method, path, headers, body, fault)
        elif method == "POST" and path.startswith("/2010-04-01/Accounts/"):
            answer = _twilio(self.double, path, headers, form, fault)
        elif method == "POST" and path == "/version1/messaging":
            answer = _africastalking(self.double, headers, form, fault)
        else:
            answer = self.double.others(path, headers, body, fault)
        if fault.latency:
            asyncio.get_running_loop().call_later(fault.latency, self.write, answer, fault)
        else:
            self.write(answer, fault)

    def write(self, answer: Answer, fault: Fault) -> None:
        if self.transport.is_closing():
            return
        status, kind, text = answer
        body = b"<html>\xff{" if fault.garbage else text.encode()
        retry = f"Retry-After: {fault.retry_after}\r\n" if fault.retry_after else ""
        head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{retry}\r\n"
        if not fault.reset:
            self.transport.write(head.encode() + body)
            return
        self.transport.write(head.encode()[:20])
        reset = struct.pack("ii", 1, 0)  # linger for no time: the peer sees a reset, not an end
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
        self.transport.abort()


def _own_endpoint(double: ProviderDouble, method: str, body: bytes) -> Answer:
    if body:
        double.behave(**json.loads(body))
    elif method == "DELETE":
        double.messages.clear()
    return 200, JSON, json.dumps([asdict(message) for message in double.messages])


def is_twilios(headers: dict[str, str]) -> bool:
    return headers.get("authorization") == "Basic " + base64.b64encode(f"{ACCOUNT}:{AUTH_TOKEN}".encode()).decode()


def _twilio(double: ProviderDouble, path: str, headers: dict[str, str], form: dict[str, str], fault: Fault) -> Answer:
    if not is_twilios(headers) or f"/{ACCOUNT}/Messages.json" not in path:
        return twilio_error(401, 20003)
    to, text, content = form.get("To", ""), form.get("Body", ""), form.get("ContentSid", "")
    sender = form.get("From") or form.get("MessagingServiceSid", "")
    filled = _filled(double, content, form.get("ContentVariables", "")) if content else {}
    wrong = {
        21604: not to,
        21211: not to.removeprefix("whatsapp:").lstrip("+").replace(".", "").isalnum(),
        21603: not sender,
        21602: not text and not content,
        21617: len(text) > 1600,
        21655: content and filled is None,
        21656: content and filled is not None and not _is_whole(filled),
    }
    if codes := [code for code, found in wrong.items() if found]:
        return twilio_error(400, codes[0])
    if fault.status >= 300 and not fault.accepts:
        return twilio_error(fault.status, fault.code)
    more = {"content": content, "shown": json.dumps(list((filled or {}).values())[-1])} if content else {}
    text = text or (filled or {})["twilio/text"]["body"]
    sid = double.accept("twilio", to, text, sender, form.get("StatusCallback", ""), form.get("MediaUrl", ""), **more)
    if fault.status >= 300:
        return twilio_error(fault.status, fault.code)
    said = {"sid": sid, "status": "queued", "to": to, "body": text, "num_segments": "1", "error_code": None}
    return 201, JSON, json.dumps(said)


def _content(
    double: ProviderDouble, method: str, path: str, headers: dict[str, str], body: bytes, fault: Fault
) -> Answer:
    """Twilio's Content API: what may be made, and a list of what was, page by page."""
    if not is_twilios(headers):
        return twilio_error(401, 20003)
    if fault.status >= 300 and not fault.accepts:
        return twilio_error(fault.status, fault.code)
    if method == "POST":
        made = json.loads(body) | {"sid": f"HX{secrets.token_hex(16)}", "account_sid": ACCOUNT}
        if not (made.get("language") and made.get("types")):
            return twilio_error(400, 20001)
        double.contents.append(made)
        return (fault.status or 201), JSON, json.dumps(made)
    asked = parse_qs(path.partition("?")[2])
    page, size = int(asked.get("Page", ["0"])[0]), int(asked.get("PageSize", ["50"])[0])
    last = (page + 1) * size >= len(double.contents)
    more = None if last else f"{double.url}/v1/Content?PageSize={size}&Page={page + 1}&PageToken=t"
    listed = double.contents[page * size : (page + 1) * size]
    return 200, JSON, json.dumps({"contents": listed, "meta": {"key": "contents", "next_page_url": more}})


def _filled(double: ProviderDouble, sid: str, variables: str) -> dict[str, Any] | None:
    """The types of a Content with words in their places; None where there is no such Content."""
    try:
        given: dict[str, str] = json.loads(variables)
    except ValueError:
        given = {"": ""}
    if sid in double.templates:
        return {"twilio/text": {"body": given.get("1", "")}}
    made = next((each for each in double.contents if each["sid"] == sid), None)
    if made is None:
        return None
    known = made.get("variables", {}) | given

    def fill(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: fill(each) for name, each in value.items()}
        if isinstance(value, list):
            return [fill(each) for each in value]
        return re.sub(r"\{\{(\w+)\}\}", lambda place: known.get(place[1], ""), value)

    filled: dict[str, Any] = fill(made["types"])
    return filled


def _is_whole(value: Any) -> bool:
    """Whether no place is empty, and nothing in it makes Twilio stumble."""
    if isinstance(value, dict | list):
        return all(map(_is_whole, value.values() if isinstance(value, dict) else value))
    return bool(value) and "'" not in value


def twilio_error(status: int, code: int) -> Answer:
    return status, JSON, json.dumps({"message": f"What Twilio says to {code}", "status": status, "code": code or None})


def _africastalking(double: ProviderDouble, headers: dict[str, str], form: dict[str, str], fault: Fault) -> Answer:
    if headers.get("apikey") != API_KEY or form.get("username") != USERNAME:
        return 401, "text/plain; charset=UTF-8", "The supplied authentication is invalid"
    if fault.status >= 300 and not fault.accepts:
        return fault.status, "text/plain; charset=UTF-8", "There was an internal error"
    if form.get("from") == "invalid":
        return 201, JSON, json.dumps({"SMSMessageData": {"Message": "InvalidSenderId", "Recipients": []}})
    rows = []
    for number in form.get("to", "").split(","):
        code = fault.code or (101 if number.startswith("+") and "message" in form else 403)
        accepted = code < 400
        sid = double.accept("africastalking", number, form["message"], form.get("from", "")) if accepted else "None"
        said = "Success" if accepted else "Failed"
        rows.append({"statusCode": code, "number": number, "cost": "MYR 0.08", "messageId": sid, "status": said})
    sent = sum(row["status"] == "Success" for row in rows)
    data = {"Message": f"Sent to {sent}/{len(rows)} Total Cost: MYR 0.08", "Recipients": rows}
    return fault.status or 201, JSON, json.dumps({"SMSMessageData": data})


def main() -> None:
    """Serve in a process of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    double = ProviderDouble(parser.parse_args().port)
    print(double.port, flush=True)
    double.run()


if __name__ == "__main__":
    main()

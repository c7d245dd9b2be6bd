"""Providers made to fail: Twilio, Africa's Talking, WhatsApp and Kannel, each on a port of its own, and a ledger of what they took.

What is to go wrong is told by the words of a message, once for each, or for a whole provider at a time. A provider that dies
takes its connections with it and is back a moment later; the ledger does not die with it.
"""

import asyncio
import base64
import json
import secrets
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple, cast
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.bot.channels.payloads import TOKEN
from tests.doubles import ACCOUNT, API_KEY, AUTH_TOKEN, JSON, USERNAME, Accepted, Answer
from tests.gateway_double import PASSWORD, USER
from tests.receipts import africastalking_receipt, twilio_receipt
from tests.whatsapp_double import ACCESS_TOKEN, NUMBER_ID, envelope, signed, status

AWAY: Final = 0.6  # seconds for which a provider that died is gone
AT_TEXT: Final = "text/plain; charset=UTF-8"


Words = tuple[str, str]  # a text, and the number that it is for


@dataclass(frozen=True, slots=True)
class Trouble:
    """What goes wrong with one request."""

    takes: bool = True  # the message has been accepted all the same
    seconds: float = 0.0  # until the answer
    status: int = 0  # of the answer; 0: the one that goes with a yes or a no
    retry_after: int = 0
    garbage: str | None = None  # instead of the answer, with the status of a yes
    ends: str = ""  # "closed" without an answer, "reset" in the middle of it; "dies before" the answer, "dies after" it
    held: bool = False  # the answer waits until `let_go`


WELL: Final = Trouble()


class Asked(NamedTuple):
    """A request, understood: one text to one number or to several."""

    to: Sequence[str]
    text: str
    callback: str = ""
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def form(self) -> Mapping[str, str]:
        """The fields of a form."""
        return _first(self.body.decode())


class Receipt(NamedTuple):
    """What a provider would tell us of a message that it took: a request to our webhooks."""

    method: str
    url: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Language:
    """How one provider speaks: what it reads (None: not ours), how it says yes and no, and what it reports."""

    channel: str  # ours
    read: Callable[[Request], Asked | None]
    yes: Callable[[Asked, Sequence[str]], Answer]
    no: Callable[[int], Answer]
    receipt: Callable[[Accepted, str], Receipt]  # of a message, and where Titian is
    make_id: Callable[[str], str] = lambda name: name


# --- how each of them speaks ----------------------------------------------------------------------------------------


def _first(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}


def _twilio_read(asked: Request) -> Asked | None:
    wanted = "Basic " + base64.b64encode(f"{ACCOUNT}:{AUTH_TOKEN}".encode()).decode()
    if asked.headers.get("authorization") != wanted or not asked.path.endswith(f"/{ACCOUNT}/Messages.json"):
        return None
    form = asked.form
    return Asked((form["To"],), form["Body"], form.get("StatusCallback", ""), form["From"])


def _twilio_yes(asked: Asked, ids: Sequence[str]) -> Answer:
    said = {"sid": ids[0], "status": "queued", "to": asked.to[0], "body": asked.text, "error_code": None}
    return 201, JSON, json.dumps(said)


def _twilio_no(code: int) -> Answer:
    said = {"message": "No", "status": code, "code": {401: 20003, 429: 20429}.get(code, 20500)}
    return code, JSON, json.dumps(said)


def _form(url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Receipt:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return Receipt("POST", url, urlencode(form).encode(), dict(headers) | kind)


def _twilio_receipt(taken: Accepted, base: str) -> Receipt:
    made = twilio_receipt(taken, "delivered")
    return _form(made.url, made.form, made.headers)


def _at_read(asked: Request) -> Asked | None:
    form = asked.form
    if asked.headers.get("apikey") != API_KEY or form.get("username") != USERNAME:
        return None
    return Asked(form["to"].split(","), form["message"], sender=form.get("from", ""))


def _at_yes(asked: Asked, ids: Sequence[str]) -> Answer:
    rows = [
        {"statusCode": 101, "number": to, "cost": "MYR 0.08", "messageId": name, "status": "Success"}
        for to, name in zip(asked.to, ids, strict=True)
    ]
    said = {"SMSMessageData": {"Message": f"Sent to {len(rows)}/{len(rows)}", "Recipients": rows}}
    return 201, JSON, json.dumps(said)


def _at_receipt(taken: Accepted, base: str) -> Receipt:
    made = africastalking_receipt(taken, "Success", f"{base}/webhooks/africastalking/delivery/{TOKEN}")
    return _form(made.url, made.form, made.headers)


def _whatsapp_read(asked: Request) -> Asked | None:
    if asked.headers.get("authorization") != f"Bearer {ACCESS_TOKEN}" or asked.path != f"/{NUMBER_ID}/messages":
        return None
    said = json.loads(asked.body)
    return Asked((said["to"],), said["text"]["body"], said.get("biz_opaque_callback_data", ""))


def _whatsapp_yes(asked: Asked, ids: Sequence[str]) -> Answer:
    contacts = [{"input": asked.to[0], "wa_id": asked.to[0].removeprefix("+")}]
    said = {"messaging_product": "whatsapp", "contacts": contacts, "messages": [{"id": ids[0]}]}
    return 200, JSON, json.dumps(said)


def _whatsapp_no(code: int) -> Answer:
    error = {"message": "No", "type": "OAuthException", "code": {401: 190, 429: 130429}.get(code, 131000)}
    return code, JSON, json.dumps({"error": error})


def _whatsapp_receipt(taken: Accepted, base: str) -> Receipt:
    body = json.dumps(envelope(statuses=(status(taken, "delivered"),))).encode()
    return Receipt("POST", f"{base}/webhooks/whatsapp", body, signed(body) | {"Content-Type": JSON})


def _kannel_read(asked: Request) -> Asked | None:
    q = asked.query
    if (q.get("username"), q.get("password")) != (USER, PASSWORD):
        return None
    return Asked((q["to"],), q["text"], q.get("dlr-url", ""), q.get("from", ""))


def _kannel_receipt(taken: Accepted, base: str) -> Receipt:
    return Receipt("GET", taken.callback.replace("%d", "1").replace("%A", ""), b"", {})


LANGUAGES: Final[Mapping[str, Language]] = {
    "Twilio": Language(
        "twilio_sms", _twilio_read, _twilio_yes, _twilio_no, _twilio_receipt, lambda name: f"SM{name:0>32}"
    ),
    "Africa's Talking": Language(
        "africastalking_sms",
        _at_read,
        _at_yes,
        lambda code: (code, AT_TEXT, "There was an internal error"),
        _at_receipt,
        lambda name: f"ATXid_{name}",
    ),
    "WhatsApp": Language(
        "whatsapp", _whatsapp_read, _whatsapp_yes, _whatsapp_no, _whatsapp_receipt, lambda name: f"wamid.{name}"
    ),
    # A GET, unlike the others: what is safe to ask twice by the rules of HTTP is not by those of an SMS gateway.
    "Kannel": Language(
        "gateway_kannel",
        _kannel_read,
        lambda asked, ids: (202, "text/html", "0: Accepted for delivery"),
        lambda code: (code, "text/html", "Sendsms failed"),
        _kannel_receipt,
    ),
}


# --- one provider ---------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class Provider:
    """One provider: what it has taken, what is to go wrong, and how often it was asked for which words."""

    name: str
    language: Language
    loop: asyncio.AbstractEventLoop
    port: int = 0
    ledger: list[Accepted] = field(default_factory=list)
    troubles: dict[str, Trouble] = field(default_factory=dict)  # by the words of a message; each happens once
    always: Trouble = WELL  # what goes wrong with everything else
    asked: list[Words] = field(default_factory=list)  # for whom, taken or not, as often as asked
    met: list[Words] = field(default_factory=list)  # those of them with which something went wrong
    held: list[Callable[[], None]] = field(default_factory=list)
    deaths: int = 0
    unknown: list[str] = field(default_factory=list)  # requests that it could not make sense of
    _server: asyncio.Server | None = None
    open: set[asyncio.Transport] = field(default_factory=set)
    _names: str = field(default_factory=lambda: secrets.token_hex(4))

    @property
    def url(self) -> str:
        """Where it is, dead or alive."""
        return f"http://127.0.0.1:{self.port}"

    async def listen(self) -> None:
        """Be there."""
        self._server = await self.loop.create_server(lambda: _Connection(self), "127.0.0.1", self.port, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    def die(self) -> None:
        """Be gone for a moment, and every connection with it."""
        if self._server is None:
            return
        self.deaths += 1
        self.leave()
        self.loop.call_later(AWAY, lambda: self.loop.create_task(self.listen()))

    def leave(self) -> None:
        """Be gone."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for transport in list(self.open):
            _reset(transport)

    def take(self, asked: Asked) -> list[str]:
        """Write the message down, before anybody is told; returns its ids."""
        ids = []
        for to in asked.to:
            name = self.language.make_id(f"{self._names}{len(self.ledger):08x}")
            kept = Accepted(self.name, name, to, asked.text, asked.sender, asked.callback, time.monotonic())
            self.ledger.append(kept)
            ids.append(name)
        return ids


class _Connection(asyncio.Protocol):
    """One kept-alive connection."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.provider.open.add(self.transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.provider.open.discard(self.transport)

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, found, rest = self.received.partition(b"\r\n\r\n")
        if not found:
            return
        line, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return
        self.received = rest[length:]
        at = urlsplit(line.split(" ")[1])
        self.deal_with(Request(at.path, _first(at.query), headers, rest[:length]))

    def deal_with(self, request: Request) -> None:
        provider, language = self.provider, self.provider.language
        try:
            asked = language.read(request)
        except (LookupError, ValueError) as error:
            provider.unknown.append(f"{type(error).__name__}: {error}")
            asked = None
        if asked is None:
            self.write(language.no(401), WELL)
            return
        told = [(asked.text, to) for to in asked.to]
        provider.asked += told
        trouble = provider.troubles.pop(asked.text, provider.always)
        if trouble != WELL:
            provider.met += told
        ids = provider.take(asked) if trouble.takes else []
        if trouble.status >= 300:
            answer = language.no(trouble.status)
        else:
            answer = language.yes(asked, ids or ["0"] * len(asked.to))
        if trouble.held:
            provider.held.append(lambda: self.write(answer, trouble))
        elif trouble.seconds:
            provider.loop.call_later(trouble.seconds, self.write, answer, trouble)
        else:
            self.write(answer, trouble)

    def write(self, answer: Answer, trouble: Trouble) -> None:
        if self.transport.is_closing():
            return
        code, kind, text = answer
        body = (text if trouble.garbage is None else trouble.garbage).encode()
        retry = f"Retry-After: {trouble.retry_after}\r\n" if trouble.retry_after else ""
        head = f"HTTP/1.1 {code} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{retry}\r\n".encode()
        match trouble.ends:
            case "closed":
                self.transport.close()
            case "reset":
                self.transport.write(head + body[: len(body) // 2])
                _reset(self.transport)
            case "dies before":
                self.provider.die()
            case "dies after":
                self.transport.write(head + body)
                self.provider.die()
            case _:
                self.transport.write(head + body)


def _reset(transport: asyncio.Transport) -> None:
    linger = struct.pack("ii", 1, 0)  # for no time: the peer sees a reset, not an end
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()


# --- all of them ----------------------------------------------------------------------------------------------------


class Faulty:
    """All four, in a thread of their own: `with Faulty() as providers: providers["Twilio"].url …`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self.providers = {name: Provider(name, language, self._loop) for name, language in LANGUAGES.items()}
        for provider in self:
            self._loop.run_until_complete(provider.listen())

    def __getitem__(self, name: str) -> Provider:
        return self.providers[name]

    def __iter__(self) -> Iterator[Provider]:
        return iter(self.providers.values())

    def __enter__(self) -> "Faulty":
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        for provider in self:
            provider.leave()
        self._loop.run_until_complete(asyncio.sleep(0.05))  # in which the connections end
        self._loop.close()

    def always(self, **what: Any) -> None:
        """Let this go wrong with everything, from now on; nothing at all: let all be well."""
        for provider in self:
            provider.always = replace(WELL, **what)

    def held(self) -> int:
        """How many answers wait to be let go."""
        return sum(len(provider.held) for provider in self)

    def let_go(self) -> None:
        """Send the answers that were held."""
        for provider in self:
            while provider.held:
                self._loop.call_soon_threadsafe(provider.held.pop())

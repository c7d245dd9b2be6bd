"""How a provider is called: over connections that stay open, with little patience, and with honest failures."""

import asyncio
import json
import threading
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeVar
from urllib.request import getproxies
from weakref import WeakKeyDictionary

import aiohttp
from aiohttp.abc import AbstractResolver

from bot.channels.base import ChannelError, Refusal
from bot.channels.fields import PATIENCE

PATIENCE_TO_CONNECT: Final = 3.05  # seconds; a lost SYN is sent again after 3
SHORT_PAUSE: Final = 2.0  # seconds; after a 429 that does not say how long
LONGEST_PAUSE: Final = 3600.0  # seconds; whatever a Retry-After says
LONGEST_ANSWER: Final = 1024 * 1024  # bytes of it that anybody would read
OURS_TO_PUT_RIGHT: Final = frozenset({401, 402, 403})  # a wrong key, no credit, not allowed
CONNECTIONS: Final = (
    128  # open at once to one provider, from one process: whoever finds none free waits, and loses patience
)

T = TypeVar("T")


class Answer(NamedTuple):
    """What a provider answered, whatever the status."""

    status: int
    headers: Mapping[str, str]  # a name is found however it is written
    body: bytes

    def json(self) -> Any:
        """The body as JSON. Raises ValueError where it is none."""
        return json.loads(self.body)


@dataclass(eq=False)
class Line:
    """The connections to one provider. It never tries anything twice by itself, and follows nobody elsewhere.

    They belong to the event loop in which they were made, and stay open as long as it runs (see `run`).
    """

    patience: float = PATIENCE  # seconds for the whole of it, with connecting
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # sent with everything
    resolver: AbstractResolver | None = None  # which addresses a name may lead to; None: any
    proxies: bool = True  # whether those of the environment are used, as HTTPS_PROXY names them

    async def ask(self, method: str, url: str, **what: Any) -> Answer:
        """Ask once: `data`, `json`, `params`, `headers` and `auth` are those of aiohttp. Raises ChannelError without an answer."""
        try:
            only = () if method == "POST" else (_once,)
            asked = self._session().request(method, url, allow_redirects=False, middlewares=only, **what)
            async with asked as response:
                return Answer(response.status, response.headers, await _body(response))
        except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as error:
            raise failure(error) from error

    def _session(self) -> aiohttp.ClientSession:
        kept = _kept()
        if self not in kept:
            kept[self] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS, resolver=self.resolver),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers=self.headers,
                # One time for the whole of it: another for each piece of an answer cost a tenth of what a message costs.
                timeout=aiohttp.ClientTimeout(total=self.patience, sock_connect=PATIENCE_TO_CONNECT),
                # With proxies in the environment it looks for one anew, in a thread, for every request.
                trust_env=self.proxies and bool(getproxies()),
            )
        return kept[self]


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Let nothing through that aiohttp would try again: by HTTP's rules a GET may be asked twice, by a gateway's it is two SMS."""
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise failure(error) from error


_sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Line, aiohttp.ClientSession]] = WeakKeyDictionary()


def _kept() -> dict[Line, aiohttp.ClientSession]:
    return _sessions.setdefault(asyncio.get_running_loop(), {})


async def hang_up() -> None:
    """Close all connections of the running loop."""
    kept = _kept()
    while kept:
        _, session = kept.popitem()
        await session.close()


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run something that calls providers to its end, in a loop of its own, and hang up after it."""

    async def whole() -> T:
        try:
            return await work
        finally:
            await hang_up()

    return asyncio.run(whole())


class Exchange:
    """An event loop in a thread of its own: connections stay open between two batches, and it sees at once who closes one.

    In a loop that only runs while something is sent, a connection that was closed meanwhile would look open, and what is
    then sent over it would be in doubt.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="lines", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something that calls providers to its end."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        """Hang up."""
        self.run(hang_up())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _body(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) >= LONGEST_ANSWER:
            response.close()
            break
    return bytes(body[:LONGEST_ANSWER])


def failure(error: Exception) -> ChannelError:
    """What a call that got no answer means: trying again is safe only if the request cannot have arrived."""
    name = type(error).__name__
    if isinstance(error, _NEVER_ARRIVED):
        return ChannelError(name, refusal=Refusal.NOT_REACHED)
    return ChannelError(name, ambiguous=True)


# Nobody was connected to: refused, no such host, a certificate that is somebody else's, an address that is none.
_NEVER_ARRIVED: Final = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
)


def refusal(
    status: int,
    code: str,
    *,
    means: Refusal | None = None,
    retry_after: float | None = None,
    retryable: bool = False,
    opted_out: bool = False,
) -> ChannelError:
    """What an answer that is no 2xx means: 429 was not even read, and after a 5xx nobody knows.

    `means` is the class of the provider's own code, None where it is not known; then the status decides.
    """
    if status >= 500:
        return ChannelError(code, ambiguous=True, retry_after=retry_after)
    if status == 429:
        pause = SHORT_PAUSE if retry_after is None else retry_after
        return ChannelError(code, refusal=means or Refusal.RETRY, retry_after=pause)
    if means is None and status in OURS_TO_PUT_RIGHT and not (retryable or opted_out):
        means = Refusal.CONFIGURATION
    return ChannelError(code, refusal=means or Refusal.UNKNOWN, retryable=retryable, opted_out=opted_out)


def wanted_pause(headers: Mapping[str, str]) -> float | None:
    """The seconds that a Retry-After asks us to wait; None where there is none, or it is no number (a date, in theory)."""
    said = headers.get("Retry-After", "").strip()
    return min(float(said), LONGEST_PAUSE) if said.isascii() and said.isdecimal() else None

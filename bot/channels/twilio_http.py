"""Twilio's own client over our line: its connections stay open, and what it is told not to try twice it does not."""

import logging
from contextvars import ContextVar
from typing import Final

import aiohttp
from twilio.http import AsyncHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]

from bot.channels import line

JSON: Final = "application/json"

# What Retry-After said in the answer that this task got last: Twilio's exceptions do not tell the headers.
pause: Final[ContextVar[float | None]] = ContextVar("pause", default=None)


class TwilioLine(AsyncHttpClient):  # type: ignore[misc]
    """What twilio-python calls to make a request."""

    def __init__(self, ours: line.Line) -> None:
        super().__init__(logging.getLogger(__name__), is_async=True)
        self._line = ours

    async def request(
        self,
        method: str,
        uri: str,
        *,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Make one request, as twilio-python asks for it. Raises ChannelError where no answer came."""
        headers = dict(headers or {})
        if auth is not None:
            headers["Authorization"] = aiohttp.encode_basic_auth(*auth)
        body = {"json": data} if headers.get("Content-Type") == JSON else {"data": _pairs(data)}
        answer = await self._line.ask(method.upper(), uri, params=params, headers=headers, **body)
        pause.set(line.wanted_pause(answer.headers))
        return Response(answer.status, answer.body.decode("utf-8", "replace"), answer.headers)


def _pairs(data: dict[str, object] | None) -> list[tuple[str, str]] | None:
    """The form, a list as a name that comes several times; None where there is none to send."""
    if not data:
        return None
    listed = ((name, value if isinstance(value, list) else [value]) for name, value in data.items())
    return [(name, str(each)) for name, values in listed for each in values if each is not None]

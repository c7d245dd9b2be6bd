"""Connections to gateways only: a name is resolved first, and no address inside our own network is connected to unless it may be.

Whoever can write a description could otherwise have our server ask what only our server can reach, such as a cloud's metadata.
"""

import asyncio
import socket
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bot.channels.gateway.addresses import PrivateAddress, literal, private, resolved
from bot.channels.line import Answer, Line


class _Guarded(AbstractResolver):
    """Only public addresses. What is connected to is what was looked at: no second answer of a name server can change it."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a host. Raises PrivateAddress, and OSError where it has none."""
        try:
            found = await asyncio.get_running_loop().run_in_executor(None, resolved, host, port)
        except UnicodeError as error:
            raise OSError(f"{host} is not a name") from error
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in found
        ]

    async def close(self) -> None:
        """Nothing is held."""


class _GuardedLine(Line):
    """A line that looks at addresses too, which no resolver is asked about."""

    async def ask(self, method: str, url: str, **what: Any) -> Answer:
        """As a line asks. Raises PrivateAddress, too."""
        try:
            host = URL(url).host or ""  # as aiohttp reads it: there are many ways to write 127.0.0.1
        except ValueError:
            host = ""  # which it will refuse, too
        address = literal(host)
        if address and private(address):
            raise PrivateAddress(f"{host} is at {address}, which is not on the public internet")
        return await super().ask(method, url, **what)


def line(patience: float, *, allow_private: bool) -> Line:
    """The line to one gateway. No proxy of the environment: the address must be the one that was looked at."""
    if allow_private:
        return Line(patience, proxies=False)
    return _GuardedLine(patience, resolver=_Guarded(), proxies=False)

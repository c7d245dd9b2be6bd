"""Connections to gateways only: a name is resolved first, and no address inside our own network is connected to unless it may be.

Whoever can write a description could otherwise have our server ask what only our server can reach, such as a cloud's metadata.
"""

import socket
from typing import Any

from requests import Session
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util import connection

from bot.channels.gateway.addresses import resolved
from bot.channels.line import CONNECTIONS


class _Guarded(HTTPConnection):
    """A connection to one of the addresses that were looked at, so that no second answer of a name server can change it."""

    def _new_conn(self) -> socket.socket:
        try:
            addresses = resolved(self.host, self.port)
        except (socket.gaierror, UnicodeError) as error:
            told = error if isinstance(error, socket.gaierror) else socket.gaierror("not a name")
            raise NameResolutionError(self.host, self, told) from error
        refused: OSError = OSError("no address")
        for address in addresses:
            try:
                return connection.create_connection(
                    (address, self.port),
                    self.timeout,
                    source_address=self.source_address,
                    socket_options=self.socket_options,
                )
            except TimeoutError as error:
                raise ConnectTimeoutError(self, f"{self.host} did not answer in time") from error
            except OSError as error:
                refused = error
        raise NewConnectionError(self, f"{self.host} cannot be reached") from refused


class _GuardedTls(_Guarded, HTTPSConnection):
    """The same, encrypted: the certificate is still checked against the name."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Guarded


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedTls


class _Adapter(HTTPAdapter):
    """Makes guarded connections."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """As the original, with our connections in it."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


def session(*, allow_private: bool) -> Session:
    """A session for one gateway, as `line.session` makes them. No proxy and no .netrc: the address must be the one looked at."""
    kept = Session()
    kept.trust_env = False
    for scheme in ("https://", "http://"):
        adapter = HTTPAdapter if allow_private else _Adapter
        kept.mount(scheme, adapter(pool_maxsize=CONNECTIONS, max_retries=0))
    return kept

"""How a provider is called: over connections that stay open, with little patience, and with honest failures."""

import ssl
from typing import Final

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NewConnectionError

from bot.channels.base import ChannelError

PATIENCE_TO_CONNECT: Final = 3.05  # seconds; a lost SYN is sent again after 3
CONNECTIONS: Final = 32  # kept open; more threads than this are served, but over connections that close


def session() -> requests.Session:
    """A session for one provider, to be kept and shared by all threads. It never tries anything twice by itself."""
    kept = requests.Session()
    for scheme in ("https://", "http://"):
        kept.mount(scheme, HTTPAdapter(pool_maxsize=CONNECTIONS, max_retries=0))
    return kept


def failure(error: requests.RequestException) -> ChannelError:
    """What a call that got no answer means: trying again is safe only if the request cannot have arrived."""
    arrived = not _never_arrived(error)
    return ChannelError(type(error).__name__, retryable=not arrived, ambiguous=arrived)


def refusal(status: int, code: str, *, retryable: bool = False, opted_out: bool = False) -> ChannelError:
    """What an answer that is no 2xx means: 429 was not even read, and after a 5xx nobody knows."""
    if status >= 500:
        return ChannelError(code, ambiguous=True)
    return ChannelError(code, retryable=retryable or status == 429, opted_out=opted_out)


def _never_arrived(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError | requests.exceptions.InvalidURL):
        return True
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(reason, NewConnectionError):  # refused, no route, no such host
        return True
    cause = reason.args[0] if isinstance(reason, Exception) and reason.args else None
    return isinstance(cause, ssl.SSLCertVerificationError)

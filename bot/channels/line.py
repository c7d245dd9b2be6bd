"""How a provider is called: over connections that stay open, with little patience, and with honest failures."""

import ssl
from collections.abc import Mapping
from typing import Final

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NewConnectionError

from bot.channels.base import ChannelError, Refusal

PATIENCE_TO_CONNECT: Final = 3.05  # seconds; a lost SYN is sent again after 3
SHORT_PAUSE: Final = 2.0  # seconds; after a 429 that does not say how long
LONGEST_PAUSE: Final = 3600.0  # seconds; whatever a Retry-After says
OURS_TO_PUT_RIGHT: Final = frozenset({401, 402, 403})  # a wrong key, no credit, not allowed
CONNECTIONS: Final = 32  # kept open; more threads than this are served, but over connections that close


def session() -> requests.Session:
    """A session for one provider, to be kept and shared by all threads. It never tries anything twice by itself."""
    kept = requests.Session()
    for scheme in ("https://", "http://"):
        kept.mount(scheme, HTTPAdapter(pool_maxsize=CONNECTIONS, max_retries=0))
    return kept


def failure(error: requests.RequestException) -> ChannelError:
    """What a call that got no answer means: trying again is safe only if the request cannot have arrived."""
    name = type(error).__name__
    return (
        ChannelError(name, refusal=Refusal.NOT_REACHED) if _never_arrived(error) else ChannelError(name, ambiguous=True)
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


def _never_arrived(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError | requests.exceptions.InvalidURL):
        return True
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(reason, NewConnectionError):  # refused, no route, no such host
        return True
    cause = reason.args[0] if isinstance(reason, Exception) and reason.args else None
    return isinstance(cause, ssl.SSLCertVerificationError)

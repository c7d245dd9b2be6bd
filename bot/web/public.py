"""Answers that anybody's program may fetch, and keep for a few minutes."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from flask import Response

HEADERS: Final = {
    "Access-Control-Allow-Origin": "*",  # a verifier may be a page in somebody's browser
    "Cache-Control": "public, max-age=300",  # a key given up, and a revocation, are known everywhere in five minutes
    "X-Content-Type-Options": "nosniff",
}


def guarding(more: Mapping[str, str] = MappingProxyType({})) -> Callable[[Response], Response]:
    """What says with each answer who may fetch it, and for how long it may be kept; `more` are further headers."""
    headers = {**HEADERS, **more}

    def guarded(response: Response) -> Response:
        response.headers.update(headers)
        if response.status_code != 200:
            response.headers["Cache-Control"] = "no-store"
        return response

    return guarded

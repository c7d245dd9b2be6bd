"""The arithmetic of the chain, without a database: what an event's hash is over, and where a chain does not hold."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final, Literal

from bot import codes

_encoded: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode
BEGINNING: Final = "0" * 64  # what stands before the first place

# changed: not as it was; untold: cannot be told from here; remark: as it may be, and worth a look.
How = Literal["changed", "untold", "remark"]


@dataclass(frozen=True, slots=True)
class Event:
    """One deed as the audit has it."""

    id: int
    at: datetime
    who: str
    did: str
    about: str


@dataclass(frozen=True, slots=True)
class Link:
    """One place of the chain as it is kept, and the event there; None where that is gone."""

    place: int
    event_id: int
    hash: str
    code: str | None
    event: Event | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found, in words; and how bad it is."""

    how: How
    says: str


def canonical(told: Mapping[str, Any]) -> bytes:
    """JSON in the one form that is hashed and signed: names in order, no spaces, ASCII alone."""
    return _encoded(told).encode("ascii")


def hashed(before: str, place: int, event: Event) -> str:
    """The hash at a place: SHA-256 over the hash before it, a line's end, and the event with its place."""
    told = {
        "place": place,
        "id": event.id,
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "who": event.who,
        "did": event.did,
        "about": event.about,
    }
    return sha256(before.encode() + b"\n" + canonical(told)).hexdigest()


def code_of(about: str) -> str | None:
    """The code of the certificate that an event is about, as it is stored; None where it is about none."""
    told = told_in(about)
    code = told.get("code")
    return codes.read(code) if isinstance(code, str) else None


def told_in(about: str) -> Mapping[str, Any]:
    """What an event says, where it says it as a JSON object; empty where it is plain words."""
    if not about.startswith("{"):
        return {}
    try:
        told = json.loads(about)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def chained(before: str, after: int, events: Iterable[Event]) -> list[Link]:
    """The links that put these events, in this order, after a place."""
    links = []
    for place, event in enumerate(events, start=after + 1):
        before = hashed(before, place, event)
        links.append(Link(place, event.id, before, code_of(event.about), event))
    return links


def faults(before: str | None, after: int, links: Iterable[Link]) -> list[Finding]:
    """What is wrong with the links after a place. `before` is the hash there, None where it is not known.

    Each place is held against the hash that is kept of the one before it, so that one event that was changed is one finding,
    and not all that follow.
    """
    found = []
    for link in links:
        if link.place != after + 1:
            gone = f"place {after + 1}" if link.place == after + 2 else f"places {after + 1} to {link.place - 1}"
            found.append(Finding("changed", f"{gone}: taken out of the chain."))
            before = None
        found += [
            Finding("changed", f"place {link.place}, event {link.event_id}: {why}.") for why in _wrong(before, link)
        ]
        before, after = link.hash, link.place
    return found


def _wrong(before: str | None, link: Link) -> list[str]:
    if link.event is None:
        return ["the event was taken out"]
    wrong = []
    if before is not None and hashed(before, link.place, link.event) != link.hash:
        wrong.append("it, its place or its hash is not what was linked")
    if code_of(link.event.about) != link.code:
        wrong.append("the code beside it is not the one it is about")
    return wrong

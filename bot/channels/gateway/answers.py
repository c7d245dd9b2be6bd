"""What a gateway's answer to a message means: accepted and under which id, or refused and what may be done about it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.channels import line
from bot.channels.base import ChannelError, Malformed, Refusal
from bot.channels.fields import LONGEST_ID, cleaned
from bot.channels.gateway import documents
from bot.channels.gateway.documents import Document
from bot.channels.gateway.shape import UNDETERMINED, Accepted, Description, Found

LONGEST: Final = 64 * 1024  # bytes of an answer that are read


@dataclass(frozen=True, slots=True)
class Answered:
    """An HTTP response: its status, its headers (whatever the case of a name), its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def provider_id(answered: Answered, described: Description) -> str:
    """The gateway's id for a message that it has accepted, "" where it gives none. Raises ChannelError for any other answer."""
    document, text = _read(answered.body)
    if _is_accepted(answered, described.accepted, document, text):
        found = _found(answered, described.id, document, text)
        if not found and described.id != Found():
            raise ChannelError("accepted without an id", ambiguous=True)
        return found
    code = _found(answered, described.code, document, text)
    pause = line.wanted_pause(answered.headers)
    is_2xx = 200 <= answered.status < 300
    status = "" if is_2xx else str(answered.status)
    kind = described.class_of(code) or described.class_of(status)
    if kind == UNDETERMINED:
        raise ChannelError(code or status, ambiguous=True)
    if kind:
        raise ChannelError(code or status, refusal=Refusal(kind), retry_after=pause)
    if not is_2xx:
        raise line.refusal(answered.status, code or status, retry_after=pause)
    if code:  # an unknown code is final, and is shown
        raise ChannelError(code)
    raise ChannelError("unreadable answer", ambiguous=True)


def _is_accepted(answered: Answered, accepted: Accepted, document: Document | None, text: str) -> bool:
    statuses = accepted.status or range(200, 300)
    if answered.status not in statuses:
        return False
    if accepted.where and _at(document, accepted.where) not in accepted.is_one_of:
        return False
    return not accepted.pattern or re.search(accepted.pattern, text) is not None


def _found(answered: Answered, found: Found, document: Document | None, text: str) -> str:
    if found.header:
        return cleaned(answered.headers.get(found.header, "")).strip()[:LONGEST_ID]
    if found.where:
        return _at(document, found.where)[:LONGEST_ID]
    match = re.search(found.pattern, text) if found.pattern else None
    return (match[1] if match.re.groups else match[0]).strip()[:LONGEST_ID] if match else ""


def _at(document: Document | None, where: str) -> str:
    try:
        return cleaned("".join(document.get(where)[:1])).strip() if document else ""
    except Malformed:
        return ""


def _read(body: bytes) -> tuple[Document | None, str]:
    """The answer as JSON or XML if it is that, whatever its header calls it; and as text."""
    text = cleaned(body.decode(errors="replace"))
    start = text.lstrip("\ufeff \t\r\n")[:1]
    try:
        if start in ("{", "["):
            return documents.json_items(body, "utf-8", "")[0], text
        if start == "<":
            return documents.xml_items(body, "", "")[0], text
    except (Malformed, IndexError):
        pass
    return None, text

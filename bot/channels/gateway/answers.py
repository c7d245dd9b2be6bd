"""What a gateway's answer to messages means: accepted and under which id, or refused and what may be done about it."""

import re
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.channels import line
from bot.channels.base import ChannelError, Malformed, Refusal
from bot.channels.fields import LONGEST_ID, cleaned, number
from bot.channels.gateway import documents
from bot.channels.gateway.documents import Document
from bot.channels.gateway.shape import LINES, UNDETERMINED, Accepted, Description, Found

LONGEST: Final = 64 * 1024  # bytes of an answer that are read
LONGER: Final = 1024  # bytes more for each number of a request


@dataclass(frozen=True, slots=True)
class Answered:
    """An HTTP response: its status, its headers (whatever the case of a name), its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Part:
    """What it says: the whole of it, or of one number."""

    document: Document | None
    text: str


def became(answered: Answered, described: Description, numbers: Sequence[str]) -> Sequence[str | ChannelError]:
    """Of each number, the gateway's id for its message ("" where it gives none), or why it was not taken.

    Raises ChannelError where the answer is about all of them and no yes.
    """
    whole = _read(answered.body)
    if described.per_number is None:
        said = _judged(answered, described, whole)
        if isinstance(said, ChannelError):
            raise said
        return [said] * len(numbers)
    parts = _parts(answered.body, described.per_number.items) if 200 <= answered.status < 300 else []
    told = _by_number(answered, parts, described.per_number.to, numbers)
    if not any(told) and _is_about_all(answered, described, parts):
        raise _refused(answered, described, whole)
    if not any(told):
        raise ChannelError("not in the answer", ambiguous=True)
    return [
        _judged(answered, described, part) if part else ChannelError("not in the answer", ambiguous=True)
        for part in told
    ]


def _by_number(answered: Answered, parts: Sequence[_Part], to: Found, numbers: Sequence[str]) -> Sequence[_Part | None]:
    """What is said of each number; None where nothing is. A single answer to a single number is its own, however they write it."""
    if to == Found() or len(parts) == len(numbers) == 1:
        return parts if len(parts) == len(numbers) else [None] * len(numbers)
    told: dict[str | None, deque[_Part]] = defaultdict(deque)
    for part in parts:
        told[number(_found(answered, to, part))].append(part)
    return [told[each].popleft() if told[each] else None for each in numbers]


def _is_about_all(answered: Answered, described: Description, parts: Sequence[_Part]) -> bool:
    """Whether an answer in which we find none of our numbers speaks of the whole request: it says no, and one code only.

    Otherwise one number's refusal would be everybody's, and who has got the message would get it again.
    """
    codes = [_found(answered, described.code, part) for part in parts]
    accepted = (isinstance(_judged(answered, described, part), str) for part in parts)
    return len({*codes} - {""}) <= 1 and not any(yes and not code for yes, code in zip(accepted, codes, strict=True))


def _judged(answered: Answered, described: Description, part: _Part) -> str | ChannelError:
    if not _is_accepted(answered, described.accepted, part):
        return _refused(answered, described, part)
    found = _found(answered, described.id, part)
    if not found and described.id != Found():
        return ChannelError("accepted without an id", ambiguous=True)
    return found


def _refused(answered: Answered, described: Description, part: _Part) -> ChannelError:
    code = _found(answered, described.code, part)
    pause = line.wanted_pause(answered.headers)
    is_2xx = 200 <= answered.status < 300
    status = "" if is_2xx else str(answered.status)
    kind = described.class_of(code) or described.class_of(status)
    if kind == UNDETERMINED:
        return ChannelError(code or status, ambiguous=True)
    if kind:
        return ChannelError(code or status, refusal=Refusal(kind), retry_after=pause)
    if not is_2xx:
        return line.refusal(answered.status, code or status, retry_after=pause)
    if code:  # an unknown code is final, and is shown
        return ChannelError(code)
    return ChannelError("unreadable answer", ambiguous=True)


def _is_accepted(answered: Answered, accepted: Accepted, part: _Part) -> bool:
    statuses = accepted.status or range(200, 300)
    if answered.status not in statuses:
        return False
    if accepted.where and _at(part.document, accepted.where) not in accepted.is_one_of:
        return False
    return not accepted.pattern or re.search(accepted.pattern, part.text) is not None


def _found(answered: Answered, found: Found, part: _Part) -> str:
    if found.header:
        return cleaned(answered.headers.get(found.header, "")).strip()[:LONGEST_ID]
    if found.where:
        return _at(part.document, found.where)[:LONGEST_ID]
    match = re.search(found.pattern, part.text) if found.pattern else None
    return (match[1] if match.re.groups else match[0]).strip()[:LONGEST_ID] if match else ""


def _at(document: Document | None, where: str) -> str:
    try:
        return cleaned("".join(document.get(where)[:1])).strip() if document else ""
    except Malformed:
        return ""


def _read(body: bytes) -> _Part:
    """The answer as JSON or XML if it is that, whatever its header calls it; and as text."""
    return _Part(next(iter(_documents(body, "")), None), _text(body))


def _parts(body: bytes, items: str) -> Sequence[_Part]:
    """What is said of each number: the lines that are not empty, or the items of a list in JSON or XML."""
    if items == LINES:
        return [_Part(None, each) for each in _text(body).splitlines() if each.strip()]
    return [_Part(each, "") for each in _documents(body, items.removesuffix("/"))]


def _documents(body: bytes, items: str) -> Sequence[Document]:
    start = _text(body).lstrip("\ufeff \t\r\n")[:1]
    try:
        if start in ("{", "["):
            return documents.json_items(body, "utf-8", items)
        if start == "<":
            return documents.xml_items(body, "", items)
    except Malformed:
        pass
    return []


def _text(body: bytes) -> str:
    return cleaned(body.decode(errors="replace"))

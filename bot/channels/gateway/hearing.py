"""What a gateway's request to us says: messages, receipts, or nothing of ours."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.channels.base import Ignored, Inbound, Malformed, News, Receipt, Refusal, Status, WebhookRequest
from bot.channels.fields import LONGEST_ID, Form, cleaned, number, optional, present, required
from bot.channels.gateway import charsets, documents
from bot.channels.gateway.documents import Document
from bot.channels.gateway.shape import UNDETERMINED, Description, InboundShape, ReceiptShape, Where

_OUR_ID: Final = re.compile(r"[0-9]{1,18}|[0-8][0-9]{18}")
_CHARSET: Final = re.compile(r"""charset\s*=\s*["']?([\w-]+)""", re.IGNORECASE)
_ALIASES: Final = {
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "cp1252": "windows-1252",
    "utf-16be": "utf-16-be",
    "ucs-2": "utf-16-be",
    "ucs2": "utf-16-be",
}


@dataclass(frozen=True, slots=True)
class Paper:
    """One thing in a request: its own fields first, and the fields in the address of the request."""

    own: Document
    address: Document

    def get(self, where: str, charset: str = "") -> list[str]:
        """What stands at a place; a name may stand in the address instead, as {receipts} puts our id there."""
        found = self.own.get(where, charset)
        return found or ([] if where.startswith("/") else self.address.get(where, charset))


def news(request: WebhookRequest, described: Description, channel: str) -> list[News]:
    """All that the request tells, in its order. Raises Malformed; of several things, one that is malformed is ignored."""
    papers = _papers(request, described)
    if len(papers) == 1:
        return [_news(papers[0], described, channel)]
    told: list[News] = []
    for paper in papers:
        try:
            told.append(_news(paper, described, channel))
        except Malformed as error:
            told.append(Ignored(f"one of several that cannot be read: {error}"))
    return told


def _papers(request: WebhookRequest, described: Description) -> list[Paper]:
    said = request.headers.get("content-type", "").lower()
    found = _CHARSET.search(said)
    named = _ALIASES.get(found[1], found[1]) if found else ""
    charset = named if named in charsets.CHARSETS else described.webhook.charset
    query = request.url.partition("?")[2].encode("latin-1", "replace")  # WSGI hands bytes on as latin-1
    address = documents.Form(documents.fields_of(query), described.webhook.charset)
    kind = described.webhook.format
    if kind == "auto":
        kind = "json" if "json" in said else "xml" if "xml" in said else "form"
    if kind == "json":
        own = documents.json_items(request.body, charset, described.webhook.items)
    elif kind == "xml":
        told = bool(found) or charset != "utf-8"
        own = documents.xml_items(request.body, charset if told else "", described.webhook.items)
    else:
        own = [documents.Form(_fields(request, said), charset)]
    return [Paper(each, address) for each in own]


def _fields(request: WebhookRequest, content_type: str) -> dict[str, Sequence[bytes]]:
    """The fields of a form, in bytes. One in parts (multipart/form-data) has been read for us, as UTF-8."""
    if "multipart/" in content_type:
        return {name: [each.encode(errors="replace") for each in values] for name, values in request.form.items()}
    return dict(documents.fields_of(request.body)) if request.method != "GET" else {}


def _news(paper: Paper, described: Description, channel: str) -> News:
    receipts = described.receipts
    if receipts and any(paper.get(where) for where in receipts.status):
        return _receipt(paper, receipts, described, channel)
    if not described.hears or described.inbound is None:
        return Ignored("a message by a gateway that is one-way")
    return _inbound(paper, described.inbound, channel)


def _receipt(paper: Paper, shape: ReceiptShape, described: Description, channel: str) -> Receipt | Ignored:
    word = required(*_field(paper, shape.status))
    status = meaning(shape, word)
    if status is None:
        return Ignored(f"a status we do not know: {word[:40]}")
    ours = optional(*_field(paper, shape.ours)).strip()
    message_id = int(ours) if _OUR_ID.fullmatch(ours) else None
    provider_id = optional(*_field(paper, shape.id)).strip()[:LONGEST_ID] or (ours if message_id is not None else "")
    if not provider_id:
        raise Malformed(f"{(*shape.id, *shape.ours)[0]} is missing")
    error = optional(*_field(paper, shape.error)).strip()[:80] if status is Status.FAILED else ""
    to = number(optional(*_field(paper, shape.to))) or ""
    kind = described.class_of(error)
    refusal = Refusal(kind) if kind and kind != UNDETERMINED else None
    return Receipt(channel, status, message_id, provider_id, error, to, refusal)


def meaning(shape: ReceiptShape, word: str) -> Status | None:
    """What one of the gateway's words for a status means; None where nobody has said."""
    return next((Status(status) for status, words in shape.means.items() if word in words), None)


def _inbound(paper: Paper, shape: InboundShape, channel: str) -> Inbound | Ignored:
    sender = number(given := required(*_field(paper, shape.sender)))
    text = _without_keyword(_text(paper, shape), shape.keyword)
    if shape.id:
        provider_id = required(*_field(paper, shape.id))
    else:
        # Without an id a message is known by its second: she may send the same letter twice, but not in one.
        said = "\n".join((given, required(*_field(paper, shape.date)), text))
        provider_id = hashlib.sha256(said.encode()).hexdigest()[:32]
    if sender is None:
        return Ignored("from a short code or a name, which cannot be answered")
    return Inbound(channel, provider_id, sender, text)


def _text(paper: Paper, shape: InboundShape) -> str:
    coding = optional(*_field(paper, shape.coding)).strip()
    charset = shape.codings.get(coding, "")
    form, name = _field(paper, shape.hex)
    digits = optional(form, name).strip()
    if not digits:
        return present(*_field(paper, shape.text, charset))
    try:
        return cleaned(charsets.decoded(bytes.fromhex(digits), charset or "latin-1"))
    except ValueError as error:
        raise Malformed(f"{name} is not hexadecimal") from error


def _without_keyword(text: str, keyword: str) -> str:
    """The text without the word that a shared short code makes everybody begin with."""
    first, _, rest = text.lstrip().partition(" ")
    return rest.lstrip() if keyword and first.casefold() == keyword.casefold() else text


def _field(paper: Paper, where: Where, charset: str = "") -> tuple[Form, str]:
    """The first of several places that is there, as a form of that one field, and its name."""
    for each in where:
        if found := paper.get(each, charset):
            return {each: found}, each
    return {}, where[0] if where else ""

"""What a gateway wrote, in a webhook or in an answer: a form, JSON or XML, all asked for a place in the same way."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes
from xml.etree.ElementTree import Element

from bot.channels.base import Malformed
from bot.channels.gateway import charsets, markup


class Document(Protocol):
    """One thing that a gateway wrote."""

    def get(self, where: str, charset: str = "") -> list[str]:
        """What stands at a place: nothing, or one value, or several. A form's bytes may be in another charset than usual."""
        ...


class Form:
    """The fields of a query or a form, as bytes until somebody asks: each may be in a character set of its own."""

    def __init__(self, fields: Mapping[str, Sequence[bytes]], charset: str) -> None:
        self._fields, self._charset = fields, charset

    def get(self, where: str, charset: str = "") -> list[str]:
        """The values of a field."""
        return [charsets.decoded(value, charset or self._charset) for value in self._fields.get(where, ())]


class Json:
    """An object in JSON."""

    def __init__(self, data: Any) -> None:
        self._data = data

    def get(self, where: str, charset: str = "") -> list[str]:
        """The value at a JSON pointer (RFC 6901), or of a name of the object. Raises Malformed where it is no plain value."""
        found = pointed(self._data, where if where.startswith("/") else f"/{where}")
        if isinstance(found, dict | list):
            raise Malformed(f"{where} must be one value")
        if isinstance(found, bool):
            return ["true" if found else "false"]
        return [] if found is None else [str(found)]


class Xml:
    """An element of XML."""

    def __init__(self, element: Element) -> None:
        self._element = element

    def get(self, where: str, charset: str = "") -> list[str]:
        """The text at a path of elements below this one (its last step may be @attribute), or of the first one with that name."""
        if not where.startswith("/"):
            return [(each.text or "").strip() for each in self._element.iter(where)][:1]
        *path, last = where[1:].split("/")
        if last.startswith("@"):
            return [each.attrib[last[1:]] for each in below(self._element, path) if last[1:] in each.attrib]
        return [(each.text or "").strip() for each in below(self._element, [*path, last])]


def below(element: Element, path: Sequence[str]) -> Iterator[Element]:
    """The elements at a path below one."""
    found = [element]
    for name in path:
        found = [child for each in found for child in each if child.tag == name]
    yield from found


def pointed(data: Any, pointer: str) -> Any:
    """What stands at a JSON pointer; None where nothing does."""
    for step in pointer.split("/")[1:] if pointer else ():
        step = step.replace("~1", "/").replace("~0", "~")
        if isinstance(data, dict):
            data = data.get(step)
        elif isinstance(data, list) and step.isascii() and step.isdigit() and len(step) < 6 and int(step) < len(data):
            data = data[int(step)]
        else:
            return None
    return data


def fields_of(raw: bytes) -> dict[str, list[bytes]]:
    """The fields of a query or a form, still as bytes."""
    fields: dict[str, list[bytes]] = {}
    for pair in raw.split(b"&"):
        name, _, value = pair.replace(b"+", b" ").partition(b"=")
        if name:
            fields.setdefault(unquote_to_bytes(name).decode(errors="replace"), []).append(unquote_to_bytes(value))
    return fields


def json_items(body: bytes, charset: str, items: str) -> list[Document]:
    """The things in a body of JSON: it itself, or each of the list at `items`. Raises Malformed."""
    try:
        data = json.loads(body.decode("utf-8-sig") if charset == "utf-8" else charsets.decoded(body, charset))
    except (ValueError, RecursionError) as error:
        raise Malformed("the body is not JSON") from error
    found = pointed(data, items) if items else data
    each = found if isinstance(found, list) else [found]
    if not all(isinstance(one, dict) for one in each):
        raise Malformed(f"{items or 'the body'} must be a JSON object, or a list of them")
    return [Json(one) for one in each]


def xml_items(body: bytes, charset: str, items: str) -> list[Document]:
    """The things in a body of XML: it itself, or each element at the path `items`. Without a charset it says its own.

    Raises Malformed.
    """
    try:
        root = markup.parse(charsets.decoded(body, charset).encode(), "utf-8") if charset else markup.parse(body)
    except markup.NotXml as error:
        raise Malformed(str(error)) from error
    found = list(below(root, items.strip("/").split("/"))) if items else [root]
    return [Xml(each) for each in found]

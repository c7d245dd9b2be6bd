"""What a gateway is sent: the request made from its description, each value escaped for where it stands."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from bot.channels.gateway import charsets, documents, markup, templates
from bot.channels.gateway.shape import Send
from bot.channels.gateway.templates import Each, Template, Wrong

FORM, JSON, XML = "application/x-www-form-urlencoded", "application/json", "text/xml"

# Whatever would end a value early anywhere: if this arrives whole, everything does.
HOSTILE: Final = "'\"\\{}[],:;<>&]]>%41+ =#?/\n~$1"
HARMLESS: Final = "harmless"
EACH: Final = "each"

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request that is ready to go. Its parts hold secrets."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)


@dataclass(frozen=True, repr=False)
class Wire:
    """Makes requests."""

    method: str
    charset: str
    url: Template
    headers: Mapping[str, Template]
    query: Mapping[str, Template]
    kind: str  # of the body: its content type, "" for none
    body: Template | Any  # Template: text. Anything else: a tree with templates in it, for a form or JSON

    @property
    def each(self) -> tuple[Each, ...]:
        """The parts of its body that are repeated for each number."""
        return tuple(templates.repeated_in(self.body))

    @property
    def once(self) -> frozenset[str]:
        """The places that stand in it once, for however many numbers it is."""
        return templates.places_in(self._parts, repeated=False)

    @property
    def places(self) -> frozenset[str]:
        """Every place in it."""
        return templates.places_in(self._parts)

    @property
    def _parts(self) -> list[Any]:
        return [self.url, self.headers, self.query, self.body]

    def request(self, values: Mapping[str, str], numbers: Sequence[Mapping[str, str]] = ()) -> Request:
        """The request with these values in their places, and each number's own under `each`. Raises charsets.NotInCharset."""
        headers = {name: each.fill(values) for name, each in self.headers.items()}
        body = self._body(values, numbers or [values]) if self.kind else None
        if self.kind and "content-type" not in {name.lower() for name in headers}:
            said = f"; charset={self.charset}" if self.kind == XML or self.charset != "utf-8" else ""
            headers["Content-Type"] = self.kind + said
        url = self.url.fill(values, templates.for_url(self.charset))
        if query := self._query.fill(values, templates.for_form(self.charset)):
            url += ("&" if urlsplit(url).query else "?") + query
        return Request(self.method, url, headers, body)

    @cached_property
    def _query(self) -> Template:
        return templates.form(self.query, templates.for_form(self.charset))

    @cached_property
    def _form(self) -> Template:
        return (
            self.body
            if isinstance(self.body, Template)
            else templates.form(self.body, templates.for_form(self.charset))
        )

    def _body(self, values: Mapping[str, str], numbers: Sequence[Mapping[str, str]]) -> bytes:
        if self.kind == FORM:
            return self._form.fill(values, templates.for_form(self.charset)).encode()
        if self.kind == XML:
            # What the character set does not have is written as a number, which every reader of XML understands.
            return self.body.fill(values, templates.for_xml).encode(self.charset, "xmlcharrefreplace")
        if isinstance(self.body, Template):
            written = self.body.fill(values, templates.for_json)
        else:
            written = json.dumps(templates.filled(self.body, values, numbers), ensure_ascii=False)
        return charsets.encoded(written, self.charset)


def read(send: Send, environment: Mapping[str, str]) -> Iterator[tuple[Path, Wrong] | Wire]:
    """The wire that a description asks for, last; before it all that is wrong, with where. There is none where anything is."""
    made: dict[str, Any] = {}
    wrong: list[tuple[Path, Wrong]] = []

    def attempt(path: Path, value: Any) -> Any:
        try:
            return templates.read(value, environment) if isinstance(value, str) else value
        except Wrong as error:
            wrong.append((path, error))
            return Template(())

    def tree(path: Path, value: Any) -> Any:
        if isinstance(value, dict) and list(value) == [EACH] and path[0] == "json":
            return Each(tree((*path, EACH), value[EACH]))
        if isinstance(value, dict):
            return {name: tree((*path, name), each) for name, each in value.items()}
        if isinstance(value, list):
            return [tree((*path, place), each) for place, each in enumerate(value)]
        return attempt(path, value)

    for name in ("url", "headers", "query"):
        made[name] = tree((name,), getattr(send, name))
    bodies = [(name, value) for name, value in _bodies(send) if value is not None]
    if len(bodies) > 1:
        wrong.append(((bodies[1][0],), Wrong("A message has one body: keep one of form, json and xml.")))
    if bodies and send.method == "GET":
        wrong.append(((bodies[0][0],), Wrong("GET has no body: write the fields under query, or method: POST.")))
    kind, body = (bodies or [("", None)])[0]
    if send.basic:
        made["headers"]["Authorization"] = tree(("basic",), _authorization(send, environment, wrong))
    kinds = {"form": FORM, "json": JSON, "xml": XML, "": ""}
    wire = Wire(send.method, send.charset, kind=kinds[kind], body=tree((kind,), body), **made)
    if not wrong:
        wrong.extend(_unsafe(wire, kind))
    yield from wrong
    if not wrong:
        yield wire


def _authorization(send: Send, environment: Mapping[str, str], wrong: list[tuple[Path, Wrong]]) -> str:
    assert send.basic is not None
    given: list[str] = []
    for name in ("user", "password"):
        try:
            given.append(templates.plain(getattr(send.basic, name), environment))
        except Wrong as error:
            wrong.append((("basic", name), error))
    return "Basic " + base64.b64encode(":".join(given).encode()).decode()


def _bodies(send: Send) -> Sequence[tuple[str, Any]]:
    return ("form", send.form), ("json", send.as_json), ("xml", send.xml)


def _unsafe(wire: Wire, kind: str) -> Iterator[tuple[Path, Wrong]]:
    """What a text could do to the request besides being its text."""
    for name, each in wire.headers.items():
        if each.places & {"text", "hex", "from"}:
            yield ("headers", name), Wrong("A message's text has no place in a header.")
    if not isinstance(wire.body, Template):
        return
    values = dict.fromkeys(templates.PLACES, "1")
    try:
        whole = _read_back(wire, values | {"text": HARMLESS})
        attacked = _read_back(wire, values | {"text": HOSTILE})
    except (charsets.NotInCharset, ValueError):
        yield (kind,), Wrong(f"With the places filled this is no {kind}: look at its quotes, tags and brackets again.")
        return
    lost = "text" in wire.body.places and not any(HARMLESS in value for _, value in whole)
    if lost or attacked != [(where, value.replace(HARMLESS, HOSTILE)) for where, value in whole]:
        says = {
            "json": "put {text} between double quotes",
            "xml": "put {text} in an element, outside CDATA and comments",
        }
        yield (kind,), Wrong(f"A learner's text could change this: {says.get(kind, 'put {text} after a =')}.")


def _read_back(wire: Wire, values: Mapping[str, str]) -> list[tuple[str, str]]:
    """The body as whoever receives it reads it: every value, and where it stands. Raises ValueError."""
    body = wire.request(values).body or b""
    if wire.kind == FORM:
        fields = documents.fields_of(body)
        return [(name, charsets.decoded(each, wire.charset)) for name, values in fields.items() for each in values]
    if wire.kind == XML:
        return list(_elements(markup.parse(body), ""))
    return list(_values(json.loads(charsets.decoded(body, wire.charset)), ""))


def _elements(element: Element, at: str) -> Iterator[tuple[str, str]]:
    here = f"{at}/{element.tag}"
    yield from ((f"{here}/@{name}", value) for name, value in element.attrib.items())
    yield here, (element.text or "") + "".join(child.tail or "" for child in element)
    for child in element:
        yield from _elements(child, here)


def _values(data: Any, at: str) -> Iterator[tuple[str, str]]:
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else None
    if pairs is None:
        yield at, str(data) if isinstance(data, str) else f"={data!r}"
        return
    for name, each in pairs:
        yield from _values(each, f"{at}/{name}")

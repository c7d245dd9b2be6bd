"""Texts with places in them: {text}, {to} …, and ${NAME} for a secret from the environment, filled and escaped where they stand."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final, Literal
from urllib.parse import quote, quote_from_bytes
from xml.sax.saxutils import escape

from bot.channels.gateway import charsets

PLACES: Final = ("to", "text", "from", "id", "token", "receipts", "coding", "hex")

_HOLE: Final = re.compile(r"\$\{([^{}]*)\}|\{([A-Za-z_]+)\}")
_SECRET: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_IN_XML: Final = {'"': "&quot;", "'": "&#39;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}

Escape = Callable[[str], str]


class Wrong(ValueError):
    """Something in a description cannot be used; the message says what, in words, and never a secret."""


@dataclass(frozen=True, slots=True)
class _Piece:
    kind: Literal["words", "place", "secret"]
    what: str


@dataclass(frozen=True, slots=True, repr=False)
class Template:
    """A text with places. It holds secrets, so it has no repr that shows them."""

    pieces: tuple[_Piece, ...]

    def fill(self, values: Mapping[str, str], escaped: Escape = str) -> str:
        """The text with every value in its place, escaped; what stands around them is as the description has it."""
        return "".join(
            piece.what
            if piece.kind == "words"
            else escaped(values[piece.what] if piece.kind == "place" else piece.what)
            for piece in self.pieces
        )

    @property
    def places(self) -> frozenset[str]:
        """The places in it."""
        return frozenset(piece.what for piece in self.pieces if piece.kind == "place")


@dataclass(frozen=True, slots=True, repr=False)
class Each:
    """A list in JSON, with this part of a tree once for each number."""

    part: Any


def form(fields: Mapping[str, Template], escaped: Escape) -> Template:
    """The fields of a query or a form as one template: all that is the same in every message is written once.

    What it is filled with is still to be `escaped`. Raises NotInCharset where a word of the description is not.
    """
    pieces: list[_Piece] = []
    for number, (name, template) in enumerate(fields.items()):
        words = f"{'&' if number else ''}{escaped(name)}="
        for piece in template.pieces:
            if piece.kind == "place":
                pieces += [_Piece("words", words), piece]
                words = ""
            else:
                words += escaped(piece.what)
        pieces.append(_Piece("words", words))
    return Template(tuple(piece for piece in pieces if piece.what))


def read(text: str, environment: Mapping[str, str]) -> Template:
    """The template in a text. Raises Wrong for a place that does not exist, and for a secret that is not set."""
    pieces: list[_Piece] = []
    done = 0
    for hole in _HOLE.finditer(text):
        if hole.start() > done:
            pieces.append(_Piece("words", text[done : hole.start()]))
        done = hole.end()
        if hole[0].startswith("$"):
            pieces.append(_Piece("secret", _secret(hole[1], environment)))
        elif hole[2] in PLACES:
            pieces.append(_Piece("place", hole[2]))
        else:
            raise Wrong(f"{hole[0]} is no place: write one of {' '.join('{' + place + '}' for place in PLACES)}.")
    if done < len(text):
        pieces.append(_Piece("words", text[done:]))
    return Template(tuple(pieces))


def plain(text: str, environment: Mapping[str, str]) -> str:
    """A text in which only secrets may stand, with them in it. Raises Wrong."""
    template = read(text, environment)
    if template.places:
        raise Wrong(
            f"No place such as {{{min(template.places)}}} may stand here, only ${{NAMES}} from the environment."
        )
    return template.fill({})


def _secret(name: str, environment: Mapping[str, str]) -> str:
    if not _SECRET.fullmatch(name):
        raise Wrong("A name from the environment is written like ${KANNEL_PASSWORD}.")
    value = environment.get(name, "")
    if not value:
        raise Wrong(f"{name} is not set: write {name}=… in .env or the environment.")
    if any(ord(character) < 32 for character in value):
        raise Wrong(f"{name} has a line break or another invisible character in it.")
    return value


# --- how a value is written where it stands -------------------------------------------------------------------------


def for_url(charset: str) -> Escape:
    """As a part of a path."""
    return lambda value: quote(charsets.encoded(value, charset), safe="")


@cache
def for_form(charset: str) -> Escape:
    """As a name or a value of a query or a form. Remembered: most of a form is the same for all of an announcement."""

    @lru_cache(maxsize=1024)
    def written(value: str) -> str:
        return quote_from_bytes(charsets.encoded(value, charset), safe=" ").replace(" ", "+")

    return written


def for_json(value: str) -> str:
    """As the inside of a string of JSON."""
    return json.dumps(value, ensure_ascii=False)[1:-1]


def for_xml(value: str) -> str:
    """As the text of an element, or the inside of an attribute in either kind of quotes."""
    return escape(value, _IN_XML)


def filled(tree: Any, values: Mapping[str, str], numbers: Sequence[Mapping[str, str]]) -> Any:
    """The same tree with every template in it filled; those under `each` with the values of each number in turn."""
    if isinstance(tree, Template):
        return tree.fill(values)
    if isinstance(tree, Each):
        return [filled(tree.part, own, numbers) for own in numbers]
    if isinstance(tree, dict):
        return {name: filled(part, values, numbers) for name, part in tree.items()}
    return [filled(part, values, numbers) for part in tree] if isinstance(tree, list) else tree


def places_in(tree: Any, *, repeated: bool = True) -> frozenset[str]:
    """The places in a tree of templates; those under `each` too, where `repeated` says so."""
    if isinstance(tree, Template):
        return tree.places
    if isinstance(tree, Each):
        return places_in(tree.part) if repeated else frozenset()
    return frozenset().union(*(places_in(part, repeated=repeated) for part in _parts(tree)))


def repeated_in(tree: Any) -> Iterator[Each]:
    """Every `each` in a tree of templates."""
    if isinstance(tree, Each):
        yield tree
    for part in [tree.part] if isinstance(tree, Each) else _parts(tree):
        yield from repeated_in(part)


def _parts(tree: Any) -> Iterable[Any]:
    if isinstance(tree, Mapping):
        return tree.values()
    return tree if isinstance(tree, list) else ()

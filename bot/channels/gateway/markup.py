"""XML from strangers: no document type, so no entities that grow, and none that fetch."""

from typing import Final
from xml.etree.ElementTree import Element, TreeBuilder  # builds only; it reads nothing by itself
from xml.parsers import expat

DEEPEST: Final = 60


class NotXml(ValueError):
    """It cannot be read as XML, or holds what XML from strangers may not hold."""


def parse(given: bytes, charset: str | None = None) -> Element:
    """The root of the tree, every name without its namespace. `charset` beats what the document says of itself. Raises NotXml."""
    builder, depth = TreeBuilder(), 0
    parser = expat.ParserCreate(charset)

    def refuse(*_: object) -> None:
        raise NotXml("the XML has a document type, which nobody needs in a message")

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise NotXml("the XML is nested too deep")
        builder.start(_local(name), {_local(each): value for each, value in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_local(name))

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(given, True)
        return builder.close()
    except (expat.ExpatError, AssertionError, LookupError, ValueError) as error:
        if isinstance(error, NotXml):
            raise
        raise NotXml("the body is not XML") from error


def _local(name: str) -> str:
    return name.rpartition(":")[2]

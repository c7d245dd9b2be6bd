"""A credential carried by another file: baked into a badge's picture, or attached to a certificate on paper.

What carries it proves nothing: the credential is taken out and checked as any other.
"""

import struct
from collections.abc import Iterator
from io import BytesIO
from typing import Final
from zlib import crc32

from bot.credentials.checking import LARGEST

PNG: Final = b"\x89PNG\r\n\x1a\n"
PDF: Final = b"%PDF-"
KEYWORD: Final = b"openbadgecredential"  # Open Badges 3.0 §5.3.1
MOST: Final = 20_000_000  # bytes of a file that carries one
_head: Final = struct.Struct(">I4s")
_tail: Final = struct.Struct(">I")
_PLAIN: Final = b"\0\0\0\0\0"  # after the keyword: not compressed, by no method, in no language, no translation


class NotCarried(ValueError):
    """No credential can be taken out of a file; the text says why."""


def bake(picture: bytes, credential: str) -> bytes:
    """The same picture with a credential in it. Raises NotCarried where it is no PNG, or has one already."""
    chunks = list(_chunks(picture))
    if any(_is_ours(kind, body) for kind, body in chunks):
        raise NotCarried("the picture has a credential in it already")
    if not chunks or chunks[-1][0] != b"IEND":
        raise NotCarried("the picture does not end as a PNG does")
    chunks.insert(-1, (b"iTXt", KEYWORD + _PLAIN + credential.encode()))
    return PNG + b"".join(_written(kind, body) for kind, body in chunks)


def credential_in(content: bytes) -> str:
    """The credential in a file: a PNG, a PDF, or the JSON itself. Raises NotCarried.

    In text that is not UTF-8 a mark stands for what cannot be read; no signature covers it, so it is found to be damaged.
    """
    if len(content) > MOST:
        raise NotCarried("the file is larger than any that carries a credential")
    if content.startswith(PNG):
        return _in_picture(content)
    if content.startswith(PDF):
        return _in_paper(content)
    return content.decode("utf-8", errors="replace")


def _in_picture(content: bytes) -> str:
    found = [body for kind, body in _chunks(content) if _is_ours(kind, body)]
    if len(found) != 1:
        raise NotCarried(
            "the picture has no credential in it" if not found else "the picture has several credentials in it"
        )
    text = found[0].removeprefix(KEYWORD)
    if not text.startswith(_PLAIN):
        raise NotCarried("the credential in the picture is not written as a badge has it")
    return text.removeprefix(_PLAIN).decode("utf-8", errors="replace")


def _in_paper(content: bytes) -> str:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        attached = PdfReader(BytesIO(content)).attachments
        found = [
            each for name, files in attached.items() if name.lower().endswith((".json", ".jsonld")) for each in files
        ]
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotCarried("the PDF cannot be read") from error
    if len(found) != 1:
        raise NotCarried(
            "the PDF has no credential with it" if not found else "the PDF has several credentials with it"
        )
    if len(found[0]) > LARGEST:
        raise NotCarried("what the PDF carries is larger than any credential")
    return found[0].decode("utf-8", errors="replace")


def _chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a PNG up to its end. Raises NotCarried where one is damaged."""
    if not picture.startswith(PNG):
        raise NotCarried("this is no PNG")
    place = len(PNG)
    while place < len(picture):
        try:
            length, kind = _head.unpack_from(picture, place)
            body = picture[place + 8 : place + 8 + length]
            (check,) = _tail.unpack_from(picture, place + 8 + length)
        except struct.error as error:
            raise NotCarried("the picture is cut off") from error
        if check != crc32(kind + body):
            raise NotCarried("the picture is damaged")
        yield kind, body
        if kind == b"IEND":
            return
        place += 12 + length
    raise NotCarried("the picture is cut off")


def _is_ours(kind: bytes, body: bytes) -> bool:
    return kind in (b"iTXt", b"tEXt", b"zTXt") and body.split(b"\0", 1)[0] == KEYWORD


def _written(kind: bytes, body: bytes) -> bytes:
    return _head.pack(len(body), kind) + body + _tail.pack(crc32(kind + body))

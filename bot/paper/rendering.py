"""Sheets as a PDF: laid out from our own template, with the credential in it, and no character left as a box."""

import base64
from collections.abc import Sequence
from datetime import UTC
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any, Final

import jinja2

from bot import wording
from bot.credentials import qr
from bot.paper import laying
from bot.paper.fitting import Fitting, Form, TooLong
from bot.paper.laying import PaperUnavailable as PaperUnavailable, Unprintable as Unprintable
from bot.paper.sheets import Sheet

FORMS: Final[tuple[Form, ...]] = ("a4", "half")
ON_A_PAGE: Final = {"a4": 1, "half": 2}
VARIANT: Final = "pdf/a-3b"
_HERE: Final = Path(__file__).parent
_ONE: Final = Lock()  # Pango's fonts are those of one thread at a time

# What decides how a sheet looks, but for what it says: with another edition, what was printed before is printed anew.
_LOOKS: Final = (
    "sheet.html",
    "a4.html",
    "a4.css",
    "half.html",
    "half.css",
    "fitting.py",
    "laying.py",
    "rendering.py",
    "../wording.py",
    "../credentials/qr.py",
)
EDITION: Final = sha256(b"\0".join((_HERE / name).read_bytes() for name in _LOOKS)).hexdigest()[:12]


def render(sheets: Sequence[Sheet], form: Form) -> bytes:
    """The sheets as one PDF/A-3b, in their order: one a page on A4, two a page as halves.

    A single A4 sheet carries its credential as `sijil.json`; a file of several is for the printer, and carries none.
    Equal sheets give equal bytes on the same machine. Raises Unprintable and PaperUnavailable, which say what to do.
    """
    assert sheets, "somebody's"
    with _ONE:
        return _rendered(sheets, form)


def _rendered(sheets: Sequence[Sheet], form: Form) -> bytes:
    many = ON_A_PAGE[form]
    documents = [_page(sheets[place : place + many], form) for place in range(0, len(sheets), many)]
    whole = documents[0].copy([page for each in documents for page in each.pages])
    if len(sheets) == 1:
        whole.metadata.title += f" · {sheets[0].code}"
        if form == "a4" and sheets[0].credential is not None:
            whole.metadata.attachments = [_attachment(sheets[0], sheets[0].credential)]
    written: bytes = whole.write_pdf(pdf_variant=VARIANT, pdf_tags=True)  # for whoever has it read out; costs a tenth
    boxes = laying.without_font(whole)
    if boxes:
        raise Unprintable(_told_of(boxes))
    return written


def lacking() -> dict[str, str]:
    """The scripts of Malaysian names that no font here has, and the Debian package that brings one. Raises PaperUnavailable."""
    laid = laying.document(f"<p>{_NAMES}</p>", "a4", {})
    laid.write_pdf()
    return dict(laying.scripts(laying.without_font(laid)))


_PLACES: Final = {
    "behind": "the association's name",
    "name": "the learner's name",
    "title": "the title",
    "facts": "what was assessed",
    "signed": "who signs, and as what,",
    "host": "PUBLIC_URL",
    "limits": "who approved the programme",
}
_NAMES: Final = "Nur D’Cruz A/L @ é 阿明 முத்து عبد الله چ ݢ ڠ ڤ ۏ ڽ"


def _told_of(boxes: str) -> str:
    found = laying.scripts(boxes)
    packages = ", ".join(sorted(set(found.values())))
    return (
        f"no font on this machine has {len(boxes)} of its characters ({', '.join(found)}), and nothing is printed with boxes "
        f"in it: install {packages}, then ask again"
    )


def _page(sheets: Sequence[Sheet], form: Form) -> Any:
    """One page, in the largest sizes that fit."""
    pictures = {laying.logo_name(each.logo[0]): laying.picture(each.logo[0]) for each in sheets if each.logo}
    fitting = Fitting(form, len(sheets))
    try:
        while True:
            laid = laying.document(_html(sheets, form, fitting), form, pictures)
            page = laid.pages[0]
            if fitting.fits(page.anchors):
                break
    except TooLong as block:
        codes = ", ".join(each.code for each in sheets)
        raise Unprintable(f"{_PLACES[str(block)]} is too long for paper, on {codes}: shorten it") from block
    assert len(laid.pages) == 1, "what fits its places fits its page"
    page.anchors.clear()  # they would be in the file for no reader
    return laid


def _html(sheets: Sequence[Sheet], form: Form, fitting: Fitting) -> str:
    return (
        _templates()
        .get_template(f"{form}.html")
        .render(
            sheets=sheets,
            first=sheets[0],
            wording=wording,
            size=fitting.size,
            qr=_qr,
            logo=lambda each: laying.logo_name(each.logo[0]),
        )
    )


@lru_cache(maxsize=1)
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _qr(text: str) -> str:
    """A QR code as the address of a picture."""
    drawn = qr.of(text).svg_inline(border=0, omitsize=True)
    return laying.QR + base64.b64encode(drawn.encode()).decode()


def _attachment(sheet: Sheet, credential: str) -> Any:
    at = sheet.issued_at.astimezone(UTC)
    return laying.engine().Attachment(
        string=credential.encode(),
        base_url="titian:credential",
        name="sijil.json",
        description="Open Badges 3.0",
        created=at,
        modified=at,
        relationship="Source",
    )

"""Sheets as a PDF: laid out by WeasyPrint from our own template, with nothing fetched and no character left as a box."""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import jinja2

from bot import wording
from bot.paper.sheets import Sheet

if TYPE_CHECKING:
    import weasyprint

Form = Literal["a4", "half"]
FORMS: Final[tuple[Form, ...]] = ("a4", "half")
HERE: Final = Path(__file__).parent
_LOGO: Final = "titian:logo/"

_FILES: Final = ("a4.html", "a4.css", "half.html", "half.css", "rendering.py")
# What decides how a sheet looks, but for what it says: with another edition, what was printed before is printed anew.
EDITION: Final = sha256(b"\0".join((HERE / name).read_bytes() for name in _FILES)).hexdigest()[:12]


class Unprintable(ValueError):
    """A sheet says something that no font here can show; the text says what to install."""


class PaperUnavailable(RuntimeError):
    """Nothing can be laid out on this machine; the text says what to install."""


def render(sheets: Sequence[Sheet], form: Form) -> bytes:
    """The sheets as one PDF/A-3b, in their order.

    A single A4 sheet carries its credential as `sijil.json`. Raises Unprintable and PaperUnavailable, which say what to do.
    """
    weasy = _weasyprint()
    logos = {_LOGO + sha256(each.logo[0]).hexdigest(): each.logo for each in sheets if each.logo}
    fetcher = _only(logos)
    page = weasy.HTML(string=_html(sheets, form), base_url="titian:sheet", url_fetcher=fetcher)
    document = page.render(font_config=_fonts(), stylesheets=[_style(form)], pdf_variant="pdf/a-3b")
    document.metadata.attachments = _attached(weasy, sheets, form)
    written: bytes = document.write_pdf(pdf_variant="pdf/a-3b")
    return written


def _html(sheets: Sequence[Sheet], form: Form) -> str:
    first = sheets[0]
    return (
        _templates()
        .get_template(f"{form}.html")
        .render(
            sheets=sheets,
            first=first,
            wording=wording,
            qr=_qr,
            logo=lambda each: _LOGO + sha256(each.logo[0]).hexdigest() if each.logo else "",
        )
    )


@lru_cache(maxsize=1)
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _qr(text: str) -> str:
    """A QR code as an address of a picture."""
    import segno

    drawn = segno.make(text, micro=False, error="m").svg_inline(border=0, omitsize=True)
    return "data:image/svg+xml;base64," + base64.b64encode(drawn.encode()).decode()


def _attached(weasy: Any, sheets: Sequence[Sheet], form: Form) -> list[Any]:
    if form != "a4" or len(sheets) != 1 or sheets[0].credential is None:
        return []
    at = sheets[0].issued_at.astimezone(UTC)
    return [
        weasy.Attachment(
            string=sheets[0].credential.encode(),
            base_url="titian:sijil",
            name="sijil.json",
            description="Open Badges 3.0",
            created=at,
            modified=at,
            relationship="Data",
        )
    ]


def _only(given: Mapping[str, tuple[bytes, str]]) -> Any:
    """A fetcher that has what it was given, and our own QR codes, and asks nobody for anything."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class Given(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
            if url in given:
                content, kind = given[url]
                return URLFetcherResponse(url, content, {"Content-Type": kind})
            if url.startswith("data:image/svg+xml;base64,"):
                return super().fetch(url, headers)
            raise ValueError("nothing is fetched")

    return Given(allowed_protocols={"data"})


@lru_cache(maxsize=1)
def _fonts() -> Any:
    from weasyprint.text.fonts import FontConfiguration

    return FontConfiguration()


@lru_cache(maxsize=len(FORMS))
def _style(form: Form) -> "weasyprint.CSS":
    return _weasyprint().CSS(string=(HERE / f"{form}.css").read_text(encoding="utf-8"), font_config=_fonts())


def _weasyprint() -> Any:
    try:
        import weasyprint
    except OSError as error:
        raise PaperUnavailable(
            "Paper needs Pango, which is not installed: on Debian, apt-get install libpango-1.0-0 libpangoft2-1.0-0 "
            "libharfbuzz-subset0 fonts-noto-core fonts-noto-cjk."
        ) from error
    return weasyprint

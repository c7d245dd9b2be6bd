"""Pages laid out by WeasyPrint, which is loaded when the first is asked for and has nothing but what it is given."""

import io
import logging
import unicodedata
from collections.abc import Mapping
from contextlib import redirect_stdout
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

LOGO: Final = "titian:logo/"
QR: Final = "data:image/svg+xml;base64,"
_DOTS: Final = 600  # a logo's longer side: 20 mm in print
_MOST_DOTS: Final = 16_000_000  # a small file can unfold to more memory than a worker has
_HERE: Final = Path(__file__).parent
# Debian's packages by the first word of a character's Unicode name. The rest of the world is in fonts-noto-core.
_FAR_EAST: Final = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"})
INSTALL: Final = (
    "on Debian: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-core fonts-noto-cjk"
)


class Unprintable(ValueError):
    """A sheet cannot be printed as it should be; the text says why, and what to do."""


class PaperUnavailable(RuntimeError):
    """Nothing can be laid out on this machine; the text says what to install."""


@lru_cache(maxsize=1)
def engine() -> Any:
    """WeasyPrint. Raises PaperUnavailable where the libraries that it draws with are not installed."""
    try:
        with redirect_stdout(io.StringIO()):  # it prints what is missing, and so do we
            import weasyprint
    except OSError as error:
        raise PaperUnavailable(f"Paper needs Pango and HarfBuzz, which are not installed ({INSTALL}).") from error
    # It warns of each character without a font, and names are made of characters. We look ourselves, and say it once.
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    return weasyprint


def document(html: str, style: str, pictures: Mapping[str, bytes]) -> Any:
    """The pages of a text in our style, `<style>.css`; pictures are named in it as they are here."""
    page = engine().HTML(string=html, base_url="titian:sheet", url_fetcher=_fetcher(pictures))
    return page.render(font_config=_fonts(), stylesheets=[_sheet(style)], pdf_variant="pdf/a-3b")


def without_font(laid: Any) -> str:
    """The characters of a document that was written and that no font on this machine has, each once."""
    return "".join(map(chr, sorted({point for font in laid.fonts.values() for point in font.missing})))


def scripts(characters: str) -> Mapping[str, str]:
    """The scripts of some characters, and Debian's package with a font for each: {"Tamil": "fonts-noto-core"}."""
    first = {unicodedata.name(each, "UNKNOWN").partition(" ")[0] for each in characters}
    return {
        "Chinese" if script == "CJK" else script.capitalize(): "fonts-noto-cjk"
        if script in _FAR_EAST
        else "fonts-noto-core"
        for script in sorted(first)
    }


@lru_cache(maxsize=16)
def picture(content: bytes) -> bytes:
    """A logo as it is printed: PNG, red, green and blue, no larger than can be seen. Raises Unprintable where it is none."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content)) as opened:
            if opened.width * opened.height > _MOST_DOTS:
                raise ValueError(f"it has more than {_MOST_DOTS // 1_000_000} million dots")
            opened.draft("RGB", (_DOTS, _DOTS))
            drawn = opened.convert("RGBA" if "transparency" in opened.info or "A" in opened.getbands() else "RGB")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise Unprintable(
            f"the association's logo is no picture that can be read ({error}): save it anew as PNG"
        ) from error
    drawn.thumbnail((_DOTS, _DOTS))
    kept = io.BytesIO()
    drawn.save(kept, "PNG")
    return kept.getvalue()


def logo_name(content: bytes) -> str:
    """How a logo is named in a page."""
    return LOGO + sha256(content).hexdigest()


def _fetcher(pictures: Mapping[str, bytes]) -> Any:
    """A fetcher that has what it was given, and our own QR codes, and asks nobody for anything."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class Given(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:
            if url in pictures:
                return URLFetcherResponse(url, pictures[url], {"Content-Type": "image/png"})
            if url.startswith(QR):
                return super().fetch(url, headers)
            raise ValueError("nothing is fetched")

    return Given(allowed_protocols={"data"})


@lru_cache(maxsize=1)
def _fonts() -> Any:
    from weasyprint.text.fonts import FontConfiguration

    return FontConfiguration()


@lru_cache(maxsize=8)
def _sheet(style: str) -> Any:
    return engine().CSS(string=(_HERE / f"{style}.css").read_text(encoding="utf-8"), font_config=_fonts())

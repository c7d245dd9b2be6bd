"""The badge of a course or programme as a picture: a seal with its title, the hours it takes and the association behind it.

It says nothing of a learner, so one picture is everybody's; her own words are baked into a copy of it (`bot/credentials/carried.py`).
"""

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from io import BytesIO
from math import cos, pi, sin
from typing import TYPE_CHECKING, Final

from bot.credentials.document import Learnt, hours_of
from bot.credentials.issuers import Issuer
from bot.credentials.shape import plain

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

SIDE: Final = 400  # pixels
_LONGEST: Final = 160  # letters: more have no room, and would only take time
KEPT: Final = 32  # pictures of some 10 kB, each beside its logo; to draw one takes 50 ms
_SCALE: Final = 3  # drawn so much larger and then made smaller, for smooth edges
_WHOLE: Final = SIDE * _SCALE
_COLOURS, _OF_A_LOGO = 32, 128
_DEEP, _CREAM, _GOLD, _INK = "#1f5f57", "#fbf7ec", "#d9a441", "#20302c"
# Debian's fonts-noto-core, or what most machines have; without either, the letters that Pillow brings.
_FONTS: Final = ("NotoSans-Bold.ttf", "DejaVuSans-Bold.ttf")


@lru_cache(maxsize=KEPT)
def badge(issuer: str, title: str, hours: str, logo: bytes | None = None) -> bytes:
    """The picture as a PNG, 400 by 400. A logo that cannot be read is left out, and our bridge stands in its place."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGBA", (_WHOLE, _WHOLE), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    _rosette(draw)
    if not (logo and _placed(picture, logo)):
        _bridge(draw)
    _title(draw, plain(title)[:_LONGEST])
    _ribbon(draw, f"{hours} JAM")
    _words(draw, _fitted(plain(issuer)[:_LONGEST], (190, 38), range(15, 9, -1)), 311, _DEEP)
    small = picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    written = BytesIO()
    small.quantize(_COLOURS if logo is None else _OF_A_LOGO, method=Image.Quantize.FASTOCTREE).save(
        written, "PNG", optimize=True
    )
    return written.getvalue()


def badge_of(issuer: Issuer, learnt: Learnt, logo: bytes | None = None) -> bytes:
    """The badge of what was learnt, by the association behind it."""
    return badge(issuer.name["ms"], learnt.title["ms"], hours_of(learnt.minutes), logo)


def _rosette(draw: "ImageDraw") -> None:
    """A seal with a scalloped edge, a ring of beads and room for words."""
    centre, lobes, steps = _WHOLE / 2, 28, 1120
    edge = [_at(centre, 186 + 7 * cos(lobes * angle), angle) for angle in (2 * pi * n / steps for n in range(steps))]
    draw.polygon(edge, fill=_DEEP)
    _disc(draw, 172, _GOLD)
    _disc(draw, 169, _DEEP)
    for n in range(60):
        x, y = _at(centre, 160, 2 * pi * n / 60)
        bead = 2.4 * _SCALE
        draw.ellipse((x - bead, y - bead, x + bead, y + bead), fill=_GOLD)
    _disc(draw, 151, _GOLD)
    _disc(draw, 148, _CREAM)


def _bridge(draw: "ImageDraw") -> None:
    """Our mark, as on the page where a certificate is checked: a plank footbridge between two posts."""
    left, top, size = 150.0 * _SCALE, 78.0 * _SCALE, 100 / 64 * _SCALE
    stroke = round(2.6 * size)

    def line(*points: tuple[float, float]) -> None:
        draw.line([(left + x * size, top + y * size) for x, y in points], fill=_DEEP, width=stroke, joint="curve")

    rope = [((1 - s) ** 2 * 3 + 2 * s * (1 - s) * 32 + s**2 * 61, 6 + 2 * s * (1 - s) * 26) for s in _steps(24)]
    line(*rope)
    line((3, 25), (61, 25))
    for x, y in ((3.0, 4.0), (61.0, 4.0)):
        line((x, y), (x, 28))
    for x, y in ((13, 13.5), (22.5, 18), (32, 19), (41.5, 18), (51, 13.5)):
        line((x, y), (x, 25))


def _placed(picture: "Image", logo: bytes) -> bool:
    """Put the logo where the bridge would be; False where it is no picture."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(BytesIO(logo), formats=("PNG", "JPEG")) as opened:
            found = opened.convert("RGBA")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        return False
    found = ImageOps.contain(found, (150 * _SCALE, 66 * _SCALE), Image.Resampling.LANCZOS)
    picture.alpha_composite(found, ((_WHOLE - found.width) // 2, 106 * _SCALE - found.height // 2))
    return True


def _title(draw: "ImageDraw", title: str) -> None:
    _words(draw, _fitted(title, (240, 104), range(34, 14, -1)), 196, _INK)


def _ribbon(draw: "ImageDraw", words: str) -> None:
    """A band below the title with the hours on it."""
    top, bottom, left, right = 254, 286, 62, 338
    for outer, inner in ((left - 34, left + 8), (right + 34, right - 8)):
        notch = outer + (12 if outer < inner else -12)
        tail = [
            (outer, top + 8),
            (inner, top + 8),
            (inner, bottom + 8),
            (outer, bottom + 8),
            (notch, (top + bottom) / 2 + 8),
        ]
        draw.polygon([(x * _SCALE, y * _SCALE) for x, y in tail], fill="#a97a22")
    draw.rectangle((left * _SCALE, top * _SCALE, right * _SCALE, bottom * _SCALE), fill=_GOLD)
    _words(draw, (_font(19 * _SCALE), [words]), (top + bottom) / 2, _INK)


def _words(
    draw: "ImageDraw", fitted: "tuple[FreeTypeFont | ImageFont, Sequence[str]]", middle: float, colour: str
) -> None:
    """Lines around a height, each in the middle."""
    font, lines = fitted
    draw.multiline_text(
        (_WHOLE / 2, middle * _SCALE), "\n".join(lines), colour, font, anchor="mm", align="center", spacing=2 * _SCALE
    )


def _fitted(words: str, room: tuple[int, int], sizes: range) -> "tuple[FreeTypeFont | ImageFont, Sequence[str]]":
    """Words in lines, as large as the room takes them; what the smallest does not fit in ends in "…"."""
    width, height = room
    sized = [(_font(size * _SCALE), int(height / (size * 1.25))) for size in sizes]
    for font, most in sized:
        lines = _lines(words, font, width * _SCALE)
        if len(lines) <= most:
            return font, lines
    font, most = sized[-1]
    kept = _lines(words, font, width * _SCALE)[:most]
    return font, [*kept[:-1], kept[-1][:-1].rstrip() + "…"]


def _lines(words: str, font: "FreeTypeFont | ImageFont", width: float) -> list[str]:
    """Words broken into lines; a word longer than a line is broken too."""
    lines, line = [], ""
    for word in words.split():
        rest = word
        if line and font.getlength(f"{line} {rest}") <= width:
            line = f"{line} {rest}"
            continue
        if line:
            lines.append(line)
        while font.getlength(rest) > width:
            fits = max(1, bisect_right(range(len(rest)), width, key=lambda n: font.getlength(rest[:n])) - 1)
            lines.append(rest[:fits])
            rest = rest[fits:]
        line = rest
    return [*lines, line]


@lru_cache(maxsize=64)
def _font(size: int) -> "FreeTypeFont | ImageFont":
    from PIL import ImageFont

    for name in _FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def _disc(draw: "ImageDraw", radius: float, colour: str) -> None:
    centre, reach = _WHOLE / 2, radius * _SCALE
    draw.ellipse((centre - reach, centre - reach, centre + reach, centre + reach), fill=colour)


def _at(centre: float, radius: float, angle: float) -> tuple[float, float]:
    return centre + radius * _SCALE * cos(angle), centre + radius * _SCALE * sin(angle)


def _steps(count: int) -> Sequence[float]:
    return [n / count for n in range(count + 1)]

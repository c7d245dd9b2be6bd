"""Conversations drawn as an SVG picture: a keypad phone, a USSD box with a ruler, or chat bubbles."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

LINE: Final = 18  # pixels from one line of text to the next
LETTER: Final = 7.8  # pixels: a letter of a 13 px monospaced font
WIDE: Final = {"sms": 27, "ussd": 32, "whatsapp": 36}  # letters in a line
GAP: Final = 24
PAD: Final = 10
KEYS: Final = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#")
RULER: Final = 150


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message: whose, its words, and a note on its length below it."""

    hers: bool
    words: str
    note: str = ""
    length: int = 0


@dataclass(frozen=True, slots=True)
class Panel:
    """One phone, and what is on it."""

    title: str
    bubbles: Sequence[Bubble]


@dataclass(slots=True)
class _Drawing:
    """Shapes so far, and how far down and to the right they reach."""

    shapes: list[str] = field(default_factory=list)
    width: float = 0
    height: float = 0

    def box(self, at: tuple[float, float], size: tuple[float, float], fill: str, *, round: int = 8) -> None:  # noqa: A002
        (x, y), (width, height) = at, size
        self.shapes.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{round}" fill="{fill}" stroke="#999"/>'
        )
        self.width, self.height = max(self.width, x + width), max(self.height, y + height)

    def text(self, x: float, y: float, words: str, *, more: str = "") -> None:
        self.shapes.append(f'<text x="{x:g}" y="{y:g}" xml:space="preserve"{more}>{escape(words)}</text>')
        self.height = max(self.height, y)
        self.width = max(self.width, x + len(words) * LETTER)


def drawing(kind: str, rows: Sequence[tuple[str, Sequence[Panel]]]) -> str:
    """A picture of rows of phones, each row under its heading. `kind` is sms, ussd or whatsapp."""
    made = _Drawing()
    y: float = GAP
    for heading, panels in rows:
        made.text(GAP, y, heading, more=' font-weight="bold"')
        y += GAP
        x: float = GAP
        bottom = y
        for panel in panels:
            bottom = max(bottom, _panel(made, kind, panel, (x, y)))
            x += WIDE[kind] * LETTER + 2 * PAD + 2 * GAP
        y = bottom + 2 * GAP
    size = f'width="{made.width + GAP:g}" height="{made.height + GAP:g}"'
    style = 'font-family="monospace" font-size="13"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>\n'
        '<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(made.shapes) + "\n</svg>\n"
    )


def _panel(made: _Drawing, kind: str, panel: Panel, at: tuple[float, float]) -> float:
    """Draw one phone and return where it ends."""
    x, y = at
    made.text(x, y, panel.title, more=' font-style="italic"')
    y += PAD
    body = len(made.shapes)
    top = y
    y += PAD
    for bubble in panel.bubbles:
        y = _bubble(made, kind, bubble, (x + PAD, y))
    width = WIDE[kind] * LETTER + 4 * PAD
    if kind == "sms":
        y = _keypad(made, (x, y), width)
    behind = _Drawing()
    behind.box((x, top), (width, y - top), {"sms": "#e8e8e8", "ussd": "#f7f7f7", "whatsapp": "#efe7dd"}[kind], round=16)
    made.shapes[body:body] = behind.shapes
    made.width, made.height = max(made.width, behind.width), max(made.height, y)
    return y


def _bubble(made: _Drawing, kind: str, bubble: Bubble, at: tuple[float, float]) -> float:
    x, y = at
    lines = list(_lines(bubble.words, WIDE[kind]))
    width, height = WIDE[kind] * LETTER + 2 * PAD, len(lines) * LINE + PAD
    fill = "#cfe8ff" if bubble.hers else {"sms": "#dfe8c8", "ussd": "#ffffff", "whatsapp": "#dcf8c6"}[kind]
    made.box((x, y), (width, height), fill, round=2 if kind == "ussd" else 8)
    for place, line in enumerate(lines):
        made.text(x + PAD, y + (place + 1) * LINE - 2, line)
    y += height
    if kind == "ussd" and not bubble.hers:
        y = _ruler(made, (x, y), width, bubble.length)
    if bubble.note:
        made.text(x, y + 14, bubble.note, more=' font-size="10" fill="#666"')
        y += LINE
    return y + PAD


def _ruler(made: _Drawing, at: tuple[float, float], width: float, length: int) -> float:
    """How much of a screen's 150 characters is used: the bar, with a mark every 50."""
    x, y = at
    made.box((x, y + 4), (width, 6), "#ffffff", round=0)
    used = min(1.0, length / RULER)
    made.box((x, y + 4), (width * used, 6), "#b3261e" if length > RULER else "#7a9a3a", round=0)
    for mark in (0, 50, 100, 150):
        made.text(x + (width - 20) * mark / RULER, y + 22, str(mark), more=' font-size="9" fill="#666"')
    return y + 26


def _keypad(made: _Drawing, at: tuple[float, float], width: float) -> float:
    x, y = at
    across = (width - 4 * PAD) / 3
    for place, key in enumerate(KEYS):
        column, row = place % 3, place // 3
        corner = (x + PAD + column * (across + PAD), y + PAD + row * 28)
        made.box(corner, (across, 22), "#fafafa", round=6)
        made.text(corner[0] + across / 2 - 4, corner[1] + 16, key)
    return y + PAD + 4 * 28 + PAD


def _lines(words: str, width: int) -> Iterator[str]:
    for line in words.split("\n"):
        yield from textwrap.wrap(line, width) or [""]

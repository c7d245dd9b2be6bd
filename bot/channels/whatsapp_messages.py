"""A text of ours as the WhatsApp Cloud API wants it: words, with buttons or a list, a picture or document, or a template.

https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-reply-buttons-messages
"""

from typing import Any, Final
from urllib.parse import unquote

from bot.channels.base import ChannelError, Refusal

# Meta's own OpenAPI (v23.0) states these; a body of plain text may have 4096.
LONGEST_TEXT: Final = 4096
LONGEST_BODY: Final = 1024  # beside buttons, under a picture, in a template
MOST_BUTTONS, LONGEST_BUTTON = 3, 20
MOST_ROWS, LONGEST_ROW, LONGEST_DESCRIPTION = 10, 24, 72
LONGEST_BUTTON_ID: Final = 200
OPENS_THE_LIST: Final = "Pilih / Choose"  # in both languages: a channel does not know which is hers
DOCUMENT: Final = ".pdf"  # how the name of what is no picture ends

TOO_LONG: Final = "100"  # what Meta says to a text that is too long
TEMPLATE_TOO_LONG: Final = "132005"

Json = dict[str, Any]

_NUMBERS: Final = tuple(f"{number} " for number in range(1, MOST_ROWS))
_LETTERS: Final = tuple(f"{letter}) " for letter in "ABCDEFGHI")


def content(text: str, media_url: str = "", *, one_of: bool = False, message_id: int | None = None) -> Json:
    """What goes into the request besides the address. Raises ChannelError where no form of it can carry so long a text.

    `media_url` is a picture's, or a document's where it ends in .pdf. `one_of` says that exactly one of the lettered options
    at the end is wanted. A menu's numbers and a question's letters stay good to type, for phones that show no buttons; so
    the text itself holds them wherever a button does not show the whole of its choice.
    """
    if units(text) > LONGEST_TEXT:
        raise ChannelError(TOO_LONG, refusal=Refusal.CONTENT)
    body, choices = choices_of(text, one_of=one_of)
    named = f"{message_id}:" if message_id is not None else ""
    few = len(choices) <= MOST_BUTTONS
    pressed = _buttons(text, body, choices, named) if few else _list(text, choices, named)
    if pressed and media_url and pressed["type"] == "button":
        pressed["header"] = _media(media_url)
    elif media_url and units(text) <= LONGEST_BODY:
        media = _media(media_url)
        media[media["type"]]["caption"] = text
        return media
    if pressed:
        return {"type": "interactive", "interactive": pressed}
    return {"type": "text", "text": {"body": text, "preview_url": False}}


def template(name: str, text: str) -> Json:
    """The text as the one place in an approved template: on one line, as Meta asks. Raises ChannelError where it is too long.

    `name` is the template's, with its language after a slash: "titian/ms".
    """
    line = " ".join(text.split())
    if units(line) > LONGEST_BODY:
        raise ChannelError(TEMPLATE_TOO_LONG, refusal=Refusal.CONTENT)
    called, _, language = name.partition("/")
    filled = {"type": "body", "parameters": [{"type": "text", "text": line}]}
    spoken = {"policy": "deterministic", "code": language or "ms"}
    return {"type": "template", "template": {"name": called, "language": spoken, "components": [filled]}}


def choices_of(text: str, *, one_of: bool = False) -> tuple[str, tuple[str, ...]]:
    """The text without what she may choose from, and the lines of that: a menu's, or a question's that wants one letter."""
    return _listed(text, _LETTERS) if one_of else menu(text)


def menu(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without its menu, and the lines of the menu: "1 …", "2 …" after an empty line, as `bot.render` writes them.

    The row that is sent is the text as she reads it, so that is where the choices are read from. Options with letters are
    no menu: a question may want several of them, or all in order, and only its row can say that it does not.
    """
    return _listed(text, _NUMBERS)


def _listed(text: str, marks: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    body, _, listed = text.rpartition("\n\n")
    lines = tuple(listed.split("\n"))
    fits = bool(body.strip()) and len(lines) <= len(marks)
    marked = fits and all(
        line.startswith(mark) and line.removeprefix(mark).strip() for line, mark in zip(lines, marks, strict=False)
    )
    return (body, lines) if marked else (text, ())


def units(text: str) -> int:
    """Its length as a phone counts it (UTF-16), which is never less than what Meta counts."""
    return len(text.encode("utf-16-le", "replace")) // 2


def _media(url: str) -> Json:
    """A picture, or a document with the name that it has on her phone."""
    if not url.endswith(DOCUMENT):
        return {"type": "image", "image": {"link": url}}
    return {"type": "document", "document": {"link": url, "filename": unquote(url.rpartition("/")[2])}}


def _buttons(text: str, body: str, choices: tuple[str, ...], named: str) -> Json | None:
    whole = all(units(line) <= LONGEST_BUTTON for line in choices)
    shown = body if whole else text
    if not choices or units(shown) > LONGEST_BODY:
        return None
    titles = choices if whole else tuple(_key(line) for line in choices)
    replies = [{"id": _id(line, named), "title": title.strip()} for line, title in zip(choices, titles, strict=True)]
    buttons = [{"type": "reply", "reply": reply} for reply in replies]
    return {"type": "button", "body": {"text": shown}, "action": {"buttons": buttons}}


def _list(text: str, choices: tuple[str, ...], named: str) -> Json | None:
    """Its rows are out of sight until she opens it, so the text says them too."""
    if units(text) > LONGEST_BODY:
        return None
    rows = [_row(line, named) for line in choices]
    action = {"button": OPENS_THE_LIST, "sections": [{"rows": rows}]}
    return {"type": "list", "body": {"text": text}, "action": action}


def _row(line: str, named: str) -> Json:
    if units(line) <= LONGEST_ROW:
        return {"id": _id(line, named), "title": line.strip()}
    words = line.partition(" ")[2]
    return {"id": _id(line, named), "title": _key(line), "description": _cut(words, LONGEST_DESCRIPTION)}


def _key(line: str) -> str:
    """What she would type for this line: its number or letter alone."""
    return line.partition(" ")[0].rstrip(")")


def _id(line: str, named: str) -> str:
    """Our id of the message and the whole line: it comes back when she presses.

    The number or letter is for now, the words are for when the message is an old one, and the id tells which of the two.
    """
    return _cut(named + line, LONGEST_BUTTON_ID)


def _cut(text: str, most: int) -> str:
    while units(text) > most:
        text = text[:-1]
    return text.strip()

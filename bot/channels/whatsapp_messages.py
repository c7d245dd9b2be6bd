"""A text of ours as the WhatsApp Cloud API wants it: words, words with buttons or a list, a picture, or a template.

https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-reply-buttons-messages
"""

from typing import Any, Final

from bot.channels.base import ChannelError, Refusal

# Meta's own OpenAPI (v23.0) states these; a body of plain text may have 4096.
LONGEST_TEXT: Final = 4096
LONGEST_BODY: Final = 1024  # beside buttons, under a picture, in a template
MOST_BUTTONS, LONGEST_BUTTON = 3, 20
MOST_ROWS, LONGEST_ROW, LONGEST_DESCRIPTION = 10, 24, 72
LONGEST_BUTTON_ID: Final = 200
OPENS_THE_LIST: Final = "Pilih / Choose"  # in both languages: a channel does not know which is hers

TOO_LONG: Final = "100"  # what Meta says to a text that is too long
TEMPLATE_TOO_LONG: Final = "132005"

Json = dict[str, Any]


def content(text: str, picture_url: str) -> Json:
    """What goes into the request besides the address. Raises ChannelError where no form of it can carry so long a text.

    A menu's numbers stay good to type, for phones that show no buttons; so the text itself holds them wherever a button
    does not show the whole of its choice.
    """
    if units(text) > LONGEST_TEXT:
        raise ChannelError(TOO_LONG, refusal=Refusal.CONTENT)
    body, choices = menu(text)
    pressed = _buttons(text, body, choices) if len(choices) <= MOST_BUTTONS else _list(text, choices)
    if pressed and picture_url and pressed["type"] == "button":
        pressed["header"] = {"type": "image", "image": {"link": picture_url}}
    elif picture_url and units(text) <= LONGEST_BODY:
        return {"type": "image", "image": {"link": picture_url, "caption": text}}
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


def menu(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without its menu, and the lines of the menu: "1 …", "2 …" after an empty line, as `bot.render` writes them.

    The row that is sent is the text as she reads it, so that is where the choices are read from. Options with letters are
    no menu: a question may want several of them, or all in order.
    """
    body, _, listed = text.rpartition("\n\n")
    lines = tuple(listed.split("\n"))
    numbered = all(line.startswith(f"{place} ") and line[2:].strip() for place, line in enumerate(lines, start=1))
    return (body, lines) if body.strip() and numbered and len(lines) <= MOST_ROWS else (text, ())


def units(text: str) -> int:
    """Its length as a phone counts it (UTF-16), which is never less than what Meta counts."""
    return len(text.encode("utf-16-le", "replace")) // 2


def _buttons(text: str, body: str, choices: tuple[str, ...]) -> Json | None:
    whole = all(units(line) <= LONGEST_BUTTON for line in choices)
    shown = body if whole else text
    if not choices or units(shown) > LONGEST_BODY:
        return None
    titles = choices if whole else tuple(line.partition(" ")[0] for line in choices)
    replies = [{"id": _id(line), "title": title.strip()} for line, title in zip(choices, titles, strict=True)]
    buttons = [{"type": "reply", "reply": reply} for reply in replies]
    return {"type": "button", "body": {"text": shown}, "action": {"buttons": buttons}}


def _list(text: str, choices: tuple[str, ...]) -> Json | None:
    """Its rows are out of sight until she opens it, so the text says them too."""
    if units(text) > LONGEST_BODY:
        return None
    rows = [_row(line) for line in choices]
    action = {"button": OPENS_THE_LIST, "sections": [{"rows": rows}]}
    return {"type": "list", "body": {"text": text}, "action": action}


def _row(line: str) -> Json:
    if units(line) <= LONGEST_ROW:
        return {"id": _id(line), "title": line.strip()}
    key, _, words = line.partition(" ")
    return {"id": _id(line), "title": key, "description": _cut(words, LONGEST_DESCRIPTION)}


def _id(line: str) -> str:
    """The whole line: it comes back when she presses, the number for now and the words for when the menu is an old one."""
    return _cut(line, LONGEST_BUTTON_ID)


def _cut(text: str, most: int) -> str:
    while units(text) > most:
        text = text[:-1]
    return text.strip()

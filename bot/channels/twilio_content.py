"""Twilio's Content: the shape of a menu with empty places, made once in an account, and filled anew for every message.

https://www.twilio.com/docs/content/twilio-quick-reply · …/content/twiliolist-picker · …/content/using-variables-with-content-api
"""

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

from bot.channels import whatsapp_messages as messages
from bot.channels.base import ChannelError

log = logging.getLogger(__name__)

OURS: Final = "titian "  # what the names of ours begin with, in a list that has others' too
MOST_LISTED: Final = 2000  # of an account's Contents that are looked through
A_PAGE: Final = 100  # of them in one answer, so that an answer stays small
REST: Final = 600.0  # seconds without buttons after Twilio would not make a Content
LANGUAGE: Final = "ms"  # it must have one; the words in its places may be of any

Json = dict[str, Any]


class Row(NamedTuple):
    """One choice of a menu: what the button says, what comes back when it is pressed, and the small words in a list."""

    title: str
    id: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Menu:
    """A text of ours with its choices as buttons or a list."""

    text: str  # all of it, for a phone that shows neither
    body: str
    rows: tuple[Row, ...]
    few: bool  # as buttons under the text; else as a list to open

    @property
    def name(self) -> str:
        """What its Content is called: another shape, or another description of it, has another name."""
        written = json.dumps(self.types(), sort_keys=True)
        kind = "buttons" if self.few else "list"
        return f"{OURS}{kind} {len(self.rows)} {hashlib.sha256(written.encode()).hexdigest()[:8]}"

    def types(self) -> Json:
        """The shape, with places where the words of a message go. Titles, ids and descriptions may all be places."""
        rows = [
            {name: f"{{{{{place}}}}}" for name, place in _places(row, number)}
            for number, row in enumerate(self.rows, start=1)
        ]
        plain = {"twilio/text": {"body": "{{text}}"}}
        if self.few:
            actions = [{"type": "QUICK_REPLY", "title": row["title"], "id": row["id"]} for row in rows]
            return plain | {"twilio/quick-reply": {"body": "{{body}}", "actions": actions}}
        items = [{("item" if name == "title" else name): place for name, place in row.items()} for row in rows]
        return plain | {"twilio/list-picker": {"body": "{{body}}", "button": messages.OPENS_THE_LIST, "items": items}}

    def filled(self) -> Mapping[str, str]:
        """What stands in each place. None may be empty, and Twilio stumbles over a straight apostrophe (21656)."""
        said = {"text": self.text, "body": self.body}
        for number, row in enumerate(self.rows, start=1):
            said |= {place: getattr(row, name) for name, place in _places(row, number)}
        return {place: words.replace("'", "\u2019") for place, words in said.items()}


def _places(row: Row, number: int) -> Iterator[tuple[str, str]]:
    yield "title", f"title{number}"
    yield "id", f"id{number}"
    if row.description:
        yield "description", f"description{number}"


def menu(text: str, *, one_of: bool, message_id: int) -> Menu | None:
    """The text as a menu that can be pressed, within WhatsApp's limits; None where it offers no choice, or one too long."""
    said = messages.content(text, one_of=one_of, message_id=message_id)
    if said["type"] != "interactive":
        return None
    pressed = said["interactive"]
    body, action = pressed["body"]["text"], pressed["action"]
    if pressed["type"] == "button":
        rows = tuple(Row(each["reply"]["title"], each["reply"]["id"]) for each in action["buttons"])
        return Menu(text, body, rows, few=True)
    listed = [each for section in action["sections"] for each in section["rows"]]
    rows = tuple(Row(each["title"], each["id"], each.get("description", "")) for each in listed)
    if any(row.description for row in rows):  # then all: a Content for each mixture of rows would be a thousand
        rows = tuple(row if row.description else _described(row) for row in rows)
    return Menu(text, body, rows, few=False)


def _described(row: Row) -> Row:
    key, _, words = row.title.partition(" ")
    return Row(key.rstrip(")"), row.id, words)


def template(text: str) -> str:
    """What goes into the one place of an approved template: the text on one line. Raises ChannelError where it is too long."""
    (filled,) = messages.template("", text)["template"]["components"]
    line = str(filled["parameters"][0]["text"])
    return variables({"1": line.replace("'", "\u2019")})


def variables(filled: Mapping[str, str]) -> str:
    """The places as Twilio takes them: JSON in a string."""
    return json.dumps(filled, ensure_ascii=False)


@dataclass(eq=False)
class Contents:
    """The Contents of one account: found by their names, or made, when a message first wants one."""

    client: Callable[[], Any]
    _known: dict[str, str] = field(default_factory=dict)
    _rests_until: float = 0.0
    _locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = field(default_factory=WeakKeyDictionary)

    async def sid(self, wanted: Menu) -> str:
        """The SID of this menu's Content; "" where there is none to be had now, so that the text goes without buttons.

        Two processes at the same moment may both make one; either will do.
        """
        name, loop = wanted.name, asyncio.get_running_loop()
        async with self._locks.setdefault(loop, asyncio.Lock()):
            if name not in self._known and loop.time() >= self._rests_until:
                try:
                    await self._look()
                    if name not in self._known:
                        self._known[name] = await self._made(name, wanted)
                except ChannelError as error:
                    self._rests_until = loop.time() + REST
                    log.warning("no buttons", extra={"channel": "twilio_whatsapp", "why": error.code})
            return self._known.get(name, "")

    def forget(self, wanted: Menu) -> None:
        """Twilio does not know that Content any more: somebody has deleted it. The next message looks again."""
        self._known.pop(wanted.name, None)

    async def _look(self) -> None:
        for each in await _answer(self.client().content.v1.contents.list_async(limit=MOST_LISTED, page_size=A_PAGE)):
            if each.sid and str(each.friendly_name or "").startswith(OURS):
                self._known.setdefault(str(each.friendly_name), str(each.sid))

    async def _made(self, name: str, wanted: Menu) -> str:
        from twilio.rest.content.v1.content import ContentList  # type: ignore[import-untyped]

        samples = dict.fromkeys(wanted.filled(), "1")
        asked = {"friendly_name": name, "language": LANGUAGE, "variables": samples, "types": wanted.types()}
        request = ContentList.ContentCreateRequest(asked)
        made = await _answer(self.client().content.v1.contents.create_async(request))
        if not made.sid:
            raise ChannelError("answer without a sid")
        return str(made.sid)


async def _answer(asked: Any) -> Any:
    """What Twilio answered. Raises ChannelError, whatever was wrong: nothing has been sent to anybody."""
    from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]

    try:
        return await asked
    except TwilioException as error:
        raise ChannelError(str(getattr(error, "code", None) or getattr(error, "status", 0))) from error
    except (ValueError, LookupError, AttributeError, TypeError) as error:
        raise ChannelError("unreadable answer") from error

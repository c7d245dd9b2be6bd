"""What one step says, as the texts or screens that one kind of channel carries."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bot import gsm, phone
from bot.i18n import Catalogues
from flows.text import T
from flows.types import Say

ONE_SMS: Final = 160  # septets in one segment, the tag among them
ONE_SCREEN: Final = 150  # characters: 182 fit, the most careful stay below 160
ONE_BUBBLE: Final = 1600  # Twilio's limit for a WhatsApp text
LETTERS: Final = "ABCDE"
MORE: Final = T("More")


@dataclass(frozen=True, slots=True)
class Rendered:
    """Texts to send now, in order, and the screens that follow when she asks for more."""

    texts: tuple[str, ...]
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Voice:
    """What every text needs besides its words: the catalogues, and the tag of an SMS to a Malaysian number."""

    catalogues: Catalogues
    tag: str

    def render(self, say: Say, locale: str, kind: str, to: str) -> Rendered:
        """What is said, as a channel of that kind ("sms", "ussd", "whatsapp") carries it to that number."""
        match kind:
            case "ussd":
                return screens(say, locale, self.catalogues)
            case "whatsapp":
                return bubble(say, locale, self.catalogues)
            case _:
                return sms(say, locale, self.catalogues, self.tag if phone.is_malaysian(to) else "")


def sms(say: Say, locale: str, catalogues: Catalogues, tag: str) -> Rendered:
    """As few SMS as carry it, each a segment of its own with the tag before it, none cut inside a passage that fits one.

    Some networks deliver the parts of a long SMS separately, so no part leans on another.
    """
    room = ONE_SMS - gsm.septets(tag)
    passages = [gsm.fold(catalogues.say(words, locale)) for words in say.body]
    options = [gsm.fold(option) for option in _options(say, locale, catalogues, say.lettered)]
    return Rendered(tuple(tag + text for text in _packed(passages, options, room)))


def bubble(say: Say, locale: str, catalogues: Catalogues) -> Rendered:
    """One chat message: a bubble each would cost three times as much, since replies are billed from October 2026."""
    passages = [catalogues.say(words, locale) for words in say.body]
    options = _options(say, locale, catalogues, say.lettered)
    text = "\n\n".join([*passages, "\n".join(options)] if options else passages)
    return Rendered(tuple(_cut(text, ONE_BUBBLE, len)))


def screens(say: Say, locale: str, catalogues: Catalogues) -> Rendered:
    """The first screen now, the others when she presses 98; each shows only the keys that work on it."""
    passages = [gsm.fold(catalogues.say(words, locale)) for words in say.body]
    options = [gsm.fold(option) for option in _options(say, locale, catalogues, lettered=False)]
    more = "\n98 " + catalogues.say(MORE, locale)
    whole = _packed(passages, options, ONE_SCREEN)
    if len(whole) > 1:
        whole = _packed(passages, options, ONE_SCREEN - len(more))
        whole = [page + more for page in whole[:-1]] + whole[-1:]
    return Rendered((whole[0],), tuple(whole[1:]))


def _options(say: Say, locale: str, catalogues: Catalogues, lettered: bool) -> list[str]:
    marks = [f"{letter}) " for letter in LETTERS] if lettered else [f"{number} " for number in range(1, 10)]
    return [mark + catalogues.say(words, locale) for mark, words in zip(marks, say.choices, strict=False)]


def _packed(passages: Sequence[str], options: Sequence[str], room: int) -> list[str]:
    """The passages and options in pages of at most `room`; options stay with the question before them where they can."""
    asked = "\n".join([*passages[-1:], *options]) if options else ""
    blocks = [*passages[:-1], asked] if options and gsm.septets(asked) <= room else [*passages, *options]
    pages: list[str] = []
    for block in blocks:
        if not block:
            continue
        join = "\n" if pages and (block in options or block is asked) else " "
        if pages and gsm.septets(pages[-1]) + 1 + gsm.septets(block) <= room:
            pages[-1] += join + block
        else:
            pages.extend(_cut(block, room, gsm.septets))
    return pages or [""]


def _cut(text: str, room: int, length: Callable[[str], int]) -> list[str]:
    """The text in pieces of at most `room`: at the end of a sentence, else between words, else where it must."""
    pieces: list[str] = []
    while length(text) > room:
        fits = room
        while length(text[:fits]) > room:
            fits -= 1
        at = max(text.rfind(mark, 0, fits) + len(mark) - 1 for mark in (". ", "! ", "? ", "\n"))
        if at < fits // 2:
            at = text.rfind(" ", 0, fits + 1)
        if at <= 0:
            at = fits
        pieces.append(text[:at].rstrip())
        text = text[at:].lstrip()
    return [*pieces, text] if text else pieces

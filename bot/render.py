"""What one step says, as the texts or screens that one kind of channel carries."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot import gsm, phone
from bot.channels.base import Shown
from bot.i18n import Catalogues
from flows.text import T, Text, Words, invite
from flows.types import Say

ONE_SMS: Final = 160  # septets in one segment, the tag among them
ONE_SCREEN: Final = 150  # characters: 182 fit, the most careful stay below 160
ONE_BUBBLE: Final = 1600  # Twilio's limit for a WhatsApp text
ONE_CAPTION: Final = 1024  # WhatsApp's own, for a text that goes with a picture
LETTERS: Final = "ABCDEFGHI"
MORE: Final = T("More")
PRESS: Final = invite(T("Press 98"))


@dataclass(frozen=True, slots=True)
class Rendered:
    """Texts to send now, in order, the screens that follow when she asks for more, and the picture with the first text.

    `one_of` means that she answers the last of them with one of its lettered options.
    """

    texts: tuple[str, ...]
    unread: tuple[str, ...] = ()
    picture: Shown | None = None
    one_of: bool = False

    def answered_by_one(self, place: int) -> bool | None:
        """What the row of the text at `place` says of its answer; None where that text asks nothing, as all but the last."""
        return self.one_of if place == len(self.texts) - 1 else None


@dataclass(frozen=True, slots=True)
class Voice:
    """What every text needs besides its words: the catalogues, and the tag of an SMS to a Malaysian number."""

    catalogues: Catalogues
    tag: str

    def render(self, say: Say, locale: str, kind: str, to: str, *, two_way: bool = True) -> Rendered:
        """What is said, as a channel of that kind ("sms", "ussd", "whatsapp") carries it to that number.

        By a route that is not `two_way` nothing goes that asks for a reply; where that was all, there is no text.
        """
        if not two_way:
            say = told(say)
            if not say.body and not say.choices:
                return Rendered(())
        match kind:
            case "ussd":
                return screens(say, locale, self.catalogues)
            case "whatsapp":
                return bubble(say, locale, self.catalogues)
            case _:
                return sms(say, locale, self.catalogues, self.tag_for(to))

    def tag_for(self, to: str) -> str:
        """What every SMS to that number begins with; "" where its country asks for nothing."""
        return self.tag if phone.is_malaysian(to) else ""

    def again(self, page: str, unread: tuple[str, ...], choices: int, locale: str) -> Rendered | None:
        """The screen that a wrong key was pressed on, once more; None where there is nothing to say of it in its room."""
        return again(Rendered((page,), unread), choices, locale, self.catalogues)


def told(say: Say) -> Say:
    """What is left of it for one who cannot reply: no invitation, and no choices but a question's, which are on her slip too."""
    body = tuple(words for each in say.body if (words := _told(each)) is not None)
    return replace(say, body=body, choices=say.choices if say.lettered else ())


def _told(words: Words) -> Words | None:
    if not isinstance(words, Text) or not words.invites:
        return words
    return words.otherwise._replace(locale=words.locale) if words.otherwise else None


def sms(say: Say, locale: str, catalogues: Catalogues, tag: str) -> Rendered:
    """As few SMS as carry it, each a segment of its own with the tag before it, none cut inside a passage that fits one.

    Some networks deliver the parts of a long SMS separately, so no part leans on another.
    """
    speak = _speaking(catalogues, locale, "sms")
    passages = [gsm.fold(speak(words)) for words in say.body]
    options = [gsm.fold(option) for option in _options(say, speak, lettered=say.lettered)]
    return Rendered(tuple(tag + text for text in _packed(passages, options, ONE_SMS, _with(tag))))


def as_sms(text: str, tag: str) -> tuple[str, ...]:
    """A text that was made for another kind of channel, as SMS: plain, each a segment of its own with the tag before it."""
    *passages, last = [gsm.fold(each).strip() for each in text.split("\n\n")]
    options = last.split("\n")
    if not all(map(_an_option, options)):
        passages, options = [*passages, last], []
    return tuple(tag + each for each in _packed(passages, options, ONE_SMS, _with(tag)))


def bubble(say: Say, locale: str, catalogues: Catalogues) -> Rendered:
    """One chat message: a bubble each would cost three times as much, since replies are billed from October 2026."""
    speak = _speaking(catalogues, locale, "whatsapp")
    passages = [speak(words) for words in say.body]
    options = _options(say, speak, lettered=say.lettered)
    text = "\n\n".join([*passages, "\n".join(options)] if options else passages)
    one_of = say.one_of and say.lettered and bool(options)
    if say.picture is None:
        return Rendered(tuple(_cut(text, ONE_BUBBLE, len)), one_of=one_of)
    shown = Shown(say.picture.name, speak(say.picture.words))
    return Rendered(tuple(_cut(text, ONE_CAPTION, len)), picture=shown, one_of=one_of)


def screens(say: Say, locale: str, catalogues: Catalogues) -> Rendered:
    """The first screen now, the others when she presses 98.

    It is measured as it will stand there: translated, filled in, with the line that says "98 More". The pages without
    that line, put together again, are all that was said, each option on one of them. 98 stands only where another page
    follows. 0 (back) and 00 (menu) work on every screen and stand on none: with them, every third screen of a lesson
    would run over onto another page. The way out after three wrong keys tells of 00.
    """
    speak = _speaking(catalogues, locale, "ussd")
    passages = [gsm.fold(speak(words)) for words in say.body]
    options = [gsm.fold(option) for option in _options(say, speak, lettered=False)]
    whole = _packed(passages, options, ONE_SCREEN, gsm.septets)
    if len(whole) == 1:
        return Rendered((whole[0],))
    more, press = _more(locale, catalogues)
    pages = _packed(passages, options, ONE_SCREEN, _with(max(more, press, key=gsm.septets)))
    if len(pages) == 1:  # the line that leads on would have filled the screen, and there is nothing to lead on to
        return Rendered((pages[0],))
    return Rendered((pages[0] + more,), (*(page + more for page in pages[1:-1]), pages[-1]))


def again(seen: Rendered, choices: int, locale: str, catalogues: Catalogues) -> Rendered | None:
    """The very screen she saw, its last line saying which keys work: 98, for which there was room left, or 1 to the last choice.

    None where nothing can be pressed, or where the line does not fit.
    """
    (page,) = seen.texts
    if seen.unread:
        more, press = _more(locale, catalogues)
        return Rendered((page.removesuffix(more).removesuffix(press) + press,), seen.unread)
    line = "\n" + catalogues.say(_keys(choices), locale)
    fits = choices > 0 and gsm.septets(page + line) <= ONE_SCREEN
    return Rendered((page + line,)) if fits else None


def _keys(choices: int) -> Text:
    return invite(T("Press 1")) if choices == 1 else invite(T("Press 1-{total}", total=choices))


def _more(locale: str, catalogues: Catalogues) -> tuple[str, str]:
    """The line that leads on to the next page, and the one instead of it for whoever pressed another key."""
    return "\n98 " + catalogues.say(MORE, locale), "\n" + catalogues.say(PRESS, locale)


def _with(line: str) -> Callable[[str], int]:
    """The length of a text that stands together with this line: one dear character makes all of it dear."""
    return lambda text: gsm.septets(line + text)


def _speaking(catalogues: Catalogues, locale: str, kind: str) -> Callable[[Words], str]:
    """Words in her language, as that kind of channel says them."""
    return lambda words: catalogues.say(words, locale, kind)


def _options(say: Say, speak: Callable[[Words], str], *, lettered: bool) -> list[str]:
    marks = [f"{letter}) " for letter in LETTERS] if lettered else [f"{number} " for number in range(1, 10)]
    said = [" ".join(speak(words).split()) for words in say.choices]
    return [mark + words for mark, words in zip(marks, said, strict=False)]


_an_option: Final = re.compile(r"(?:[A-I]\)|[1-9]) ").match


def _packed(passages: Sequence[str], options: Sequence[str], room: int, length: Callable[[str], int]) -> list[str]:
    """The passages and options in pages of at most `room`; options stay with the question before them where they can."""
    asked = "\n".join([*passages[-1:], *options]) if options else ""
    together = bool(options) and length(asked) <= room
    blocks = [*passages[:-1], asked] if together else [*passages, *options]
    listed = len(passages) - together  # from this block on, each begins a line
    pages: list[str] = []
    for place, block in enumerate(blocks):
        if not block.strip():
            continue
        joined = pages[-1] + ("\n" if place >= listed else " ") + block if pages else ""
        if joined and length(joined) <= room:
            pages[-1] = joined
        elif place >= listed and length(block) > room:
            pages.extend(_option_in_pieces(block, room, length))
        else:
            pages.extend(_cut(block, room, length))
    return pages or [""]


def _option_in_pieces(option: str, room: int, length: Callable[[str], int]) -> list[str]:
    """An option longer than a page: its key is not parted from it, and no number in it looks like the key of another."""
    first, *others = _cut(option, room, lambda text: length(" " + text), whole=len("1 "))
    return [first, *(f" {piece}" if piece[0].isdigit() else piece for piece in others)]


def _cut(text: str, room: int, length: Callable[[str], int], *, whole: int = 0) -> list[str]:
    """The text in pieces of at most `room`: at the end of a sentence, else between words, else where it must.

    A word is cut only where it would not fit a piece of its own. The first `whole` characters stay together.
    """
    pieces: list[str] = []
    text = text.strip()
    while length(text) > room:
        fits = room
        while length(text[:fits]) > room:
            fits -= 1
        at = max(text.rfind(mark, 0, fits + 1) + len(mark) - 1 for mark in (". ", "! ", "? ", "\n"))
        if at < fits // 2:
            at = max(text.rfind(space, whole, fits + 1) for space in " \n")
            if at > 0 and length(text[at:].split(maxsplit=1)[0]) > room:
                at = fits
        if at <= 0:
            at = fits
        pieces.append(text[:at].rstrip())
        text, whole = text[at:].lstrip(), 0
    return [*pieces, text] if text else pieces

"""How long what goes out together can be at most: quick to reckon, and where it fits, nothing has to be laid out to see that it does."""

from functools import lru_cache
from string import Formatter
from typing import Final, NamedTuple

from bot import gsm
from bot.i18n import LANGUAGES, Catalogues
from flows.text import Localized, Text, Words
from flows.types import Say

MOST_SMS: Final = 4  # that one reply may take; each is paid for, and each has to arrive
FAR: Final = 10**6  # longer than any room: what is so long has to be laid out
LETTERED: Final = len("\nA) ")  # before each option of an SMS
NUMBERED: Final = len("\n1 ")  # before each option of a screen


class Rooms(NamedTuple):
    """How many places there are on each page, besides what the bot puts around it: of an SMS, and of a screen that others follow."""

    sms: int
    screen: int


class Bounds:
    """The most places of an SMS that passages can take, by SMS or on a screen, in one language or in any.

    What an author wrote is known by its identity, so the course has to outlive this.
    """

    def __init__(self, language: str = "") -> None:
        self._language = language
        self._known: dict[int, int] = {}

    def surely_fit(self, say: Say, rooms: Rooms) -> bool:
        """Whether every passage, and the question with its options, fits a page: then nothing is cut, on either channel.

        Almost everything does. False says nothing: it may fit all the same.
        """
        known, room, last = self._known, min(rooms), 0
        for words in say.body:
            last = known.get(id(words)) or self.of(words)
            if last > room:
                return False
        if not say.choices:
            return len(say.body) <= MOST_SMS
        asked, many = last + sum([known.get(id(words)) or self.of(words) for words in say.choices]), len(say.choices)
        fits = asked + LETTERED * many <= rooms.sms and asked + NUMBERED * many <= rooms.screen
        return fits and len(say.body) <= MOST_SMS

    def of(self, words: Words) -> int:
        """The most that one passage can take."""
        known = self._known.get(id(words))
        if known is not None:
            return known
        if isinstance(words, Text):  # made anew for each moment, so its identity says nothing
            return self._phrase(words)
        known = self._known[id(words)] = max(map(_places, self._every(words)))
        return known

    def _every(self, passage: Localized) -> list[str]:
        """The passage in each language it has, and in other words where SMS or a screen has its own."""
        if self._language:
            return [passage.within(self._language), passage.within(self._language, "ussd")]
        if not passage.variants:
            return [said for _, said in passage.words]
        mine = (words for kind, words in passage.variants if kind != "whatsapp")
        return [said for words in (passage.words, *mine) for _, said in words]

    def _phrase(self, phrase: Text) -> int:
        """What is around the gaps, and the most that can stand in each."""
        if not phrase.places:
            return _alone(phrase.msgid)
        around, gaps = _template(phrase.msgid)
        for name, value in phrase.places:
            often = gaps.get(name)
            if often:
                around += often * (self.of(value) if isinstance(value, Text | Localized) else _places(str(value)))
        return around


def _places(text: str) -> int:
    """How many places of an SMS the text adds, alone or within another; FAR where one character makes all of it dear."""
    if gsm.is_basic(text):
        return len(text)
    return FAR if gsm.offenders(text) else gsm.septets(text)


@lru_cache(maxsize=1024)
def _alone(msgid: str) -> int:
    """The most that a phrase of ours takes in any language, where it has no gaps."""
    return max(_places(_catalogues().say(Text(msgid), language)) for language in LANGUAGES)


@lru_cache(maxsize=1024)
def _template(msgid: str) -> tuple[int, dict[str, int]]:
    """The most that a phrase of ours takes in any language without what stands in its gaps, and how often each gap comes."""
    around, gaps = 0, dict[str, int]()
    for language in LANGUAGES:
        long, often = 0, dict[str, int]()
        for literal, name, spec, conversion in Formatter().parse(_catalogues().say(Text(msgid), language)):
            long += _places(literal) + (FAR if spec or conversion else 0)
            if name is not None:
                often[name] = often.get(name, 0) + 1
        around = max(around, long)
        gaps |= {name: max(times, gaps.get(name, 0)) for name, times in often.items()}
    return around, gaps


@lru_cache(maxsize=1)
def _catalogues() -> Catalogues:
    return Catalogues()

"""Words before they are in a language: our own phrases, and the passages of a lesson."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple


class Text(NamedTuple):
    """One of our own phrases: the English sentence is its name, `places` fill its {named} gaps."""

    msgid: str
    places: tuple[tuple[str, "Words | str | int"], ...] = ()
    locale: str = ""  # said in this language whatever hers is; "" = in hers
    invites: bool = False  # it asks her to send or press something
    otherwise: "Text | None" = None  # said instead where she cannot; nothing is, where that is None


@dataclass(frozen=True, slots=True)
class Localized:
    """An author's passage, side by side in every language of the course."""

    words: tuple[tuple[str, str], ...]
    variants: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()  # by kind of channel, where its words differ

    def within(self, locale: str, kind: str = "") -> str:
        """The passage in `locale` for that kind of channel, or in its first language where that one is missing."""
        for channel, instead in self.variants:
            if channel == kind:
                return Localized(instead).within(locale)
        for language, words in self.words:
            if language == locale:
                return words
        return self.words[0][1]


Words = Text | Localized
_gap: Final = re.compile(r"\{(\w+)\}")


def T(msgid: str, **places: Words | str | int) -> Text:  # noqa: N802 - the gettext habit: T marks a phrase for translation
    """Mark a whole sentence of ours for translation, with its named places.

    >>> T("You have passed {done} of {total} lessons.", done=3, total=6).msgid
    'You have passed {done} of {total} lessons.'
    """
    return Text(msgid, tuple(places.items()))


def invite(text: Text, otherwise: Text | None = None) -> Text:
    """A phrase that asks her to send or press something; `otherwise` is said on a route by which she cannot reply.

    >>> invite(T("Your place is kept. Send CONTINUE."), T("Your place is kept.")).otherwise.msgid
    'Your place is kept.'
    """
    return text._replace(invites=True, otherwise=otherwise)


def in_both(text: Text) -> tuple[Text, Text]:
    """The phrase in Bahasa Malaysia and in English, for somebody whose language is not known yet."""
    return text._replace(locale="ms"), text._replace(locale="en")


def localized(words: Mapping[str, str]) -> Localized:
    """A passage from a mapping of language to words, the first language being the one to fall back on."""
    return Localized(tuple(words.items()))


def filled(passage: Localized, **places: Localized | int) -> Localized:
    """An author's passage with its {named} gaps filled, each in the same language and for the same kind of channel.

    >>> filled(localized({"en": "{done} of {total}"}), done=3, total=6).within("en")
    '3 of 6'
    """

    def said(kind: str) -> tuple[tuple[str, str], ...]:
        return tuple((language, _fill(passage.within(language, kind), language, kind)) for language, _ in passage.words)

    def _fill(words: str, language: str, kind: str) -> str:
        def place(found: re.Match[str]) -> str:
            value = places.get(found[1], found[0])
            return value.within(language, kind) if isinstance(value, Localized) else str(value)

        return _gap.sub(place, words)

    spoken = [each for each in (passage, *places.values()) if isinstance(each, Localized)]
    kinds = dict.fromkeys(kind for each in spoken for kind, _ in each.variants)
    return Localized(said(""), tuple((kind, said(kind)) for kind in kinds))


def alike(words: str) -> Localized:
    """A passage that reads the same in every language: a greeting before the language is known."""
    return Localized((("ms", words),))

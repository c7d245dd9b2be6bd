"""The texts of an announcement: whether they may go out, and how each channel says them, in each language."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Text

from bot import blocked, gsm, render
from bot.announcements.ways import ABROAD, AT_HOME, Outcome, Ways
from bot.pushes import Pushes, Way
from bot.store.lists import picked
from flows.text import localized
from flows.types import Say


class Unfit(ValueError):
    """The announcement cannot go out as it is written; the text says what to change."""


@dataclass(frozen=True, slots=True)
class Preview:
    """One text as it will be read: in which language, on which kind of channel, and how many SMS it is (0: it is none)."""

    locale: str
    channel: str
    text: str
    segments: int


def check(words: Mapping[str, str], tag: str) -> None:
    """Refuse, in words, what could not be sent as one SMS in every language. Raises Unfit."""
    for language, text in words.items():
        folded = gsm.fold(text).strip()
        if not folded:
            raise Unfit(f"the {language} text is empty")
        strange = gsm.offenders(folded)
        if strange:
            raise Unfit(f"the {language} text has characters an SMS cannot carry: {', '.join(map(str, strange))}")
        for _, told in blocked.reasons(folded):
            raise Unfit(f"the {language} text: {told}")
        over = gsm.septets(tag + folded) - render.ONE_SMS
        if over > 0:
            raise Unfit(f"the {language} text is {over} characters too long for one SMS; the tag '{tag}' counts too")


def said(words: Mapping[str, str]) -> Say:
    """What is said; who has no language of these is told it in the first."""
    return Say((localized(words),))


def previews(sender: Pushes, words: Mapping[str, str]) -> Iterator[Preview]:
    """Every text that a learner here may read: by language and channel, those that look alike once."""
    seen: set[tuple[str, str, str]] = set()
    for channel in sender.channels.values():
        if channel.profile.pushes_by not in ("", channel.name) or channel.profile.kind == "ussd":
            continue
        for locale in words:
            text = "\n".join(sender.texts(said(words), locale, Way(0, AT_HOME, channel)))
            kind = channel.profile.kind
            if (kind, locale, text) not in seen:
                seen.add((kind, locale, text))
                yield Preview(locale, kind, text, gsm.segments(text) if kind == "sms" else 0)


class Said:
    """Each text that differs, rendered once: by outcome, by whether the number is Malaysian, by language."""

    def __init__(self, sender: Pushes, ways: Ways, words: Mapping[str, str]) -> None:
        """Renders them; that is a handful, however many learners read them."""
        self._ways: Final = ways.outcomes
        self.texts: Final[list[str]] = []
        self.parts: Final[list[tuple[str, ...]]] = []  # the same, as it is sent
        self.locales: Final[list[str]] = []
        self.outcomes: Final[list[Outcome]] = []
        for outcome in ways.outcomes:
            channel = None if outcome.why else sender.channels[outcome.channel]
            for identifier in (ABROAD, AT_HOME):
                for locale in ways.locales:
                    texts = sender.texts(said(words), locale, Way(0, identifier, channel)) if channel else ()
                    self.texts.append("\n".join(texts))
                    self.parts.append(texts)
                    self.locales.append(locale)
                    self.outcomes.append(outcome)

    def columns(self, her: FromClause, *, on_sqlite: bool) -> tuple[ColumnElement[Any], ...]:
        """Text, channel, and why not, in SQL, for a row of `recipients.decided`."""
        text = picked(self.texts, her.c.said, Text(), on_sqlite=on_sqlite)
        lists = ([each.channel for each in self._ways], [each.why for each in self._ways])
        return text, *(picked(each, her.c.outcome, Text(), on_sqlite=on_sqlite) for each in lists)

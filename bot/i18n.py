"""Our own phrases in each language: gettext catalogues, loaded once."""

import gettext
from collections.abc import Mapping
from pathlib import Path

from flows.text import Localized, Text, Words

LOCALES = Path(__file__).resolve().parent.parent / "locales"
LANGUAGES = ("ms", "en")


class Catalogues:
    """Every phrase in every language. English is the msgid, so its catalogue may be missing."""

    def __init__(self, directory: Path = LOCALES) -> None:
        self._of: Mapping[str, gettext.NullTranslations] = {
            language: gettext.translation("titian", directory, [language], fallback=language == "en")
            for language in LANGUAGES
        }

    def say(self, words: Words, locale: str, kind: str = "") -> str:
        """The words in that language, as that kind of channel says them, their places filled, each in the same language."""
        if isinstance(words, Localized):
            return words.within(locale, kind)
        return self._phrase(words, words.locale or locale, kind)

    def _phrase(self, text: Text, locale: str, kind: str) -> str:
        catalogue = self._of.get(locale) or self._of["ms"]
        phrase = catalogue.gettext(text.msgid)
        if not text.places:
            return phrase
        return phrase.format_map(
            {
                name: self.say(value, locale, kind) if isinstance(value, Text | Localized) else value
                for name, value in text.places
            }
        )

"""Which choice of a menu a reply names: by its number or letter, by what it means, or by its very words."""

from functools import lru_cache

from flows.reading.keywords import Heard, plain
from flows.states import Choice, Menu
from flows.text import Localized


def is_letter(heard: Heard) -> bool:
    """Whether she names an option by its letter: "a", "1a", "jawab a"; "satu" and "tiga" are numbers."""
    last = heard.plain.rpartition(" ")[2]
    return heard.number > 0 and len(last) <= 2 and last[-1] in "abcde"


def choice_of(menu: Menu, heard: Heard) -> Choice | None:
    """By its number or letter, by an intent it lists, or by its very words in any language."""
    if 0 < heard.number <= len(menu.choices):
        return menu.choices[heard.number - 1]
    for choice in menu.choices:
        if heard.intent and heard.intent in choice.means:
            return choice
        if heard.plain and isinstance(choice.says, Localized) and heard.plain in _spoken(choice.says):
            return choice
    return None


@lru_cache(maxsize=8192)
def _spoken(words: Localized) -> frozenset[str]:
    return frozenset(plain(spoken) for _, spoken in words.words)

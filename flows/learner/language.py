"""Which language we speak with her; what she writes is understood in all of them."""

from collections.abc import Mapping
from typing import Final

from flows.session import Library, Session
from flows.states import PLACE, Choice, Describe, Menu, State, Tell
from flows.text import alike
from flows.types import SetLocale


def choose(session: Session, library: Library) -> State:
    """Offer the languages, each by its own name."""
    return Menu(
        body=(alike("Bahasa / Language"),),
        choices=(
            Choice(alike("Bahasa Malaysia"), "language.malay"),
            Choice(alike("English"), "language.english"),
        ),
        back=PLACE,
        aside=True,
    )


def malay(session: Session, library: Library) -> State:
    """Speak Bahasa Malaysia from now on, and go on where she was."""
    return Tell((alike("Bahasa Malaysia dipilih."),), PLACE, (SetLocale("ms"),))


def english(session: Session, library: Library) -> State:
    """Speak English from now on, and go on where she was."""
    return Tell((alike("English it is."),), PLACE, (SetLocale("en"),))


STATES: Final[Mapping[str, Describe]] = {"choose": choose, "malay": malay, "english": english}

"""The four kinds of state: Menu, Ask, Tell, Route. Each describes; none of them does."""

from collections.abc import Callable
from dataclasses import dataclass, field

from flows.session import Library, Session
from flows.text import Words
from flows.types import Effect

PLACE = "place"  # a target: back to where she was when an aside began


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a menu: what it says, where it leads, and the intents that choose it besides its number."""

    says: Words
    next: str
    key: str = ""
    means: frozenset[str] = frozenset()
    does: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class Menu:
    """Waits for one of its choices. `answer` in the session becomes the key of the one chosen."""

    body: tuple[Words, ...]
    choices: tuple[Choice, ...]
    lettered: bool = False
    hint: Words | None = None
    back: str = "menu.home"
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """Waits for words with an argument of their own, such as a certificate code; `answer` becomes those words."""

    body: tuple[Words, ...]
    next: str
    back: str = "menu.home"
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Tell:
    """Speaks and goes on to `next`; without a `next` it is where she rests, and with `ends` the call is over."""

    body: tuple[Words, ...]
    next: str = ""
    does: tuple[Effect, ...] = ()
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """Only decides. `among` names every state it can lead to, for the tests that walk and the pictures."""

    next: str
    among: tuple[str, ...] = field(default=())
    does: tuple[Effect, ...] = ()


State = Menu | Ask | Tell | Route
Describe = Callable[[Session, Library], State]

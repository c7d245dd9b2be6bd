"""The four kinds of state: Menu, Ask, Tell, Route. Each describes; none of them does.

Tuples with names, since a message passes through several: making one takes a third of what a frozen dataclass would.
"""

from collections.abc import Callable
from typing import NamedTuple

from flows.course import Picture
from flows.reading.answers import Reading
from flows.reading.keywords import Heard
from flows.session import Library, Session
from flows.text import Words
from flows.types import Effect, KeepReply

PLACE = "place"  # a target: back to where she was when an aside began


class Choice(NamedTuple):
    """One line of a menu: what it says, where it leads, and the intents that choose it besides its number."""

    says: Words
    next: str
    key: str = ""
    means: frozenset[str] = frozenset()
    does: tuple[Effect, ...] = ()


class Menu(NamedTuple):
    """Waits for one of its choices. `answer` in the session becomes the key of the one chosen.

    An aside that `covers` her place has put it out of her sight: a bare number then means one of its own choices only.
    """

    body: tuple[Words, ...]
    choices: tuple[Choice, ...]
    hint: Words | None = None
    back: str = "menu.home"
    aside: bool = False
    covers: bool = False


class Ask(NamedTuple):
    """Waits for an answer that `reads` understands; `answer` in the session becomes what it read.

    `shown` is listed with letters or numbers where there is something to choose from; `one_of` means that exactly one of the
    letters is wanted. An answer that is not sure is kept as `meant`, and asked back in the state `unsure`. What cannot be
    read is kept as `unread` where that is given.
    """

    body: tuple[Words, ...]
    reads: Callable[[Heard, str], Reading]
    next: str
    unsure: str = ""
    shown: tuple[Words, ...] = ()
    lettered: bool = True
    hint: Words | None = None
    unread: KeepReply | None = None
    secret: Callable[[str], Effect | None] | None = None  # words never kept: they go into this effect, nowhere else
    back: str = "menu.home"
    aside: bool = False
    picture: Picture | None = None
    one_of: bool = False


class Tell(NamedTuple):
    """Speaks and goes on to `next`; without a `next` it is where she rests, and with `ends` the call is over."""

    body: tuple[Words, ...]
    next: str = ""
    does: tuple[Effect, ...] = ()
    ends: bool = False


class Route(NamedTuple):
    """Only decides. `among` names every state it can lead to, for the tests that walk and the pictures."""

    next: str
    among: tuple[str, ...] = ()
    does: tuple[Effect, ...] = ()


State = Menu | Ask | Tell | Route
Describe = Callable[[Session, Library], State]

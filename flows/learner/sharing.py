"""The people who share a phone: what happened about them, and what should happen."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PeopleFound:
    """Who shares this phone: the places that are taken, whose turn it is, and whether she has digits of her own."""

    places: tuple[int, ...]
    active: int
    guarded: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class PersonSwitched:
    """The phone was to be handed to the person at `place`. `outcome` is switched, asked, wrong_pin, locked or unknown.

    "asked": she has digits, and none were given. Where it is "switched", the session is that of her who has it now.
    """

    place: int
    outcome: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PersonAdded:
    """Somebody new has the phone now; the session is hers."""

    place: int
    at: datetime


PeopleEvent = PeopleFound | PersonSwitched | PersonAdded


@dataclass(frozen=True, slots=True)
class FindPeople:
    """Look up who shares this phone: a `PeopleFound` follows."""


@dataclass(frozen=True, slots=True)
class SetPin:
    """These four digits are hers from now on, on this phone."""

    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SwitchTo:
    """Hand this phone to the person at `place`, if these are her digits or she has none: a `PersonSwitched` follows."""

    place: int
    pin: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class AddPerson:
    """Hand this phone to somebody new, who begins as everybody does: a `PersonAdded` follows."""


PeopleEffect = FindPeople | SetPin | SwitchTo | AddPerson

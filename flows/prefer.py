"""When she has time, and where she lives: both hers to say, never asked at the door."""

from collections.abc import Mapping
from typing import Final

from flows.session import Library, Session
from flows.states import PLACE, Choice, Describe, Menu, State, Tell
from flows.text import T, alike
from flows.types import SetDistrict, SetSlot

DISTRICTS: Final = ("Ranau", "Kudat", "Pitas")


def time(session: Session, library: Library) -> State:
    """Which part of the day suits her."""
    return Menu(
        body=(T("When do you have time to learn?"),),
        choices=tuple(
            Choice(words, "prefer.kept", means=frozenset({f"time_{slot}"}), does=(SetSlot(slot),))
            for slot, words in (
                ("morning", T("Morning")),
                ("noon", T("Noon")),
                ("afternoon", T("Afternoon")),
                ("evening", T("Evening")),
            )
        ),
        back=PLACE,
        aside=True,
    )


def district(session: Session, library: Library) -> State:
    """Which district she lives in."""
    return Menu(
        body=(T("Which district do you live in?"),),
        choices=tuple(
            Choice(alike(name), "prefer.kept", means=frozenset({f"district_{name.lower()}"}), does=(SetDistrict(name),))
            for name in DISTRICTS
        ),
        back=PLACE,
        aside=True,
    )


def _lives_in(name: str) -> Describe:
    def named(session: Session, library: Library) -> State:
        return Tell((T("Thank you, noted."),), "about.aside", (SetDistrict(name),))

    named.__doc__ = f"She wrote {name} of her own accord."
    return named


def kept(session: Session, library: Library) -> State:
    """Thank her for telling us."""
    return Tell((T("Thank you, noted."),), "about.aside")


STATES: Final[Mapping[str, Describe]] = {"time": time, "district": district, "kept": kept} | {
    name.lower(): _lives_in(name) for name in DISTRICTS
}

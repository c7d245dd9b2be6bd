"""When she has time, where she lives, by what she is reached: all hers to say, never asked at the door."""

from collections.abc import Mapping
from typing import Final

from flows.learner.reaching import SetPreferred
from flows.lessons.nudge import USUAL_PACE
from flows.session import Library, Session
from flows.states import PLACE, Choice, Describe, Menu, State, Tell
from flows.text import T, Text, alike, invite
from flows.types import SetDistrict, SetPace, SetSlot

PACES: Final = (1, 3, 5)  # lessons a week: what the evidence compares (Cortes et al. 2021)
BY_SMS: Final = T("We write to you by SMS.")
BY_WHATSAPP: Final = T("We write to you by WhatsApp, else by SMS.")
DISTRICTS: Final = ("Ranau", "Kudat", "Pitas")


def time(session: Session, library: Library) -> State:
    """Which part of the day suits her."""
    return Menu(
        body=(invite(T("When do you have time to learn?")),),
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
        body=(invite(T("Which district do you live in?")),),
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


def pace(session: Session, library: Library) -> State:
    """How many lessons a week she wants."""
    return Menu(
        body=(invite(T("How many lessons a week?")),),
        choices=tuple(
            Choice(alike(str(lessons)), "prefer.kept", means=frozenset({f"pace_{lessons}"}), does=(SetPace(lessons),))
            for lessons in PACES
        ),
        back=PLACE,
        aside=True,
    )


def _wants(lessons: int) -> Describe:
    def wanted(session: Session, library: Library) -> State:
        return Tell((_agreed(lessons),), "about.aside", (SetPace(lessons),))

    wanted.__doc__ = f"She wrote that she wants {lessons} a week."
    return wanted


def fewer(session: Session, library: Library) -> State:
    """KURANG: one step down, from five lessons a week to three, and from three to one."""
    now = session.pace or USUAL_PACE
    lessons = max((each for each in PACES if each < now), default=PACES[0])
    return Tell((_agreed(lessons),), "about.aside", (SetPace(lessons),))


def _agreed(lessons: int) -> Text:
    if lessons == 1:
        return T("All right: one lesson a week from now.")
    return T("All right: {lessons} lessons a week from now.", lessons=lessons)


def sms(session: Session, library: Library) -> State:
    """SMS: from now on what we send by ourselves comes by it."""
    return Tell((BY_SMS,), "about.aside", (SetPreferred("sms"),))


def whatsapp(session: Session, library: Library) -> State:
    """WHATSAPP: the same; where it cannot carry something, that comes by SMS."""
    return Tell((BY_WHATSAPP,), "about.aside", (SetPreferred("whatsapp"),))


def reached(session: Session) -> tuple[Text, ...]:
    """By what we write to her, where she said so."""
    said = {"sms": BY_SMS, "whatsapp": BY_WHATSAPP}.get(session.prefers)
    return (said,) if said else ()


def kept(session: Session, library: Library) -> State:
    """Thank her for telling us."""
    return Tell((T("Thank you, noted."),), "about.aside")


STATES: Final[Mapping[str, Describe]] = (
    {"time": time, "pace": pace, "fewer": fewer, "district": district, "kept": kept}
    | {"sms": sms, "whatsapp": whatsapp}
    | {name.lower(): _lives_in(name) for name in DISTRICTS}
    | {f"pace_{lessons}": _wants(lessons) for lessons in PACES}
)

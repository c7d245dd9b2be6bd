"""What only a person can do: a call back, a problem, the rights over her data, an answer to an invitation."""

from collections.abc import Mapping
from typing import Final

from flows.session import Library, Session
from flows.states import PLACE, Choice, Describe, Menu, State, Tell
from flows.text import T, invite
from flows.types import AskPerson

# To words that nothing understood, shortly after an announcement that may have been meant.
PASSED_ON: Final = T("Your coordinator will read this too.")


def call(session: Session, library: Library) -> State:
    """A coordinator will call her. By SMS we may neither send a number nor ask for one: MCMC, since 1 September 2024."""
    return Tell((T("Your coordinator will call you at this number."),), "about.aside", (AskPerson("call"),))


def problem(session: Session, library: Library) -> State:
    """Something does not work."""
    return Tell(
        (T("Thank you for telling us. A coordinator will look at it."),), "about.aside", (AskPerson("problem"),)
    )


def data_access(session: Session, library: Library) -> State:
    """A copy of her data, within 21 days (PDPA 2010, s.31)."""
    return Tell(
        (T("You will get a copy of your data from your coordinator within 21 days."),),
        "about.aside",
        (AskPerson("data_access"),),
    )


def data_correct(session: Session, library: Library) -> State:
    """A correction, within 21 days (PDPA 2010, s.35); the new value is never asked for by SMS."""
    return Tell(
        (T("Your coordinator will correct your data with you within 21 days."),),
        "about.aside",
        (AskPerson("data_correct"),),
    )


def data_delete(session: Session, library: Library) -> State:
    """Deleting cannot be undone, so it is asked once more."""
    return Menu(
        body=(invite(T("Delete your data and progress for good? Certificates can no longer be checked.")),),
        choices=(
            Choice(T("Yes, delete"), "person.data_deleted", means=frozenset({"yes", "consent_yes"})),
            Choice(T("No, keep them"), PLACE, means=frozenset({"no", "consent_no"})),
        ),
        back=PLACE,
        aside=True,
    )


def data_deleted(session: Session, library: Library) -> State:
    """She confirmed."""
    return Tell(
        (T("Your data will be deleted within 21 days. Your coordinator will tell you."),),
        "about.aside",
        (AskPerson("data_delete"),),
    )


def coming(session: Session, library: Library) -> State:
    """HADIR."""
    return Tell(
        (T("Thank you. We will tell your coordinator that you are coming."),), "about.aside", (AskPerson("coming"),)
    )


def not_coming(session: Session, library: Library) -> State:
    """TIDAK HADIR."""
    return Tell(
        (T("Thank you. We will tell your coordinator that you cannot come."),),
        "about.aside",
        (AskPerson("not_coming"),),
    )


STATES: Final[Mapping[str, Describe]] = {
    "call": call,
    "problem": problem,
    "data_access": data_access,
    "data_correct": data_correct,
    "data_delete": data_delete,
    "data_deleted": data_deleted,
    "coming": coming,
    "not_coming": not_coming,
}

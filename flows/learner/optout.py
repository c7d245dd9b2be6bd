"""No more messages, and the way back. Heard in every state, as the very first message too."""

from collections.abc import Mapping
from typing import Final

from flows.session import Library, Session
from flows.states import PLACE, Choice, Describe, Menu, Route, State, Tell
from flows.text import T, in_both, invite
from flows.types import Detach, OptIn, OptOut


def stop(session: Session, library: Library) -> State:
    """One confirmation, then silence."""
    words = invite(T("No more messages. Send START to come back."), T("No more messages."))
    return Tell((words,) if session.consented else in_both(words), "optout.stopped", (OptOut(),), ends=True)


def stopped(session: Session, library: Library) -> State:
    """Where she rests after STOP: whatever she writes, the way back is named."""
    return Menu(
        body=(T("You have stopped our messages."),),
        choices=(
            Choice(T("Start again"), "optout.back", means=frozenset({"opt_in", "start_lesson", "resume", "enrol"})),
        ),
        back="optout.stopped",
        aside=True,
    )


def back(session: Session, library: Library) -> State:
    """Messages again, and back to where she was. START from somebody who had not stopped is a beginning."""
    if not session.stopped:
        return Route("menu.onward", ("menu.onward",), (OptIn(),))
    return Tell((T("Welcome back."),), PLACE, (OptIn(),))


def wrong_number(session: Session, library: Library) -> State:
    """The number has a new owner: apologise, write no more, and let go of it. Nothing about the learner is told."""
    return Tell(
        in_both(T("Sorry to trouble you. We will not write to this number again.")), "", (OptOut(), Detach()), ends=True
    )


STATES: Final[Mapping[str, Describe]] = {"stop": stop, "stopped": stopped, "back": back, "wrong_number": wrong_number}

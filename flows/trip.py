"""One event's way through the states, until one waits: what is said, asked for and remembered on the way."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from flows.course import Picture
from flows.lessons import nudge
from flows.memory import remember
from flows.registry import OPEN, OPEN_AFTER_STOP, START, STATES, STOPPED
from flows.session import Library, Session
from flows.states import PLACE, Ask, Menu, State, Tell
from flows.text import Words
from flows.types import Effect, NudgeAfter, Say, Step

_WAITING: Final = (Menu, Ask)
LEARNING: Final = frozenset({"lesson", "task", "placement", "field"})  # the flows in which a lesson goes on
MOST_STATES: Final = 16  # that one message may pass through; more is a loop that never waits, and a bug


@dataclass(slots=True)
class Trip:
    """One event's way through the states: what is said and asked for on the way."""

    session: Session
    library: Library
    at: datetime
    effects: list[Effect] = field(default_factory=list)
    body: list[Words] = field(default_factory=list)
    shown: tuple[Words, ...] = ()
    lettered: bool = False
    one_of: bool = False
    ends: bool = False
    picture: Picture | None = None

    def begin(self) -> State | None:
        """She is here: what counted her silence starts anew, and her place is where she stands, unless in an aside.

        Returns the state in which she is.
        """
        state = self.describe()
        place = self.session.place if is_aside(state) else self.session.state
        self.session = self.session.but(place=place, nudged=0)
        return state

    def describe(self, name: str = "") -> State | None:
        """The state of that name, or the one she is in; None before the first, or where the name is no more."""
        known = STATES.get(name or self.session.state)
        return known(self.session, self.library) if known else None

    def enter(self, name: str) -> None:
        """Go to a state and on from there, until one waits."""
        for _ in range(MOST_STATES):
            name = self.allowed(name)
            state = STATES[name](self.session, self.library)
            if isinstance(state, _WAITING):
                goes_on = name.partition(".")[0] in LEARNING  # then it no longer counts how often she had to be nudged
                self.session = self.session.but(state=name, nudges=0) if goes_on else self.session.but(state=name)
                self.show(state)
                return
            for effect in state.does:
                self.does(effect)
            if isinstance(state, Tell):
                self.body.extend(state.body)
                if state.ends or not state.next:
                    rests = self.resolve(state.next) if state.next else name
                    self.session = self.session.but(state=rests)
                    self.ends = state.ends
                    return
            name = state.next
        raise RuntimeError(f"{name}: passed through {MOST_STATES} states and none waits")

    def allowed(self, name: str) -> str:
        """The state meant by `name`, or the one to go to instead before consent and after STOP."""
        if name in STATES and self.session.consented and not self.session.stopped:
            return name
        name = self.resolve(name)
        if name not in STATES:
            name = "menu.onward"
        flow = name.partition(".")[0]
        if self.session.stopped and flow not in OPEN_AFTER_STOP:
            return STOPPED
        if not self.session.consented and flow not in OPEN:
            return START
        return name

    def resolve(self, name: str) -> str:
        """A name as it is, and PLACE as the state she was in when this message came, unless nothing is asked there."""
        if name != PLACE:
            return name
        place = self.session.place
        return "menu.onward" if place in STATES and isinstance(self.describe(place), Tell) else place or "menu.onward"

    def show(self, state: Menu | Ask, *, body: tuple[Words, ...] | None = None) -> None:
        """Say what a waiting state says, and offer its choices."""
        self.body.extend(state.body if body is None else body)
        if isinstance(state, Menu):
            self.shown, self.lettered, self.one_of = tuple(choice.says for choice in state.choices), False, False
        else:
            self.shown, self.lettered, self.one_of = state.shown, state.lettered, state.one_of
            self.picture = state.picture if body is None else None

    def does(self, effect: Effect) -> None:
        """Ask for an effect, and let the session keep up with it."""
        self.effects.append(effect)
        self.session = remember(self.session, effect)

    def report(self, words: tuple[Words, ...]) -> None:
        """Say what was found out for her, with the choices of the state she is in."""
        self.body.extend(words)
        state = self.describe()
        if isinstance(state, Menu | Ask):
            self.show(state, body=())

    def step(self) -> Step:
        """The session as it is now, and all that should happen; one Say at the end."""
        if NudgeAfter not in map(type, self.effects):
            hours = nudge.hours(self.session, self.library, self.at)
            if hours is not None:
                self.effects.append(NudgeAfter(hours))
        said = Say(tuple(self.body), self.shown, self.lettered, self.ends, self.picture, self.one_of)
        return Step(self.session, (*self.effects, said))


def is_aside(state: State | None) -> bool:
    """Whether a state interrupts another, to which she goes back."""
    return isinstance(state, Menu | Ask) and state.aside

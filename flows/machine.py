"""The one verb: advance. A session, an event and a library go in; a session and what should happen come out."""

from dataclasses import dataclass, field
from typing import Final, assert_never

from flows import certificate, nudge
from flows.choosing import choice_of, is_letter
from flows.keywords import Heard
from flows.memory import remember
from flows.registry import ANYWHERE, OPEN, OPEN_AFTER_STOP, OPT_OUT, START, STATES, STOPPED
from flows.session import Library, Session
from flows.states import PLACE, Ask, Choice, Menu, State, Tell
from flows.text import T, Words
from flows.types import (
    Arrived,
    CertificateChecked,
    CertificateIssued,
    CertificatesFound,
    Effect,
    Event,
    NudgeAfter,
    Replied,
    Say,
    Step,
    WentQuiet,
)

MOST_STATES: Final = 16  # that one message may pass through; more is a loop that never waits, and a bug
MOST_MISSES: Final = 3  # from the third on we say the same
LONGEST_ARGUMENT: Final = 40


def advance(session: Session, event: Event, library: Library) -> Step:
    """Decide what one event leads to. The same session, event and library always lead to the same step."""
    trip = _Trip(session, library)
    match event:
        case Arrived():
            trip.begin()
            trip.enter(PLACE)
        case Replied(text=text):
            _hear(trip, trip.begin(), text)
        case WentQuiet():
            return _nudge(trip)
        case CertificateIssued():
            trip.report(certificate.earned(event, session, library))
        case CertificateChecked():
            trip.report(certificate.checked(event, session, library))
        case CertificatesFound():
            trip.report(certificate.found(event, session, library))
        case _:
            assert_never(event)
    return trip.step()


@dataclass(slots=True)
class _Trip:
    """One event's way through the states: what is said and asked for on the way."""

    session: Session
    library: Library
    effects: list[Effect] = field(default_factory=list)
    body: list[Words] = field(default_factory=list)
    choices: tuple[Choice, ...] = ()
    lettered: bool = False
    ends: bool = False

    def begin(self) -> State | None:
        """She is here: what counted her silence starts anew, and her place is where she stands, unless in an aside.

        Returns the state in which she is.
        """
        state = self.describe()
        place = self.session.place if _is_aside(state) else self.session.state
        self.session = self.session._replace(place=place, nudged=0)
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
            if isinstance(state, Menu | Ask):
                self.session = self.session._replace(state=name)
                self.show(state)
                return
            for effect in state.does:
                self.does(effect)
            if isinstance(state, Tell):
                self.body.extend(state.body)
                if state.ends or not state.next:
                    rests = self.resolve(state.next) if state.next else name
                    self.session = self.session._replace(state=rests)
                    self.ends = state.ends
                    return
            name = state.next
        raise RuntimeError(f"{name}: passed through {MOST_STATES} states and none waits")

    def allowed(self, name: str) -> str:
        """The state meant by `name`, or the one to go to instead before consent and after STOP."""
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
            self.choices, self.lettered = state.choices, state.lettered

    def does(self, effect: Effect) -> None:
        """Ask for an effect, and let the session keep up with it."""
        self.effects.append(effect)
        self.session = remember(self.session, effect)

    def report(self, words: tuple[Words, ...]) -> None:
        """Say what was found out for her, with the choices of the state she is in."""
        self.body.extend(words)
        state = self.describe()
        if isinstance(state, Menu):
            self.show(state, body=())

    def step(self) -> Step:
        """The session as it is now, and all that should happen; one Say at the end."""
        says = tuple(choice.says for choice in self.choices)
        if not any(isinstance(effect, NudgeAfter) for effect in self.effects) and nudge.waiting(
            self.session, self.library
        ):
            self.effects.append(NudgeAfter(nudge.QUIET_HOURS))
        return Step(self.session, (*self.effects, Say(tuple(self.body), says, self.lettered, self.ends)))


def _hear(trip: _Trip, state: State | None, text: str) -> None:
    """Read her reply: STOP first, then as an answer to what was asked, then as a word that is understood everywhere."""
    heard = trip.library.keywords.hear(text)
    if heard.intent in OPT_OUT:
        return _go(trip, heard, "optout.stop")
    choice = _chosen(trip, state, heard)
    if choice is not None:
        return _follow(trip, choice)
    if heard.intent == "back":
        return _go(trip, heard, state.back if isinstance(state, Menu | Ask) else "menu.home")
    if heard.intent in ANYWHERE:
        return _go(trip, heard, ANYWHERE[heard.intent])
    if isinstance(state, Menu | Ask) and not trip.session.stopped:
        return _miss(trip, state, heard)
    return _go(trip, heard, PLACE if trip.session.consented else START)


def _go(trip: _Trip, heard: Heard, name: str) -> None:
    trip.session = trip.session._replace(misses=0, answer=heard.argument[:LONGEST_ARGUMENT])
    trip.enter(name)


def _follow(trip: _Trip, choice: Choice) -> None:
    trip.session = trip.session._replace(misses=0, answer=choice.key)
    for effect in choice.does:
        trip.does(effect)
    trip.enter(choice.next)


def _chosen(trip: _Trip, state: State | None, heard: Heard) -> Choice | None:
    """The choice her reply names, here or, in an aside, at the place it interrupted: she may answer that as if nothing had been."""
    if not isinstance(state, Menu):
        return None
    if state.aside and trip.session.place and not trip.session.stopped:
        place = trip.describe(trip.session.place)
        if isinstance(place, Menu) and not place.aside:
            lettered = place.lettered and is_letter(heard)
            return (choice_of(place, heard) if lettered else None) or choice_of(state, heard) or choice_of(place, heard)
    return choice_of(state, heard)


def _miss(trip: _Trip, state: Menu | Ask, heard: Heard) -> None:
    """Not understood: the choices again, shortly; then a hint; then a way out."""
    misses = min(trip.session.misses + 1, MOST_MISSES)
    trip.session = trip.session._replace(misses=misses)
    if heard.intent == "unsure" and isinstance(state, Menu) and any("yes" in choice.means for choice in state.choices):
        trip.body.append(T("Did you mean yes? Please send YES or NO."))
    elif misses == 1:
        trip.body.append(T("Sorry, that was not clear to me."))
    elif misses == 2:
        lettered = isinstance(state, Menu) and state.lettered
        trip.body.append(
            T("Send one letter or number only, like A or 1.") if lettered else T("Send one number only, like 1.")
        )
        if isinstance(state, Menu) and state.hint is not None:
            trip.body.append(state.hint)
    else:
        trip.body.append(T("Not easy? Send MENU, INFO for help, or COORDINATOR for a person to call you."))
    trip.show(state, body=state.body[-1:])


def _nudge(trip: _Trip) -> Step:
    """Her place stays what it is: a nudge interrupts nothing."""
    words = nudge.said(trip.session, trip.library)
    if not words:
        return Step(trip.session, ())
    following = nudge.following(trip.session)
    return Step(trip.session._replace(nudged=trip.session.nudged + 1), (*following, Say(words)))


def _is_aside(state: State | None) -> bool:
    return isinstance(state, Menu | Ask) and state.aside

"""Several people on one phone: whose turn it is, four digits of each one's own, and somebody new."""

import re
from collections.abc import Mapping
from typing import Final

from flows.learner.sharing import AddPerson, FindPeople, PeopleEvent, PeopleFound, PersonAdded, SetPin, SwitchTo
from flows.reading.answers import Reading
from flows.reading.keywords import Heard
from flows.session import Library, Session
from flows.states import PLACE, Ask, Choice, Describe, Menu, Route, State, Tell
from flows.text import T, Words, invite

MOST_PEOPLE: Final = 5  # on one phone: one keypress each, and room for the new one
NEW: Final = "new"  # who is to have the phone next, where it is somebody we do not know yet
HIDDEN: Final = "****"
SECRET: Final = frozenset({"people.guard", "people.pin"})  # the states that ask for the four digits

_FOUR_DIGITS: Final = re.compile(r"[\W_]*(?:\d[\W_]*){4}")
_RUN_OF_FOUR: Final = re.compile(r"(?<!\d)\d{4}(?!\d)")


def switch(session: Session, library: Library) -> State:
    """PENGGUNA, perhaps with the place of somebody: look up who shares this phone; they follow."""
    among = ("about.aside", "people.choose", "people.here", "people.leave")
    return Route(among[0], among, (FindPeople(),))


def choose(session: Session, library: Library) -> State:
    """Whose turn is it? Nothing private is shown: whoever holds the phone sees this."""
    places = {int(place) for place in session.answer if place in "12345"} or {1}
    lines = [_person(place, session) if place in places else _NOBODY_YET for place in range(1, max(places) + 1)]
    if len(lines) < MOST_PEOPLE:
        lines.append(_NOBODY_YET)
    return Menu((invite(T("Whose turn is it on this phone?")),), tuple(lines), back=PLACE, aside=True)


def mine(session: Session, library: Library) -> State:
    """She chose herself: she may go on, or change her digits where she shares the phone."""
    onward = Choice(T("Go on"), PLACE, means=frozenset({"yes", "next"}))
    change = Choice(T("New four digits"), "people.guard")
    return Menu(
        (T("You are Person {place}.", place=session.person or 1),),
        (onward, change) if session.consented and session.person else (onward,),
        back=PLACE,
        aside=True,
    )


def leave(session: Session, library: Library) -> State:
    """Before another has the phone, she who leaves it needs digits of her own; nothing of hers is open until then.

    Who has not agreed to anything has nothing to protect, and is asked nothing.
    """
    among = ("people.guard", "people.add", "people.enter", "people.guarded")
    if session.consented and not session.guarded:
        return Route(among[0], among)
    if session.answer == NEW:
        return Route(among[1], among)
    return Route(among[2] if session.answer else among[3], among)


def guard(session: Session, library: Library) -> State:
    """Four digits of her own. Not called a PIN or a password, and no number is named: networks block such an SMS."""
    return Ask(
        (
            invite(T("Choose four digits only you know, so that nobody else opens your lessons.")),
            invite(T("Send them now. If by SMS, delete it afterwards.")),
        ),
        _unread,
        "people.leave",
        secret=_own_digits,
        hint=_ONLY_DIGITS,
        back=PLACE,
        aside=True,
    )


def guarded(session: Session, library: Library) -> State:
    """Her new digits count from now."""
    return Tell((T("Your new four digits are kept."),), "about.aside")


def enter(session: Session, library: Library) -> State:
    """Hand the phone over; who has digits is asked for them first."""
    among = ("about.aside", "people.pin", "people.here")
    return Route(among[0], among, (SwitchTo(_place(session)),))


def pin(session: Session, library: Library) -> State:
    """The four digits of the person who wants the phone."""
    place = _place(session)
    return Ask(
        (invite(T("Person {place}: send your four digits.", place=place)),),
        _unread,
        "about.aside",
        secret=lambda text: SwitchTo(place, four) if (four := digits(text)) else None,
        hint=_ONLY_DIGITS,
        back=PLACE,
        aside=True,
    )


def add(session: Session, library: Library) -> State:
    """Somebody new: greeted, and asked for her language and her own consent, as on a phone of her own."""
    return Route("about.aside", ("about.aside",), (AddPerson(),))


def here(session: Session, library: Library) -> State:
    """Who is on the phone now. Her lesson is not shown before she asks: 1 would be an answer to what she has not seen."""
    return Menu(
        (
            invite(
                T("Person {place}. Send CONTINUE.", place=session.person or 1),
                T("Person {place}.", place=session.person or 1),
            ),
        ),
        (Choice(T("Go on"), PLACE, means=frozenset({"yes", "next"})),),
        back=PLACE,
        aside=True,
    )


def reported(event: PeopleEvent, session: Session) -> tuple[Session, tuple[Words, ...], str]:
    """What was found out or done about the people of this phone: her session, what to say, and where to go on.

    The session is that of whoever is on the phone now.
    """
    if isinstance(event, PeopleFound):
        return _found(event, session)
    if isinstance(event, PersonAdded):
        return session, (T("Person {place}.", place=event.place),), PLACE
    place = event.place
    match event.outcome:
        case "switched" if session.consented:
            return session, (), "people.here"
        case "switched":
            return session, (T("Person {place}.", place=place),), PLACE
        case "asked":
            return session.but(answer=str(place)), (), "people.pin"
        case "wrong_pin":
            words = T("Those are not the four digits of Person {place}.", place=place)
            return session.but(answer=str(place)), (words,), "people.pin"
        case "locked":
            words = invite(
                T("Person {place} is locked for one hour. Digits forgotten? Send COORDINATOR.", place=place),
                T("Person {place} is locked for one hour.", place=place),
            )
            return session, (words,), "about.aside"
        case _:
            return session, (T("There is no such person on this phone."),), "about.aside"


def digits(text: str) -> str:
    """The four digits of a message that holds nothing else, in plain figures; "" where it is anything else.

    >>> digits(" 40 71 "), digits("1 2 3"), digits("MENU 4071")
    ('4071', '', '')
    """
    if not _FOUR_DIGITS.fullmatch(text[:40]) or len(text) > 40:
        return ""
    return "".join(str(int(sign)) for sign in text if sign.isdecimal())


def kept(session: Session, text: str) -> str:
    """The words of a message as they may be written down, heard in this session: without anybody's four digits.

    Whatever has a digit in it is hidden where digits were asked for. On a shared phone a run of four is hidden
    everywhere: she may send hers twice, or before she is asked.
    """
    if session.state in SECRET and any(sign.isdecimal() for sign in text):
        return HIDDEN
    return without_digits(text) if session.person else text


def without_digits(text: str) -> str:
    """The text with every run of exactly four digits hidden."""
    return _RUN_OF_FOUR.sub(HIDDEN, text)


def _found(event: PeopleFound, session: Session) -> tuple[Session, tuple[Words, ...], str]:
    wanted = int(session.answer) if session.answer.isdecimal() else 0
    shared = len(event.places) > 1
    session = session.but(person=event.active if shared else 0, guarded=event.guarded)
    if wanted in event.places:
        return session.but(answer=str(wanted)), (), "people.here" if wanted == event.active else "people.leave"
    return session.but(answer="".join(map(str, event.places))), (), "people.choose"


def _person(place: int, session: Session) -> Choice:
    if place == (session.person or 1):
        return Choice(T("Person {place} (you)", place=place), "people.mine")
    return Choice(T("Person {place}", place=place), "people.leave", key=str(place))


def _place(session: Session) -> int:
    return int(session.answer) if session.answer.isdecimal() else 0


def _own_digits(text: str) -> SetPin | None:
    four = digits(text)
    return SetPin(four) if four else None


def _unread(heard: Heard, text: str) -> Reading:
    """Nothing else is read where digits are asked for, so that nothing of it is remembered."""
    return Reading()


_NOBODY_YET: Final = Choice(T("New person"), "people.leave", key=NEW)
_ONLY_DIGITS: Final = invite(T("Send the four digits and nothing else."))

STATES: Final[Mapping[str, Describe]] = {
    "switch": switch,
    "choose": choose,
    "mine": mine,
    "leave": leave,
    "guard": guard,
    "guarded": guarded,
    "enter": enter,
    "pin": pin,
    "add": add,
    "here": here,
}

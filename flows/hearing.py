"""A reply is read: STOP first, then as an answer to what was asked, then as a word that is understood everywhere."""

from dataclasses import replace
from typing import Final

from flows.reading import answers
from flows.reading.choosing import choice_of, is_letter
from flows.reading.keywords import Heard
from flows.registry import ANYWHERE, OPT_OUT, START
from flows.states import PLACE, Ask, Choice, Menu, State
from flows.text import T, Words, invite
from flows.trip import Trip

MOST_MISSES: Final = 3  # from the third on we say the same
LONGEST_ARGUMENT: Final = 40
LONGEST_UNREAD: Final = 200  # characters of a reply kept for the author


def hear(trip: Trip, state: State | None, text: str, *, late: bool = False, wordless: bool = False) -> None:
    """Read her reply: STOP first, then as an answer to what was asked, then as a word that is understood everywhere.

    What comes too `late` is no answer: the words of a button under an older message mean something everywhere, or nothing.
    What is `wordless` (a picture, a voice note) is none either, and no mistake.
    """
    if wordless and isinstance(state, Menu | Ask) and not trip.session.stopped:
        return _again(trip, state, invite(T("I can only read words. Please type your reply.")))
    heard = trip.library.keywords.hear(text)
    if heard.intent in OPT_OUT:
        return _go(trip, heard, "optout.stop")
    if not late and _answered(trip, state, heard, text):
        return None
    if not late and trip.session.course and answers.quiz(text):
        return _go(trip, heard, "quiz.marked", argument=text[:LONGEST_UNREAD])
    if heard.intent == "back":
        return _go(trip, heard, state.back if isinstance(state, Menu | Ask) else "menu.home")
    if heard.intent in ANYWHERE:
        return _go(trip, heard, ANYWHERE[heard.intent])
    if isinstance(state, Menu | Ask) and not trip.session.stopped:
        if late:
            return _again(trip, state, T("That button belongs to an earlier message. Now:"))
        return _miss(trip, state, heard, text)
    return _go(trip, heard, PLACE if trip.session.consented else START)


def _go(trip: Trip, heard: Heard, name: str, *, argument: str = "") -> None:
    longest = 1 if heard.intent == "switch_user" else LONGEST_ARGUMENT  # her place, and not the digits she may add
    trip.session = trip.session.but(misses=0, answer=argument or heard.argument[:longest])
    trip.enter(name)


def _answered(trip: Trip, state: State | None, heard: Heard, text: str) -> bool:
    """Follow her reply as an answer to what she is asked, if it is one.

    In an aside she may also answer what it interrupted, as if nothing had been: by a letter first, since the choices of
    an aside have numbers; by anything else only where that is sure and no choice of the aside.
    """
    if isinstance(state, Ask):
        if _confided(trip, state, text) or _took(trip, state, heard, text):
            return True
    elif isinstance(state, Menu):
        place = None if state.covers and heard.plain.isdigit() else interrupted(trip, state)
        lettered = isinstance(place, Ask) and bool(place.shown) and place.lettered
        if lettered and isinstance(place, Ask) and is_letter(heard) and _took(trip, place, heard, text):
            return True
        choice = choice_of(state, heard) or (choice_of(place, heard) if isinstance(place, Menu) else None)
        if choice is not None:
            return _follow(trip, choice)
        return lettered and isinstance(place, Ask) and _took(trip, place, heard, text, sure=True)
    return False


def _confided(trip: Trip, asked: Ask, text: str) -> bool:
    """Take words that are never kept: nothing of them stays in the session."""
    effect = asked.secret(text) if asked.secret is not None else None
    if effect is None:
        return False
    trip.session = trip.session.but(misses=0)
    trip.does(effect)
    trip.enter(asked.next)
    return True


def interrupted(trip: Trip, state: Menu) -> State | None:
    """What an aside interrupted, where it waits for an answer."""
    if not state.aside or not trip.session.place or trip.session.stopped:
        return None
    place = trip.describe(trip.session.place)
    return None if isinstance(place, Menu | Ask) and place.aside else place


def _took(trip: Trip, asked: Ask, heard: Heard, text: str, *, sure: bool = False) -> bool:
    """Take her reply as an answer where it can be read; ask back where it is not sure (or, with `sure`, pass it over)."""
    reading = asked.reads(heard, text)
    if reading.sure:
        trip.session = trip.session.but(misses=0, answer=reading.answer)
        trip.enter(asked.next)
        return True
    if sure or not reading.answer or not reading.says or not asked.unsure:
        return False
    trip.session = trip.session.but(misses=0, meant=reading.answer)
    trip.enter(asked.unsure)
    return True


def _follow(trip: Trip, choice: Choice) -> bool:
    trip.session = trip.session.but(misses=0, answer=choice.key)
    for effect in choice.does:
        trip.does(effect)
    trip.enter(choice.next)
    return True


def _miss(trip: Trip, state: Menu | Ask, heard: Heard, text: str) -> None:
    """Not understood: the choices again, shortly; then a hint; then a way out. What nobody could read is kept for the author."""
    misses = min(trip.session.misses + 1, MOST_MISSES)
    trip.session = trip.session.but(misses=misses)
    if isinstance(state, Ask) and state.unread is not None:
        trip.does(replace(state.unread, words=text[:LONGEST_UNREAD]))
    if heard.intent == "unsure" and isinstance(state, Menu) and any("yes" in choice.means for choice in state.choices):
        trip.body.append(invite(T("Did you mean yes? Please send YES or NO.")))
    elif misses == 1:
        trip.body.append(T("Sorry, that was not clear to me."))
    elif misses == 2:
        trip.body.append(_how(state))
        if state.hint is not None:
            trip.body.append(state.hint)
    else:
        trip.body.append(
            invite(T("Not easy? Send MENU (or 00), INFO for help, or COORDINATOR for a person to call you."))
        )
    trip.show(state, body=state.body[-1:])


def _again(trip: Trip, state: Menu | Ask, why: Words) -> None:
    """What was no mistake of hers, and cannot be read as an answer: what is asked now, again."""
    trip.body.append(why)
    trip.show(state, body=state.body[-1:])


def _how(state: Menu | Ask) -> Words:
    """What a reply looks like here."""
    if isinstance(state, Menu) or (state.shown and not state.lettered):
        return invite(T("Send one number only, like 1."))
    return (
        invite(T("Send one letter or number only, like A or 1."))
        if state.shown
        else invite(T("Send the answer alone, nothing else."))
    )

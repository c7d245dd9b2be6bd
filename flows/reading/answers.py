"""What a learner's reply is taken for: the reader of answers to every kind of question.

Only a reading that is sure is graded; one that is not is asked back, and nothing is guessed. A person can check these rules:

- **Every language at once.** Malay, English, Sabah Malay and Dusun number words, whatever language the lesson is in.
- **Passed over**: a leading question number (`soalan 2: c`), particles (`bah`, `la`, `kan`), words such as `jawapan saya`,
  `my answer is`, emoji, and a reason after `sebab`, `kerana` or `because`.
- **choice**: a letter, a number, an ordinal (`yang ke-2`), or the option's own words: exactly, with a slip of the thumb
  (`flows.reading.wording`), or half of them or more when no other option shares a word. Two answers, a word that turns it round
  (`bukan a`) or wavers (`a atau b`) is unsure. So is a bare number that stands in another option's words.
- **truth**: words for yes and right, no and wrong, or the letter shown. `tidak betul` is false; `tak salah` ("not wrong",
  or "if I am right"), `betul tak` and `betul ke salah` are unsure. `au` is yes to one neighbour and no to the other: unsure.
- **several**: places (`1 3`, `13`, `a dan c`), own words, or `semua`. One alone is an answer. The same place twice,
  letters mixed with figures, or a range (`1-3`) is unsure.
- **order**: each option once (`2 1 3`, `b dulu, a, c`), or unsure. In both, a place that is not shown is not read at all.
- **number**: `1,5` is 1.5 and `1 500` is 1500; `1,500` and `1.500` have two readings and are unsure, except that a comma
  in ringgit is between thousands, as money has no third decimal. Two different numbers, another unit than the one asked
  for, a word neither we nor the question knows, `bukan`, `lebih` or `kurang` are unsure. After `=` only the result counts.
- **text**: a known answer (any language, right or wrong), its words in another order, or with a slip; a tie is unsure.
  Negated, wavering or among other words: unsure. Near but not near enough: unsure. Any other word: a wrong answer.
- **open**: her words, whatever they are. **task**: not read here.
- A keyword (menu, help, hint ...) is an answer only where it is exactly one of this question's. STOP never is.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from flows.course import Option, Question
from flows.reading import places
from flows.reading.amounts import count, decimal, plainly
from flows.reading.keywords import Heard
from flows.reading.places import Said
from flows.reading.sheet import quiz
from flows.reading.taken import KEPT, NOTHING, Reading, again, figure_of, graded, listed, placed
from flows.reading.truth import verdict, verdict_of
from flows.reading.wording import AT_A_LOSS, DOUBTS, content, nearly, wordings

LONGEST: Final = 300  # characters; what is longer answers no question but an open one
KEPT_OPEN: Final = 200  # of the words that answer an open question: as many as are recorded

# What Heard.intent may say of a reply that is an answer after all.
_ANSWERING: Final = frozenset(
    "answer_a answer_b answer_c answer_d answer_batch answer_true answer_false yes no unsure".split()
)
_NEVER: Final = frozenset({"opt_out", "opt_out_all"})
# Keywords that are ordinary words where anything may be said.
_ORDINARY: Final = _ANSWERING | frozenset(
    "time_morning time_noon time_afternoon time_evening district_ranau district_kudat district_pitas prefers_sms prefers_whatsapp".split()
)
_RANGE = re.compile(r"\b(?:\d|[a-i])\s?[-\u2013\u2014]\s?(?:\d|[a-i])\b", re.IGNORECASE)
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff\s]+")


__all__ = ["NOTHING", "Reading", "quiz", "read"]


def read(question: Question, shown: tuple[Option, ...], heard: Heard, text: str) -> Reading:
    """What `text` answers, with the options as she was `shown` them; NOTHING where it is no answer to this question."""
    if not heard.plain or heard.intent in _NEVER:
        return NOTHING
    if question.kind == "open":
        kept = _UNSEEN.sub(" ", text).strip()[:KEPT_OPEN]
        speaks = any(each.isalnum() for each in heard.plain) and (not heard.intent or heard.intent in _ORDINARY)
        speaks = speaks and not quiz(text)
        return Reading(kept, True) if speaks else NOTHING
    reader = _READERS.get(question.kind)
    if reader is None:
        return NOTHING
    if len(text) > LONGEST:
        return again(heard)
    if heard.intent and heard.intent not in _ANSWERING:
        return _exactly(question, shown, heard, text)
    return reader(question, shown, heard, text)


def _exactly(question: Question, shown: tuple[Option, ...], heard: Heard, text: str) -> Reading:
    """A keyword as an answer: the very words of an option, or a number where one is asked for."""
    if question.kind == "number":
        reading = _number(question, shown, heard, text)
        return reading if reading.sure else NOTHING
    key = wordings(question).says(heard.plain)
    return listed(question, shown, (key,)) if key and question.kind != "order" else NOTHING


def _choice(question: Question, shown: tuple[Option, ...], heard: Heard, _text: str) -> Reading:
    if heard.number:
        return placed(question, shown, heard.number, heard)
    known, many = wordings(question), len(shown)
    exact = known.says(heard.plain)
    if exact:
        return listed(question, shown, (exact,))
    reply = places.said(heard.plain)
    core = places.without_nods(reply.core)
    if not core or (_at_a_loss(core) and not known.shared(content(core))):
        return NOTHING
    steady = not reply.turned and not reply.wavers and not places.is_all_of(heard.plain)
    place = places.one_place(core, many)
    named = places.several_places(core, many)
    if place and steady and (len(set(named)) < 2 or len(core) == 2):
        return placed(question, shown, place, heard, core[-1])
    if len(named) > 1 and len(set(named)) == 1 and steady and core[0].isalpha():  # a key held too long: "bb"
        return placed(question, shown, named[0], heard)
    if len(named) > 1 or places.is_all_of(heard.plain):
        return NOTHING if named and max(named) > many else again(heard)
    return _in_words(question, shown, heard, Said(core, reply.turned, reply.wavers))


def _in_words(question: Question, shown: tuple[Option, ...], heard: Heard, reply: Said) -> Reading:
    """A choice made in the option's own words, with or without its letter."""
    known, core, many = wordings(question), reply.core, len(shown)
    whole = "" if reply.wavers or not core[0].isdecimal() else known.meant(core)
    if whole:  # "3 weeks" is that option, and not the third one
        return listed(question, shown, (whole,))
    for end, rest in ((core[0], core[1:]), (core[-1], core[:-1])):
        if rest and places.is_place(end, many):
            key = shown[places.place_of(end, many) - 1].key
            agrees = known.meant(rest, parts=not reply.turned) == key and not places.clashes(
                end, places.place_of(end, many), shown, known
            )
            return listed(question, shown, (key,)) if agrees and not reply.wavers else again(heard)
    key = "" if reply.wavers else known.meant(core, parts=not reply.turned)
    if key:
        return listed(question, shown, (key,))
    near = known.shared(content(core))
    if not near and not any(places.is_place(word, many) for word in core):
        return NOTHING
    return again(heard) if len(near) != 1 or reply.turned or reply.wavers else listed(question, shown, near, sure=False)


def _truth(question: Question, shown: tuple[Option, ...], heard: Heard, text: str) -> Reading:
    known, many = wordings(question), len(shown)
    if heard.number:
        return placed(question, shown, heard.number, heard)
    exact = known.says(heard.plain)
    if exact:
        return listed(question, shown, (exact,))
    told, core = verdict_of(heard.plain, text), places.said(heard.plain).core
    place = places.one_place(core, many)
    if len(set(places.several_places(core, many))) > 1:
        return again(heard)
    if place:
        return placed(question, shown, place, heard)
    if len(core) > 1 and places.is_place(core[0], many):
        stated = shown[places.place_of(core[0], many) - 1].key
        return listed(question, shown, (stated,)) if verdict(core[1:], text) == stated else again(heard)
    if told in ("true", "false"):
        return listed(question, shown, (told,))
    if told or (core and heard.intent in ("yes", "no", "unsure")):
        return listed(question, shown, ("false" if heard.intent == "no" else "true",), sure=False)
    return NOTHING


def _several(question: Question, shown: tuple[Option, ...], heard: Heard, text: str) -> Reading:
    known, many, reply = wordings(question), len(shown), places.said(heard.plain)
    core = reply.core
    in_words = places.listed_words(text, known)
    if in_words:
        return listed(question, shown, in_words, sure=len(set(in_words)) == len(in_words))
    if not core or _at_a_loss(core):
        return NOTHING
    together = places.is_all_of(heard.plain)
    if reply.turned or reply.wavers or _RANGE.search(text) or (together and together != many):
        return again(heard)
    if together:
        return listed(question, shown, [option.key for option in shown])
    named = any(places.is_place(word, many) for word in core)
    at = places.several_places(core, many) or places.several_places(places.without_own_words(core, shown, known), many)
    if at:
        if max(at) > many:
            return NOTHING
        keys = [shown[place - 1].key for place in at]
        return listed(question, shown, keys, sure=len(set(keys)) == len(keys))
    own = () if named else places.own_words(core, known)
    if own:
        apart = len(own) == 1 or places.is_a_list(heard.plain, text)
        return listed(question, shown, own, sure=apart and len(set(own)) == len(own))
    return again(heard) if named or known.shared(content(core)) else NOTHING


def _order(question: Question, shown: tuple[Option, ...], heard: Heard, text: str) -> Reading:
    known, many, reply = wordings(question), len(shown), places.said(heard.plain)
    core = places.in_order(reply.core)
    in_words = places.listed_words(text, known)
    if not in_words and (not core or _at_a_loss(core)):
        return NOTHING
    if not in_words and (reply.turned or reply.wavers):
        return again(heard)
    at = places.several_places(core, many)
    if at and max(at) > many:
        return NOTHING
    keys = [shown[place - 1].key for place in at] or in_words or places.own_words(core, known)
    if len(keys) == many == len(set(keys)) and "semua" not in core and "all" not in core:
        return graded(question, ">".join(keys), says=" ".join(figure_of(key, shown) for key in keys))
    speaks = (
        keys
        or any(places.is_place(word, many) for word in core)
        or known.shared(content(core))
        or any(each.isdecimal() for each in heard.plain)
    )
    return again(heard) if speaks else NOTHING


def _number(question: Question, _shown: tuple[Option, ...], heard: Heard, text: str) -> Reading:
    figure = plainly(question, text)
    if figure:
        return graded(question, figure, figure)
    counted = count(question, text)
    if counted is None or question.amount is None:
        return NOTHING
    if not counted.sure and not counted.says:
        return again(heard)
    return graded(question, decimal(counted.value), counted.says, sure=counted.sure)


def _text(question: Question, _shown: tuple[Option, ...], heard: Heard, _text: str) -> Reading:
    known = wordings(question)
    reply = places.said(heard.plain)
    key = known.says(heard.plain) or ("" if reply.wavers else known.meant(reply.core))
    if key:
        option = question.option(key)
        return Reading(key, True, right=option is not None and option.right)
    spoken = content(reply.core)
    if _at_a_loss(spoken) or not any(len(word) > 1 and word.isalpha() for word in reply.core):
        return NOTHING
    alone = {phrase.content[0] for phrase in known.phrases if len(phrase.content) == 1}
    telling = [word for word in spoken if word in alone or word not in known.asked]
    near = known.shared(telling) or any(nearly(word, meant) for word in telling for meant in alone)
    if heard.intent or reply.turned or reply.wavers or near or not telling or len(spoken) > 8:
        return again(heard)
    return Reading(heard.plain[:KEPT], True)


_READERS: Final[Mapping[str, Callable[[Question, tuple[Option, ...], Heard, str], Reading]]] = {
    "choice": _choice,
    "truth": _truth,
    "several": _several,
    "order": _order,
    "number": _number,
    "text": _text,
}


def _at_a_loss(spoken: Sequence[str]) -> bool:
    """Whether she says that she does not know."""
    return any(word in AT_A_LOSS or word in DOUBTS for word in spoken)

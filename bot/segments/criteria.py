"""How each criterion is read once the words that begin it have been."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from bot.segments import described as d, vocabulary as v
from bot.segments.cursor import Cursor
from bot.segments.joining import either
from bot.segments.misread import missing, unknown
from flows.text import T

_ANY: Final = tuple(tuple(words.split()) for words in v.ANY_COURSE)
_ONE_DAY: Final = timedelta(days=1)
COURSE: Final = T("course")

Read = Callable[[Cursor, str], d.Described]  # the second: what was typed to begin it


def _district(here: Cursor, said: str) -> d.Described:
    return d.District(here.names(said, T("district"), here.known.districts))


def _language(here: Cursor, said: str) -> d.Described:
    return d.Language(here.names(said, T("language"), v.LANGUAGES))


def _course(here: Cursor, said: str) -> d.Described:
    return d.Enrolled(_courses(here, said))


def _courses(here: Cursor, said: str) -> d.Names:
    return here.names(said, COURSE, here.known.courses)


def _own_courses(here: Cursor) -> d.Names | None:
    """The courses named right behind "not finished" and the like; None where they are to be understood."""
    for words in _ANY:
        if here.plain(len(words)) == words:
            here.place += len(words)
            return ()
    kind, count = here.opens()
    if kind != "course":
        return None
    said = here.marks[here.place].text
    here.place += count
    return _courses(here, said)


def _stands(state: d.State) -> Read:
    return lambda here, said: d.Stands(state, _own_courses(here))


def _passed(least: bool, most: bool) -> Read:
    def read(here: Cursor, said: str) -> d.Described:
        count, glued = here.number(said, T("a number of lessons, like 3 lessons"))
        if glued:
            raise missing(said, here.at, T("a number of lessons, like 3 lessons"))
        here.passes(v.LESSONS)
        return d.Passed(count if least else 0, count if most else None, _own_courses(here))

    return read


def _at_lesson(here: Cursor, said: str) -> d.Described:
    at = here.at
    place, glued = here.number(said, T("the number of a lesson, like 2"))
    if glued or not place:
        raise missing(said, at, T("the number of a lesson, like 2"))
    return d.AtLesson(place, _own_courses(here))


def _channel(here: Cursor, said: str) -> d.Described:
    return d.Channel(here.names(said, T("channel"), v.CHANNELS))


def _about(what: str) -> Read:
    return lambda here, said: d.About(what, here.names(said, T("answer"), here.known.about[what]))


def _answered(here: Cursor, said: str) -> d.Described:
    wanted = T("survey.question=option")
    mark = here.next
    survey, dot, question = mark.plain.partition(".") if mark else ("", "", "")
    if mark is None or not (survey and dot and question):
        raise missing(said, here.at, wanted)
    asked = here.known.answers
    if asked is not None and (survey, question) not in asked:
        raise unknown(T("survey question"), mark.text, mark.at, (".".join(each) for each in asked))
    here.place += 1
    if not here.sign("="):
        raise missing(mark.text, here.at, wanted)
    options = asked[survey, question] if asked is not None else frozenset[str]()
    table = {option: option for option in options} or None
    return d.Answered(survey, question, here.names(mark.text, T("answer"), table))


def _tagged(here: Cursor, said: str) -> d.Described:
    return d.Tagged(here.names(said, T("tag"), here.known.tags))


def _saved(here: Cursor, said: str) -> d.Described:
    names = here.names(said, T("segment"), here.known.segments)
    return either([d.Saved(name) for name in names])


def _after(here: Cursor, said: str) -> d.Described:
    return d.Joined(since=here.day(said) + _ONE_DAY)


# By the kind of what began it: see `vocabulary.OPENERS`.
CRITERIA: Final[Mapping[str, Read]] = {
    "district": _district,
    "language": _language,
    "course": _course,
    "finished": _stands("finished"),
    "unfinished": _stands("unfinished"),
    "not begun": _stands("not begun"),
    "least": _passed(least=True, most=False),
    "most": _passed(least=False, most=True),
    "exactly": _passed(least=True, most=True),
    "at lesson": _at_lesson,
    "active": lambda here, said: d.Active(here.days(said)),
    "silent": lambda here, said: d.Silent(here.days(said)),
    "channel": _channel,
    **{what: _about(what) for what in v.ABOUT},
    "answered": _answered,
    "reachable": lambda here, said: d.Reached("reachable"),
    "receive-only": lambda here, said: d.Reached("receive-only"),
    "unreachable": lambda here, said: d.Reached("unreachable"),
    "tag": _tagged,
    "joined before": lambda here, said: d.Joined(before=here.day(said)),
    "joined since": lambda here, said: d.Joined(since=here.day(said)),
    "joined after": _after,
    "segment": _saved,
}

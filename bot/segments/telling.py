"""A description said as a person would say it, in Malay or English, so that it can be read again and means the same."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from bot.segments import described as d, vocabulary as v

_PLAIN_NAME: Final = re.compile(r"[^\W_][\w+-]*", re.UNICODE)


class _Words(NamedTuple):
    """The words of one language that sentences are made of."""

    learners: str
    everybody: str
    who: str
    both: str  # and
    one_of: str  # or
    outside: str  # not
    not_those: str
    any_course: str
    course: str
    states: Mapping[str, str]
    ways: Mapping[str, str]


_MS: Final = _Words(
    learners="Pelajar",
    everybody="Semua pelajar",
    who="yang",
    both="dan",
    one_of="atau",
    outside="bukan",
    not_those="bukan yang",
    any_course="mana-mana kursus",
    course="kursus",
    states={"finished": "sudah tamat", "unfinished": "belum tamat", "not begun": "belum mula"},
    ways={
        "reachable": "boleh dihubungi",
        "receive-only": "hanya boleh terima",
        "unreachable": "tidak boleh dihubungi",
    },
)
_EN: Final = _Words(
    learners="Learners",
    everybody="All learners",
    who="who",
    both="and",
    one_of="or",
    outside="not",
    not_those="are not among those who",
    any_course="any course",
    course="the course",
    states={"finished": "have finished", "unfinished": "have not finished", "not begun": "have not begun"},
    ways={"reachable": "are reachable", "receive-only": "are receive-only", "unreachable": "are unreachable"},
)
# Said with the verb "be" in English, and with "bukan" before it in Malay; what takes "have", and "tidak".
_HAVE: Final = (d.Active, d.Silent, d.Answered, d.Passed, d.Joined)
_TIDAK: Final = (d.Active, d.Silent, d.Tagged, d.Answered)
_FIRST: Final = (d.District, d.Enrolled)  # stand right after "learners"


def in_words(described: d.Described, locale: str) -> str:
    """The group in a sentence of that language ("ms", "en"). `parse` understands it, and takes it for the same group."""
    said = _Telling(locale)
    words = said.words
    if isinstance(described, d.Everybody):
        return words.everybody
    parts = described.parts if isinstance(described, d.All) else (described,)
    first = next((place for place, part in enumerate(parts) if not isinstance(part, _FIRST)), len(parts))
    placed = " ".join(said.bare(part) for part in parts[:first])
    begins = f"{words.learners} {placed}".strip()
    if first == len(parts):
        return begins
    if isinstance(described, d.Either):
        return f"{begins} {words.who} {said.choice(described.parts, None)}"
    return f"{begins}{',' if placed else ''} {words.who} {said.joined(parts, first, None)}"


class _Telling:
    """How parts are said in one language."""

    def __init__(self, locale: str) -> None:
        self.english = locale == "en"
        self.words = _EN if self.english else _MS

    def joined(self, parts: Sequence[d.Described], first: int, around: d.Names | None) -> str:
        """Parts that all hold, from the place `first`: with commas, and "and" before the last."""
        told = [self.part(part, d.spoken_of(parts, place, around)) for place, part in enumerate(parts)][first:]
        if len(told) == 1:
            return told[0]
        return f"{', '.join(told[:-1])} {self.words.both} {told[-1]}"

    def choice(self, parts: Sequence[d.Described], around: d.Names | None) -> str:
        """Parts of which one holds."""
        told = [self.part(part, around) for part in parts]
        for place, part in enumerate(parts[1:], start=1):
            if isinstance(part, d.About) and not self.english:  # else "not women or women" would be one list
                told[place] = f"{self.words.who} {told[place]}"
        return f" {self.words.one_of} ".join(told)

    def part(self, part: d.Described, around: d.Names | None) -> str:
        """One part, with its verb; what has parts of its own stands in brackets. `around`: the courses that go without saying."""
        match part:
            case d.All(parts=parts):
                return f"({self.joined(parts, 0, around)})"
            case d.Either(parts=parts):
                return f"({self.choice(parts, around)})"
            case d.Outside(part=within):
                return self.outside(within, around)
            case _:
                return self.leaf(part, around, "")

    def outside(self, within: d.Described, around: d.Names | None) -> str:
        """Who is not in it."""
        if isinstance(within, d.All | d.Either):
            return f"{'are ' if self.english else ''}{self.words.outside} {self.part(within, around)}"
        if isinstance(within, d.Stands | d.Reached):  # "not finished" and "not reachable" say something else
            return f"{self.words.not_those} {self.leaf(within, around, '')}"
        if isinstance(within, d.Everybody):
            return f"{'are ' if self.english else ''}{self.words.outside} {self.words.everybody.casefold()}"
        return self.leaf(within, around, "not" if self.english else "tidak" if isinstance(within, _TIDAK) else "bukan")

    def leaf(self, part: d.Described, around: d.Names | None, negated: str) -> str:
        """A part without parts of its own, and its verb."""
        bare = self.bare(part, around)
        if isinstance(part, d.Stands | d.Reached | d.Everybody) or not self.english:
            return f"{negated} {bare}".strip()
        if isinstance(part, d.Joined) and not negated:
            return bare
        verb = "have" if isinstance(part, _HAVE) else "are"
        been = "been" if isinstance(part, d.Active | d.Silent) else ""
        return " ".join(filter(None, (verb, negated, been, bare)))

    def bare(self, part: d.Described, around: d.Names | None = None) -> str:
        """A part without its verb."""
        match part:
            case d.Stands(state=state, courses=courses):
                return self.words.states[state] + self.course(courses, around)
            case d.Passed(courses=courses):
                return self.passed(part) + self.course(courses, around, " of")
            case d.AtLesson(place=place, courses=courses):
                return f"{'at lesson' if self.english else 'di pelajaran'} {place}{self.course(courses, around, ' of')}"
            case d.Reached(way=way):
                return self.words.ways[way]
            case d.Everybody():
                return self.words.everybody.casefold()
            case d.Active(days=days):
                return f"active in the last {days} days" if self.english else f"aktif dalam {days} hari"
            case d.Silent(days=days):
                return f"silent for {days} days" if self.english else f"senyap {days} hari"
            case _:
                return self.named(part)

    def named(self, part: d.Described) -> str:
        """A part that is names, or a day."""
        english = self.english
        match part:
            case d.District(names=names):
                return f"{'in' if english else 'di'} {self.names(names)}"
            case d.Language(names=names):
                of = _first_ways(v.LANGUAGES, english)
                return (
                    f"{'learning in' if english else 'berbahasa'} {self.several([of[name].title() for name in names])}"
                )
            case d.Enrolled(courses=courses):
                return f"{'in the course' if english else 'dalam kursus'} {self.names(courses)}"
            case d.Channel(kinds=kinds):
                named = {"sms": "SMS", "whatsapp": "WhatsApp", "ussd": "USSD"}
                return f"{'writing by' if english else 'menggunakan'} {self.several([named[kind] for kind in kinds])}"
            case d.About(what=what, keys=keys):
                return self.about(what, keys)
            case d.Answered(survey=survey, question=question, options=options):
                return f"{'answered' if english else 'menjawab'} {survey}.{question}={self.names(options)}"
            case d.Tagged(names=names):
                return f"{'tagged' if english else 'bertag'} {self.names(names)}"
            case d.Joined():
                return self.joining(part)
            case d.Saved(name=name):
                return f"{'in the segment' if english else 'dalam segmen'} {_name(name)}"
        raise TypeError(f"{part!r} is no description")

    def about(self, what: str, keys: d.Names) -> str:
        """What she told us of herself, as she was asked; women and men need no word before them."""
        ways = _first_ways(v.ABOUT[what], self.english)
        told = self.several([ways.get(key, key) for key in keys])
        before = {
            "age": ("berumur", "aged"),
            "education": ("berpendidikan", "educated to"),
            "work": ("kerja", "working as"),
        }
        return f"{before[what][self.english]} {told}" if what in before else told

    def joining(self, part: d.Joined) -> str:
        """When she joined."""
        if part.since is not None:
            return f"{'joined since' if self.english else 'menyertai sejak'} {part.since}"
        return f"{'joined before' if self.english else 'menyertai sebelum'} {part.before}"

    def passed(self, part: d.Passed) -> str:
        """How many lessons she passed."""
        if self.english:
            how = "exactly " if part.least == part.most else "at least " if part.most is None else "at most "
        else:
            how = "" if part.least == part.most else "sekurang-kurangnya " if part.most is None else "paling banyak "
        count = part.least if part.most is None else part.most
        return f"{'passed' if self.english else 'lulus'} {how}{count} {'lessons' if self.english else 'pelajaran'}"

    def course(self, courses: d.Names | None, around: d.Names | None, of: str = "") -> str:
        """The courses it is about, where they do not go without saying."""
        if (courses or ()) == (around or ()):
            return ""
        told = f"{self.words.course} {self.names(courses)}" if courses else self.words.any_course
        return f"{of if self.english and courses else ''} {told}"

    def names(self, names: Sequence[str]) -> str:
        """Names, in quotes where they are words of ours."""
        return self.several([_name(name) for name in names])

    def several(self, told: Sequence[str]) -> str:
        """One of several."""
        return f" {self.words.one_of} ".join(told)


def _name(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) and name.casefold() not in v.taken() else f'"{name}"'


def _first_ways(table: Mapping[str, str], english: bool) -> Mapping[str, str]:
    """The first way to say each value; the second is the English one, where there are two."""
    ways: dict[str, list[str]] = {}
    for said, kept in table.items():
        ways.setdefault(kept, []).append(said)
    return {kept: said[min(int(english), len(said) - 1)] for kept, said in ways.items()}

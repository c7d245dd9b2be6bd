"""When something about a certificate is worth a person's question. Pure; every limit is here, with its reason.

All limits are guesses: nobody has measured cheating by SMS in Sabah. They are set so that among honest learners few per cent
are asked about (decision 28 says how that was tried). A score says in which order to look. It proves nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

# A course says how long it takes. Who reads fast and knows much needs a third of that, and some of it is practice; less than an eighth is half a minute a
# lesson, with two or three SMS to read in it.
LEAST_SHARE: Final = 8
# From one lesson's last answer to the next one's first: two SMS cannot be read, and an answer typed on buttons, in less.
TOO_QUICK: Final = timedelta(seconds=10)
# The same wrong answer to the same question happens by chance in one of twenty, and where one wrong answer tempts everybody in
# one of ten. Three of them, and one that differs for each three at most (who copies slips too), happen to one pair in a
# thousand. In a district she has up to twenty neighbours and nothing else in common with them: there it takes four.
SAME_WRONG: Final = 3
SAME_WRONG_IN_DISTRICT: Final = 4
# A phone has five places, and a family may learn together. Four who completed one course are asked about, or three in one day.
MANY_ON_PHONE: Final = 4
MANY_IN_A_DAY: Final = 3
MOST_PLACES: Final = 5
# Attesting means to look at somebody. Half a minute each is the least.
BURST_WITHIN: Final = timedelta(minutes=5)
BURST: Final = 10
# Coordinators work in the evening too, but not from ten to five, several at a time.
NIGHT_FROM, NIGHT_UNTIL = 22, 5
NIGHT_WITHIN: Final = timedelta(hours=1)
NIGHT: Final = 5
# So many in seven days, and four times what half of the other coordinators attest, who attest at all. Each thirtieth of hers
# is asked about, so that a busy one who is honest is not asked about everybody.
RATE_WITHIN: Final = timedelta(days=7)
RATE: Final = 30
RATE_TIMES: Final = 4

LESSONS: Final = frozenset({"lesson", "quiz", "paper"})  # purposes; reviews come years later, a placement finds a level


@dataclass(frozen=True, slots=True)
class Try:
    """One answer of hers."""

    lesson: str
    question: str
    attempt: int
    option: str  # in recorded form: what it says, wherever it stood on her screen
    correct: bool
    at: datetime
    purpose: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Somebody who completed the same course shortly before her."""

    code: str
    near: str  # phone, coordinator, district
    tries: tuple[Try, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """All that the rules look at."""

    minutes: int  # that the course takes
    issued_at: datetime
    tries: tuple[Try, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    on_phone: tuple[datetime, ...] = ()  # when others completed the same course from her phone
    attested_at: datetime | None = None
    about_then: tuple[datetime, ...] = ()  # when the same coordinator attested others, within an hour of that
    entered: tuple[datetime, ...] = ()  # when paper slips of hers were entered
    week: tuple[int, float] | None = (
        None  # certificates of her coordinator's people in seven days; half of the others' have less
    )


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something to ask about: which kind, how soon, and what was seen."""

    kind: str
    score: int  # 1 to 100
    seen: Mapping[str, Any]


SAYS: Final = {
    "speed": "{lessons} lessons in {took} minutes, of a course that takes {minutes}; {quick} of them within ten seconds of the last",
    "sameness": "{same} wrong answers are word for word those of {code} ({near}), {right} right ones too, and {differ} differ",
    "phone": "{count} people completed this course from one phone, {day} of them within a day",
    "burst": "attested together with {count} others within five minutes",
    "night": "{what} at {hour}:00 in the night, {count} in that hour",
    "rate": "one coordinator vouched for {count} certificates in seven days; half of the others for less than {others}",
    "call": "rung, and it did not sound right: {said}",
}
KINDS: Final = tuple(SAYS)


def in_words(kind: str, seen: Mapping[str, Any]) -> str:
    """What was seen, in a sentence, for the person who asks."""
    return SAYS[kind].format_map(seen)


def doubts(known: Known, zone: ZoneInfo) -> list[Doubt]:
    """What is worth a question; mostly nothing."""
    found = (_speed(known), _sameness(known), _phone(known), _burst(known), _night(known, zone), _rate(known))
    return [each for each in found if each is not None]


def _speed(known: Known) -> Doubt | None:
    """Only what she did lesson by lesson tells of time: a quiz in one text, or a slip, comes after the reading."""
    steps = sorted((each for each in known.tries if each.purpose == "lesson"), key=lambda each: each.at)
    lessons = {each.lesson for each in steps}
    everything = {each.lesson for each in known.tries if each.purpose in LESSONS}
    if len(lessons) < 3 or len(lessons) * 4 < len(everything) * 3:
        return None
    took = steps[-1].at - steps[0].at
    quick = sum(b.lesson != a.lesson and b.at - a.at < TOO_QUICK for a, b in pairwise(steps))
    # The first lesson was read before her first answer: it is not in what it took.
    others = len(lessons) - 1
    least = timedelta(minutes=known.minutes) * others / len(lessons) / LEAST_SHARE
    if took >= least and quick * 2 < others:
        return None
    share = max(1 - took / least if least else 0.0, quick / others)
    seen = {
        "lessons": len(lessons),
        "took": round(took / timedelta(minutes=1), 1),
        "minutes": known.minutes,
        "quick": quick,
    }
    return Doubt("speed", _score(30 + 60 * share), seen)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How the answers of two agree, where both were asked the same question the same time round."""

    wrong: int  # the same ones
    right: int
    differ: int

    def is_odd(self, near: str) -> bool:
        """Whether that hardly happens to two who do not know of each other."""
        least = SAME_WRONG_IN_DISTRICT if near == "district" else SAME_WRONG
        return self.wrong >= least and self.differ * least <= self.wrong


def likeness(hers: Sequence[Try], others: Sequence[Try]) -> Likeness:
    """Compare two learners' answers in a course. Banks differ from learner to learner: only what both were asked counts."""
    one, two = _asked(hers), _asked(others)
    both = one.keys() & two.keys()
    same = [each for each in both if one[each] == two[each]]
    right = sum(one[each][1] for each in same)
    return Likeness(len(same) - right, right, len(both) - len(same))


def _asked(tries: Sequence[Try]) -> dict[tuple[str, str, int], tuple[str, bool]]:
    first: dict[tuple[str, str, int], tuple[str, bool]] = {}
    for each in tries:
        if each.purpose in LESSONS:
            first.setdefault((each.lesson, each.question, each.attempt), (each.option, each.correct))
    return first


def _sameness(known: Known) -> Doubt | None:
    alike = [(likeness(known.tries, each.tries), each) for each in known.neighbours]
    odd = [(like, each) for like, each in alike if like.is_odd(each.near)]
    if not odd:
        return None
    like, other = max(odd, key=lambda pair: (pair[0].wrong, -pair[0].differ, pair[1].code))
    score = 40 + 10 * (like.wrong - SAME_WRONG) - 5 * like.differ
    near = {"code": other.code, "near": other.near, "more": len(odd) - 1}
    # Who shares a phone sits at one table: they may have learnt together.
    score = score // 2 if other.near == "phone" else score
    return Doubt("sameness", _score(score), {"same": like.wrong, "right": like.right, "differ": like.differ, **near})


def _phone(known: Known) -> Doubt | None:
    count = len(known.on_phone) + 1
    day = 1 + sum(abs(known.issued_at - each) < timedelta(days=1) for each in known.on_phone)
    if count < MANY_ON_PHONE and day < MANY_IN_A_DAY:
        return None
    score = 20 + 10 * (count - MANY_ON_PHONE) + 10 * (day - 1) + (40 if count > MOST_PLACES else 0)
    return Doubt("phone", _score(score), {"count": count, "day": day})


def _burst(known: Known) -> Doubt | None:
    at = known.attested_at
    count = sum(abs(each - at) < BURST_WITHIN / 2 for each in known.about_then) if at else 0
    return Doubt("burst", _score(20 + 2 * count), {"count": count}) if count >= BURST else None


def _night(known: Known, zone: ZoneInfo) -> Doubt | None:
    """Attested at night among several; or most of her lessons from slips that were entered at night."""
    at = known.attested_at
    count = 1 + sum(_is_night(each, zone) for each in known.about_then)
    if at is not None and _is_night(at, zone) and count >= NIGHT:
        return _at_night("attested", at, count, zone)
    late = [each for each in known.entered if _is_night(each, zone)]
    lessons = {each.lesson for each in known.tries if each.purpose in LESSONS}
    on_paper = {each.lesson for each in known.tries if each.purpose == "paper"}
    if late and len(on_paper) * 2 > len(lessons):
        return _at_night("answers entered from paper", late[-1], len(late), zone)
    return None


def _at_night(what: str, at: datetime, count: int, zone: ZoneInfo) -> Doubt:
    return Doubt("night", _score(20 + 2 * count), {"what": what, "hour": at.astimezone(zone).hour, "count": count})


def _rate(known: Known) -> Doubt | None:
    if known.week is None:
        return None
    count, others = known.week
    if count < RATE or count < RATE_TIMES * others:
        return None
    return Doubt("rate", _score(20 + 5 * count / max(others, 1)), {"count": count, "others": round(others, 1)})


def _is_night(at: datetime, zone: ZoneInfo) -> bool:
    hour = at.astimezone(zone).hour
    return hour >= NIGHT_FROM or hour < NIGHT_UNTIL


def _score(wanted: float) -> int:
    return max(1, min(100, round(wanted)))


def asked_to_know(tries: Sequence[Try]) -> Iterator[Try]:
    """The answers she knew at once, a question once: what she can be asked about on the telephone."""
    seen = set()
    for each in tries:
        named = (each.lesson, each.question)
        if each.correct and each.attempt == 1 and each.purpose in LESSONS and named not in seen:
            seen.add(named)
            yield each

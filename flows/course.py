"""What there is to learn: courses, lessons, their banks of questions, and when a course is complete."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from zlib import crc32

from flows.completion import EVERY_LESSON, Rule
from flows.text import Localized

# What a question may ask for. A text's options are not shown; an order's options stand in the order that is right.
KINDS = ("choice", "truth", "several", "order", "number", "text", "open", "task")
SHOWN_KINDS = frozenset({"choice", "truth", "several", "order"})
ONE_OF = frozenset({"choice", "truth"})  # of those, the ones that want exactly one option
MOST_TRIES = 2
PAPER = -1  # the seed of nobody: options as they stand on a paper slip, but for an order, which would be given away


@dataclass(frozen=True, slots=True)
class Option:
    """One answer there is, other ways to say it, and what to tell the one who chose it wrongly."""

    key: str
    says: Localized
    right: bool = False
    because: Localized | None = None
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Amount:
    """The number that is right, how far off still counts, and what it is counted in."""

    right: Fraction
    tolerance: Fraction = Fraction(0)
    unit: Localized | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a lesson's bank.

    `because` is the worked explanation, said after the last try and after a right answer. `keeps_order` is for options
    that make sense only as written, such as amounts that rise. `level` is "easy", "hard" or "" for everybody.
    """

    id: str
    asks: Localized
    options: tuple[Option, ...]
    because: Localized
    hint: Localized | None = None
    kind: str = "choice"
    amount: Amount | None = None
    keeps_order: bool = False
    level: str = ""
    right_answer: str = field(init=False, repr=False, compare=False)  # in recorded form (see `flows.reading.answers`)

    def __post_init__(self) -> None:
        object.__setattr__(self, "right_answer", _right_answer(self))

    def __hash__(self) -> int:  # what a reader knows of a question is cached by it, and its words are many
        return hash((self.id, self.kind))

    def option(self, key: str) -> Option | None:
        """The option saved under `key`, or None where an edit has taken it away."""
        for option in self.options:
            if option.key == key:
                return option
        return None

    def shown(self, seed: int) -> tuple[Option, ...]:
        """The options as one learner sees them: shuffled by her `seed`, always alike for her, and differently for a neighbour.

        An order is never shown as it is right. What is true or false, and what keeps its order, stays as written, and so does
        all but an order on PAPER.
        """
        if self.keeps_order or (seed == PAPER and self.kind != "order"):
            return self.options if self.kind in SHOWN_KINDS else ()
        if self.kind not in ("choice", "several", "order") or len(self.options) < 2:
            return self.options if self.kind in SHOWN_KINDS else ()
        left = list(self.options)
        draw = crc32(self.id.encode(), seed)
        mixed = []
        while left:
            draw, place = divmod(draw, len(left))
            mixed.append(left.pop(place))
        if self.kind == "order" and tuple(mixed) == self.options:
            mixed.append(mixed.pop(0))
        return tuple(mixed)

    def grades(self, answer: str) -> bool:
        """Whether an answer in recorded form is right; every open answer is."""
        if self.kind == "open":
            return True
        if answer == self.right_answer or self.amount is None:
            return answer == self.right_answer
        return abs(Fraction(answer) - self.amount.right) <= self.amount.tolerance

    @property
    def tries(self) -> int:
        """How often she may try before the answer is shown; where only two answers are possible, the second would be a gift."""
        return 1 if self.kind in ("truth", "open") or (self.kind == "choice" and len(self.options) == 2) else MOST_TRIES


def _right_answer(question: Question) -> str:
    if question.amount is not None:
        right = question.amount.right
        return str(right) if right.denominator == 1 else f"{float(right):g}"
    if question.kind == "order":
        return ">".join(option.key for option in question.options)
    return "+".join(option.key for option in question.options if option.right)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture for phones that show one; `name` is "<hash>/<file>", and `words` say what it shows where it cannot be seen."""

    name: str
    words: Localized


@dataclass(frozen=True, slots=True)
class Lesson:
    """One idea, and the bank of questions about it: she passes with `pass_mark` of them right.

    `minutes` are spent on it; `day` is when it is due, counted from the date its course follows (a planting, a market).
    """

    id: str
    title: Localized
    ideas: tuple[Localized, ...]
    bank: tuple[Question, ...]
    pass_mark: int = 1
    minutes: int = 0
    day: int | None = None
    task: Question | None = None  # something to do, confirmed by a witness, after the questions
    sources: tuple[str, ...] = ()
    picture: Picture | None = None  # goes with the first idea; the lesson stands without it
    by_id: Mapping[str, Question] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {question.id: question for question in self.bank})

    def question(self, wanted: str) -> Question | None:
        """The question of that id, or None where an edit has taken it away."""
        return self.by_id.get(wanted)

    @property
    def on_paper(self) -> Question:
        """The question for a paper slip, where an answer is a letter: the first with options to choose one of."""
        return next((each for each in self.bank if each.kind in ("choice", "truth")), self.bank[0])

    def question_after(self, current: str, *, seed: int = 0, level: str = "", seen: Iterable[str] = ()) -> Question:
        """The next question of the bank to put to her: one she has not `seen`, going round from where `seed` lets her begin.

        Questions of another level than hers are passed over, unless there are no others.
        """
        fits = [each for each in self.bank if each.level in ("", level)] or list(self.bank)
        start = next((place + 1 for place, each in enumerate(fits) if each.id == current), seed) % len(fits)
        ordered = fits[start:] + fits[:start]
        known = frozenset(seen)
        return next((each for each in ordered if each.id not in known), ordered[0])


@dataclass(frozen=True, slots=True)
class Nudges:
    """When a course speaks to a learner who has gone quiet, and in which words of its author's; where there are none, in ours.

    `gaps` are the hours of silence before the first nudge, and from each of the first to the next; `then` those between all
    further ones. `most` come in a row without an answer. `texts` have names, and are said in their order.
    """

    gaps: tuple[int, ...] = (24, 48, 168)  # day 1, day 3, day 10 of silence
    then: int = 30 * 24
    most: int = 3
    texts: tuple[tuple[str, Localized], ...] = ()

    def gap(self, place: int) -> int:
        """The hours of silence before the nudge at that place, from 0."""
        return self.gaps[place] if place < len(self.gaps) else self.then


@dataclass(frozen=True, slots=True)
class Course:
    """Lessons in the order they are taught; `version` is the hash of everything a learner could read in it.

    `minutes` is what the whole of it takes. `follows` asks for the date from which its lessons' days are counted.
    `placement` names the questions, by lesson and question id, that find a learner's level before the first lesson.
    """

    id: str
    version: str
    title: Localized
    about: Localized
    minutes: int
    lessons: tuple[Lesson, ...]
    follows: Localized | None = None
    placement: tuple[tuple[str, str], ...] = ()
    nudges: Nudges = Nudges()
    rule: Rule = EVERY_LESSON  # when it is complete
    by_id: Mapping[str, Lesson] = field(init=False, repr=False, compare=False)
    places: Mapping[str, int] = field(init=False, repr=False, compare=False)  # by lesson id, from 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {lesson.id: lesson for lesson in self.lessons})
        object.__setattr__(self, "places", {lesson.id: place for place, lesson in enumerate(self.lessons, start=1)})

    def next_lesson(self, passed: Iterable[str], after: str = "") -> Lesson | None:
        """The lesson to teach next: the first not passed after lesson `after`, coming round to the start; None when all are.

        One that assesses the whole waits until nothing else is left.
        """
        done = frozenset(passed)
        start = self.places.get(after, 0)
        ordered = self.lessons[start:] + self.lessons[:start]
        last = self.by_id.get(self.rule.final)
        found = next((lesson for lesson in ordered if lesson.id not in done and lesson is not last), None)
        return found or (last if last and last.id not in done else None)

    def count_passed(self, passed: Iterable[str]) -> int:
        """How many of the course's present lessons are among `passed` (an edit may have removed one)."""
        return sum(1 for lesson in passed if lesson in self.by_id)

    def minutes_passed(self, passed: Iterable[str]) -> int:
        """The minutes of the lessons among `passed`: each lesson's own, or its share of the course's."""
        share = self.minutes / max(1, len(self.lessons))
        return round(sum(self.by_id[lesson].minutes or share for lesson in passed if lesson in self.by_id))

    def is_complete(self, passed: Iterable[str]) -> bool:
        """Whether every lesson is passed that the course asks for; its rule may ask for more than lessons."""
        return frozenset(self.rule.lessons or self.by_id) <= frozenset(passed)

    def place_of(self, lesson: Lesson) -> int:
        """The lesson's place in the course, from 1."""
        return self.places[lesson.id]

"""What came of it, counted from the rows that the bot wrote: by course, by district, and week by week."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import case, func, select

from bot.channels.base import Status
from bot.cli.village.living import Village
from bot.cli.village.people import Villager
from bot.cli.village.visiting import Visits
from bot.money import ringgit
from bot.money.ledger import WENT
from bot.store import tables as t
from bot.store.database import Store
from bot.store.ids import earliest_id

A_WEEK: Final = timedelta(days=7)
REMINDER: Final = "nudge"

_out = t.outbound_message.c
_in = t.inbound_message.c


@dataclass(slots=True)
class Group:
    """Learners who have something in common, and what came of them. Money is in millionths of a ringgit."""

    name: str
    came: int = 0  # were entered, or wrote
    enrolled: int = 0
    completed: int = 0
    messages_out: int = 0
    messages_in: int = 0
    cost: int = 0
    unpriced: int = 0  # of the messages: nobody knows the price
    reminders: int = 0
    opted_out: int = 0
    to_ring: int = 0

    @property
    def completed_share(self) -> float:
        """How many of those enrolled completed, from 0 to 1."""
        return self.completed / self.enrolled if self.enrolled else 0.0

    def for_each(self, what: int, of: int) -> float | None:
        """So much for each; None where there is none."""
        return what / of if of else None

    def as_json(self) -> dict[str, Any]:
        """All of it, with what it comes to for each learner and for each completion."""
        kept = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return kept | {
            "completed_share": round(self.completed_share, 4),
            "messages_out_per_completion": _rounded(self.for_each(self.messages_out, self.completed)),
            "messages_in_per_completion": _rounded(self.for_each(self.messages_in, self.completed)),
            "cost_per_learner": _rounded(self.for_each(self.cost, self.enrolled)),
            "cost_per_completion": _rounded(self.for_each(self.cost, self.completed)),
        }


@dataclass(frozen=True, slots=True)
class Week:
    """One week of the village, from 1; what has no other word for it is of this week alone."""

    week: int
    wrote: int  # learners
    passed: int  # lessons
    completed: int  # up to its end
    opted_out: int  # up to its end
    messages_out: int
    messages_in: int
    cost: int


@dataclass(frozen=True, slots=True)
class Counted:
    """The whole, its parts, and how it went."""

    total: Group
    courses: Sequence[Group]
    districts: Sequence[Group]
    weeks: Sequence[Week]


def count(village: Village, visits: Visits, begins: datetime, until: datetime) -> Counted:
    """Count everything that happened from one moment to another."""
    store = village.founded.bot.store
    hers = _hers(store, village, visits)
    sums = _sums(store, hers)
    return Counted(
        _grouped(sums, lambda her: "all")[0] if sums else Group("all"),
        _grouped(sums, lambda her: her.course),
        _grouped(sums, lambda her: her.district),
        _weeks(store, begins, until),
    )


def held_back(village: Village) -> list[tuple[str, str, int]]:
    """What did not go, or not then: for what purpose, why, and how often; the most frequent first."""
    found = Counter(village.held_back)
    cancelled = select(_out.purpose, _out.error, func.count()).where(_out.status == Status.CANCELLED)
    for purpose, why, times in map(tuple, village.founded.bot.store.look(cancelled.group_by(_out.purpose, _out.error))):
        found[purpose, why or ""] += times
    return [(*what, times) for what, times in sorted(found.items(), key=lambda each: (-each[1], each[0]))]


def _hers(store: Store, village: Village, visits: Visits) -> Mapping[int, Villager]:
    """Whose each learner's row is: of those who wrote it is known, else by the phone, and her place where it is shared."""
    found, phones = dict(visits.known), village.people_by_number
    for row in store.look(select(t.profile.c.learner_id, t.profile.c.number, t.profile.c.place)):
        found.setdefault(row.learner_id, phones[row.number][min(row.place, len(phones[row.number])) - 1])
    for row in store.look(select(t.address.c.learner_id, t.address.c.identifier)):
        if row.learner_id is not None:
            found.setdefault(row.learner_id, phones[row.identifier][0])
    return found


def _sums(store: Store, hers: Mapping[int, Villager]) -> list[tuple[Villager, Group]]:
    """What came of each learner by herself."""
    made = {learner_id: Group("", came=1) for learner_id in hers}
    enrolled = select(t.enrolment.c.learner_id, func.count(), func.count(t.enrolment.c.completed_at))
    for her, _, completed in _of(store, enrolled.group_by(t.enrolment.c.learner_id), made):
        made[her].enrolled, made[her].completed = 1, min(1, completed)
    went = (func.count(), func.coalesce(func.sum(_out.cost), 0), func.sum(case((_out.cost.is_(None), 1), else_=0)))
    for her, messages, cost, unpriced in _of(
        store, select(_out.learner_id, *went).where(WENT).group_by(_out.learner_id), made
    ):
        made[her].messages_out, made[her].cost, made[her].unpriced = messages, int(cost), int(unpriced)
    reminders = select(_out.learner_id, func.count()).where(WENT, _out.purpose == REMINDER, _out.follows.is_(None))
    counts = {
        "reminders": reminders.group_by(_out.learner_id),
        "messages_in": select(_in.learner_id, func.count()).group_by(_in.learner_id),
        "to_ring": select(t.ring.c.learner_id, func.count()).group_by(t.ring.c.learner_id),
        "opted_out": select(t.address.c.learner_id, func.count())
        .where(t.address.c.opted_out_at.is_not(None))
        .group_by(t.address.c.learner_id),
    }
    for name, query in counts.items():
        for her, found in _of(store, query, made):
            setattr(made[her], name, min(1, found) if name == "opted_out" else found)
    return [(hers[learner_id], sums) for learner_id, sums in made.items()]


def _of(store: Store, query: Any, made: Mapping[int, Group]) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in store.look(query) if row[0] in made]


def _grouped(sums: Sequence[tuple[Villager, Group]], by: Callable[[Villager], str]) -> list[Group]:
    found: dict[str, Group] = defaultdict(lambda: Group(""))
    for her, one in sums:
        group = found[by(her)]
        for name in Group.__dataclass_fields__:
            if name != "name":
                setattr(group, name, getattr(group, name) + getattr(one, name))
    for name, group in found.items():
        group.name = name
    return [found[name] for name in sorted(found)]


def _weeks(store: Store, begins: datetime, until: datetime) -> list[Week]:
    made: list[Week] = []
    at = begins
    while at < until:
        over = min(at + A_WEEK, until)
        made.append(_week(store, len(made) + 1, at, over))
        at = over
    return made


def _week(store: Store, number: int, begins: datetime, over: datetime) -> Week:
    first, after = earliest_id(begins), earliest_id(over)
    passed, completed, opted_out = t.lesson_pass.c.passed_at, t.enrolment.c.completed_at, t.address.c.opted_out_at
    sent = store.look(
        select(func.count().label("messages"), func.coalesce(func.sum(_out.cost), 0).label("cost")).where(
            _out.id >= first, _out.id < after, WENT
        )
    )[0]
    heard = store.look(
        select(func.count().label("messages"), func.count(_in.learner_id.distinct()).label("learners")).where(
            _in.id >= first, _in.id < after
        )
    )[0]
    so_far = select(func.count(t.address.c.learner_id.distinct())).where(opted_out < over)
    return Week(
        number,
        wrote=heard.learners,
        passed=store.look(select(func.count()).where(passed >= begins, passed < over))[0][0],
        completed=store.look(select(func.count()).where(completed < over))[0][0],
        opted_out=store.look(so_far)[0][0],
        messages_out=sent.messages,
        messages_in=heard.messages,
        cost=int(sent.cost),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def money(millionths: float | None) -> str:
    """An amount as it stands in a table, to the sen; a hyphen where there is none."""
    return "-" if millionths is None else ringgit(round(millionths / 10_000) * 10_000)

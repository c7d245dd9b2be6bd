"""Made-up learners and their phones: who they are is drawn once, from a seed, before anything happens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Final

from bot.cli.village.assumptions import Assumed
from flows.session import Session

FIRST_NUMBER: Final = 601_100_000_000  # +60 11-0000 0000
SLOTS: Final = ("pagi", "tengah hari", "petang", "malam")  # understood in both languages
A_MONTH: Final = 30

Spells = Sequence[tuple[datetime, datetime]]  # one after the other


@dataclass(slots=True)
class Phone:
    """A phone, and what its owner knows of the conversation on it. Up to a few learners may share one."""

    number: str
    no_signal: Spells = ()
    no_credit: Spells = ()
    people: list["Villager"] = field(default_factory=list)
    session: Session | None = None  # what the bot remembers of whoever has the phone; None: it is to be looked up
    call: str = ""  # the open call, by USSD
    typed: list[str] = field(default_factory=list)  # in that call
    user: "Villager | None" = None  # who sits with it just now

    def signal_back(self, at: datetime) -> datetime:
        """When there is signal: `at` itself, or the end of the time without."""
        return _over(self.no_signal, at)

    def can_write(self, at: datetime) -> datetime:
        """When somebody can send from it: there are signal and credit."""
        return max(_over(self.no_signal, at), _over(self.no_credit, at))


@dataclass(slots=True)
class Villager:
    """One made-up learner: what is drawn of her, and where she is with us."""

    place: int  # among all, from 0
    phone: Phone
    chance: Random  # her own, so that another's luck changes nothing of hers
    kind: str  # sms, whatsapp, ussd
    locale: str
    district: str
    course: str
    on_list: bool
    joins_at: datetime
    skill: float  # how likely she answers a question right at once
    keen: float  # how much likelier than others she answers at all; 1 is usual
    slot: str = ""  # the word by which she tells us her part of the day
    pace: int = 0
    person: int = 0  # her place among those on the phone; 0 while it is hers alone or she is not known yet
    learner_id: int = 0  # 0 until the bot knows her
    stays: bool = True  # comes back after her first visit
    visits: int = 0
    gone: bool = False  # she answers no more
    stopped: bool = False  # she has said so
    plan: int = 0  # of all she has meant to do, the last counts
    heard_at: datetime | None = None  # when something of ours came last
    reminded: bool = False  # what came last was a reminder, which shows no question

    @property
    def on_phone(self) -> int:
        """Her place among those on the phone; who has it alone is its first."""
        return self.person or 1


def settle(
    assumed: Assumed, count: int, *, seed: int, courses: Sequence[str], begins: datetime, days: int
) -> list[Villager]:
    """Draw a village of `count` learners. The same seed draws the same one; with more learners the first are as before."""
    villagers: list[Villager] = []
    for place in range(count):
        chance = Random(f"{seed}/{place}")  # noqa: S311 - made-up people, no secret
        other = villagers[-1].phone if villagers and chance.random() < assumed.shares_phone else None
        shared = other is not None and len(other.people) < 2
        phone = other if other and shared else _phone(assumed, place, begins, days, chance)
        villagers.append(_villager(assumed, place, phone, begins, chance, courses=courses))
    return villagers


def drawn(shares: Mapping[str, float], chance: Random) -> str:
    """One of these names, by its share."""
    return chance.choices(list(shares), weights=list(shares.values()))[0]


def _villager(
    assumed: Assumed, place: int, phone: Phone, begins: datetime, chance: Random, *, courses: Sequence[str]
) -> Villager:
    kind = drawn(assumed.channels, chance)
    first = phone.people[0] if phone.people else None
    listed = chance.random() < assumed.on_list and first is None and kind != "ussd"
    hour = chance.uniform(max(8, assumed.awake_from), min(20, assumed.awake_until))
    day = chance.randrange(max(1, round(assumed.joins_within_days)))
    joins_at = begins + timedelta(days=day, hours=hour)
    if first is not None:  # whoever shares the phone comes to it once its owner knows how
        kind, joins_at = first.kind, first.joins_at + timedelta(days=chance.uniform(0.5, 4))
    never_back = assumed.never_back_from_list if listed else assumed.never_back_by_herself
    her = Villager(
        place,
        phone,
        chance,
        kind,
        drawn(assumed.languages, chance),
        first.district if first else drawn(assumed.districts, chance),
        drawn(assumed.courses or dict.fromkeys(courses, 1.0), chance),
        listed,
        joins_at,
        skill=_near(assumed.right, assumed.differs, chance),
        keen=max(0.1, chance.gauss(1, assumed.differs)),
        slot=chance.choice(SLOTS) if chance.random() < assumed.says_slot else "",
        pace=chance.choice((1, 5)) if chance.random() < assumed.says_pace else 0,
        stays=chance.random() >= never_back,
    )
    phone.people.append(her)
    if first is not None:
        her.person = len(phone.people)
    return her


def _phone(assumed: Assumed, place: int, begins: datetime, days: int, chance: Random) -> Phone:
    until = begins + timedelta(days=days)
    signal: Spells = ()
    credit: Spells = ()
    if chance.random() < assumed.poor_signal:
        signal = _spells(assumed.signal_lost_each_month, assumed.signal_lost_days, (begins, until), chance)
    if chance.random() < assumed.no_credit:
        credit = _spells(assumed.no_credit_each_month, assumed.no_credit_days, (begins, until), chance)
    return Phone(f"+{FIRST_NUMBER + place}", signal, credit)


def _spells(each_month: float, last: float, within: tuple[datetime, datetime], chance: Random) -> Spells:
    """Times without something, one after the other, as they come by chance."""
    found: list[tuple[datetime, datetime]] = []
    at, until = within
    while each_month:
        at += timedelta(days=chance.expovariate(each_month / A_MONTH))
        if at >= until:
            break
        ends = at + timedelta(days=chance.expovariate(1 / last))
        found.append((at, ends))
        at = ends
    return tuple(found)


def _over(spells: Spells, at: datetime) -> datetime:
    return next((ends for begins, ends in spells if begins <= at < ends), at)


def _near(share: float, differs: float, chance: Random) -> float:
    return min(0.98, max(0.05, chance.gauss(share, share * differs / 2)))

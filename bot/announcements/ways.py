"""The way to a learner decided in SQL: her addresses are boiled down to facts there, and what facts mean is asked of the policy here.

Nothing of the policy is said twice. A number stands for the facts of one address; for every number that can be, `Ways` asks
`Pushes.way` and `policy.may_send` once, and the database looks the answer up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, false, literal, or_, select

from bot import policy, pushes
from bot.policy import No
from bot.pushes import Address, Pushes, Way
from bot.store import tables as t

# What is known of an address, each worth so much in its number; the channel it wrote from last stands above them all.
CONSENTED, OPTED_OUT, UNREACHABLE, SILENT, OPEN, A_NUMBER, MALAYSIAN, CHANNEL = (1 << place for place in range(8))
NEVER, GONE = 0, 1  # in the place of a channel: nobody wrote from there; or by one that is not set up any more
FIRST: Final = 2

_NOON: Final = datetime(2026, 1, 6, 4, tzinfo=UTC)  # any moment: only what lies before it counts
_LONG: Final = timedelta(days=10_000)
ABROAD, AT_HOME, ITS_OWN_ID = "+1", "+60", "MY.1"


@dataclass(slots=True)
class Told:
    """An address made of nothing but facts."""

    identifier: str
    last_channel: str | None
    last_inbound_at: datetime | None
    opted_out_at: datetime | None
    unreachable_at: datetime | None
    met_at: datetime
    id: int = 0
    kind: str = "tel"
    wrote_at: datetime | None = None
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a recipient: the channel that carries it to her, or why nothing does; and whether there was a way at all."""

    channel: str = ""
    why: str = ""
    way: bool = False


def decide(
    sender: Pushes, addresses: Sequence[Address], *, consented: bool, prefers: str | None, now: datetime, at: datetime
) -> tuple[Way | None, Outcome]:
    """How an announcement decided `now` reaches her, leaving `at`, or why it does not. `addresses` are in the order to try them."""
    way = sender.way(addresses, at=at, prefers=prefers)
    if isinstance(way, No):
        return None, Outcome(why=way.why)
    reach = pushes.reach(way.channel.profile, way.among(addresses), consented=consented)
    answer = policy.may_send("broadcast", reach, now=now, zone=sender.zone)
    return way, Outcome(way.channel.name, answer.why if isinstance(answer, No) else "", way=True)


class Ways:
    """What every number of facts leads to, with these channels and the rules as they are: see `ways_of`."""

    def __init__(self, sender: Pushes, locales: Sequence[str]) -> None:
        """Asks for each number that can be, which takes some milliseconds."""
        self.locales: Final = tuple(locales)
        self.each: Final = 2 * len(locales)  # of an outcome: by whether the number is Malaysian, and by language
        self.channels: Final = sorted(sender.channels)
        self.outcomes: Final[list[Outcome]] = []
        self.of: Final[list[int]] = []  # by a number of facts, the place of its outcome
        places: dict[Outcome, int] = {}
        for number in range((FIRST + len(self.channels)) * CHANNEL):
            outcome = self._outcome(sender, number)
            if outcome not in places:
                places[outcome] = len(self.outcomes)
                self.outcomes.append(outcome)
            self.of.append(places[outcome])

        bits = [place << 2 | bool(each.why) << 1 | each.way for place, each in enumerate(self.outcomes)]
        # By a number of facts: the place of its outcome, and in two bits whether she is left out and whether there was a way.
        self.coded: Final = [bits[place] for place in self.of]

    def spoken(self, locale: ColumnElement[str]) -> ColumnElement[Any]:
        """Which of the `each` texts of an outcome is hers, in SQL. Who has none of these languages is told it in the first."""
        home = case((t.address.c.identifier.like(f"{AT_HOME}%"), len(self.locales)), else_=0)
        language = case({name: place for place, name in enumerate(self.locales)}, value=locale, else_=0)
        return home + language

    def _outcome(self, sender: Pushes, number: int) -> Outcome:
        told = self.told(number)
        consented = bool(number & CONSENTED)
        return decide(sender, [told], consented=consented, prefers=None, now=_NOON, at=_NOON)[1]

    def told(self, number: int) -> Told:
        """An address of which these facts are true."""
        channel, long_ago = number // CHANNEL, _NOON - _LONG
        spoke_on = None if channel == NEVER else "?" if channel == GONE else self.channels[channel - FIRST]
        identifier = ITS_OWN_ID if not number & A_NUMBER else AT_HOME if number & MALAYSIAN else ABROAD
        return Told(
            identifier,
            spoke_on,
            _NOON if number & OPEN else long_ago,
            _NOON if number & OPTED_OUT else None,
            _NOON if number & UNREACHABLE else None,
            long_ago if number & SILENT else _NOON,
        )

    def facts(self, consented: ColumnElement[bool], now: datetime) -> ColumnElement[Any]:
        """The number of an address's facts in SQL, for something that leaves `now`; `consented` says it of the learner."""
        a = t.address.c
        known = {name: place for place, name in enumerate(self.channels, FIRST)}
        channel = case(known, value=a.last_channel, else_=GONE) if known else literal(GONE)
        bits: dict[int, ColumnElement[bool]] = {
            CONSENTED: consented,
            OPTED_OUT: a.opted_out_at.is_not(None),
            UNREACHABLE: and_(
                a.unreachable_at.is_not(None), or_(a.last_inbound_at.is_(None), a.last_inbound_at <= a.unreachable_at)
            ),
            SILENT: _silent(now),
            OPEN: a.last_inbound_at > now - policy.WINDOW,
            A_NUMBER: a.identifier.like("+%"),
            MALAYSIAN: a.identifier.like(f"{AT_HOME}%"),
        }
        number: Any = case((a.last_channel.is_(None), NEVER), else_=channel) * CHANNEL
        for worth, fact in bits.items():
            number = number + case((fact, worth), else_=0)
        return number  # type: ignore[no-any-return]


_asked: Final[dict[object, Ways]] = {}


def ways_of(sender: Pushes, locales: Sequence[str]) -> Ways:
    """The ways of these channels for a text in these languages; asked once in a process, for rules and profiles stay as they are."""
    key = (tuple(locales), *((name, channel.profile) for name, channel in sorted(sender.channels.items())))
    found = _asked.get(key)
    if found is None:
        found = _asked[key] = Ways(sender, locales)
    return found


def _silent(now: datetime) -> ColumnElement[bool]:
    """Whether nobody has known for so long whether the number is still hers (`policy.silent` of `pushes.known_at`).

    The number's other addresses and her consent are looked at only where she has not written from this one.
    """
    if policy.silence() == timedelta.max:
        return false()
    since = now - policy.silence()
    a, same, twin = t.address.c, t.address.alias("same_number"), t.address.alias("twin")
    wrote = _any(same.c.identifier == a.identifier, same.c.last_inbound_at > since)
    confirmed = _any(
        t.consent.c.learner_id == a.learner_id,
        t.consent.c.given_at > since,
        twin.c.id == t.consent.c.address_id,
        twin.c.identifier == a.identifier,
    )
    lately = or_(a.created_at > since, and_(a.last_inbound_at.is_not(None), a.last_inbound_at > since))
    return case((lately, literal(False)), (wrote, literal(False)), (confirmed, literal(False)), else_=literal(True))


def _any(*true: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether there is such a row, looked up for each address by itself: of EXISTS, PostgreSQL may read both tables whole instead."""
    return select(literal(1)).where(*true).limit(1).correlate(t.address).scalar_subquery().is_not(None)

"""The people who share a phone: who has it now, their four digits, and handing it over."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Protocol, assert_never
from zlib import crc32
from zoneinfo import ZoneInfo

from sqlalchemy import Row, bindparam, select, update

from bot.store import audit, statements as s, tables as t
from bot.store.addresses import last_word
from bot.store.database import Store
from bot.store.ids import new_id
from bot.store.statements import Write
from flows.learner import sharing
from flows.learner.people import MOST_PEOPLE, without_digits
from flows.session import Session

MOST_TRIES: Final = 5  # in a row with wrong digits; ten thousand take months at five an hour
LOCKED_FOR: Final = timedelta(hours=1)

# scrypt at 16 MB and about 40 ms, for a switch and nothing else. Four digits are guessed soon by whoever holds the
# database, whatever the cost: they keep out the others in the house, as the tries do.
_COST: Final = {"n": 2**14, "r": 8, "p": 1}
_SALT: Final = 16  # bytes

_ON_PHONE: Final = (
    select(
        t.address.c.identifier,
        t.profile.c.place,
        t.profile.c.learner_id,
        t.profile.c.pin_hash,
        t.profile.c.tries,
        t.profile.c.locked_until,
        t.conversation.c.session,
        t.conversation.c.turn,
    )
    .select_from(
        t.address.outerjoin(t.profile, t.profile.c.number == t.address.c.identifier).outerjoin(
            t.conversation, t.conversation.c.learner_id == t.profile.c.learner_id
        )
    )
    .where(t.address.c.id == bindparam("address_id"))
    .order_by(t.profile.c.place)
)


@dataclass(slots=True)
class Handover:
    """To whom a turn hands the phone, with her session as it was and her turn as it will be; and the session it leaves."""

    learner_id: int
    session: Session
    turn: int
    left: Session | None = None  # hers who had the phone, once all her part of the turn is decided


class Turn(Protocol):
    """What of a turn is needed to hand a phone over in it."""

    learner_id: int
    address_id: int
    now: datetime
    zone: ZoneInfo
    heard: str
    handover: Handover | None
    writes: list[Write]


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone in the hands of one person: its number, her, her place, and everybody's row, of those who have one."""

    address_id: int
    number: str
    her: int
    place: int
    rows: tuple[Row[Any], ...]

    @property
    def places(self) -> tuple[int, ...]:
        """The places that are taken, hers among them, though she may have no row yet."""
        return tuple(sorted({row.place for row in self.rows} | {self.place}))

    @property
    def guarded(self) -> bool:
        """Whether she who has the phone has digits of her own."""
        return any(row.learner_id == self.her and row.pin_hash for row in self.rows)

    def other(self, place: int) -> Row[Any] | None:
        """The row of somebody else at that place."""
        return next((row for row in self.rows if row.place == place and row.learner_id != self.her), None)


def carry_out(effect: sharing.PeopleEffect, turn: Turn, store: Store) -> list[sharing.PeopleEvent]:
    """Do what is asked about the people of this phone, as rows of `turn`. Returns the event that tells of it."""
    phone = phone_of(store, turn.address_id, turn.learner_id)
    turn.heard = without_digits(turn.heard)  # "PENGGUNA 2 4071"
    match effect:
        case sharing.FindPeople():
            return [sharing.PeopleFound(phone.places, phone.place, phone.guarded, turn.now)]
        case sharing.SetPin(pin=pin):
            turn.writes.append(guard(phone, pin))
            return []
        case sharing.SwitchTo(place=place, pin=pin):
            outcome, turn.handover, writes = switch(phone, place, pin, turn.now)
            turn.writes.extend(writes)
            return [sharing.PersonSwitched(place, outcome, turn.now)]
        case sharing.AddPerson():
            turn.handover, writes = add(phone, turn.now)
            turn.writes.extend(writes)
            if turn.handover is None:
                return [sharing.PersonSwitched(0, "unknown", turn.now)]
            return [sharing.PersonAdded(turn.handover.session.person, turn.now)]
        case _:
            assert_never(effect)


def phone_of(store: Store, address_id: int, her: int) -> Phone:
    """The phone that this address belongs to. The first on it has no row until there is a second, and place 1."""
    found = store.look(_ON_PHONE, {"address_id": address_id})
    rows = tuple(row for row in found if row.place is not None)
    taken = {row.place for row in rows}
    free = next((place for place in range(1, MOST_PEOPLE + 1) if place not in taken), MOST_PEOPLE)
    place = next((row.place for row in rows if row.learner_id == her), free)
    return Phone(address_id, found[0].identifier, her, place, rows)


def guard(phone: Phone, pin: str) -> Write:
    """Her digits from now on; a lock on the old ones goes with them."""
    row = _row(phone, phone.her, phone.place) | {"pin_hash": hashed(pin)}
    return Write(s.GUARDED, row)


def switch(phone: Phone, place: int, pin: str, now: datetime) -> tuple[str, Handover | None, list[Write]]:
    """Hand the phone to the person at `place`, if these are her digits or she has none.

    Returns the outcome (see `PersonSwitched`), the handover where it is "switched", and what to write in any case.
    """
    wanted = phone.other(place)
    if wanted is None or wanted.session is None:
        return "unknown", None, []
    if wanted.locked_until is not None and now < wanted.locked_until:
        return "locked", None, []
    if wanted.pin_hash and not pin:
        return "asked", None, []
    if wanted.pin_hash and not matches(pin, wanted.pin_hash):
        tries = wanted.tries + 1
        locked = tries >= MOST_TRIES
        tried = {"tries": 0 if locked else tries, "locked_until": now + LOCKED_FOR if locked else None}
        return "locked" if locked else "wrong_pin", None, [Write(s.TRIED, tried | {"of": wanted.learner_id})]
    opened = Write(s.TRIED, {"of": wanted.learner_id, "tries": 0, "locked_until": None})
    session = Session.from_json(wanted.session)._replace(person=place, guarded=bool(wanted.pin_hash), stopped=False)
    handover = Handover(wanted.learner_id, session, wanted.turn + 1)
    return "switched", handover, [*_handed(phone, wanted.learner_id), opened]


def add(phone: Phone, now: datetime) -> tuple[Handover | None, list[Write]]:
    """Hand the phone to somebody new; nobody where five share it already."""
    place = next((place for place in range(1, MOST_PEOPLE + 1) if place not in phone.places), 0)
    if not place:
        return None, []
    new = new_id(now)
    session, writes = new_learner(new, phone.number, now, person=place)
    listed = Write(s.LISTED, _row(phone, new, place) | {"pin_hash": None})
    return Handover(new, session, 1), [*writes, *_handed(phone, new), listed]


def new_learner(
    her: int, number: str, now: datetime, *, person: int = 0, heard_on: date | None = None
) -> tuple[Session, list[Write]]:
    """Somebody we meet for the first time, alone on that phone or one of its people: her session, and her first rows."""
    seed = crc32(f"{number}{person or ''}".encode())  # neighbours see options in another order
    session = Session(seed=seed, person=person)
    row = {"learner_id": her, "session": session.to_json(), "turn": 0, "dialogue": "", "typed": 0, "unread": "[]"}
    learner = {"id": her, "locale": "ms", "created_at": now, "heard_on": heard_on}
    return session, [Write(s.LEARNER, learner), Write(s.CONVERSATION, row)]


def let_go(turn: Turn, store: Store) -> list[Write]:
    """Nobody is known at that number any more. What came from there counts as hers no longer, today's word least of all."""
    left = store.look(last_word(turn.learner_id, but=phone_of(store, turn.address_id, turn.learner_id).number))[0][0]
    heard_on = left.astimezone(turn.zone).date() if left else None
    of = {"of": turn.address_id}
    heard = Write(s.HEARD_ON, {"of": turn.learner_id, "heard_on": heard_on})
    forgotten = Write(s.PAPER_FORGOTTEN, {"of": turn.learner_id})
    return [heard, forgotten, Write(s.NOT_SHARED, of), Write(s.DETACHED, of)]


def forget_pin(store: Store, number: str, place: int, who: str, *, now: datetime) -> bool:
    """Take somebody's digits and her lock away, noting who did; False where nobody has that place on that phone."""
    hers = (t.profile.c.number == number, t.profile.c.place == place)
    with store.begin() as connection:
        learner_id = connection.execute(select(t.profile.c.learner_id).where(*hers)).scalar_one_or_none()
        if learner_id is None:
            return False
        connection.execute(update(t.profile).where(*hers).values(pin_hash=None, tries=0, locked_until=None))
        audit.note(connection, who, "forget digits", f"learner {learner_id}", now=now)
    return True


def hashed(pin: str) -> str:
    """Four digits as they are kept: the method, a salt, and what scrypt makes of both."""
    salt = secrets.token_bytes(_SALT)
    return f"scrypt${salt.hex()}${_derived(pin, salt).hex()}"


def matches(pin: str, kept: str) -> bool:
    """Whether these are the digits that were kept; how long it takes tells nothing about how near they were."""
    _, salt, derived = kept.split("$")
    return hmac.compare_digest(_derived(pin, bytes.fromhex(salt)), bytes.fromhex(derived))


def _derived(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, dklen=32, **_COST)


def _handed(phone: Phone, to: int) -> list[Write]:
    """All addresses of the number go together; she who had it gets her row with the first who follows her."""
    mine = Write(s.LISTED, _row(phone, phone.her, phone.place) | {"pin_hash": None})
    return [mine, Write(s.HANDED, {"of": phone.address_id, "learner_id": to})]


def _row(phone: Phone, learner_id: int, place: int) -> dict[str, Any]:
    return {"number": phone.number, "place": place, "learner_id": learner_id, "tries": 0, "locked_until": None}

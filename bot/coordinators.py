"""Coordinators: who may announce, approve and ring, from which number, with which four digits."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot import profiles
from bot.store import audit, tables as t
from bot.store.database import Store
from bot.store.ids import new_id

RIGHTS: Final = ("announce", "approve", "ring", "attest", "certify")
_c: Final = t.coordinator.c


class Refused(Exception):
    """This cannot be done; the text says why, and what to do."""


def add(
    store: Store,
    name: str,
    who: str,
    *,
    rights: Collection[str],
    number: str | None,
    district: str | None,
    locale: str,
    now: datetime,
) -> int:
    """Enter somebody, or change what is known of her and let her come back; returns her id. `number` is in E.164 form.

    Her digits stay as they are. Raises Refused where another has the number, or a right is none.
    """
    if strange := set(rights) - set(RIGHTS):
        raise Refused(f"there is no right {', '.join(sorted(strange))}; there are: {', '.join(RIGHTS)}")
    name = " ".join(name.split())
    kept = " ".join(each for each in RIGHTS if each in rights)
    row: dict[str, Any] = {"number": number, "locale": locale, "district": district, "rights": kept, "left_at": None}
    try:
        with store.begin() as connection:
            known = connection.execute(select(_c.id).where(_c.name == name)).scalar()
            if known is None:
                known = new_id(now)
                more = {"id": known, "name": name, "tries": 0, "created_at": now}
                connection.execute(insert(t.coordinator).values(row | more))
            else:
                connection.execute(update(t.coordinator).where(_c.id == known).values(row))
            about = json.dumps({"id": known, "rights": kept})
            audit.note(connection, who, "coordinator entered", about, now=now)
    except IntegrityError as error:
        raise Refused("another coordinator has that number") from error
    return int(known)


def remove(store: Store, name: str, who: str, *, now: datetime) -> bool:
    """Take somebody's rights, number and digits away; False where there is nobody of that name. What she did stays in the audit."""
    gone = {"left_at": now, "number": None, "pin_hash": None, "rights": ""}
    with store.begin() as connection:
        her = (_c.name == " ".join(name.split()), _c.left_at.is_(None))
        known = connection.execute(select(_c.id).where(*her)).scalar()
        if known is None:
            return False
        connection.execute(update(t.coordinator).where(_c.id == known).values(gone))
        audit.note(connection, who, "coordinator left", json.dumps({"id": known}), now=now)
    return True


def set_pin(store: Store, name: str, pin: str, who: str, *, now: datetime) -> bool:
    """Give her four digits, and take her lock away; without them she has none. False where there is nobody of that name."""
    if pin and not (len(pin) == 4 and pin.isascii() and pin.isdigit()):
        raise Refused("four digits, please")
    values = {"pin_hash": profiles.hashed(pin) if pin else None, "tries": 0, "locked_until": None}
    with store.begin() as connection:
        her = (_c.name == " ".join(name.split()), _c.left_at.is_(None))
        changed = connection.execute(update(t.coordinator).where(*her).values(values)).rowcount
        if changed:
            audit.note(connection, who, "coordinator's digits", name, now=now)
    return bool(changed)


def listed(store: Store) -> Sequence[Row[Any]]:
    """Everybody who has not left, by name."""
    return store.look(select(t.coordinator).where(_c.left_at.is_(None)).order_by(_c.name))


def named(store: Store, name: str) -> Row[Any] | None:
    """The coordinator of that name, however it is spelt; None where there is none."""
    wanted = " ".join(name.casefold().split())
    return next((row for row in listed(store) if row.name.casefold() == wanted), None)


def at(store: Store, number: str) -> Row[Any] | None:
    """The coordinator who writes from that number; None where there is none."""
    found = store.look(select(t.coordinator).where(_c.number == number, _c.left_at.is_(None)))
    return found[0] if found else None


def there(store: Store, her: int) -> Row[Any] | None:
    """The coordinator with that id; None where she has left."""
    found = store.look(select(t.coordinator).where(_c.id == her, _c.left_at.is_(None)))
    return found[0] if found else None


def admitted(store: Store, number: str, pin: str, *, now: datetime) -> Row[Any] | None:
    """Let a coordinator in, with her number and these digits, and note it; None for everybody else, one who is locked or has no digits.

    Digits are derived whoever asks, so how long it takes does not tell whose number it is.
    """
    row = at(store, number)
    if row is None or not row.pin_hash or locked(row, now):
        profiles.matches(pin, _NOBODYS)
        return None
    if not proves(store, row, pin, now=now):
        return None
    with store.begin() as connection:
        audit.note(connection, row.name, "signed in", json.dumps({"id": row.id}), now=now)
    return row


_NOBODYS: Final = f"scrypt${bytes(16).hex()}${bytes(32).hex()}"  # no digits lead to it


def may(row: Row[Any] | None, right: str) -> bool:
    """Whether she has that right."""
    return row is not None and right in row.rights.split()


def entitled(store: Store, name: str, right: str) -> Row[Any]:
    """The coordinator of that name, who has that right. Raises Refused for anybody else."""
    row = named(store, name)
    if row is None or not may(row, right):
        raise Refused(f"{name} has not the right to {right}: titian coordinators add gives it, with --rights {right}.")
    return row


def locked(row: Row[Any], now: datetime) -> bool:
    """Whether nothing is taken from her for now, after five wrong tries in a row."""
    return row.locked_until is not None and now < row.locked_until


def proves(store: Store, row: Row[Any], pin: str, *, now: datetime) -> bool:
    """Whether these are her digits; also where she has none. A wrong try is counted, and the fifth in a row locks her for an hour."""
    if not row.pin_hash:
        return True
    if locked(row, now) or not pin:
        return False
    if not profiles.matches(pin, row.pin_hash):
        failed(store, row, now=now)
        return False
    if row.tries:
        with store.begin() as connection:
            connection.execute(update(t.coordinator).where(_c.id == row.id).values(tries=0, locked_until=None))
    return True


def failed(store: Store, row: Row[Any], *, now: datetime) -> None:
    """Count a wrong try: digits, or a code that was never given."""
    last = row.tries + 1 >= profiles.MOST_TRIES
    values = {"tries": 0 if last else _c.tries + 1, "locked_until": now + profiles.LOCKED_FOR if last else None}
    with store.begin() as connection:
        connection.execute(update(t.coordinator).where(_c.id == row.id).values(values))

"""The rows of paper: asked for once, claimed by one worker at a time, written by whoever still has the lease, and dropped."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from bot.store import tables as t
from bot.store.database import Store

KEPT_FOR: Final = timedelta(days=7)  # her name is in it; to make it again takes a quarter of a second
LEASE: Final = timedelta(minutes=2)  # far longer than the slowest page takes: whose lease ran out was killed
MOST_ATTEMPTS: Final = 3  # then it is what kills them
AGAIN: Final = timedelta(minutes=1)  # what could not be made may be by then: somebody has installed a font
KILLED: Final = f"whoever made it was stopped in the middle, {MOST_ATTEMPTS} times"

_p: Final = t.paper.c
# Made anew, but what was made stays: where it still says the same, it is only looked at.
_WAITS_AGAIN: Final = {"made_at": None, "lease_until": None, "attempts": 0, "why": None}


def found(store: Store, code: str, form: str) -> Row[Any] | None:
    """The row of a certificate's paper, with what was made; None where nobody has asked for it this week."""
    return next(iter(store.look(select(t.paper).where(_p.code == code, _p.form == form))), None)


def ask(store: Store, code: str, form: str, *, lane: int, now: datetime) -> None:
    """Have it made, unless it waits already. One that two ask for at once is made once: there is one row for it."""
    row = {"code": code, "form": form, "lane": lane, "asked_at": now}
    before = found(store, code, form)
    try:
        with store.begin() as connection:
            if before is None:
                connection.execute(insert(t.paper).values(row))
            elif before.made_at is None:
                connection.execute(_that(code, form, _p.made_at.is_(None), _p.lane > lane).values(lane=lane))
            else:
                again = _WAITS_AGAIN | {"lane": lane, "asked_at": now}
                connection.execute(_that(code, form, _p.made_at == before.made_at).values(again))
    except IntegrityError:  # somebody was first
        return


def claim(store: Store, *, now: datetime) -> Row[Any] | None:
    """Make the next that waits ours for the time of a lease, first what somebody waits for; None where nothing waits."""
    free = and_(_p.made_at.is_(None), or_(_p.lease_until.is_(None), _p.lease_until < now))
    first = select(_p.code, _p.form).where(free).order_by(_p.lane, _p.asked_at).limit(1)
    if not store.look(first):  # what is nearly always so costs no transaction
        return None
    with store.begin() as connection:
        taken = connection.execute(first.with_for_update(skip_locked=True)).one_or_none()
        if taken is None:
            return None
        ours = _that(taken.code, taken.form).values(lease_until=now + LEASE, attempts=_p.attempts + 1)
        return connection.execute(ours.returning(*t.paper.c)).one()


def settle(connection: Connection, claimed: Row[Any], **became: Any) -> Row[Any] | None:
    """Write down what became of it, and return the row; None where the lease was another's meanwhile, or it was dropped."""
    ours = _that(claimed.code, claimed.form, _p.made_at.is_(None), _p.lease_until == claimed.lease_until)
    done = connection.execute(ours.values(lease_until=None, **became).returning(_p.address_id, _p.channel))
    row = done.one_or_none()
    if row is not None and row.address_id is not None:
        connection.execute(_that(claimed.code, claimed.form).values(address_id=None, channel=None))
    return row


def give_back(store: Store, claimed: Row[Any]) -> None:
    """Let another make it at once: whoever had it was told to stop."""
    with store.begin() as connection:
        ours = _that(claimed.code, claimed.form, _p.made_at.is_(None), _p.lease_until == claimed.lease_until)
        connection.execute(ours.values(lease_until=None, attempts=claimed.attempts - 1))


def waiting(store: Store) -> int:
    """How many wait to be made, those that are being made among them."""
    return int(store.look(select(func.count()).select_from(t.paper).where(_p.made_at.is_(None)))[0][0])


def drop(connection: Connection, codes: Sequence[str]) -> None:
    """Forget what was made of these certificates, in the transaction in which they stop standing."""
    connection.execute(delete(t.paper).where(_p.code.in_(codes)))


def drop_old(store: Store, *, now: datetime) -> int:
    """Forget what is older than a week, made or not; returns how many that were."""
    old = _p.asked_at < now - KEPT_FOR
    if not store.look(select(_p.code).where(old).limit(1)):
        return 0
    with store.begin() as connection:
        return connection.execute(delete(t.paper).where(old)).rowcount


def _that(code: str, form: str, *more: Any) -> Any:
    return update(t.paper).where(_p.code == code, _p.form == form, *more)

"""What providers tell us later: how far a message came, and who wants no more of them."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, or_, select, update

from bot.channels.base import RANK, OptedOut, Receipt, Status
from bot.store import tables as t
from bot.store.database import Store

IN_DOUBT: Final = (Status.SENDING, Status.UNDETERMINED)
_out = t.outbound_message.c


def settle(store: Store, receipt: Receipt, *, now: datetime) -> bool:
    """Move a message's status forward; False where the receipt is late, doubled or about nothing of ours."""
    found = _out.provider_id == receipt.provider_id
    if receipt.message_id is not None:
        found = or_(_out.id == receipt.message_id, found)
    rank = RANK[receipt.status]
    values = {"status": receipt.status, "rank": rank, "settled_at": now, "error": receipt.error[:200] or None}
    if receipt.provider_id:
        values["provider_id"] = receipt.provider_id
    with store.begin() as connection:
        nameless = _nameless(connection, receipt)
        if nameless is not None:
            found = _out.id == nameless
        done = connection.execute(update(t.outbound_message).where(found, _out.rank < rank).values(values))
        return done.rowcount > 0


def _nameless(connection: Connection, receipt: Receipt) -> int | None:
    """The message this receipt is about, where it is quicker than the answer that told us its id, or that answer was lost.

    Only where nothing is known under that id, and just one message to this person is in doubt: nobody guesses.
    """
    if (
        not receipt.to
        or connection.execute(select(_out.id).where(_out.provider_id == receipt.provider_id).limit(1)).first()
    ):
        return None
    in_doubt = (
        connection.execute(
            select(_out.id)
            .select_from(t.outbound_message.join(t.address, t.address.c.id == _out.address_id))
            .where(
                _out.status.in_(IN_DOUBT),
                _out.channel == receipt.channel,
                _out.provider_id.is_(None),
                t.address.c.identifier == receipt.to,
            )
            .limit(2)
        )
        .scalars()
        .all()
    )
    return in_doubt[0] if len(in_doubt) == 1 else None


def opt_out(store: Store, asked: OptedOut, *, now: datetime) -> None:
    """Write nothing more to this number: the provider has taken her STOP, and answered it."""
    with store.begin() as connection:
        connection.execute(
            update(t.address)
            .where(t.address.c.identifier == asked.sender, t.address.c.opted_out_at.is_(None))
            .values(opted_out_at=now)
        )

"""What providers tell us later: how far a message came, and who wants no more of them."""

from datetime import datetime

from sqlalchemy import or_, update

from bot.channels.base import RANK, OptedOut, Receipt
from bot.store import tables as t
from bot.store.database import Store


def settle(store: Store, receipt: Receipt, *, now: datetime) -> bool:
    """Move a message's status forward; False where the receipt is late, doubled or about nothing of ours."""
    found = t.outbound_message.c.provider_id == receipt.provider_id
    if receipt.message_id is not None:
        found = or_(t.outbound_message.c.id == receipt.message_id, found)
    rank = RANK[receipt.status]
    values = {"status": receipt.status, "rank": rank, "settled_at": now, "error": receipt.error[:200] or None}
    if receipt.provider_id:
        values["provider_id"] = receipt.provider_id
    with store.begin() as connection:
        done = connection.execute(
            update(t.outbound_message).where(found, t.outbound_message.c.rank < rank).values(values)
        )
        return done.rowcount > 0


def opt_out(store: Store, asked: OptedOut, *, now: datetime) -> None:
    """Write nothing more to this number: the provider has taken her STOP, and answered it."""
    with store.begin() as connection:
        connection.execute(
            update(t.address)
            .where(t.address.c.identifier == asked.sender, t.address.c.opted_out_at.is_(None))
            .values(opted_out_at=now)
        )

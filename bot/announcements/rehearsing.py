"""An announcement read on its author's own phone first, exactly as learners get it."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select

from bot import policy, pushes
from bot.announcements import drafts
from bot.announcements.moves import Refused
from bot.announcements.texts import said
from bot.pushes import REPLIES, Pushes, Way
from bot.store import tables as t
from bot.store.addresses import reached
from bot.store.database import Store


def rehearse(store: Store, sender: Pushes, ours: Row[Any], number: str, who: str, *, now: datetime) -> list[str]:
    """Queue it, in each language, to that number: by SMS, and by WhatsApp where she has written there today. Returns the texts.

    She asked for it, so it goes at any hour, as a reply does. Raises Refused where nobody has written from there yet.
    """
    words = json.loads(ours.words)
    query = select(*reached(), t.address.c.learner_id).where(
        t.address.c.identifier == number, t.address.c.learner_id.is_not(None)
    )
    rows: list[dict[str, Any]] = []
    for address in store.look(query):
        if (way := _way(sender, address, now)) is None:
            continue
        for locale in words:
            rows += [
                pushes.row(
                    address.learner_id,
                    "reply",
                    now,
                    lane=REPLIES,
                    address_id=address.id,
                    channel=way.channel.name,
                    text=text,
                    due_at=now,
                )
                for text in sender.texts(said(words), locale, way)
            ]
    if not rows:
        raise Refused("nothing reaches that number yet: write HAI to Titian from it first")
    with store.begin() as connection:
        connection.execute(insert(t.outbound_message), rows)
    drafts.rehearsed(store, ours.id, who, now=now)
    return [row["text"] for row in rows]


def _way(sender: Pushes, address: Row[Any], now: datetime) -> Way | None:
    """Her phone by SMS; her WhatsApp, while its window is open."""
    if address.kind == "tel":
        channel = sender.sms()
    else:
        there = sender.channels.get(address.last_channel or "")
        open_ = policy.window_open(address.last_inbound_at, now)
        channel = sender.channels.get(there.profile.pushes_by) if there and open_ else None
    return Way(address.id, address.identifier, channel) if channel else None

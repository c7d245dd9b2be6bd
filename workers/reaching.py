"""What every push that time sets off needs: her session, locked; the way to her, if it is open now; the rows that go."""

import logging
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from bot import policy, pushes
from bot.store import tables as t
from bot.store.addresses import latest_first, reaches
from bot.wiring import Bot
from flows import types as f

log = logging.getLogger(__name__)

Her = Row[*tuple[Any, ...]]


def locked(connection: Connection, learner_id: int) -> Her | None:
    """Her conversation, as her own turns lock it, with what decides about a push; None where she is gone."""
    return connection.execute(
        select(
            t.conversation.c.learner_id,
            t.conversation.c.session,
            t.conversation.c.turn,
            t.learner.c.slot,
            t.learner.c.pace,
            t.learner.c.locale,
        )
        .select_from(t.conversation.join(t.learner, t.learner.c.id == t.conversation.c.learner_id))
        .where(t.conversation.c.learner_id == learner_id)
        .with_for_update(of=t.conversation)
    ).one_or_none()


def way(bot: Bot, connection: Connection, her: Her, now: datetime) -> pushes.Way | datetime | None:
    """The way to her now; or the time at which it opens, by her slot and the hours; or None where there is none.

    What is decided before it can leave would be decided for another moment than the one in which she reads it.
    """
    begins = now if policy.in_slot(now, her.slot, bot.zone) else policy.in_her_slot(now, her.slot, bot.zone)
    opens = policy.next_opening(begins, bot.zone, bot.calendar.off)
    if opens > now:
        return opens
    addresses = connection.execute(select(t.address).where(reaches(her.learner_id)).order_by(*latest_first())).all()
    found = bot.pushes.way(addresses, at=now)
    if isinstance(found, policy.No):
        log.info("not pushed", extra={"learner": her.learner_id, "why": found.why})
        return None
    return found


def rows(bot: Bot, her: Her, say: f.Say, by: pushes.Way, purpose: str) -> list[dict[str, Any]]:
    """The rows that queue what is said, for the silence after her last turn and for no other."""
    now = bot.clock()
    rendered = bot.pushes.rendered(say, her.locale, by)
    return [
        pushes.row(
            her.learner_id,
            purpose,
            now,
            address_id=by.address_id,
            channel=by.channel.name,
            text=text,
            due_at=now,
            turn=her.turn,
            picture=rendered.picture.kept() if rendered.picture and place == 0 else None,
        )
        for place, text in enumerate(rendered.texts)
    ]

"""What every push that time sets off needs: her session, locked; the way to her, if it is open now; the rows that go."""

import logging
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, insert, select

from bot import arbiter, policy, pushes
from bot.store import tables as t
from bot.store.addresses import latest_first, reached, reaches
from bot.wiring import Bot
from flows import types as f
from flows.session import Session

log = logging.getLogger(__name__)

SILENT_FOR: Final = timedelta(days=7)  # then a number that may be another's is looked at again

Her = Row[*tuple[Any, ...]]


def locked(connection: Connection, learner_id: int) -> Her | None:
    """Her conversation, as her own turns lock it, with what decides about a push; None where she is gone."""
    return connection.execute(_LOCKED, {"her": learner_id}).one_or_none()


def way(
    bot: Bot, connection: Connection, her: Her, purpose: str, now: datetime, *, asks: bool = False
) -> pushes.Way | datetime | None:
    """The way to her now; or the time at which it opens, by her slot and the hours; or None where there is none.

    While nobody knows whether the number is still hers, what is due waits, week by week: her place is kept.
    What is decided before it can leave would be decided for another moment than the one in which she reads it.
    """
    opens = arbiter.opens(her.slot, her.learner_id, now=now, zone=bot.zone, off=bot.calendar.off)
    if opens > now:
        return opens
    addresses = connection.execute(_ADDRESSES, {"her": her.learner_id}).all()
    found = bot.pushes.way(addresses, at=now, prefers=her.prefers)
    if isinstance(found, policy.No) and any(policy.silent(pushes.known_at(each), now) for each in addresses):
        return now + SILENT_FOR
    if isinstance(found, policy.No):
        log.info("not pushed", extra={"learner": her.learner_id, "why": found.why})
        return None
    profile = found.channel.profile
    reach = pushes.reach(profile, found.among(addresses), consented=her.consented_at is not None)
    route = arbiter.Route(reach, profile.two_way)
    answer = _arbitrated(bot, connection, her, purpose, route, asks=asks)
    return found if isinstance(answer, policy.Yes) else answer.until if isinstance(answer, policy.Later) else None


def week_of(connection: Connection, learner_id: int, now: datetime) -> list[arbiter.Pushed]:
    """What has been pushed to her in the last seven days, or waits to be."""
    week = connection.execute(_WEEK, {"her": learner_id, "since": now - arbiter.WEEK})
    return [arbiter.Pushed(*each) for each in week]


def _arbitrated(
    bot: Bot, connection: Connection, her: Her, purpose: str, route: arbiter.Route, *, asks: bool
) -> policy.Answer:
    """Whether her week has room for it. Why not is kept: `titian people show`."""
    now = bot.clock()
    answer = arbiter.decide(
        purpose,
        arbiter.Her(week_of(connection, her.learner_id, now), her.pace or arbiter.USUAL, her.slot, her.learner_id),
        route,
        now=now,
        zone=bot.zone,
        off=bot.calendar.off,
        asks=asks,
    )
    kept = t.withheld.c
    connection.execute(delete(t.withheld).where(kept.learner_id == her.learner_id, kept.purpose == purpose))
    if not isinstance(answer, policy.Yes):
        until = answer.until if isinstance(answer, policy.Later) else None
        why = {"learner_id": her.learner_id, "purpose": purpose, "why": answer.why[:160], "until": until, "at": now}
        connection.execute(insert(t.withheld).values(why))
    return answer


_HER: Final = bindparam("her", type_=t.learner.c.id.type)
# Made once: they are asked for every push, and SQLAlchemy takes longer to make such a query than a database to answer it.
_LOCKED: Final = (
    select(
        t.conversation.c.learner_id,
        t.conversation.c.session,
        t.conversation.c.turn,
        t.learner.c.slot,
        t.learner.c.pace,
        t.learner.c.locale,
        t.learner.c.prefers,
        t.learner.c.consented_at,
    )
    .select_from(t.conversation.join(t.learner, t.learner.c.id == t.conversation.c.learner_id))
    .where(t.conversation.c.learner_id == _HER)
    .with_for_update(of=t.conversation)
)
_ADDRESSES: Final = select(*reached()).where(reaches(_HER)).order_by(*latest_first())
_out = t.outbound_message.c
# What has been pushed to her this week, or waits to be: by its own index.
_WEEK: Final = select(_out.purpose, _out.due_at).where(
    _out.learner_id == bindparam("her"), t.PUSHED, _out.due_at > bindparam("since", type_=_out.due_at.type)
)


def rows(bot: Bot, her: Her, say: f.Say, by: pushes.Way, purpose: str, *, asks: bool = True) -> list[dict[str, Any]]:
    """The rows that queue what is said, for the silence after her last turn and for no other.

    What `asks` moves her on: buttons of the messages before it are old from then on.
    """
    now, course = bot.clock(), Session.from_json(her.session).course
    rendered = bot.pushes.rendered(say, her.locale, by)
    made = (
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
            one_of=rendered.answered_by_one(place) if asks else None,
            course=course or None,
        )
        for place, text in enumerate(rendered.texts)
    )
    return pushes.thought(made)

"""The one query that every turn begins with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, NamedTuple, TypeVar

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.store import tables as t
from bot.store.prepared import Numbered

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Query(Generic[R]):
    """One query in each database's own SQL, and what a row of it is. Its values are text."""

    postgres: Numbered
    sqlite: str
    row: Callable[..., R]


# All that a message needs to know, in one look: her addresses by this number, her session, and whether we have
# heard this very message before.
_LOOK = (
    select(
        t.address.c.id,
        t.address.c.kind,
        t.address.c.learner_id,
        t.address.c.opted_out_at,
        t.address.c.last_inbound_at,
        t.learner.c.heard_on,
        t.conversation.c.session,
        t.conversation.c.turn,
        t.conversation.c.dialogue,
        t.conversation.c.typed,
        t.conversation.c.unread,
        t.conversation.c.shown,
        select(t.inbound_message.c.reply)
        .where(
            t.inbound_message.c.provider_id == bindparam("provider_id"),
            t.inbound_message.c.channel == bindparam("channel"),
        )
        .scalar_subquery()
        .label("replied"),
    )
    .outerjoin_from(t.address, t.learner, t.learner.c.id == t.address.c.learner_id)
    .outerjoin(t.conversation, t.conversation.c.learner_id == t.address.c.learner_id)
    .where(t.address.c.identifier == bindparam("identifier"))
)


class Looked(NamedTuple):
    """One row of LOOK: an address of hers, with what belongs to it."""

    id: int
    kind: str
    learner_id: int | None
    opted_out_at: Any  # as the database keeps it, to be copied and not to be read
    last_inbound_at: Any  # as the database keeps it; see moment.read
    heard_on: Any  # as the database keeps it: a date, or text that reads like one
    session: str
    turn: int
    dialogue: str
    typed: int
    unread: str
    shown: str
    replied: str | None


LOOK: Final = Query(
    Numbered(str(_LOOK.compile(dialect=postgresql.psycopg.dialect()))),  # type: ignore[no-untyped-call]
    str(_LOOK.compile(dialect=sqlite.dialect(paramstyle="named"))),
    Looked,
)

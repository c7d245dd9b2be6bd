"""The query by which a code is checked: past SQLAlchemy, whose way to the driver costs more than the lookup."""

from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.store import tables as t
from bot.store.looking import Query
from bot.store.prepared import Numbered


class Checked(NamedTuple):
    """All that a certificate says. Its moments are as the database keeps them: see `moment.read`."""

    learner_id: int
    course: str
    title: str
    minutes: int
    issued_at: Any
    revoked_at: Any
    kind: str
    name: str | None
    level: int
    assessed: str | None
    expires_at: Any
    replaced_by: str | None


_CHECK = select(*(t.certificate.c[name] for name in Checked._fields)).where(t.certificate.c.code == bindparam("code"))
CHECKED: Final = Query(
    Numbered(str(_CHECK.compile(dialect=postgresql.psycopg.dialect()))),  # type: ignore[no-untyped-call]
    str(_CHECK.compile(dialect=sqlite.dialect(paramstyle="named"))),
    Checked,
)

"""The statements a turn is made of, each written once."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Table, bindparam, delete, insert, null, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import UpdateBase

from bot.store import tables as t


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """One statement in each database's own SQL, and the table it writes. `adds` where it only adds a row."""

    table: str
    adds: bool
    postgres: str
    sqlite: str


@dataclass(frozen=True, slots=True)
class Write:
    """A statement with its values."""

    statement: Statement
    values: dict[str, Any]


def _compiled(made: UpdateBase, table: Table, *, adds: bool, ending: str = "") -> Statement:
    """Both forms of a statement. `ending` is SQL that the two databases share, such as ON CONFLICT DO NOTHING."""
    on_postgres = str(made.compile(dialect=postgresql.psycopg.dialect()))  # type: ignore[no-untyped-call]
    on_sqlite = str(made.compile(dialect=sqlite.dialect(paramstyle="named")))
    return Statement(table.name, adds, f"{on_postgres} {ending}".strip(), f"{on_sqlite} {ending}".strip())


def _insert(table: Table, *, without: tuple[str, ...] = (), ending: str = "") -> Statement:
    columns: dict[str, Any] = {
        column.name: bindparam(column.name) for column in table.columns if column.name not in without
    }
    return _compiled(insert(table).values(columns), table, adds=not ending, ending=ending)


def _changed(table: Table, *where: Any, **values: Any) -> Statement:
    return _compiled(update(table).where(*where).values(**values), table, adds=False)


_IGNORE: Final = "ON CONFLICT DO NOTHING"

ADDRESS: Final = _insert(
    t.address, without=("last_inbound_at", "last_channel", "unreachable_at", "unreachable_why", "confirm_asked_at")
)
LEARNER: Final = _insert(t.learner, without=("district", "slot", "pace", "consented_at", "prefers", "stopped"))
CONVERSATION: Final = _insert(t.conversation, without=("shown", "drops_at"))
ATTACHED: Final = _changed(
    t.address,
    t.address.c.identifier == bindparam("number"),
    t.address.c.learner_id.is_(None),
    learner_id=bindparam("learner_id"),
    opted_out_at=bindparam("opted_out_at"),
)

HEARD: Final = _insert(t.inbound_message)
SAID: Final = _insert(t.outbound_message, without=("provider_id", "error", "broadcast_id", "settled_at", "template"))
MOVED: Final = _compiled(
    update(t.conversation)
    .where(t.conversation.c.learner_id == bindparam("of"))
    .values(
        {name: bindparam(name) for name in ("session", "turn", "dialogue", "typed", "unread", "shown", "drops_at")}
    ),
    t.conversation,
    adds=False,
)
SEEN: Final = _changed(
    t.address,
    t.address.c.id == bindparam("of"),
    last_inbound_at=bindparam("last_inbound_at"),
    last_channel=bindparam("last_channel"),
)

ANSWERED: Final = _insert(t.answer)
PASSED: Final = _insert(t.lesson_pass, ending=_IGNORE)
ENROLLED: Final = _insert(
    t.enrolment,
    without=("completed_at",),
    ending="ON CONFLICT (learner_id, course) DO UPDATE SET version = excluded.version",
)
WRITTEN: Final = _insert(t.written_reply)
REVIEWED_LATER: Final = _insert(
    t.review,
    without=("asked_at",),
    ending="ON CONFLICT (learner_id, course, question) DO UPDATE SET step = excluded.step, due_at = excluded.due_at",
)
TASK_DONE: Final = _insert(t.task_done)
COMPLETED: Final = _changed(
    t.enrolment,
    t.enrolment.c.learner_id == bindparam("of"),
    t.enrolment.c.course == bindparam("which"),
    completed_at=bindparam("completed_at"),
)
CERTIFIED: Final = _insert(
    t.certificate, without=("revoked_at", "revoked_why", "replaced_by", "signed_at", "looked_at")
)
# She has done everything but wait for the issuer's word. Asked twice, the first stands.
APPROVAL_ASKED: Final = _insert(
    t.approval, without=("decided_at", "decided_by", "approved", "why", "tell_at"), ending=_IGNORE
)
NOTED: Final = _insert(t.audit_event)  # in the audit
# Her answer to who asked for the name on a certificate: the first one counts, and it is kept for good.
DISCLOSED: Final = _changed(
    t.disclosure,
    t.disclosure.c.id == bindparam("which"),
    t.disclosure.c.learner_id == bindparam("of"),
    t.disclosure.c.answered_at.is_(None),
    answered_at=bindparam("answered_at"),
    until=bindparam("until"),
)
# Her certificate as a file, for her: where it was made before, a worker looks whether it still says the same.
PAPER_WANTED: Final = _insert(
    t.paper,
    without=("attempts", "lease_until", "made_at", "edition", "pdf", "why"),
    ending="ON CONFLICT (code, form) DO UPDATE SET made_at = NULL, why = NULL, attempts = 0, lane = excluded.lane, "
    "asked_at = excluded.asked_at, address_id = excluded.address_id, channel = excluded.channel",
)
PAPER_FORGOTTEN: Final = _compiled(
    delete(t.paper).where(
        t.paper.c.code.in_(
            select(t.certificate.c.code).where(
                t.certificate.c.learner_id == bindparam("of"), t.certificate.c.replaced_by.is_(None)
            )
        )
    ),
    t.paper,
    adds=False,
)

NUDGED_LATER: Final = _insert(
    t.nudge,
    without=("step", "course"),
    ending="ON CONFLICT (learner_id) DO UPDATE SET turn = excluded.turn, due_at = excluded.due_at",
)
STILL_NUDGED: Final = _compiled(
    update(t.nudge).where(t.nudge.c.learner_id == bindparam("of")).values(turn=bindparam("turn")), t.nudge, adds=False
)
NOT_NUDGED: Final = _compiled(delete(t.nudge).where(t.nudge.c.learner_id == bindparam("of")), t.nudge, adds=False)

EARLY: Final = _insert(
    t.early_receipt,
    ending="ON CONFLICT (provider_id, channel, identifier) DO UPDATE SET status = excluded.status, rank = excluded.rank, "
    "error = excluded.error, refusal = excluded.refusal WHERE early_receipt.rank < excluded.rank",
)

CONSENTED: Final = _insert(t.consent)
ASKED: Final = _insert(t.request, without=("closed_at",))
ANNOUNCEMENT_ANSWERED: Final = _insert(t.broadcast_reply)


def _of_learner(**values: Any) -> Statement:
    return _changed(t.learner, t.learner.c.id == bindparam("of"), **values)


LOCALE: Final = _of_learner(locale=bindparam("locale"))
DISTRICT: Final = _of_learner(district=bindparam("district"))
SLOT: Final = _of_learner(slot=bindparam("slot"))
PACE: Final = _of_learner(pace=bindparam("pace"))
PREFERRED: Final = _of_learner(prefers=bindparam("prefers"))
AGREED: Final = _of_learner(consented_at=bindparam("consented_at"))
HEARD_ON: Final = _of_learner(heard_on=bindparam("heard_on"))

# STOP holds on every address of hers, so on every channel.
OPTED_OUT: Final = _changed(
    t.address, t.address.c.learner_id == bindparam("of"), opted_out_at=bindparam("opted_out_at")
)
# The same in the row of everybody on her phone, from which groups are counted.
_hers, _others = t.profile.alias("hers"), t.profile.alias("others")
_ON_HER_PHONE = select(_others.c.learner_id).join_from(_others, _hers, _hers.c.number == _others.c.number)
STOPPED: Final = _compiled(
    update(t.learner)
    .where(
        or_(
            t.learner.c.id == bindparam("of"),
            t.learner.c.id.in_(_ON_HER_PHONE.where(_hers.c.learner_id == bindparam("of"))),
        )
    )
    .values(stopped=bindparam("stopped")),
    t.learner,
    adds=False,
)
_SAME_NUMBER = select(t.address.c.identifier).where(t.address.c.id == bindparam("of")).scalar_subquery()
DETACHED: Final = _compiled(
    update(t.address).where(t.address.c.identifier == _SAME_NUMBER).values(learner_id=null()), t.address, adds=False
)

# Several people on one phone: all its addresses are with one of them at a time.
HANDED: Final = _changed(t.address, t.address.c.identifier == _SAME_NUMBER, learner_id=bindparam("learner_id"))
LISTED: Final = _insert(t.profile, ending="ON CONFLICT (learner_id) DO NOTHING")
GUARDED: Final = _insert(
    t.profile,
    ending="ON CONFLICT (learner_id) DO UPDATE SET pin_hash = excluded.pin_hash, tries = 0, locked_until = NULL",
)
TRIED: Final = _changed(
    t.profile,
    t.profile.c.learner_id == bindparam("of"),
    tries=bindparam("tries"),
    locked_until=bindparam("locked_until"),
)
NOT_SHARED: Final = _compiled(delete(t.profile).where(t.profile.c.number == _SAME_NUMBER), t.profile, adds=False)

# Surveys: the latest answer of hers counts, and new words have to be coded anew.
SURVEYED: Final = _insert(
    t.survey_answer,
    without=("theme",),
    ending="ON CONFLICT (learner_id, survey, about, question) DO UPDATE SET version = excluded.version, "
    "option = excluded.option, words = excluded.words, theme = NULL, answered_at = excluded.answered_at",
)
SURVEY_CONSENT: Final = _insert(t.survey_consent)
BACKGROUND: Final = {
    name: _insert(
        t.background,
        without=tuple(column.name for column in t.background.columns if column.name not in ("learner_id", name)),
        ending=f"ON CONFLICT (learner_id) DO UPDATE SET {name} = excluded.{name}",
    )
    for name in ("gender", "age", "education", "work")
}

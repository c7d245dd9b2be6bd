"""What she learns: courses, answers, lessons passed, what comes again, and what it is worth."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from bot.store.moment import Moment
from bot.store.tables.making import metadata, own_id, to

enrolment = Table(
    "enrolment",
    metadata,
    Column("learner_id", BigInteger, ForeignKey("learner.id"), primary_key=True, autoincrement=False),
    Column("course", String(40), primary_key=True),
    Column("version", String(20), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("completed_at", Moment),
    Index(
        None, "course", "learner_id", "completed_at"
    ),  # who is in a course, and how she stands, without touching the rows
)

answer = Table(
    "answer",
    metadata,
    own_id(),
    to("learner", "learner_id"),
    Column("course", String(40), nullable=False),
    Column("version", String(20), nullable=False),
    Column("lesson", String(40), nullable=False),
    Column("question", String(40), nullable=False),
    Column("option", String(200), nullable=False),  # in recorded form (flows/reading/answers.py)
    Column("correct", Boolean, nullable=False),
    Column("attempt", SmallInteger, nullable=False),
    Column("answered_at", Moment, nullable=False),
    Column("purpose", String(12), nullable=False, server_default="lesson"),  # lesson, review, placement, quiz, paper
    Index(None, "learner_id", "course"),
)

lesson_pass = Table(
    "lesson_pass",
    metadata,
    Column("learner_id", BigInteger, ForeignKey("learner.id"), primary_key=True, autoincrement=False),
    Column("course", String(40), primary_key=True),
    Column("lesson", String(40), primary_key=True),
    Column("version", String(20), nullable=False),
    Column("passed_at", Moment, nullable=False),
    Index(
        None, "course", "learner_id"
    ),  # how many lessons of a course everybody has passed; written once a lesson passed
)

written_reply = Table(
    "written_reply",  # words nobody grades: open answers, and what could not be read
    metadata,
    own_id(),
    to("learner", "learner_id"),
    Column("course", String(40), nullable=False),
    Column("version", String(20), nullable=False),
    Column("lesson", String(40), nullable=False),
    Column("question", String(40), nullable=False),
    Column("kind", String(12), nullable=False),  # open, unread
    Column("words", Text, nullable=False),
    Column("written_at", Moment, nullable=False),
    Index(None, "course", "kind", "written_at"),
)

review = Table(
    "review",  # a question she has passed, and when it is asked again; no due time once it is known for good
    metadata,
    Column("learner_id", BigInteger, ForeignKey("learner.id"), primary_key=True, autoincrement=False),
    Column("course", String(40), primary_key=True),
    Column("question", String(40), primary_key=True),
    Column("lesson", String(40), nullable=False),
    Column("step", SmallInteger, nullable=False),  # right answers in a row
    Column("due_at", Moment, index=True),
    Column("asked_at", Moment),
)

witness_code = Table(
    "witness_code",  # one slip of paper in a witness's hand
    metadata,
    Column("code", String(12), primary_key=True),
    Column("witness", String(80), nullable=False),
    Column("made_at", Moment, nullable=False),
)

task_done = Table(
    "task_done",  # a code is good for one task of one learner
    metadata,
    Column("code", String(12), ForeignKey("witness_code.code"), primary_key=True),
    to("learner", "learner_id"),
    Column("course", String(40), nullable=False),
    Column("lesson", String(40), nullable=False),
    Column("done_at", Moment, nullable=False),
)

course_version = Table(
    "course_version",  # every version of a course that was ever taught, so that nobody's lesson changes under her
    metadata,
    Column("version", String(20), primary_key=True),
    Column("course", String(40), nullable=False),
    Column("data", Text, nullable=False),  # the whole course as JSON
    Column("published_at", Moment, nullable=False),
)

certificate = Table(
    "certificate",  # what it says is as it was at issue, and never changes: a correction is another certificate
    metadata,
    own_id(),
    to("learner", "learner_id"),
    Column("course", String(40), nullable=False),  # or the programme
    Column("version", String(20), nullable=False),
    Column("code", String(12), nullable=False),
    Column("title", Text, nullable=False),  # as it was at issue, by language, as JSON
    Column("minutes", Integer, nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Column("revoked_why", String(200)),
    Column("kind", String(10), nullable=False, server_default="course"),  # course, programme
    Column("name", String(120)),  # hers, from a coordinator's list; none where nobody has written it down
    Column(
        "level", SmallInteger, nullable=False, server_default="0"
    ),  # how that it is she was checked: see bot/attesting.py
    Column("assessed", Text),  # what completing it asked for, as JSON (bot/completion/issuing.py)
    Column("expires_at", Moment),
    Column("replaced_by", String(12)),  # the code of the corrected one; this one is revoked then
    Column("signed_at", Moment),  # when its credential was made; a key in wrong hands sets it back to none
    Column("tell_at", Moment),  # when she is to be told of it, where no answer of hers brought it; none once she was
    Column("attested_by", String(80)),  # who had said who she is: identity.checked_by at issue; none where nobody had
    Column("looked_at", Moment),  # when it was looked at for doubts (bot/doubts)
    UniqueConstraint("code"),
)
Index(
    "ix_certificate_tell_at",
    certificate.c.tell_at,
    postgresql_where=certificate.c.tell_at.is_not(None),
    sqlite_where=certificate.c.tell_at.is_not(None),
)
Index(
    "ix_certificate_unsigned",  # what the signing worker has still to do
    certificate.c.id,
    postgresql_where=certificate.c.signed_at.is_(None),
    sqlite_where=certificate.c.signed_at.is_(None),
)
Index(
    "ix_certificate_revoked",  # they are few, and the status lists count them every two seconds
    certificate.c.id,
    postgresql_where=certificate.c.revoked_at.is_not(None),
    sqlite_where=certificate.c.revoked_at.is_not(None),
)
Index(
    "ix_certificate_once",  # completing twice makes one certificate; only a corrected one stands beside that it replaced
    certificate.c.learner_id,
    certificate.c.course,
    certificate.c.kind,
    unique=True,
    postgresql_where=certificate.c.replaced_by.is_(None),
    sqlite_where=certificate.c.replaced_by.is_(None),
)

Index(
    "ix_certificate_unlooked",  # what is still to be looked at for doubts
    certificate.c.id,
    postgresql_where=certificate.c.looked_at.is_(None),
    sqlite_where=certificate.c.looked_at.is_(None),
)
Index(
    "ix_certificate_attested",  # a coordinator's, the newest last
    certificate.c.attested_by,
    certificate.c.id,
    postgresql_where=certificate.c.attested_by.is_not(None),
    sqlite_where=certificate.c.attested_by.is_not(None),
)
Index("ix_certificate_of_course", certificate.c.course, certificate.c.id)  # who completed it just before her

identity = Table(
    "identity",  # her name as a coordinator wrote it, and how it was checked; never a number of a document
    metadata,
    Column("learner_id", BigInteger, ForeignKey("learner.id"), primary_key=True, autoincrement=False),
    Column("name", String(120), nullable=False),
    Column("level", SmallInteger, nullable=False),
    Column("checked_by", String(80), nullable=False),
    Column("checked_at", Moment, nullable=False),
    Column("seen_by", String(80)),  # who saw her MyKad first; level 2 is for another coordinator to say
    Column("seen_from", String(20)),  # the number that coordinator had then: the second must have another
    Column("seen_at", Moment),
    Index("ix_identity_checked", "checked_by", "checked_at"),  # what a coordinator attested about that time
)

approval = Table(
    "approval",  # a completed course or programme that its issuer approves first, and what was decided
    metadata,
    Column("learner_id", BigInteger, ForeignKey("learner.id"), primary_key=True, autoincrement=False),
    Column("course", String(40), primary_key=True),  # or the programme
    Column("kind", String(10), primary_key=True),  # course, programme
    Column("asked_at", Moment, nullable=False),  # when she had done everything else
    Column("decided_at", Moment),  # none: it waits
    Column("decided_by", String(80)),
    Column("approved", Boolean),
    Column("why", String(200)),  # for a no; she is not told
    Column("tell_at", Moment),  # when she is to be told of a no; of a yes she is told with the certificate
)
Index(
    "ix_approval_waiting",
    *(approval.c.course, approval.c.asked_at),
    postgresql_where=approval.c.decided_at.is_(None),
    sqlite_where=approval.c.decided_at.is_(None),
)
Index(
    "ix_approval_tell_at",
    approval.c.tell_at,
    postgresql_where=approval.c.tell_at.is_not(None),
    sqlite_where=approval.c.tell_at.is_not(None),
)

disclosure = Table(
    "disclosure",  # somebody asked to see the name on a certificate, and what she answered
    metadata,
    own_id(),
    to("learner", "learner_id"),
    Column("code", String(12), nullable=False),  # of the certificate
    Column("asker", String(40), nullable=False),  # as they call themselves
    Column("token_hash", String(64), nullable=False),  # of what the asker alone was given
    Column("asked_at", Moment, nullable=False),
    Column("due_at", Moment),  # when the question is to go to her phone; none once it went
    Column("answered_at", Moment),
    Column("until", Moment),  # to when the name is shown; none where she said no
    UniqueConstraint("token_hash"),
    Index(None, "code", "asked_at"),
)
Index(
    "ix_disclosure_due_at",
    disclosure.c.due_at,
    postgresql_where=disclosure.c.due_at.is_not(None),
    sqlite_where=disclosure.c.due_at.is_not(None),
)

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
    "certificate",
    metadata,
    own_id(),
    to("learner", "learner_id"),
    Column("course", String(40), nullable=False),
    Column("version", String(20), nullable=False),
    Column("code", String(12), nullable=False),
    Column("title", Text, nullable=False),  # as it was at issue, by language, as JSON
    Column("minutes", Integer, nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Column("revoked_why", String(200)),
    UniqueConstraint("learner_id", "course"),  # completing twice makes one certificate
    UniqueConstraint("code"),
)

"""What she answered besides lessons."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, String, Table, Text

from bot.store.moment import Moment
from bot.store.tables.making import metadata, own_id, to

survey_answer = Table(
    "survey_answer",  # the latest answer of hers to each question
    metadata,
    Column("learner_id", BigInteger, ForeignKey("learner.id"), primary_key=True, autoincrement=False),
    Column("survey", String(20), primary_key=True),
    Column("about", String(40), primary_key=True),  # the course a feedback is about, else ""
    Column("question", String(20), primary_key=True),
    Column("version", String(20), nullable=False),
    Column("option", String(200), nullable=False),  # keys joined by "+", or a number; "" for words
    Column("words", Text),  # of an open answer
    Column("theme", String(200)),  # what a coordinator made of the words; several joined by "; "
    Column("answered_at", Moment, nullable=False),
    # Results are counted from this alone, without touching the rows.
    Index("ix_survey_answer_counted", "survey", "question", "option", "theme", "about", "learner_id"),
)

survey_consent = Table(
    "survey_consent",  # that she agreed to a survey, or did not, with her own words
    metadata,
    own_id(),
    to("learner", "learner_id"),
    Column("survey", String(20), nullable=False),
    Column("about", String(40), nullable=False),
    Column("version", String(20), nullable=False),  # of the survey, whose consent she was shown
    Column("agreed", Boolean, nullable=False),
    Column("words", String(200), nullable=False),
    Column("channel", String(40), nullable=False),
    Column("given_at", Moment, nullable=False),
    Index(None, "learner_id"),
)

"""Surveys."""

import sqlalchemy as sa
from alembic import op
from bot.store import moment

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('survey_answer',
    sa.Column('learner_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('survey', sa.String(length=20), nullable=False),
    sa.Column('about', sa.String(length=40), nullable=False),
    sa.Column('question', sa.String(length=20), nullable=False),
    sa.Column('version', sa.String(length=20), nullable=False),
    sa.Column('option', sa.String(length=200), nullable=False),
    sa.Column('words', sa.Text(), nullable=True),
    sa.Column('theme', sa.String(length=200), nullable=True),
    sa.Column('answered_at', moment.Moment(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['learner_id'], ['learner.id'], name=op.f('fk_survey_answer_learner_id')),
    sa.PrimaryKeyConstraint('learner_id', 'survey', 'about', 'question', name=op.f('pk_survey_answer'))
    )
    op.create_index('ix_survey_answer_counted', 'survey_answer', ['survey', 'question', 'option', 'theme', 'about', 'learner_id'])
    op.create_table('survey_consent',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('learner_id', sa.BigInteger(), nullable=False),
    sa.Column('survey', sa.String(length=20), nullable=False),
    sa.Column('about', sa.String(length=40), nullable=False),
    sa.Column('version', sa.String(length=20), nullable=False),
    sa.Column('agreed', sa.Boolean(), nullable=False),
    sa.Column('words', sa.String(length=200), nullable=False),
    sa.Column('channel', sa.String(length=40), nullable=False),
    sa.Column('given_at', moment.Moment(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['learner_id'], ['learner.id'], name=op.f('fk_survey_consent_learner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_survey_consent'))
    )
    op.create_index(op.f('ix_survey_consent_learner_id'), 'survey_consent', ['learner_id'])
    op.create_table('background',
    sa.Column('learner_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('gender', sa.String(length=20), nullable=True),
    sa.Column('age', sa.String(length=20), nullable=True),
    sa.Column('education', sa.String(length=20), nullable=True),
    sa.Column('work', sa.String(length=20), nullable=True),
    sa.ForeignKeyConstraint(['learner_id'], ['learner.id'], name=op.f('fk_background_learner_id')),
    sa.PrimaryKeyConstraint('learner_id', name=op.f('pk_background'))
    )


def downgrade() -> None:
    op.drop_table('background')
    op.drop_index(op.f('ix_survey_consent_learner_id'), 'survey_consent')
    op.drop_table('survey_consent')
    op.drop_index('ix_survey_answer_counted', 'survey_answer')
    op.drop_table('survey_answer')

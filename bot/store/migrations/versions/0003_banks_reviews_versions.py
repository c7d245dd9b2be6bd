"""Banks of questions, reviews, witnesses, and the versions of a course."""

import sqlalchemy as sa
from alembic import op
from bot.store import moment

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('learner', schema=None) as batch_op:
        batch_op.add_column(sa.Column('pace', sa.SmallInteger(), nullable=True))
    with op.batch_alter_table('answer', schema=None) as batch_op:
        batch_op.alter_column('option', existing_type=sa.String(length=40), type_=sa.String(length=200), existing_nullable=False)
        batch_op.add_column(sa.Column('purpose', sa.String(length=12), nullable=False, server_default='lesson'))
    op.create_table('written_reply',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('learner_id', sa.BigInteger(), nullable=False),
    sa.Column('course', sa.String(length=40), nullable=False),
    sa.Column('version', sa.String(length=20), nullable=False),
    sa.Column('lesson', sa.String(length=40), nullable=False),
    sa.Column('question', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('written_at', moment.Moment(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['learner_id'], ['learner.id'], name=op.f('fk_written_reply_learner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_written_reply'))
    )
    with op.batch_alter_table('written_reply', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_written_reply_course_kind_written_at'), ['course', 'kind', 'written_at'], unique=False)
    op.create_table('review',
    sa.Column('learner_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('course', sa.String(length=40), nullable=False),
    sa.Column('question', sa.String(length=40), nullable=False),
    sa.Column('lesson', sa.String(length=40), nullable=False),
    sa.Column('step', sa.SmallInteger(), nullable=False),
    sa.Column('due_at', moment.Moment(timezone=True), nullable=True),
    sa.Column('asked_at', moment.Moment(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['learner_id'], ['learner.id'], name=op.f('fk_review_learner_id')),
    sa.PrimaryKeyConstraint('learner_id', 'course', 'question', name=op.f('pk_review'))
    )
    with op.batch_alter_table('review', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_review_due_at'), ['due_at'], unique=False)
    op.create_table('witness_code',
    sa.Column('code', sa.String(length=12), nullable=False),
    sa.Column('witness', sa.String(length=80), nullable=False),
    sa.Column('made_at', moment.Moment(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_witness_code'))
    )
    op.create_table('task_done',
    sa.Column('code', sa.String(length=12), nullable=False),
    sa.Column('learner_id', sa.BigInteger(), nullable=False),
    sa.Column('course', sa.String(length=40), nullable=False),
    sa.Column('lesson', sa.String(length=40), nullable=False),
    sa.Column('done_at', moment.Moment(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['code'], ['witness_code.code'], name=op.f('fk_task_done_code')),
    sa.ForeignKeyConstraint(['learner_id'], ['learner.id'], name=op.f('fk_task_done_learner_id')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_task_done'))
    )
    op.create_table('course_version',
    sa.Column('version', sa.String(length=20), nullable=False),
    sa.Column('course', sa.String(length=40), nullable=False),
    sa.Column('data', sa.Text(), nullable=False),
    sa.Column('published_at', moment.Moment(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('version', name=op.f('pk_course_version'))
    )


def downgrade() -> None:
    op.drop_table('course_version')
    op.drop_table('task_done')
    op.drop_table('witness_code')
    with op.batch_alter_table('review', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_review_due_at'))

    op.drop_table('review')
    with op.batch_alter_table('written_reply', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_written_reply_course_kind_written_at'))

    op.drop_table('written_reply')
    with op.batch_alter_table('answer', schema=None) as batch_op:
        batch_op.drop_column('purpose')
        batch_op.alter_column('option', existing_type=sa.String(length=200), type_=sa.String(length=40), existing_nullable=False)

    with op.batch_alter_table('learner', schema=None) as batch_op:
        batch_op.drop_column('pace')

"""What waits for an issuer's word, who is still to be told of her certificate, and who saw a MyKad first."""

import sqlalchemy as sa
from alembic import op
from bot.store import moment

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

WAITS = sa.text('decided_at IS NULL')
TOLD_LATER = sa.text('tell_at IS NOT NULL')


def upgrade() -> None:
    op.create_table('approval',
    sa.Column('learner_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('course', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('asked_at', moment.Moment(timezone=True), nullable=False),
    sa.Column('decided_at', moment.Moment(timezone=True), nullable=True),
    sa.Column('decided_by', sa.String(length=80), nullable=True),
    sa.Column('approved', sa.Boolean(), nullable=True),
    sa.Column('why', sa.String(length=200), nullable=True),
    sa.Column('tell_at', moment.Moment(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['learner_id'], ['learner.id'], name=op.f('fk_approval_learner_id')),
    sa.PrimaryKeyConstraint('learner_id', 'course', 'kind', name=op.f('pk_approval'))
    )
    op.create_index('ix_approval_waiting', 'approval', ['course', 'asked_at'], unique=False, postgresql_where=WAITS, sqlite_where=WAITS)
    op.create_index('ix_approval_tell_at', 'approval', ['tell_at'], unique=False, postgresql_where=TOLD_LATER, sqlite_where=TOLD_LATER)
    op.add_column('certificate', sa.Column('tell_at', moment.Moment(timezone=True), nullable=True))
    op.create_index('ix_certificate_tell_at', 'certificate', ['tell_at'], unique=False, postgresql_where=TOLD_LATER, sqlite_where=TOLD_LATER)
    op.add_column('identity', sa.Column('seen_by', sa.String(length=80), nullable=True))
    op.add_column('identity', sa.Column('seen_from', sa.String(length=20), nullable=True))
    op.add_column('identity', sa.Column('seen_at', moment.Moment(timezone=True), nullable=True))


def downgrade() -> None:
    for name in ('seen_at', 'seen_from', 'seen_by'):
        op.drop_column('identity', name)
    op.drop_index('ix_certificate_tell_at', table_name='certificate', postgresql_where=TOLD_LATER, sqlite_where=TOLD_LATER)
    op.drop_column('certificate', 'tell_at')
    op.drop_index('ix_approval_tell_at', table_name='approval', postgresql_where=TOLD_LATER, sqlite_where=TOLD_LATER)
    op.drop_index('ix_approval_waiting', table_name='approval', postgresql_where=WAITS, sqlite_where=WAITS)
    op.drop_table('approval')

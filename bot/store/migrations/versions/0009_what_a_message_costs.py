"""What a message costs, parts that follow one another, questions to be answered by a button, and the channel she likes best."""

import sqlalchemy as sa
from alembic import op
from bot.store import moment

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('outbound_message', sa.Column('follows', sa.BigInteger(), nullable=True))
    op.add_column('outbound_message', sa.Column('one_of', sa.Boolean(), nullable=True))
    op.add_column('outbound_message', sa.Column('course', sa.String(length=40), nullable=True))
    op.add_column('outbound_message', sa.Column('segments', sa.SmallInteger(), nullable=True))
    op.add_column('outbound_message', sa.Column('cost', sa.Integer(), nullable=True))
    op.add_column('learner', sa.Column('prefers', sa.String(length=10), nullable=True))
    op.add_column('address', sa.Column('confirm_asked_at', moment.Moment(timezone=True), nullable=True))
    op.create_index('ix_address_looked_at', 'address', [sa.text('coalesce(confirm_asked_at, created_at)')],
        postgresql_where=sa.text('learner_id IS NOT NULL'), sqlite_where=sa.text('learner_id IS NOT NULL'))
    op.create_index('ix_consent_learner_id_address_id', 'consent', ['learner_id', 'address_id'])
    op.create_table('spend',
    sa.Column('day', sa.String(length=10), nullable=False),
    sa.Column('channel', sa.String(length=40), nullable=False),
    sa.Column('purpose', sa.String(length=12), nullable=False),
    sa.Column('course', sa.String(length=40), nullable=False),
    sa.Column('messages', sa.Integer(), nullable=False),
    sa.Column('segments', sa.Integer(), nullable=False),
    sa.Column('cost', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('day', 'channel', 'purpose', 'course', name=op.f('pk_spend'))
    )


def downgrade() -> None:
    op.drop_table('spend')
    op.drop_index('ix_consent_learner_id_address_id', table_name='consent')
    op.drop_index('ix_address_looked_at', table_name='address')
    with op.batch_alter_table('address', schema=None) as batch_op:
        batch_op.drop_column('confirm_asked_at')
    with op.batch_alter_table('learner', schema=None) as batch_op:
        batch_op.drop_column('prefers')
    with op.batch_alter_table('outbound_message', schema=None) as batch_op:
        for name in ('cost', 'segments', 'course', 'one_of', 'follows'):
            batch_op.drop_column(name)

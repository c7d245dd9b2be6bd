"""Announcements with an approval, groups of learners, coordinators, whom to ring, experiments, and why something did not go."""

import sqlalchemy as sa
from alembic import op
from bot.store import moment

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('coordinator',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('number', sa.String(length=140), nullable=True),
    sa.Column('locale', sa.String(length=8), nullable=False),
    sa.Column('district', sa.String(length=40), nullable=True),
    sa.Column('rights', sa.String(length=200), nullable=False),
    sa.Column('pin_hash', sa.String(length=200), nullable=True),
    sa.Column('tries', sa.SmallInteger(), nullable=False),
    sa.Column('locked_until', moment.Moment(timezone=True), nullable=True),
    sa.Column('created_at', moment.Moment(timezone=True), nullable=False),
    sa.Column('left_at', moment.Moment(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_coordinator')),
    sa.UniqueConstraint('name', name=op.f('uq_coordinator_name')),
    sa.UniqueConstraint('number', name=op.f('uq_coordinator_number'))
    )
    op.create_table('segment',
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('described', sa.Text(), nullable=False),
    sa.Column('author', sa.String(length=80), nullable=False),
    sa.Column('changed_at', moment.Moment(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_segment'))
    )
    op.create_table('arm',
    sa.Column('experiment', sa.String(length=40), nullable=False),
    sa.Column('learner_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('arm', sa.String(length=40), nullable=False),
    sa.Column('drawn_at', moment.Moment(timezone=True), nullable=False),
    sa.Column('outcome', sa.Boolean(), nullable=True),
    sa.Column('settled_at', moment.Moment(timezone=True), nullable=True),
    sa.Column('opted_out', sa.Boolean(), nullable=False),
    sa.Column('closes_at', moment.Moment(timezone=True), nullable=False),
    sa.Column('looks_at', moment.Moment(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['learner_id'], ['learner.id'], name=op.f('fk_arm_learner_id')),
    sa.PrimaryKeyConstraint('experiment', 'learner_id', name=op.f('pk_arm')),
    sa.UniqueConstraint('experiment', 'arm', 'learner_id', name=op.f('uq_arm_experiment_arm_learner_id'))
    )
    op.create_index('ix_arm_looks_at', 'arm', ['experiment', 'looks_at'], unique=False, postgresql_where=sa.text('looks_at IS NOT NULL'), sqlite_where=sa.text('looks_at IS NOT NULL'))
    op.create_table('experiment',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('declared', sa.Text(), nullable=False),
    sa.Column('begun_at', moment.Moment(timezone=True), nullable=False),
    sa.Column('stopped_arms', sa.String(length=200), nullable=False),
    sa.Column('stopped_at', moment.Moment(timezone=True), nullable=True),
    sa.Column('stopped_why', sa.String(length=200), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_experiment'))
    )
    op.create_table('broadcast_reply',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('broadcast_id', sa.BigInteger(), nullable=False),
    sa.Column('learner_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('words', sa.String(length=200), nullable=False),
    sa.Column('given_at', moment.Moment(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['broadcast_id'], ['broadcast.id'], name=op.f('fk_broadcast_reply_broadcast_id')),
    sa.ForeignKeyConstraint(['learner_id'], ['learner.id'], name=op.f('fk_broadcast_reply_learner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_broadcast_reply'))
    )
    op.create_index(op.f('ix_broadcast_reply_broadcast_id_kind'), 'broadcast_reply', ['broadcast_id', 'kind'], unique=False)
    op.create_table('coordinator_order',
    sa.Column('coordinator_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('code', sa.String(length=12), nullable=False),
    sa.Column('broadcast_id', sa.BigInteger(), nullable=False),
    sa.Column('until', moment.Moment(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['broadcast_id'], ['broadcast.id'], name=op.f('fk_coordinator_order_broadcast_id')),
    sa.ForeignKeyConstraint(['coordinator_id'], ['coordinator.id'], name=op.f('fk_coordinator_order_coordinator_id')),
    sa.PrimaryKeyConstraint('coordinator_id', name=op.f('pk_coordinator_order'))
    )
    op.create_table('ring',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('learner_id', sa.BigInteger(), nullable=False),
    sa.Column('coordinator_id', sa.BigInteger(), nullable=True),
    sa.Column('why', sa.String(length=200), nullable=False),
    sa.Column('course', sa.String(length=40), nullable=True),
    sa.Column('opened_at', moment.Moment(timezone=True), nullable=False),
    sa.Column('district', sa.String(length=40), nullable=False),
    sa.Column('to_go', sa.SmallInteger(), nullable=False),
    sa.Column('listed_at', moment.Moment(timezone=True), nullable=True),
    sa.Column('place', sa.SmallInteger(), nullable=True),
    sa.Column('outcome', sa.String(length=12), nullable=True),
    sa.Column('closed_at', moment.Moment(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['coordinator_id'], ['coordinator.id'], name=op.f('fk_ring_coordinator_id')),
    sa.ForeignKeyConstraint(['learner_id'], ['learner.id'], name=op.f('fk_ring_learner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ring'))
    )
    op.create_index('ix_ring_open', 'ring', ['learner_id'], unique=True, postgresql_where=sa.text('closed_at IS NULL'), sqlite_where=sa.text('closed_at IS NULL'))
    op.create_index('ix_ring_in_turn', 'ring', ['to_go', 'opened_at', 'id'], unique=False, postgresql_where=sa.text('closed_at IS NULL'), sqlite_where=sa.text('closed_at IS NULL'))
    op.create_index('ix_ring_in_turn_there', 'ring', ['district', 'to_go', 'opened_at', 'id'], unique=False, postgresql_where=sa.text('closed_at IS NULL'), sqlite_where=sa.text('closed_at IS NULL'))
    op.create_index(op.f('ix_ring_coordinator_id_listed_at'), 'ring', ['coordinator_id', 'listed_at'], unique=False)
    op.create_table('tag',
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('learner_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.ForeignKeyConstraint(['learner_id'], ['learner.id'], name=op.f('fk_tag_learner_id')),
    sa.PrimaryKeyConstraint('name', 'learner_id', name=op.f('pk_tag'))
    )
    op.create_index(op.f('ix_tag_learner_id'), 'tag', ['learner_id'], unique=False)
    op.create_table('withheld',
    sa.Column('learner_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('purpose', sa.String(length=12), nullable=False),
    sa.Column('why', sa.String(length=160), nullable=False),
    sa.Column('until', moment.Moment(timezone=True), nullable=True),
    sa.Column('at', moment.Moment(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['learner_id'], ['learner.id'], name=op.f('fk_withheld_learner_id')),
    sa.PrimaryKeyConstraint('learner_id', 'purpose', name=op.f('pk_withheld'))
    )
    op.add_column('broadcast', sa.Column('segment', sa.Text(), server_default='', nullable=False))
    op.add_column('broadcast', sa.Column('urgent', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('broadcast', sa.Column('size', sa.BigInteger(), nullable=True))
    op.add_column('broadcast', sa.Column('rehearsed_at', moment.Moment(timezone=True), nullable=True))
    op.add_column('broadcast', sa.Column('approved_by', sa.String(length=80), nullable=True))
    op.add_column('broadcast', sa.Column('approved_at', moment.Moment(timezone=True), nullable=True))
    op.add_column('broadcast', sa.Column('due_at', moment.Moment(timezone=True), nullable=True))
    op.add_column('broadcast', sa.Column('every_week', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('broadcast', sa.Column('joined_by', moment.Moment(timezone=True), nullable=True))
    op.create_index('ix_broadcast_due_at', 'broadcast', ['due_at'], unique=False, postgresql_where=sa.text("status IN ('waiting', 'sending')"), sqlite_where=sa.text("status IN ('waiting', 'sending')"))
    op.drop_index('ix_outbound_message_provider_id', table_name='outbound_message')
    op.create_index('ix_outbound_message_provider_id', 'outbound_message', ['provider_id'], unique=False, postgresql_where=sa.text('provider_id IS NOT NULL'), sqlite_where=sa.text('provider_id IS NOT NULL'))
    op.create_index('ix_outbound_message_broadcast_id_status', 'outbound_message', ['broadcast_id', 'status'], unique=False, postgresql_where=sa.text('broadcast_id IS NOT NULL'), sqlite_where=sa.text('broadcast_id IS NOT NULL'))
    if op.get_bind().dialect.name == 'postgresql':  # see bot/store/tables/messages.py
        for name in ('learner_id', 'address_id'):
            op.drop_constraint(op.f(f'fk_outbound_message_{name}'), 'outbound_message', type_='foreignkey')
    op.add_column('nudge', sa.Column('step', sa.SmallInteger(), server_default='0', nullable=False))
    op.add_column('nudge', sa.Column('course', sa.String(length=40), nullable=True))
    op.drop_index(op.f('ix_address_learner_id'), table_name='address')
    op.create_index(op.f('ix_address_learner_id_opted_out_at'), 'address', ['learner_id', 'opted_out_at'], unique=False)
    op.create_index('ix_address_stopped', 'address', ['learner_id'], unique=False, postgresql_where=sa.text('opted_out_at IS NOT NULL'), sqlite_where=sa.text('opted_out_at IS NOT NULL'))
    op.drop_index(op.f('ix_enrolment_course'), table_name='enrolment')
    op.create_index(op.f('ix_enrolment_course_learner_id_completed_at'), 'enrolment', ['course', 'learner_id', 'completed_at'], unique=False)
    op.create_index(op.f('ix_lesson_pass_course_learner_id'), 'lesson_pass', ['course', 'learner_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_lesson_pass_course_learner_id'), table_name='lesson_pass')
    op.drop_index(op.f('ix_enrolment_course_learner_id_completed_at'), table_name='enrolment')
    op.create_index(op.f('ix_enrolment_course'), 'enrolment', ['course'], unique=False)
    op.drop_index('ix_address_stopped', table_name='address', postgresql_where=sa.text('opted_out_at IS NOT NULL'), sqlite_where=sa.text('opted_out_at IS NOT NULL'))
    op.drop_index(op.f('ix_address_learner_id_opted_out_at'), table_name='address')
    op.create_index(op.f('ix_address_learner_id'), 'address', ['learner_id'], unique=False)
    if op.get_bind().dialect.name == 'postgresql':
        for name in ('learner_id', 'address_id'):
            op.create_foreign_key(op.f(f'fk_outbound_message_{name}'), 'outbound_message', name.removesuffix('_id'), [name], ['id'])
    op.drop_index('ix_outbound_message_provider_id', table_name='outbound_message', postgresql_where=sa.text('provider_id IS NOT NULL'), sqlite_where=sa.text('provider_id IS NOT NULL'))
    op.create_index('ix_outbound_message_provider_id', 'outbound_message', ['provider_id'], unique=False)
    op.drop_index('ix_outbound_message_broadcast_id_status', table_name='outbound_message', postgresql_where=sa.text('broadcast_id IS NOT NULL'), sqlite_where=sa.text('broadcast_id IS NOT NULL'))
    with op.batch_alter_table('nudge', schema=None) as batch_op:
        for name in ('course', 'step'):
            batch_op.drop_column(name)
    op.drop_index('ix_broadcast_due_at', table_name='broadcast', postgresql_where=sa.text("status IN ('waiting', 'sending')"), sqlite_where=sa.text("status IN ('waiting', 'sending')"))
    with op.batch_alter_table('broadcast', schema=None) as batch_op:
        for name in ('joined_by', 'every_week', 'due_at', 'approved_at', 'approved_by', 'rehearsed_at', 'size', 'urgent', 'segment'):
            batch_op.drop_column(name)
    op.drop_table('withheld')
    op.drop_index(op.f('ix_tag_learner_id'), table_name='tag')
    op.drop_table('tag')
    op.drop_index(op.f('ix_ring_coordinator_id_listed_at'), table_name='ring')
    op.drop_index('ix_ring_in_turn_there', table_name='ring', postgresql_where=sa.text('closed_at IS NULL'), sqlite_where=sa.text('closed_at IS NULL'))
    op.drop_index('ix_ring_in_turn', table_name='ring', postgresql_where=sa.text('closed_at IS NULL'), sqlite_where=sa.text('closed_at IS NULL'))
    op.drop_index('ix_ring_open', table_name='ring', postgresql_where=sa.text('closed_at IS NULL'), sqlite_where=sa.text('closed_at IS NULL'))
    op.drop_table('ring')
    op.drop_table('coordinator_order')
    op.drop_index(op.f('ix_broadcast_reply_broadcast_id_kind'), table_name='broadcast_reply')
    op.drop_table('broadcast_reply')
    op.drop_table('experiment')
    op.drop_index('ix_arm_looks_at', table_name='arm', postgresql_where=sa.text('looks_at IS NOT NULL'), sqlite_where=sa.text('looks_at IS NOT NULL'))
    op.drop_table('arm')
    op.drop_table('segment')
    op.drop_table('coordinator')

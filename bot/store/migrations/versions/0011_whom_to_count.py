"""Groups of learners counted from an index of their own, with the day on which each was last heard of and whether all is stopped."""

import sqlalchemy as sa
from alembic import op
from bot.store import moment

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


# The day in Kuching (UTC+8, all year) of what last came from her addresses. Of those who share a phone, the addresses tell who has
# it; their own words tell when each was heard of.
SAID = {
    'postgresql': (
        "UPDATE learner SET heard_on = said.day FROM (SELECT learner_id, CAST(max(last_inbound_at) AT TIME ZONE 'Asia/Kuching' AS date)"
        " AS day FROM address WHERE last_inbound_at IS NOT NULL GROUP BY learner_id) AS said WHERE said.learner_id = learner.id",
        "UPDATE learner SET heard_on = (SELECT CAST(max(received_at) AT TIME ZONE 'Asia/Kuching' AS date) FROM inbound_message"
        " WHERE learner_id = learner.id) WHERE id IN (SELECT learner_id FROM profile)",
    ),
    'sqlite': (
        "UPDATE learner SET heard_on = (SELECT date(max(last_inbound_at), '+8 hours') FROM address WHERE learner_id = learner.id)",
        "UPDATE learner SET heard_on = (SELECT date(max(received_at), '+8 hours') FROM inbound_message WHERE learner_id = learner.id)"
        " WHERE id IN (SELECT learner_id FROM profile)",
    ),
}


PUSHED = sa.text("purpose NOT IN ('reply', 'answer', 'digest') AND follows IS NULL AND status != 'failed' AND rank < 9")

# What was pushed by WhatsApp more than 24 hours after her last message by it can only have gone as a template. The sums of days are
# worked out anew from the rows wherever there was one.
IN_THE_WINDOW = {
    'postgresql': "inbound_message.received_at > due_at - interval '24 hours' AND inbound_message.received_at <= due_at",
    'sqlite': "julianday(due_at) - julianday(inbound_message.received_at) BETWEEN 0 AND 1",
}
TEMPLATES = (
    "UPDATE outbound_message SET template = {true} WHERE channel IN ('whatsapp', 'twilio_whatsapp') AND purpose <> 'reply'"
    " AND settled_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM inbound_message WHERE inbound_message.learner_id ="
    " outbound_message.learner_id AND inbound_message.address_id = outbound_message.address_id AND {in_the_window})"
)
NO_SUMS = "DELETE FROM spend WHERE EXISTS (SELECT 1 FROM outbound_message WHERE template = {true})"


# Nobody is left to write to: no address of hers is open, nor one of the phone she shares.
STOPPED = (
    "UPDATE learner SET stopped = true WHERE NOT EXISTS (SELECT 1 FROM address WHERE learner_id = learner.id AND opted_out_at IS NULL)",
    "UPDATE learner SET stopped = false WHERE stopped AND id IN (SELECT profile.learner_id FROM profile JOIN address"
    " ON address.identifier = profile.number WHERE address.learner_id IS NOT NULL AND address.opted_out_at IS NULL)",
)


def upgrade() -> None:
    on = op.get_bind().dialect.name
    op.add_column('learner', sa.Column('heard_on', sa.Date(), nullable=True))
    op.add_column('learner', sa.Column('stopped', sa.Boolean(), server_default=sa.false(), nullable=False))
    for statement in (*SAID[on], *STOPPED):
        op.execute(statement)
    if on == 'postgresql':  # each day writes rows anew, and what is counted from the index alone must know them for settled
        op.execute('ALTER TABLE learner SET (autovacuum_vacuum_scale_factor = 0.02)')
    op.create_index('ix_learner_agreed', 'learner', ['id', 'district', 'locale', 'created_at', 'heard_on'], unique=False, postgresql_where=sa.text('consented_at IS NOT NULL AND stopped IS false'), sqlite_where=sa.text('consented_at IS NOT NULL AND stopped IS 0'))
    op.create_table('digest',
    sa.Column('coordinator_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('week', sa.String(length=10), nullable=False),
    sa.Column('at', moment.Moment(timezone=True), nullable=False),
    sa.Column('message_id', sa.BigInteger(), nullable=True),
    sa.Column('why', sa.String(length=160), nullable=False),
    sa.ForeignKeyConstraint(['coordinator_id'], ['coordinator.id'], name=op.f('fk_digest_coordinator_id')),
    sa.PrimaryKeyConstraint('coordinator_id', 'week', name=op.f('pk_digest'))
    )
    op.create_index('ix_request_open', 'request', ['due_at'], unique=False, postgresql_where=sa.text('closed_at IS NULL'), sqlite_where=sa.text('closed_at IS NULL'))
    op.add_column('broadcast', sa.Column('beyond_cap', sa.String(length=200), nullable=True))
    op.create_table('broadcast_stretch',
    sa.Column('broadcast_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('place', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('after', sa.BigInteger(), nullable=False),
    sa.Column('last', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['broadcast_id'], ['broadcast.id'], name=op.f('fk_broadcast_stretch_broadcast_id')),
    sa.PrimaryKeyConstraint('broadcast_id', 'place', name=op.f('pk_broadcast_stretch'))
    )
    op.create_index('ix_outbound_message_pushed', 'outbound_message', ['learner_id', 'due_at'], unique=False, postgresql_where=PUSHED, sqlite_where=PUSHED)
    if on == 'postgresql':  # a week is read from the index alone, where pages are known for settled
        op.execute('ALTER TABLE outbound_message SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02)')
    with op.batch_alter_table('early_receipt', schema=None) as batch_op:
        batch_op.add_column(sa.Column('identifier', sa.String(length=140), server_default='', nullable=False))
        batch_op.add_column(sa.Column('refusal', sa.String(length=16), nullable=True))
        batch_op.drop_constraint(op.f('pk_early_receipt'), type_='primary')
        batch_op.create_primary_key(op.f('pk_early_receipt'), ['provider_id', 'channel', 'identifier'])
    op.add_column('outbound_message', sa.Column('template', sa.Boolean(), nullable=True))
    said = {'true': 'true' if on == 'postgresql' else '1', 'in_the_window': IN_THE_WINDOW[on]}
    for statement in (TEMPLATES, NO_SUMS):
        op.execute(statement.format_map(said))
    with op.batch_alter_table('spend', schema=None) as batch_op:
        batch_op.add_column(sa.Column('template', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.drop_constraint(op.f('pk_spend'), type_='primary')
        batch_op.create_primary_key(op.f('pk_spend'), ['day', 'channel', 'purpose', 'course', 'template'])


def downgrade() -> None:
    op.execute('DELETE FROM spend')  # worked out anew from the rows
    with op.batch_alter_table('spend', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('pk_spend'), type_='primary')
        batch_op.drop_column('template')
        batch_op.create_primary_key(op.f('pk_spend'), ['day', 'channel', 'purpose', 'course'])
    op.drop_column('outbound_message', 'template')
    op.execute("DELETE FROM early_receipt WHERE identifier <> ''")  # of which two may have one id
    with op.batch_alter_table('early_receipt', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('pk_early_receipt'), type_='primary')
        for name in ('refusal', 'identifier'):
            batch_op.drop_column(name)
        batch_op.create_primary_key(op.f('pk_early_receipt'), ['provider_id', 'channel'])
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('ALTER TABLE outbound_message RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor)')
    op.drop_index('ix_outbound_message_pushed', table_name='outbound_message', postgresql_where=PUSHED, sqlite_where=PUSHED)
    op.drop_table('broadcast_stretch')
    op.drop_column('broadcast', 'beyond_cap')  # no copy of the table, which others point to
    op.drop_index('ix_request_open', table_name='request', postgresql_where=sa.text('closed_at IS NULL'), sqlite_where=sa.text('closed_at IS NULL'))
    op.drop_table('digest')
    op.drop_index('ix_learner_agreed', table_name='learner', postgresql_where=sa.text('consented_at IS NOT NULL AND stopped IS false'), sqlite_where=sa.text('consented_at IS NOT NULL AND stopped IS 0'))
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('ALTER TABLE learner RESET (autovacuum_vacuum_scale_factor)')
    op.drop_column('learner', 'stopped')
    op.drop_column('learner', 'heard_on')

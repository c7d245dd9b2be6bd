"""Who she is, where she is reached, and where she stands."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    false,
    func,
)

from bot.store.moment import Moment
from bot.store.tables.making import metadata, own_id, to

learner = Table(
    "learner",
    metadata,
    own_id(),
    Column("locale", String(8), nullable=False),
    Column("district", String(40)),
    Column("slot", String(12)),
    Column("pace", SmallInteger),  # lessons a week; none where she never said
    Column("consented_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("prefers", String(10)),  # sms or whatsapp, where she said which she likes best
    Column("heard_on", Date),  # the day, where we are, on which anything last came from her; written once a day
    Column("stopped", Boolean, nullable=False, server_default=false()),  # whether no address that reaches her is open
)
_MAY_BE_WRITTEN_TO = and_(learner.c.consented_at.is_not(None), learner.c.stopped.is_(False))
# Groups of learners are counted from this: written when she agrees, stops or comes back, when her district or language changes,
# and on each day on which she is heard of.
Index(
    "ix_learner_agreed",
    learner.c.id,
    learner.c.district,
    learner.c.locale,
    learner.c.created_at,
    learner.c.heard_on,
    postgresql_where=_MAY_BE_WRITTEN_TO,
    sqlite_where=_MAY_BE_WRITTEN_TO,
)

address = Table(
    "address",
    metadata,
    own_id(),
    Column("kind", String(10), nullable=False),  # tel, whatsapp
    Column("identifier", String(140), nullable=False),  # E.164, or WhatsApp's own user id
    to("learner", "learner_id", null=True),  # the active learner; none once somebody said it is not theirs
    Column("opted_out_at", Moment),
    Column("unreachable_at", Moment),  # when a provider last said that nobody is there; what she sends later outdoes it
    Column("unreachable_why", String(200)),  # the channel and its provider's code
    Column("last_inbound_at", Moment),
    Column("last_channel", String(40)),
    Column("confirm_asked_at", Moment),  # when a number that had long been silent was asked whether it is still hers
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("identifier", "kind"),
    Index(None, "learner_id", "opted_out_at"),  # whether any of hers is open still, without touching the rows
)
# The few who stopped, for those who count everybody else. Neither index has what a turn changes.
Index(
    "ix_address_stopped",
    address.c.learner_id,
    postgresql_where=address.c.opted_out_at.is_not(None),
    sqlite_where=address.c.opted_out_at.is_not(None),
)

Index(
    "ix_address_looked_at",  # which numbers may have been silent for long
    func.coalesce(address.c.confirm_asked_at, address.c.created_at),
    postgresql_where=address.c.learner_id.is_not(None),
    sqlite_where=address.c.learner_id.is_not(None),
)

profile = Table(
    "profile",  # of each who shares a phone; who has one to herself has none
    metadata,
    Column("number", String(140), primary_key=True),  # the identifier that all addresses of the phone share
    Column("place", SmallInteger, primary_key=True, autoincrement=False),  # 1 to 5
    Column("learner_id", BigInteger, ForeignKey("learner.id"), nullable=False, unique=True),
    Column("pin_hash", String(200)),
    Column("tries", SmallInteger, nullable=False),  # with wrong digits, in a row
    Column("locked_until", Moment),
)

conversation = Table(
    "conversation",
    metadata,
    Column("learner_id", BigInteger, ForeignKey("learner.id"), primary_key=True, autoincrement=False),
    Column("session", Text, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("dialogue", String(140), nullable=False),  # the call that is open, or was last
    Column("typed", Integer, nullable=False),  # how much of its transcript has been heard
    Column("unread", Text, nullable=False),  # screens of the last reply not shown yet, as JSON
    Column("shown", Text, nullable=False, server_default=""),  # the screen a call stands at; "" where none is open
    Column("drops_at", Moment),  # when a call that stands at a question counts as dropped; any later turn decides anew
)
Index(
    "ix_conversation_drops_at",
    conversation.c.drops_at,
    postgresql_where=conversation.c.drops_at.is_not(None),
    sqlite_where=conversation.c.drops_at.is_not(None),
)

consent = Table(
    "consent",
    metadata,
    own_id(),
    to("learner", "learner_id"),
    to("address", "address_id"),
    Column("words", String(200), nullable=False),  # her own
    Column("notice", String(20), nullable=False),  # the version she was shown
    Column("channel", String(40), nullable=False),
    Column("given_at", Moment, nullable=False),
    Index(None, "learner_id", "address_id"),
    Index(None, "address_id"),  # who has agreed from one phone
)

background = Table(
    "background",  # what she told us of herself, as keys; her district is with the learner
    metadata,
    Column("learner_id", BigInteger, ForeignKey("learner.id"), primary_key=True, autoincrement=False),
    Column("gender", String(20)),
    Column("age", String(20)),
    Column("education", String(20)),
    Column("work", String(20)),
)

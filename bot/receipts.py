"""What providers tell us later: how far a message came, who wants no more of them, and who has another number."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, or_, select, update

from bot import resending
from bot.channels.base import RANK, CallEnded, Moved, OptedOut, Receipt, Refusal, Status
from bot.channels.status import ARRIVED
from bot.pushes import Pushes
from bot.store import audit, statements, tables as t
from bot.store.addresses import note_stopped
from bot.store.database import Store
from bot.store.lists import among
from bot.store.statements import Write

IN_DOUBT: Final = (Status.SENDING, Status.UNDETERMINED)
KEPT_FOR: Final = timedelta(days=1)  # a receipt about nothing of ours
LEFT_WITHIN: Final = timedelta(
    hours=1
)  # how far back it is looked for receipts that nobody has applied, each few seconds

_out = t.outbound_message.c
_early = t.early_receipt.c
_MOVED: Final[tuple[Any, ...]] = (_out.id, _out.learner_id, _out.status, _out.rank, t.address.c.identifier)
_TO_HER: Final = t.outbound_message.join(t.address, t.address.c.id == _out.address_id)


def settle(store: Store, receipt: Receipt, *, now: datetime, pushes: Pushes | None = None) -> bool:
    """Move a message's status forward; False where the receipt is late, doubled or about nothing of ours (yet).

    With `pushes`, what failed for a reason that may pass goes again (see `resending`).
    One that is quicker than the answer that tells us the provider's id is kept until we know that id.
    """
    with store.begin() as connection:
        about = _about(connection, receipt)
        if about:
            return _move(connection, receipt, about, now, pushes)
    if not receipt.provider_id:
        return False
    kept: dict[str, object] = {"provider_id": receipt.provider_id, "channel": receipt.channel, "status": receipt.status}
    kept |= {"rank": RANK[receipt.status], "error": receipt.error[:200] or None, "received_at": now}
    kept |= {"refusal": receipt.refusal, "identifier": receipt.to}
    store.write([Write(statements.EARLY, kept)])
    # The id may have become known meanwhile. Each side writes first and looks then, so one of them sees the other.
    return bool(apply_early(store, [receipt.provider_id], now=now, pushes=pushes))


def apply_early(store: Store, provider_ids: Sequence[str], *, now: datetime, pushes: Pushes | None = None) -> int:
    """Settle messages whose ids are known now with the receipts that came before; returns how many there were.

    One is believed, and leads to another try, as if it had come in order. May run twice: it goes with what it has moved.
    """
    moved = 0
    for row in store.look(_CAME_EARLY[store.on_sqlite], {"ids": list(provider_ids)}):
        refusal = Refusal(row.refusal) if row.refusal else None
        told = Receipt(
            row.channel, Status(row.status), None, row.provider_id, row.error or "", row.identifier, refusal=refusal
        )
        with store.begin() as connection:
            about = _about(connection, told)
            if about:
                moved += _move(connection, told, about, now, pushes)
                one = (_early.provider_id, _early.channel, _early.identifier, _early.rank)
                this = (column == getattr(row, column.name) for column in one)
                connection.execute(delete(t.early_receipt).where(*this))
    return moved


_CAME_EARLY: Final = {  # the furthest first: what has arrived needs no other try
    on_sqlite: select(t.early_receipt)
    .where(among(_early.provider_id, "ids", on_sqlite=on_sqlite))
    .order_by(_early.rank.desc())
    for on_sqlite in (True, False)
}


def catch_up(store: Store, *, now: datetime, pushes: Pushes | None = None) -> int:
    """Settle what a sender left behind that died after it had written an id down and before it looked for receipts.

    May run twice or never: such a receipt goes with what it has moved.
    """
    query = select(_early.provider_id).join(t.outbound_message, _out.provider_id == _early.provider_id)
    ids = [row.provider_id for row in store.look(query.where(_early.received_at > now - LEFT_WITHIN).distinct())]
    return apply_early(store, ids, now=now, pushes=pushes) if ids else 0


def forget(store: Store, *, now: datetime) -> None:
    """Forget receipts that turned out to be about nothing of ours."""
    with store.begin() as connection:
        connection.execute(delete(t.early_receipt).where(_early.received_at < now - KEPT_FOR))


def _move(
    connection: Connection, receipt: Receipt, found: Sequence[Row[Any]], now: datetime, pushes: Pushes | None
) -> bool:
    about = [row.id for row in found]
    rank = RANK[receipt.status]
    values = {"status": receipt.status, "rank": rank, "settled_at": now, "error": receipt.error[:200] or None}
    if receipt.provider_id:
        values["provider_id"] = receipt.provider_id
    done = connection.execute(update(t.outbound_message).where(_out.id.in_(about), _out.rank < rank).values(values))
    if done.rowcount and receipt.refusal is not None and receipt.status is Status.FAILED:
        believe(connection, about, receipt.refusal, receipt.error, now=now)
        if pushes is not None:
            resending.after(connection, pushes, about, receipt.refusal, later=True, now=now)
    if done.rowcount and receipt.status in ARRIVED:
        for row in filter(resending.gave_way, found):
            resending.take_back(connection, row, now=now)
    return done.rowcount > 0


def believe(connection: Connection, about: Sequence[int], refusal: Refusal, why: str, *, now: datetime) -> None:
    """Keep what a provider's refusal of these messages says of their addresses: she wants no more, or nobody is there.

    Nobody was there when the message was made; so a word from her after that outdoes it, however late the receipt is.
    """
    of_these = t.address.c.id.in_(select(_out.address_id).where(_out.id.in_(about)))
    if refusal is Refusal.OPT_OUT:
        connection.execute(update(t.address).where(of_these).values(opted_out_at=now))
        note_stopped(connection, select(t.address.c.learner_id).where(of_these, t.address.c.learner_id.is_not(None)))
    elif refusal is Refusal.BAD_ADDRESS:
        newest = select(func.max(_out.created_at)).where(_out.id.in_(about), _out.address_id == t.address.c.id)
        gone = {"unreachable_at": newest.scalar_subquery(), "unreachable_why": why[:200]}
        connection.execute(update(t.address).where(of_these).values(gone))


def _about(connection: Connection, receipt: Receipt) -> Sequence[Row[Any]]:
    """The messages a receipt is about: by our id or the provider's, else the one message to this person in doubt.

    That one may never get its id, since whoever sent it was killed. Where two are in doubt nobody guesses; nor where
    one id stands for a request to many numbers, and the receipt names none of them.
    """
    # Who is in doubt is asked first: the other way round, the message meant could leave doubt between the two questions.
    doubted = _in_doubt(connection, receipt) if receipt.to else ()
    found = _out.provider_id == receipt.provider_id
    if receipt.message_id is not None:
        found = or_(_out.id == receipt.message_id, found)
    known = connection.execute(select(*_MOVED).select_from(_TO_HER).where(found)).all()
    meant = [row for row in known if row.id == receipt.message_id or row.identifier == receipt.to]
    if not meant and len(known) == 1 and not (doubted and known[0].identifier.startswith("+")):
        return known
    return meant or (doubted if len(doubted) == 1 else ())


def _in_doubt(connection: Connection, receipt: Receipt) -> Sequence[Row[Any]]:
    """Messages to this person that were given to the provider, perhaps, under an id that we do not know."""
    query = (
        select(*_MOVED)
        .select_from(_TO_HER)
        .where(
            _out.status.in_(IN_DOUBT),
            _out.channel == receipt.channel,
            _out.provider_id.is_(None),
            t.address.c.identifier == receipt.to,
        )
    )
    return connection.execute(query.limit(2)).all()


def opt_out(store: Store, asked: OptedOut, *, now: datetime) -> None:
    """Write nothing more to this number: the provider has taken her STOP, and answered it."""
    at = t.address.c
    with store.begin() as connection:
        still = (at.identifier == asked.sender, at.opted_out_at.is_(None))
        connection.execute(update(t.address).where(*still).values(opted_out_at=now))
        hers = select(at.learner_id).where(at.identifier == asked.sender, at.learner_id.is_not(None))
        note_stopped(connection, hers)


def call_ended(store: Store, ended: CallEnded, *, now: datetime) -> bool:
    """Look at a call at once that would be taken for dropped in a while; False where it stands at no question, or went on.

    Whether she is told is decided where dropped calls are looked for: she may have dialled again, or answered by SMS.
    """
    call, address = t.conversation.c, t.address.c
    hers = select(address.learner_id).where(address.identifier == ended.sender, address.kind == "tel")
    with store.begin() as connection:
        done = connection.execute(
            update(t.conversation)
            .where(call.learner_id.in_(hers), call.dialogue == ended.dialogue, call.drops_at > now)
            .values(drops_at=now)
        )
    return done.rowcount == 1


def follow(store: Store, moved: Moved, *, now: datetime) -> bool:
    """Her addresses, and the people who share her phone, go to her new number; what waits to be sent goes there too.

    False where nobody is known at the old one, so also when told twice; and where somebody is known at the new one, whose
    thread that is. May run twice: then nothing is at the old number any more.
    """
    at = t.address.c.identifier
    with store.begin() as connection:
        her = connection.execute(select(t.address.c.learner_id).where(at == moved.old)).scalars().first()
        taken = connection.execute(select(t.address.c.id).where(at == moved.new)).first()
        shared = connection.execute(select(t.profile.c.place).where(t.profile.c.number == moved.new)).first()
        if her is None or taken is not None or shared is not None:
            return False
        connection.execute(update(t.address).where(at == moved.old).values(identifier=moved.new))
        connection.execute(update(t.profile).where(t.profile.c.number == moved.old).values(number=moved.new))
        audit.note(connection, moved.channel, "change number", f"learner {her}", now=now)
    return True

"""The inbox: what learners wrote that only a person can read, by learner; answered in a coordinator's own words, or marked as done."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, or_, select, true, update

from bot import policy, pushes, requests
from bot.announcements.replies import ABOUT, UNREAD
from bot.announcements.texts import Unfit as Unfit, check
from bot.pushes import REPLIES, Pushes
from bot.store import audit, tables as t
from bot.store.addresses import latest_first, reached
from bot.store.database import Store
from bot.unlisted import without_numbers
from flows.text import T, Words, localized
from flows.types import Say

# What such words are: an answer to an announcement, what nothing understood, a problem, and whether somebody comes to what no
# announcement of these days was about. Calls and rights over data are the office's: `titian requests`.
KINDS: Final = (ABOUT, UNREAD, "problem", "coming", "not_coming")
FRESH: Final = timedelta(
    days=14
)  # later an answer to what nobody understood answers nothing, and the heap would only grow
MOST: Final = 50  # messages on a page, the oldest first
PURPOSE: Final = "answer"

_r: Final = t.request.c


class Refused(Exception):
    """This cannot be answered; `says` tells a coordinator why, in her language."""

    def __init__(self, says: Words) -> None:
        super().__init__()
        self.says: Final = says


@dataclass(frozen=True, slots=True)
class Message:
    """One thing she wrote: what it is, her words without numbers, and the announcement it answers, by language ("" for none)."""

    about: str
    words: str
    at: datetime
    answers: str = ""  # the announcement's texts, as JSON


@dataclass(frozen=True, slots=True)
class Entry:
    """A learner who waits for a person. `id` names all she wrote so far: what comes while somebody reads stays."""

    id: int
    learner_id: int
    locale: str
    district: str
    number: str  # hers in full, or ""; not to be shown: see `phone.masked`
    person: int
    messages: tuple[Message, ...]


def waiting(store: Store, district: str | None, *, now: datetime, most: int = MOST) -> list[Entry]:
    """The learners of a district (None: of all) whose words wait, whoever waits longest first, from the oldest `most` messages.

    A learner who named no district is everybody's. Two queries.
    """
    rows = store.look(requests.OPEN.where(_in_it(district), _fresh(now)).order_by(None).order_by(_r.id).limit(most))
    answers = _announcements(store, [row.learner_id for row in rows if row.about == ABOUT])
    found: dict[int, Entry] = {}
    for row in rows:
        said = without_numbers(row.text or "")
        message = Message(row.about, said, row.opened_at, answers.get((row.learner_id, row.opened_at), ""))
        her = found.get(row.learner_id)
        messages = (*(her.messages if her else ()), message)
        found[row.learner_id] = replace(her, id=row.id, messages=messages) if her else _entry(row, messages)
    return list(found.values())


def count(store: Store, district: str | None, *, now: datetime) -> int:
    """How many learners wait for a person to read what they wrote."""
    hers = t.request.join(t.learner, t.learner.c.id == _r.learner_id)
    query = select(func.count(_r.learner_id.distinct())).select_from(hers)
    return int(store.look(query.where(_r.closed_at.is_(None), _in_it(district), _fresh(now)))[0][0])


def done(store: Store, entry: int, district: str | None, who: str, *, now: datetime) -> bool:
    """Mark all she wrote up to this entry as dealt with; False where nothing of it is open in that district."""
    with store.begin() as connection:
        her = _whose(connection, entry, district)
        if her is None or not _close(connection, her.learner_id, entry, now):
            return False
        audit.note(connection, who, "inbox done", f"learner {her.learner_id}, up to {entry}", now=now)
    return True


def answer(
    store: Store, sender: Pushes, entry: int, words: str, *, district: str | None, who: str, now: datetime
) -> datetime:
    """Send her these words, as one SMS or bubble, and mark what she wrote as dealt with; returns when they leave.

    They go as everything does that somebody decides to send: to the address she wrote from last, between 08:00 and 20:00, and
    never to one who has stopped. Both is one transaction, so of two coordinators at once one answers. Raises Refused, or
    Unfit where it is no text for one SMS.
    """
    with store.begin() as connection:
        her = _whose(connection, entry, district)
        if her is None or not _close(connection, her.learner_id, entry, now):
            raise Refused(T("Somebody else has dealt with it already."))
        check({her.locale: words}, sender.voice.tag)
        rows = _rows(connection, sender, her, words, now)
        connection.execute(insert(t.outbound_message), rows)
        about = f"learner {her.learner_id}, up to {entry}, message {rows[0]['id']}"
        audit.note(connection, who, "inbox answered", about, now=now)
    due: datetime = rows[0]["due_at"]
    return due


def _in_it(district: str | None) -> ColumnElement[bool]:
    there: ColumnElement[bool] = true()
    if district is not None:
        there = or_(t.learner.c.district == district, t.learner.c.district.is_(None))
    return and_(_r.about.in_(KINDS), there)


def _fresh(now: datetime) -> ColumnElement[bool]:
    return or_(_r.about != UNREAD, _r.opened_at > now - FRESH)


def _entry(row: Row[Any], messages: tuple[Message, ...]) -> Entry:
    who = (row.id, row.learner_id, row.locale, row.district or "", row.identifier or "", row.place or 0)
    return Entry(*who, messages)


def _announcements(store: Store, learners: Sequence[int]) -> dict[tuple[int, datetime], str]:
    """What was announced to them, by who answered and when."""
    if not learners:
        return {}
    reply, broadcast = t.broadcast_reply, t.broadcast
    kept = reply.join(broadcast, broadcast.c.id == reply.c.broadcast_id)
    query = select(reply.c.learner_id, reply.c.given_at, broadcast.c.words).select_from(kept)
    return {
        (row.learner_id, row.given_at): row.words
        for row in store.look(query.where(reply.c.kind == "free", reply.c.learner_id.in_(learners)))
    }


def _whose(connection: Connection, entry: int, district: str | None) -> Any:
    """The row of the learner of an entry, where it is open in that district; else None."""
    hers = t.request.join(t.learner, t.learner.c.id == _r.learner_id)
    wanted = (_r.learner_id, t.learner.c.locale, t.learner.c.prefers, t.learner.c.consented_at)
    query = select(*wanted).select_from(hers).where(_r.id == entry, _r.closed_at.is_(None), _in_it(district))
    return connection.execute(query).one_or_none()


def _close(connection: Connection, learner_id: int, entry: int, now: datetime) -> bool:
    hers = (_r.learner_id == learner_id, _r.id <= entry, _r.about.in_(KINDS), _r.closed_at.is_(None))
    return connection.execute(update(t.request).where(*hers).values(closed_at=now)).rowcount > 0


def _rows(connection: Connection, sender: Pushes, her: Row[Any], words: str, now: datetime) -> list[dict[str, Any]]:
    """What goes to her; to an address that is hers now, since the answer is for no other who has the phone."""
    hers = t.address.c.learner_id == her.learner_id
    addresses = connection.execute(select(*reached()).where(hers).order_by(*latest_first())).all()
    if not addresses:
        raise Refused(T("Nothing reaches her now: another person has the phone, or the number is not hers."))
    due = policy.next_opening(now, sender.zone)
    way = sender.way(addresses, at=due)
    if isinstance(way, policy.No):
        raise Refused(T("It cannot go to her: {why}", why=T(way.why)))
    reach = pushes.reach(way.channel.profile, way.among(addresses), consented=her.consented_at is not None)
    allowed = policy.may_send(PURPOSE, reach, now=due, zone=sender.zone)
    if isinstance(allowed, policy.No):
        raise Refused(T("It cannot go to her: {why}", why=T(allowed.why)))
    made = (
        pushes.row(
            her.learner_id,
            PURPOSE,
            now,
            lane=REPLIES,
            address_id=way.address_id,
            channel=way.channel.name,
            text=text,
            due_at=due,
        )
        for text in sender.texts(Say((localized({her.locale: words}),)), her.locale, way)
    )
    return pushes.thought(made)

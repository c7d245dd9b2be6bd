"""Announcements: who would get one, at what size, and who not and why; then sent as rows, and counted as they go."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from bot import blocked, gsm, policy, pushes, render
from bot.audience import CHUNK, Audience, next_learners, way_to
from bot.channels.base import RANK, Status
from bot.pushes import Pushes
from bot.store import audit, tables as t
from bot.store.database import Store
from bot.store.ids import new_id
from flows.text import localized
from flows.types import Say


class Unfit(ValueError):
    """The announcement cannot go out as it is written; the text says what to change."""


@dataclass(slots=True)
class Plan:
    """What sending would mean."""

    recipients: int = 0
    segments: int = 0
    by_locale: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an announcement has come: rows by status, and why some were skipped."""

    status: str
    by_status: Mapping[str, int]
    skipped: Mapping[str, int]

    @property
    def rows(self) -> int:
        """How many learners have their row."""
        return sum(self.by_status.values())

    @property
    def waiting(self) -> int:
        """How many of them are neither sent nor given up."""
        return self.by_status.get(Status.QUEUED, 0) + self.by_status.get(Status.SENDING, 0)


def check(words: Mapping[str, str], tag: str) -> None:
    """Refuse, in words, what could not be sent as one SMS in every language. Raises Unfit."""
    for language, text in words.items():
        folded = gsm.fold(text).strip()
        if not folded:
            raise Unfit(f"the {language} text is empty")
        strange = gsm.offenders(folded)
        if strange:
            raise Unfit(f"the {language} text has characters an SMS cannot carry: {', '.join(map(str, strange))}")
        for _, told in blocked.reasons(folded):
            raise Unfit(f"the {language} text: {told}")
        over = gsm.septets(tag + folded) - render.ONE_SMS
        if over > 0:
            raise Unfit(f"the {language} text is {over} characters too long for one SMS; the tag '{tag}' counts too")


def plan(store: Store, sender: Pushes, words: Mapping[str, str], audience: Audience, *, now: datetime) -> Plan:
    """Who would get it and who not, without writing anything. Reads learner by learner, so it is exact."""
    made = Plan()
    after = 0
    with store.engine.connect() as connection:
        while chunk := next_learners(connection, audience, after, now):
            after = chunk[-1].learner_id
            for her in chunk:
                way = way_to(sender, her, now)
                if isinstance(way, policy.No):
                    made.skipped[way.why] += 1
                    continue
                made.recipients += 1
                made.by_locale[her.locale] += 1
                made.segments += sum(map(gsm.segments, sender.texts(_say(words), her.locale, way)))
    return made


def approve(store: Store, author: str, words: Mapping[str, str], audience: Audience, *, now: datetime) -> int:
    """Begin sending an announcement and return its id; the workers spread it from here on. Written to the audit too."""
    made = new_id(now)
    kept = json.dumps(dict(words), ensure_ascii=False)
    with store.begin() as connection:
        connection.execute(
            insert(t.broadcast).values(
                id=made,
                author=author,
                words=kept,
                course=audience.course,
                district=audience.district,
                status="sending",
                after=0,
                created_at=now,
            )
        )
        audit.note(connection, author, "broadcast", json.dumps({"id": made}), now=now)
    return made


def cancel(store: Store, broadcast_id: int, *, now: datetime) -> int:
    """Stop an announcement in the middle and return how many learners it will not reach; what is being sent goes out."""
    out = t.outbound_message.c
    with store.begin() as connection:
        connection.execute(
            update(t.broadcast)
            .where(t.broadcast.c.id == broadcast_id, t.broadcast.c.status == "sending")
            .values(status="cancelled", finished_at=now)
        )
        stopped = connection.execute(
            update(t.outbound_message)
            .where(out.broadcast_id == broadcast_id, out.status == Status.QUEUED)
            .values(
                status=Status.CANCELLED,
                rank=RANK[Status.CANCELLED],
                error="cancelled by the coordinator",
                settled_at=now,
            )
        )
        return stopped.rowcount


def spread(store: Store, sender: Pushes, *, now: datetime, most: int = CHUNK) -> int:
    """Write the rows of the next `most` recipients of one announcement; 0 where none is being sent.

    The rows and the cursor are one transaction, so it goes on where it died, and nobody gets two. May run twice:
    the announcement's row is locked meanwhile, and (broadcast, learner) is unique.
    """
    with store.begin() as connection:
        ours = connection.execute(
            select(t.broadcast)
            .where(t.broadcast.c.status == "sending")
            .order_by(t.broadcast.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).one_or_none()
        if ours is None:
            return 0
        chunk = next_learners(connection, Audience(ours.course, ours.district), ours.after, ours.created_at, most)
        if not chunk:
            finished = {"status": "done", "finished_at": now}
            connection.execute(update(t.broadcast).where(t.broadcast.c.id == ours.id).values(finished))
            return 0
        words = json.loads(ours.words)
        rows = [_row(sender, her, words, ours.id, now) for her in chunk]
        connection.execute(insert(t.outbound_message), rows)
        connection.execute(update(t.broadcast).where(t.broadcast.c.id == ours.id).values(after=chunk[-1].learner_id))
        return len(rows)


def progress(store: Store, broadcast_id: int) -> Progress:
    """How far an announcement has come. Raises LookupError where there is none with this id."""
    out = t.outbound_message.c
    of_it = out.broadcast_id == broadcast_id
    found = store.look(select(t.broadcast.c.status).where(t.broadcast.c.id == broadcast_id))
    if not found:
        raise LookupError(f"there is no announcement {broadcast_id}")
    counted = store.look(select(out.status, func.count()).where(of_it).group_by(out.status))
    skipped = store.look(
        select(out.error, func.count()).where(of_it, out.status == Status.CANCELLED).group_by(out.error)
    )
    return Progress(found[0].status, dict(map(tuple, counted)), dict(map(tuple, skipped)))


def _say(words: Mapping[str, str]) -> Say:
    return Say((localized(words),))


def _row(sender: Pushes, her: Row[Any], words: Mapping[str, str], broadcast_id: int, now: datetime) -> dict[str, Any]:
    """Her row: queued for the hours, or with the reason why she does not get it."""
    way = way_to(sender, her, now)
    if isinstance(way, policy.No):
        return pushes.row(
            her.learner_id,
            "broadcast",
            now,
            address_id=her.id,
            channel=her.last_channel or "",
            text="",
            due_at=now,
            broadcast_id=broadcast_id,
            status=Status.CANCELLED,
            rank=RANK[Status.CANCELLED],
            error=way.why,
            settled_at=now,
        )
    return pushes.row(
        her.learner_id,
        "broadcast",
        now,
        address_id=way.address_id,
        channel=way.channel.name,
        text="\n".join(sender.texts(_say(words), her.locale, way)),
        due_at=policy.next_opening(now, sender.zone, sender.off),
        broadcast_id=broadcast_id,
        error=None,
        settled_at=None,
    )

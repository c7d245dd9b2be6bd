"""What tests of doubts are made of: learners who have answered, completed and been vouched for, at moments of the test's choice."""

import json
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import insert, update

from bot import codes, coordinators
from bot.doubts import looking
from bot.store import tables as t
from bot.store.ids import new_id
from bot.wiring import Bot
from tests.bots import COURSE, villager

ROSLI: Final = "Puan Rosli"  # attests
JOMIN: Final = "Encik Jomin"  # approves
SITI: Final = "Puan Siti"  # approves too
A_WHILE: Final = timedelta(hours=2)  # after which certificates are looked at


def people(bot: Bot) -> None:
    """One who vouches for learners, and two who decide about certificates."""
    for name, rights in ((ROSLI, ["attest"]), (JOMIN, ["approve"]), (SITI, ["approve", "ring"])):
        more: dict[str, Any] = {"number": None, "district": None, "locale": "ms", "now": bot.clock()}
        coordinators.add(bot.store, name, "office", rights=rights, **more)


def completed(
    bot: Bot,
    number: str,
    *,
    by: str | None = ROSLI,
    wrong: Collection[int] = (),
    apart: timedelta = timedelta(minutes=2),
    purpose: str = "lesson",
    **more: Any,
) -> str:
    """Somebody who has passed the course and has its certificate; returns the code as it is stored.

    The first question of each lesson came `apart` from the one before; those of the lessons at the places in `wrong` were
    answered wrongly first, and all alike.
    """
    now, course = bot.clock(), bot.library().courses[COURSE]
    her = more.pop("her", None) or villager(bot, number, **more)
    begun = now - apart * len(course.lessons)
    with bot.store.begin() as connection:
        for place, lesson in enumerate(course.lessons):
            question, at = lesson.bank[0], begun + place * apart
            bad = next((option.key for option in question.options if not option.right), "?")
            said = bad if place in wrong else question.right_answer
            row = {"learner_id": her, "course": COURSE, "version": course.version, "lesson": lesson.id}
            row |= {"id": new_id(at), "question": question.id, "option": said, "correct": place not in wrong}
            connection.execute(insert(t.answer).values(row | {"attempt": 1, "answered_at": at, "purpose": purpose}))
        if by:
            known = {"learner_id": her, "name": "Nur Aisyah binti Ahmad", "level": 1, "checked_by": by}
            connection.execute(insert(t.identity).values(known | {"checked_at": now}))
        code = codes.draw(secrets.randbelow)
        certificate = {"id": new_id(now), "learner_id": her, "course": COURSE, "version": course.version, "code": code}
        certificate |= {"title": json.dumps(dict(course.title.words)), "minutes": course.minutes, "issued_at": now}
        certificate |= {"level": 1 if by else 0, "name": "Nur Aisyah binti Ahmad" if by else None, "attested_by": by}
        connection.execute(insert(t.certificate).values(certificate))
    return code


def agreed(bot: Bot, her: int, address_id: int) -> None:
    """She agreed from this address."""
    row = {"id": new_id(bot.clock()), "learner_id": her, "address_id": address_id, "words": "SETUJU", "notice": "1"}
    with bot.store.begin() as connection:
        connection.execute(insert(t.consent).values(row | {"channel": "twilio_sms", "given_at": bot.clock()}))


def looked(bot: Bot, at: datetime) -> int:
    """Let a worker look at everything that waits, at that moment; how many certificates it looked at."""
    done = 0
    while found := looking.look(bot.store, bot.zone, now=at):
        done += found
    return done


def unlooked(bot: Bot) -> None:
    """As if nobody had looked yet."""
    with bot.store.begin() as connection:
        connection.execute(update(t.certificate).values(looked_at=None))

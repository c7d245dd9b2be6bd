"""A whole bot for tests below the World: its real channels read and answer; what they would send is kept, or refused."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Row, Table, func, insert, select

from bot import settings, wiring
from bot.channels.base import Channel, ChannelError, Outgoing, Profile, Read, Reply, WebhookReply, WebhookRequest
from bot.store import tables as t
from bot.store.ids import new_id
from bot.wiring import Bot
from flows.session import Enrolment, Session
from tests.bot.channels import payloads as p
from tests.builders import right_letter
from tests.doubles import ACCOUNT, API_KEY, AUTH_TOKEN, USERNAME

BEGINS: Final = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)  # nine in the morning in Kuching, a Tuesday
COURSE: Final = "selamat1"

Made = TypeVar("Made")


class Listening:
    """A real channel that keeps what it is given to send. `refusals` are raised one after the other before that."""

    def __init__(self, channel: Channel) -> None:
        self.name = channel.name
        self.profile: Profile = channel.profile
        self.sent: list[Outgoing] = []
        self.refusals: deque[Exception] = deque()
        self.together: list[list[str]] = []  # the numbers of each request that had several
        self._channel = channel
        self._lock = threading.Lock()

    def read(self, request: WebhookRequest) -> Read:
        """As the channel reads it."""
        return self._channel.read(request)

    def answer(self, reply: Reply) -> WebhookReply:
        """As the channel answers."""
        return self._channel.answer(reply)

    async def send(self, message: Outgoing) -> str:
        """Keep it. Raises the next refusal."""
        with self._lock:
            if self.refusals:
                raise self.refusals.popleft()
            self.sent.append(message)
            return f"{self.name}-{message.id}"

    async def send_many(self, messages: Sequence[Outgoing]) -> Sequence[str | ChannelError]:
        """Keep what is sent in one request; a refusal is of the one number it meets."""
        self.together.append([message.to for message in messages])
        return [await self._became(message) for message in messages]

    async def _became(self, message: Outgoing) -> str | ChannelError:
        try:
            return await self.send(message)
        except ChannelError as error:
            return error


def made_settings(database_url: str, var_dir: Path, **more: Any) -> settings.Settings:
    """Settings with every channel set up, and no queue: nobody hears the bell."""
    given: dict[str, Any] = {
        "database_url": database_url,
        "var_dir": var_dir,
        "redis_url": f"unix://{var_dir / 'nobody.sock'}",
        "public_url": p.PUBLIC,
        "brand": "TITIAN",
        "timezone": "Asia/Kuching",
        "content_dir": settings.ROOT / "tests" / "content",
        "simulator": True,
        "twilio_account_sid": ACCOUNT,
        "twilio_auth_token": (AUTH_TOKEN,),
        "twilio_sms_from": p.US,
        "twilio_whatsapp_from": p.US,
        "twilio_whatsapp_buttons": False,  # so that every reply is on the response; test_twilio_buttons.py has them
        "at_username": USERNAME,
        "at_api_key": API_KEY,
        "at_token": p.TOKEN,
    }
    return settings.Settings(**(given | more), _env_file=None)  # type: ignore[call-arg]


def listening_bot(database_url: str, var_dir: Path, clock: Callable[[], datetime], **more: Any) -> Bot:
    """A bot whose providers listen."""
    made = wiring.build(made_settings(database_url, var_dir, **more), clock=clock)
    channels = {name: Listening(channel) for name, channel in made.channels.items()}
    return replace(made, channels=channels, pushes=replace(made.pushes, channels=channels))


def listener(bot: Bot, name: str) -> Listening:
    """One of its channels, as the test looks at it."""
    channel = bot.channels[name]
    assert isinstance(channel, Listening)
    return channel


def rows(bot: Bot, table: Table) -> Sequence[Row[Any]]:
    """Every row of a table, the oldest first."""
    return bot.store.look(select(table).order_by(*table.primary_key.columns))


def count(bot: Bot, table: Table) -> int:
    """How many rows a table has."""
    return int(bot.store.look(select(func.count()).select_from(table))[0][0])


def to_a_certificate(bot: Bot) -> list[str]:
    """All that a learner sends from her first word to the certificate, in letters."""
    lessons = bot.library().courses[COURSE].lessons
    answers = [word for lesson in lessons for word in (right_letter(lesson.bank[0]), "1")]
    return ["hai", "1", "1", *answers[:-1]]


def villager(bot: Bot, number: str, channel: str = "twilio_sms", **more: Any) -> int:
    """Somebody who has agreed and begun the course, without having said a word; returns her id."""
    now = bot.clock()
    her, kind = new_id(now), bot.channels[channel].profile.address
    course = bot.library().courses[COURSE]
    session = Session(
        state="lesson.question",
        consented=True,
        course=COURSE,
        lesson=course.lessons[0].id,
        question=course.lessons[0].bank[0].id,
        enrolments=(Enrolment(COURSE, course.version),),
    )
    learner = {"id": her, "locale": "ms", "district": None, "consented_at": now, "created_at": now}
    learner |= {name: value for name, value in more.items() if name in learner}
    address = {"id": new_id(now), "kind": kind, "identifier": number, "learner_id": her, "created_at": now}
    address |= {"last_inbound_at": now, "last_channel": channel, "opted_out_at": None}
    address |= {name: value for name, value in more.items() if name in address}
    with bot.store.begin() as connection:
        connection.execute(insert(t.learner).values(learner))
        kept = {"learner_id": her, "session": session.to_json(), "turn": 0, "dialogue": "", "typed": 0, "unread": "[]"}
        connection.execute(insert(t.conversation).values(kept))
        connection.execute(insert(t.address).values(address))
        if more.get("enrolled", True):
            enrolled = {"learner_id": her, "course": COURSE, "version": course.version, "started_at": now}
            connection.execute(insert(t.enrolment).values(enrolled))
    return her


def keys_to_a_certificate(bot: Bot) -> list[str]:
    """All that she presses in a call, from dialling to the certificate."""
    letters = {letter: str(place) for place, letter in enumerate("ABCDE", start=1)}
    return [letters.get(word, word) for word in to_a_certificate(bot)[1:]]


def at_the_same_moment(*calls: Callable[[], Made]) -> list[Made]:
    """Make calls in threads that all start together; returns what they returned, in their order."""
    gate = threading.Barrier(len(calls))

    def start(call: Callable[[], Made]) -> Made:
        gate.wait(10)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(start, calls))

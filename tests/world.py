"""A whole bot with a clock you turn and a provider that only listens: what tests of conversations talk to."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Table, select

from bot import settings
from bot.channels.base import Channel
from bot.cli.handset import Answer, Handset
from bot.cli.rehearsal import Clock, Listening, Provider, Rehearsal, rehearse
from bot.cli.transcript import BEGINS, PHONE
from bot.store import tables as t
from bot.wiring import tag_of
from flows.session import Session
from flows.types import Effect, Event

KUCHING: Final = ZoneInfo("Asia/Kuching")
OTHER_PHONE: Final = "+60111000002"
TAG: Final = tag_of("TITIAN")


class World:
    """One bot and everybody's phones. Everything in it is real but the clock, the networks and the queue."""

    def __init__(
        self,
        database_url: str,
        var_dir: Path,
        *,
        content: Path = settings.ROOT / "tests" / "content",
        inline: bool = True,
    ):
        made = settings.load(
            database_url=database_url, var_dir=var_dir, content_dir=content, brand="TITIAN", timezone="Asia/Kuching"
        )
        self.clock = Clock(lambda: BEGINS)
        self.rehearsal: Rehearsal = rehearse(made, self.clock, inline=inline)
        self.bot = self.rehearsal.bot
        self.texts: tuple[str, ...] = ()  # what came back last, as it came
        self.ended = False  # whether that ended the call
        self._phones: dict[str, Handset] = {}

    @property
    def provider(self) -> Provider:
        """Who was given what to send, and may be told to refuse."""
        return self.rehearsal.provider

    @property
    def events(self) -> Sequence[Event]:
        """What happened so far, as the machine was told."""
        return self.rehearsal.notes.events

    @property
    def effects(self) -> Sequence[Effect]:
        """What the machine asked for so far."""
        return self.rehearsal.notes.effects

    def phone(self, number: str = PHONE) -> Handset:
        """Somebody's phone."""
        return self._phones.setdefault(number, Handset(self.rehearsal, number))

    def says(self, words: str, channel: str = "sms", phone: str = PHONE, id: str = "") -> str:  # noqa: A002
        """Send a message and return the words that come back, the tag before every SMS left out."""
        return self._read(self.phone(phone).texts(words, channel, id=id), channel)

    def dials(self, phone: str = PHONE) -> str:
        """Open a call and return the first screen."""
        return self._read(self.phone(phone).dials(), "ussd")

    def presses(self, keys: str, phone: str = PHONE) -> str:
        """Answer the screen and return the next one."""
        return self._read(self.phone(phone).presses(keys), "ussd")

    def says_all(self, *words: str, channel: str = "sms", phone: str = PHONE) -> str:
        """Send one message after the other and return what comes back to the last."""
        return [self.says(each, channel, phone) for each in words][-1]

    def passes(self, *, hours: float = 0, minutes: float = 0, days: float = 0) -> list[str]:
        """Turn the clock on, the workers looking every ten minutes, and return what was sent meanwhile."""
        sent = self.rehearsal.passes(timedelta(days=days, hours=hours, minutes=minutes))
        return [_untagged(each.text, each.kind) for each in sent]

    def session(self, phone: str = PHONE) -> Session:
        """What is remembered of whoever has this phone."""
        of_phone = t.conversation.join(t.address, t.address.c.learner_id == t.conversation.c.learner_id)
        query = select(t.conversation.c.session).select_from(of_phone).where(t.address.c.identifier == phone)
        return Session.from_json(self.bot.store.look(query)[0].session)

    def goes_one_way(self) -> None:
        """From now on what we send by ourselves goes by a route that carries no replies; she can still write to us by SMS."""
        channels = cast(dict[str, Channel], self.rehearsal.bot.channels)
        way = Listening("sms", self.provider, inline=False)
        way.name, way.profile = "one_way", replace(way.profile, two_way=False, pushes_by="one_way")
        channels[way.name] = way
        spoken_on = channels["simulator_sms"]
        spoken_on.profile = replace(spoken_on.profile, pushes_by=way.name)

    def rows(self, table: Table) -> Sequence[Row[Any]]:
        """Every row of a table, the oldest first."""
        return self.bot.store.look(select(table).order_by(*table.primary_key.columns))

    def close(self) -> None:
        """Let go of the database."""
        self.bot.store.engine.dispose()

    def _read(self, answer: Answer, channel: str) -> str:
        self.texts, self.ended = answer.texts, answer.ends
        return "\n".join(_untagged(text, channel) for text in answer.texts)


def _untagged(text: str, kind: str) -> str:
    if kind != "sms":
        return text
    assert text.startswith(TAG), f"an SMS without the tag: {text}"
    return text.removeprefix(TAG)

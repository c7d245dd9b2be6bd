"""One made-up phone: what is typed on it goes through the whole bot, as a provider would bring it."""

import json
from dataclasses import dataclass, field
from uuid import uuid4

from bot.channels.base import Inbound, WebhookRequest
from bot.cli.rehearsal import Rehearsal


class NoCall(Exception):
    """Keys were pressed and there is no call they could belong to."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the texts, or the one screen, whether the call is over with it, and what a picture shows, in words."""

    texts: tuple[str, ...]
    ends: bool = False
    picture: str = ""


@dataclass
class Handset:
    """A phone with a number, which texts, chats and dials."""

    rehearsal: Rehearsal
    number: str
    call: str = ""  # the id of the open call, "" where there is none
    typed: list[str] = field(default_factory=list)  # in that call

    def texts(self, words: str, kind: str = "sms", *, id: str = "") -> Answer:  # noqa: A002 - as the provider names it
        """Send words by SMS or WhatsApp. The same `id` twice is a provider that tries again."""
        return self._brings(kind, {"text": words} | ({"id": id} if id else {}))

    def dials(self) -> Answer:
        """Open a call; one that was open is left as if its network had gone."""
        self.call, self.typed = uuid4().hex, []
        return self._calls()

    def presses(self, keys: str) -> Answer:
        """Answer the screen. Raises NoCall where there is none."""
        if not self.call:
            raise NoCall("dial first")
        self.typed.append(keys)
        return self._calls()

    def hangs_up(self) -> None:
        """Leave the call; the bot is not told."""
        self.call = ""

    def _calls(self) -> Answer:
        answer = self._brings("ussd", {"text": "*".join(self.typed), "session": self.call})
        if answer.ends:
            self.call = ""
        return answer

    def _brings(self, kind: str, said: dict[str, str]) -> Answer:
        bot, provider = self.rehearsal.bot, self.rehearsal.provider
        channel = bot.channels[f"simulator_{kind}"]
        body = json.dumps({"phone": self.number, "channel": kind} | said).encode()
        read = channel.read(WebhookRequest("POST", "", {}, {}, body=body))
        assert isinstance(read, Inbound)
        before = len(provider.sent)
        heard = bot.conversations.hear(read, channel, now=bot.clock())
        if heard.queued:
            self.rehearsal.delivers()
            came = provider.sent[before:]
            picture = next((sent.picture for sent in came if sent.picture), "")
            return Answer(tuple(sent.text for sent in came), heard.reply.ends, picture)
        answered = json.loads(channel.answer(heard.reply).body)
        return Answer(tuple(answered["replies"]), answered["ends"], answered.get("picture", {}).get("words", ""))

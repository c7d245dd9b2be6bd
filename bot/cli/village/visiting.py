"""One message of a made-up learner: what she sends goes through the whole bot, and she sees where that leads her."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select

from bot.channels.base import Dialogue, Inbound
from bot.cli.village import answering
from bot.cli.village.assumptions import Assumed
from bot.cli.village.founding import Founded
from bot.cli.village.network import by_kind
from bot.cli.village.people import Phone, Villager
from bot.store import tables as t
from flows.session import Session

NOBODY: Final = Session()
_SESSION: Final = (
    select(t.conversation.c.session)
    .select_from(t.address.join(t.conversation, t.conversation.c.learner_id == t.address.c.learner_id))
    .where(t.address.c.identifier == bindparam("number"))
    .limit(1)
)


@dataclass
class Visits:
    """How learners write to the bot, and what came of it so far."""

    founded: Founded
    assumed: Assumed
    known: dict[int, Villager] = field(default_factory=dict)  # by learner id
    unanswered: int = 0  # messages that got no words back
    written: int = 0
    by_sms: int = 0  # of them: those that she pays for
    _count: int = 0

    def session(self, phone: Phone) -> Session:
        """What is remembered of whoever has this phone now."""
        if phone.session is None:
            rows = self.founded.bot.store.look(_SESSION, {"number": phone.number})
            phone.session = Session.from_json(rows[0].session) if rows else NOBODY
        return phone.session

    def may_begin(self, her: Villager) -> bool:
        """Whether she can: on another's phone not before that one has agreed."""
        return her.phone.people[0] is her or self.session(her.phone).consented

    def words(self, her: Villager, now: datetime) -> str:
        """What she would send now; "" where nothing waits for her."""
        session = self.session(her.phone)
        passing_it_on = session.state.startswith("people.")
        if not passing_it_on and not has_phone(her, session) and (session.consented or session.person):
            return f"PENGGUNA {her.on_phone}" if her.locale == "ms" else f"USER {her.on_phone}"
        if her.reminded and not passing_it_on and session.consented and her.kind != "ussd":
            her.reminded = False
            return answering.ONWARD[her.locale]
        today = now.astimezone(self.founded.bot.zone).date()
        return answering.next_words(her, session, self.founded.library, self.assumed, today)

    def sends(self, her: Villager, words: str, now: datetime) -> Session:
        """Send words, or keys in a call, and return the session that she then sees."""
        phone, bot = her.phone, self.founded.bot
        before = self.session(phone)
        channel = by_kind(bot.channels, her.kind)
        heard = bot.conversations.hear(self._inbound(her, words, channel.name), channel, now=now)
        if heard.reply.ends:
            phone.call = ""
        self.written += 1
        self.by_sms += her.kind == "sms"
        self.unanswered += not heard.reply.texts
        phone.session = self.founded.mind.take() or before
        if has_phone(her, before) and has_phone(her, phone.session) and her.learner_id != heard.learner_id:
            her.learner_id = heard.learner_id
            self.known[her.learner_id] = her
        return phone.session

    def hangs_up(self, her: Villager) -> None:
        """Leave the call; the bot is not told."""
        her.phone.call = ""

    def _inbound(self, her: Villager, words: str, channel: str) -> Inbound:
        self._count += 1
        phone, provider_id = her.phone, f"{self._count:010}"
        if her.kind != "ussd":
            return Inbound(channel, provider_id, phone.number, words)
        if not phone.call:  # whatever she meant to press, she dials first
            phone.call, phone.typed = f"call-{provider_id}", []
        else:
            phone.typed.append(words)
        transcript = "*".join(phone.typed)
        typed = phone.typed[-1] if phone.typed else ""
        return Inbound(channel, provider_id, phone.number, typed, dialogue=Dialogue(phone.call, transcript))


def has_phone(her: Villager, session: Session) -> bool:
    """Whether a session is hers, of those who share the phone; the first there has no place until there is a second."""
    return (session.person or 1) == her.on_phone

"""What coordinators ask for by SMS from their own numbers: UMUM announces to a few, YA lets it go, TELEFON is their list."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import Row, delete, insert, select

from bot import coordinators, policy
from bot.announcements import drafts, moves
from bot.announcements.drafts import Draft
from bot.announcements.planning import Plan, plan
from bot.announcements.texts import Unfit, check
from bot.audience import Audience
from bot.money import Prices, ringgit
from bot.pushes import Pushes
from bot.reasons import known
from bot.render import Rendered
from bot.ringing import Lists
from bot.segments import NotUnderstood
from bot.store import tables as t
from bot.store.database import Store
from flows.text import T, Text, invite
from flows.types import Say

WITHIN: Final = timedelta(minutes=15)  # from the summary to YA
_o: Final = t.order.c

# Only these words make us look whose number it is: all that learners write is heard as before, in one look.
_UMUM: Final = re.compile(r"\s*(?:umum|announce)\s+(?P<rest>\S.*)", re.IGNORECASE | re.DOTALL)
_BACK: Final = re.compile(r"\s*(?:umum\s+batal|announce\s+cancel)[\s.!]*", re.IGNORECASE)
_YES: Final = re.compile(r"\s*(?:ya|yes)\s+(?P<code>\d{4})(?:\s+(?P<pin>\d{4}))?[\s.!]*", re.IGNORECASE)
_LIST: Final = re.compile(r"\s*(?:telefon|telephone|\d{1,2}[\s.):,-]*(?:dapat|reached|tidak|no))[\s.!]*", re.IGNORECASE)


class Kept(NamedTuple):
    """What became of a command: what is answered, and her words as they are kept, without her digits."""

    rendered: Rendered
    words: str


@dataclass(frozen=True)
class Orders:
    """Hears coordinators, with what it takes to plan and to answer."""

    store: Store
    sender: Pushes
    prices: Prices
    lists: Lists

    def heard(self, number: str, words: str, kind: str, now: datetime) -> Kept | None:
        """Do what a coordinator asks from that number, on that kind of channel, and answer her; None for everybody and everything else.

        May be asked twice for one message, where two of hers come at once: a draft may then stay behind that nobody approves.
        """
        asks = [pattern.fullmatch(words) for pattern in (_BACK, _YES, _UMUM, _LIST)]
        if kind == "ussd" or not any(asks) or (her := coordinators.at(self.store, number)) is None:
            return None
        back, yes, umum, _ = asks
        if back or yes or umum:
            said = self._said(her, back, yes, umum, now)
            rendered = self.sender.voice.render(Say((said,)), her.locale, kind, number)
            return Kept(rendered, f"{words[: yes.start('pin')]}****" if yes and yes["pin"] else words)
        told = self.lists.heard(her, words, now)
        if told is None:
            return None
        tag = self.sender.voice.tag_for(number) if kind == "sms" else ""
        return Kept(Rendered(tuple(tag + each for each in told)), words)

    def _said(self, her: Row[Any], back: object, yes: re.Match[str] | None, umum: re.Match[str] | None, now: datetime) -> Text:  # fmt: skip
        if not coordinators.may(her, "announce"):
            return T("You may not announce. The office can give you the right.")
        if coordinators.locked(her, now):
            return T("Too many wrong tries. Please try again in an hour.")
        if back:
            return self._take_back(her, now)
        if yes:
            return self._let_go(her, yes["code"], yes["pin"] or "", now)
        assert umum is not None
        return self._ask(her, umum["rest"], now)

    # --- UMUM ---

    def _ask(self, her: Row[Any], rest: str, now: datetime) -> Text:
        """Make a draft and say what sending it would mean, or why it cannot be sent."""
        segment, text = self._parted(rest)
        if not segment:
            return invite(T("First the group, then the text: UMUM {example} ...", example=self._example()))
        if not text:
            return invite(T("The text is missing: UMUM {group} and then the text.", group=segment))
        words = {"ms": text, "en": text}
        try:
            check(words, self.sender.voice.tag)
            found = plan(self.store, self.sender, words, Audience(segment=segment), now=now, prices=self.prices)
        except Unfit as wrong:
            return T("It cannot go out: {why}", why=known(str(wrong)))
        except NotUnderstood as wrong:
            return T("It cannot go out: {why}", why=wrong.says)
        if not found.recipients:
            return T("Nobody in {group} would get it.", group=segment)
        if found.recipients > moves.LARGE:
            return T(
                "{group} has {count} learners: by SMS you may announce to {most} at most. Ask the office.",
                group=segment,
                count=found.recipients,
                most=moves.LARGE,
            )
        code = self._keep(her, words, segment, now)
        return self._summary(her, found, segment, text, code)

    def _parted(self, rest: str) -> tuple[str, str]:
        """The group and the text: a saved group's name at the beginning, the longest that fits, or a description up to a colon."""
        names = self.store.look(select(t.segment.c.name).order_by(t.segment.c.name))
        plain = " ".join(rest.casefold().split())
        fits = [row.name for row in names if plain == row.name or plain.startswith((f"{row.name} ", f"{row.name}:"))]
        if fits:
            name = max(fits, key=len)
            after = re.compile(r"\s+".join(map(re.escape, name.split())) + r"\s*:?\s*", re.IGNORECASE).match(rest)
            return f'segment "{name}"', rest[after.end() :].strip() if after else ""
        described, colon, text = rest.partition(":")
        return (described.strip(), text.strip()) if colon else ("", "")

    def _example(self) -> str:
        first = self.store.look(select(t.segment.c.name).order_by(t.segment.c.name).limit(1))
        return first[0].name if first else "daerah Ranau:"

    def _keep(self, her: Row[Any], words: dict[str, str], segment: str, now: datetime) -> str:
        """Keep the draft and the code that lets it go; what she asked for before is forgotten."""
        made = drafts.write(self.store, Draft(her.name, words, Audience(segment=segment)), now=now)
        code = f"{secrets.randbelow(9000) + 1000}"
        row = {"coordinator_id": her.id, "code": code, "broadcast_id": made, "until": now + WITHIN}
        with self.store.begin() as connection:
            connection.execute(delete(t.order).where(_o.coordinator_id == her.id))
            connection.execute(insert(t.order).values(row))
        return code

    def _summary(self, her: Row[Any], found: Plan, segment: str, text: str, code: str) -> Text:
        what: dict[str, str | int] = {"count": found.recipients, "sms": found.segments, "text": text, "code": code}
        what["cost"] = "?" if found.unpriced else ringgit(found.cost)
        if her.pin_hash:
            return invite(
                T(
                    'To {count} learners, {sms} SMS, {cost}: "{text}" To send it: YA {code} and your four digits, within 15 minutes.',
                    **what,
                )
            )
        return invite(
            T('To {count} learners, {sms} SMS, {cost}: "{text}" To send it: YA {code}, within 15 minutes.', **what)
        )

    # --- YA, UMUM BATAL ---

    def _let_go(self, her: Row[Any], code: str, pin: str, now: datetime) -> Text:
        found = self.store.look(select(t.order).where(_o.coordinator_id == her.id))
        if not found or found[0].code != code:
            coordinators.failed(self.store, her, now=now)
            return T("There is no announcement under {code}.", code=code)
        if not coordinators.proves(self.store, her, pin, now=now):
            return invite(T("These are not your four digits. Send: YA {code} and your four digits.", code=code))
        ours = drafts.look(self.store, found[0].broadcast_id)
        if ours.status == "draft" and now > found[0].until:
            return invite(T("The 15 minutes are over. Send it once more."))
        size = ours.size or self._size(ours, now)
        try:
            due = moves.approve(self.store, ours.id, her.name, size=size, now=now)
        except moves.Refused as refused:
            return T("It cannot go out: {why}", why=known(str(refused)))
        leaves = policy.next_opening(due, self.sender.zone, self.sender.off).astimezone(self.sender.zone)
        return invite(
            T(
                "It goes out on {day} at {time} to {count} learners. To stop it: UMUM BATAL.",
                day=leaves.strftime("%d/%m"),
                time=leaves.strftime("%H:%M"),
                count=size,
            )
        )

    def _size(self, ours: Row[Any], now: datetime) -> int:
        """How many it would reach now: the group may have grown since the summary."""
        words = {"ms": "-"}
        return plan(self.store, self.sender, words, drafts.audience_of(ours), now=now).recipients

    def _take_back(self, her: Row[Any], now: datetime) -> Text:
        found = self.store.look(select(t.order).where(_o.coordinator_id == her.id))
        if not found:
            return T("There is nothing to stop.")
        try:
            moves.cancel(self.store, found[0].broadcast_id, her.name, now=now)
        except moves.Refused:
            return T("It has gone out already.")
        return T("Stopped. What has not gone out yet will not.")

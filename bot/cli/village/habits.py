"""What made-up learners do with what comes to them: answer now, later, never; go on; leave; send STOP."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from math import log
from typing import Final

from bot.cli.village import answering
from bot.cli.village.assumptions import Assumed
from bot.cli.village.living import Village
from bot.cli.village.people import Villager
from bot.cli.village.visiting import Visits, has_phone
from flows.session import Session

MOST_MESSAGES: Final = 80  # of one visit: whoever needs more is going round in a circle, and puts the phone away
TOO_LATE: Final = timedelta(hours=24)  # who could not answer for a day hardly comes back to it by herself
LONGEST_DELAY: Final = 22 * 60.0  # minutes
SPREAD: Final = 1.2  # of the time until she answers, as a logarithm: most are quick, some take all day
BUSY: Final = timedelta(minutes=20)  # the other has the phone
A_DAY: Final = timedelta(days=1)
A_WEEK: Final = timedelta(days=7)
TRIES: Final = 5  # to begin on a phone whose owner has not

REMINDERS: Final = frozenset({"nudge", "call", "confirm"})  # they show no question
ASKS_FOR_TIME: Final = "masa"
WISHES: Final = {"ms": {1: "1 seminggu", 5: "5 seminggu"}, "en": {1: "1 a week", 5: "5 a week"}}


@dataclass
class Habits:
    """How everybody behaves, from what is assumed and her own chance."""

    village: Village
    visits: Visits
    assumed: Assumed

    def begin(self) -> None:
        """Everybody comes on her day: by herself, or from a coordinator's list."""
        for her in self.village.people:
            comes = partial(self.village.enter, her) if her.on_list else partial(self._begins, her, her.plan, 0)
            self.village.later(her.joins_at, comes)

    def comes(self, her: Villager, purpose: str, at: datetime) -> None:
        """Something of ours has reached her network: it reaches her once her phone has a signal, if that is not too late."""
        reached = her.phone.signal_back(at)
        if her.kind != "whatsapp" and reached - at > timedelta(hours=self.assumed.sms_kept_hours):
            return
        if reached > at:
            self.village.later(reached, partial(self._gets, her, purpose))
        else:
            self._gets(her, purpose, at)

    def comes_back(self, her: Villager, now: datetime) -> None:
        """Somebody has spoken with her, and she takes it up again."""
        her.gone, her.stays, her.reminded = False, True, True
        self._plans(her, now + timedelta(hours=her.chance.uniform(0.2, 8)))

    def _gets(self, her: Villager, purpose: str, now: datetime) -> None:
        if her.stopped:
            return
        if her.chance.random() < self.assumed.stops_each_push:
            her.plan += 1
            self.village.later(self._awake(now + self._delay(her)), partial(self._stops, her))
            return
        weeks = (now - (her.heard_at or now)) / A_WEEK
        left = her.chance.random() < 1 - (1 - self.assumed.leaves_each_week) ** weeks
        her.gone, her.heard_at = her.gone or left, now
        if her.gone or her.phone.user is her:
            return
        her.reminded = purpose in REMINDERS or (purpose == "broadcast" and her.reminded)
        if her.chance.random() < self._answers(purpose) * her.keen:
            self._plans(her, now + self._delay(her))

    def _answers(self, purpose: str) -> float:
        if purpose == "broadcast":
            return 0  # there is nothing to answer
        if purpose in REMINDERS:
            return self.assumed.answers_reminder
        return self.assumed.answers_review if purpose == "review" else self.assumed.answers_lesson

    def _delay(self, her: Villager) -> timedelta:
        minutes = her.chance.lognormvariate(log(self.assumed.answers_after_minutes), SPREAD)
        return timedelta(minutes=min(minutes, LONGEST_DELAY))

    def _awake(self, at: datetime) -> datetime:
        """That moment, or the next morning where it is in her night."""
        local = at.astimezone(self.visits.founded.bot.zone)
        if self.assumed.awake_from <= local.hour < self.assumed.awake_until:
            return at
        morning = local.replace(hour=self.assumed.awake_from, minute=local.minute)
        return morning if local.hour < self.assumed.awake_from else morning + A_DAY

    def _plans(self, her: Villager, at: datetime) -> None:
        """She means to sit down with the phone then, and forgets whatever she meant to do before."""
        her.plan += 1
        self.village.later(self._awake(at), partial(self._begins, her, her.plan, 0))

    def _begins(self, her: Villager, plan: int, tries: int, now: datetime) -> None:
        """She takes the phone; where it cannot send, or another has it, she tries again, and may forget."""
        if her.plan != plan or her.stopped:
            return
        again = partial(self._begins, her, plan, tries)
        free = her.phone.can_write(now)
        if free > now:
            if free - now < TOO_LATE or her.visits == 0 or her.chance.random() < 0.5:
                self.village.later(self._awake(free + self._delay(her) / 4), again)
        elif her.phone.user is not None:
            self.village.later(self._awake(now + BUSY), again)
        elif not self.visits.may_begin(her):
            if tries < TRIES:
                self.village.later(self._awake(now + A_DAY), partial(self._begins, her, plan, tries + 1))
        else:
            her.phone.user = her
            self._writes(her, MOST_MESSAGES, now)

    def _writes(self, her: Villager, left: int, now: datetime) -> None:
        """Send one message, and go on in a minute or put the phone away."""
        if her.phone.can_write(now) > now:  # the signal went in the middle of it
            self._puts_away(her, now)
            self._plans(her, her.phone.can_write(now) + self._delay(her))
            return
        words = self.visits.words(her, now)
        if not words or not left:
            self._puts_away(her, now)
            return
        session = self.visits.sends(her, words, now)
        if self._goes_on(her, session):
            again = partial(self._writes, her, left - 1)
            self.village.later(now + timedelta(seconds=her.chance.uniform(20, 90)), again)
        else:
            self._puts_away(her, now)

    def _goes_on(self, her: Villager, session: Session) -> bool:
        at = session.place if session.state == "about.aside" else session.state  # an aside hands her back to her place
        if at in answering.RESTS:
            return False
        if at == "lesson.offer" and has_phone(her, session):
            return her.chance.random() < self.assumed.goes_on
        return her.chance.random() >= self.assumed.breaks_off

    def _puts_away(self, her: Villager, now: datetime) -> None:
        her.phone.user = None
        self.visits.hangs_up(her)
        her.visits += 1
        if her.visits == 1:
            her.gone = not her.stays
            self._wishes(her, now)

    def _wishes(self, her: Villager, now: datetime) -> None:
        """What she tells us by herself, once: when she has time, and how many lessons a week she wants."""
        session = self.visits.session(her.phone)
        if her.kind == "ussd" or not session.consented or not has_phone(her, session):
            return
        asks = ASKS_FOR_TIME if her.slot else ""
        for words in filter(None, (asks, her.slot, WISHES[her.locale].get(her.pace, ""))):
            self.visits.sends(her, words, now)

    def _stops(self, her: Villager, now: datetime) -> None:
        free = her.phone.can_write(now)
        if free > now:
            self.village.later(free, partial(self._stops, her))
            return
        self.visits.sends(her, her.chance.choice(answering.STOP[her.locale]), now)
        self.visits.hangs_up(her)
        for each in her.phone.people:  # whoever shares the phone hears nothing more either
            each.stopped = True

"""Conversations as text files: what is typed, what comes back, and what it leads to; written as they are played.

    # a remark                         @ ussd +60111000002   from here by USSD, on that phone
    > what a learner types             + 24h                 so much time passes
    < what she reads                   * what it leads to
      and its further lines

In a call, ">" with nothing after it dials, or hangs up.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.channels.simulator import KINDS
from bot.cli.handset import Answer, Handset, NoCall
from bot.cli.rehearsal import Rehearsal, Sent
from flows.lessons.nudge import QUIET_HOURS
from flows.types import CertificateIssued, Effect, NudgeAfter, Say

BEGINS: Final = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)  # nine in the morning in Kuching, a Tuesday
PHONE: Final = "+60111000001"
CODE: Final = "SR7K-3M9Q-XT2Y"  # stands in a transcript for the code that chance draws
UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
LONGEST_WAIT: Final = timedelta(days=400)
_is_time: Final = re.compile(r"(\d{1,5})([mhd])").fullmatch


class Unreadable(ValueError):
    """A line that is no line of a transcript; the text says what could stand there."""


def time_of(text: str) -> timedelta:
    """A stretch of time as it is written: "30m", "24h", "3d". Raises Unreadable."""
    found = _is_time(text.strip())
    time = int(found[1]) * UNITS[found[2]] if found else timedelta()
    if not timedelta() < time <= LONGEST_WAIT:
        raise Unreadable("Write a time like 30m, 24h or 3d.")
    return time


def pictured(words: str) -> str:
    """A picture where there are only words: what it shows."""
    return f"[gambar: {words}]"


def script_of(text: str) -> list[str]:
    """The lines of a transcript that are played; those that came of it are left out."""
    return [line for line in text.splitlines() if line[:1] in ("#", "@", "+", ">")]


@dataclass
class Scene:
    """A conversation while it is played: the phones in it, and its lines so far."""

    rehearsal: Rehearsal
    kind: str = "sms"
    number: str = PHONE
    lines: list[str] = field(default_factory=list)
    phones: dict[str, Handset] = field(default_factory=dict)

    @property
    def phone(self) -> Handset:
        """The phone in her hand."""
        return self.phones.setdefault(self.number, Handset(self.rehearsal, self.number))

    def play(self, script: Iterable[str]) -> str:
        """Play the lines of a script and return the whole transcript. Raises Unreadable."""
        for line in script:
            mark, rest = line[:1], line[1:].strip()
            match mark:
                case "#":
                    self.lines.append(line)
                case "@":
                    self.turn_to(*rest.split())
                case "+":
                    self.passes(rest)
                case ">":
                    self.types(rest)
                case _:
                    raise Unreadable(f"{line!r} begins with none of # @ + >")
        return "\n".join(self.lines) + "\n"

    def turn_to(self, kind: str, number: str = "") -> None:
        """Go on by SMS, USSD or WhatsApp, on this phone or another."""
        if kind not in KINDS:
            raise Unreadable(f"{kind!r} is none of {', '.join(KINDS)}")
        self.phone.hangs_up()
        self.kind, self.number = kind, number or self.number
        self.lines.append(" ".join(["@", kind, number]).rstrip())

    def passes(self, time: str) -> list[Sent]:
        """Let time pass, and return what came meanwhile, to whichever phone."""
        done = len(self.rehearsal.notes.effects)
        came = self.rehearsal.passes(time_of(time))
        self.lines.append(f"+ {time}")
        texts = [text for sent in came for text in (*([pictured(sent.picture)] if sent.picture else []), sent.text)]
        self._note(Answer(tuple(texts)), done)
        return came

    def types(self, words: str) -> Answer | None:
        """Send words, press keys, or dial; None where that hung up. Raises NoCall."""
        if self.kind == "ussd" and words and not self.phone.call:
            raise NoCall("dial first")
        self.lines.append(f"> {words}".rstrip())
        done = len(self.rehearsal.notes.effects)
        answer = self._sends(words.replace(CODE, self._drawn()))
        if answer is not None:
            self._note(answer, done)
        return answer

    def _sends(self, words: str) -> Answer | None:
        if self.kind != "ussd":
            return self.phone.texts(words, self.kind)
        if words:
            return self.phone.presses(words)
        if not self.phone.call:
            return self.phone.dials()
        self.phone.hangs_up()
        return None

    def _note(self, answer: Answer, done: int) -> None:
        drawn = self._drawn()
        for text in (*([pictured(answer.picture)] if answer.picture else []), *answer.texts):
            first, *more = text.replace(drawn, CODE).split("\n")
            self.lines += [f"< {first}", *(f"  {line}".rstrip() for line in more)]
        if answer.ends and self.kind == "ussd":
            self.lines.append("* the call ends")
        effects = map(_told, self.rehearsal.notes.effects[done:])
        self.lines += [f"* {told}".replace(drawn, CODE) for told in effects if told]

    def _drawn(self) -> str:
        """The code that was drawn last; the one that stands for it until there is any."""
        issued = [event.code for event in self.rehearsal.notes.events if isinstance(event, CertificateIssued)]
        return issued[-1] if issued else CODE


def _told(effect: Effect) -> str:
    """An effect in a line; nothing for what is said, and for the usual reminder. A version changes with every edit."""
    if isinstance(effect, Say) or effect == NudgeAfter(QUIET_HOURS):
        return ""
    told = [each.name for each in fields(effect) if each.repr and each.name != "version"]
    said = [f"{name}={getattr(effect, name)}" for name in told]
    return " ".join([type(effect).__name__, *said])

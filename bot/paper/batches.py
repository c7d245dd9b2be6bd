"""Many papers at once, for a ceremony: asked for together, made by whoever has time, and joined in one file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select

from bot import codes
from bot.paper import asking, joining, sheets
from bot.paper.press import Press
from bot.pushes import BULK
from bot.store import tables as t

AT_ONCE: Final = 500  # codes in one look
_p: Final = t.paper.c


@dataclass
class Batch:
    """Papers that are wanted together. What is made stays at hand, so a batch that was stopped goes on where it was."""

    press: Press
    form: str
    left_out: dict[str, str] = field(default_factory=dict)  # by code, why there is no paper of it
    waiting: list[str] = field(default_factory=list)
    at_hand: list[str] = field(default_factory=list)

    def ask(self, wanted: Sequence[str]) -> None:
        """Ask for the papers of these codes, behind those that somebody waits for."""
        for code in wanted:
            try:
                now = self.press.clock()
                sheet = sheets.of(self.press.store, code, self.press.house, now=now)
            except sheets.NotStanding as gone:
                self.left_out[code] = f"it is {gone.verdict}"
                continue
            paper = asking.ask(self.press.store, sheet, self.form, now=now, lane=BULK)
            if paper.state == "refused":
                self.left_out[code] = paper.why
            else:
                (self.at_hand if paper.state == "made" else self.waiting).append(code)

    def go_on(self) -> tuple[bool, int]:
        """Make one of those that wait, and look what has become of the rest; whether one was made here, and how many are done now."""
        here, done = self.press.one(), 0
        became = self._became()
        for code in list(self.waiting):
            made, why = became.get(code, (False, "it was revoked meanwhile"))
            if made is None:
                continue
            self.waiting.remove(code)
            done += 1
            if made:
                self.at_hand.append(code)
            else:
                self.left_out[code] = why
        return here, done

    def file(self, order: Sequence[str]) -> bytes:
        """What is at hand as one PDF, in this order; b"" where nothing is."""
        there = frozenset(self.at_hand)
        papers = [paper for code in order if code in there and (paper := self.file_of(code))]
        return joining.joined(papers, self.form) if papers else b""

    def file_of(self, code: str) -> bytes | None:
        """One of them as it was made, with its credential; None where it is not at hand, and then it is among those left out."""
        if code not in self.at_hand:
            return None
        rows = self.press.store.look(select(_p.pdf).where(_p.code == codes.read(code), _p.form == self.form))
        if rows and rows[0].pdf is not None:
            return bytes(rows[0].pdf)
        self.left_out[code] = "it was revoked meanwhile"
        return None

    def _became(self) -> Mapping[str, tuple[bool | None, str]]:
        """By code, whether it was made (None: not yet), and why not."""
        made = _p.pdf.is_not(None).label("made")
        found = {}
        for first in range(0, len(self.waiting), AT_ONCE):
            some = [codes.read(code) for code in self.waiting[first : first + AT_ONCE]]
            query = select(_p.code, _p.made_at, _p.why, made).where(_p.code.in_(some), _p.form == self.form)
            for row in self.press.store.look(query):
                done = None if row.made_at is None else bool(row.made)
                found[codes.written(row.code)] = (done, row.why or "")
        return found


Told = Callable[[int], None]


def make(batch: Batch, *, told: Told, wait: Callable[[], None]) -> None:
    """Go on until none waits; `told` hears how many are done each time, `wait` is called while others make what is left."""
    while batch.waiting:
        here, done = batch.go_on()
        if done:
            told(done)
        if batch.waiting and not here and not done:
            wait()

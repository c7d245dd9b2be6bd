"""Paper asked for: what is at hand, what a worker has still to make, and what cannot be made, in words."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from bot import codes
from bot.pushes import REPLIES
from bot.store import papers
from bot.store.database import Store

if TYPE_CHECKING:
    from bot.paper.sheets import House, Sheet
    from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Paper:
    """How a certificate's paper stands. `why` says in words, for an operator, what is wrong where it cannot be made."""

    state: Literal["made", "waiting", "refused"]
    pdf: bytes = b""
    why: str = ""


def ask(store: Store, sheet: "Sheet", form: str, *, now: datetime, lane: int = REPLIES) -> Paper:
    """The PDF of a sheet in a form (bot/paper/press.py), where one is at hand that says the same and looks the same; otherwise a worker is to make it.

    Nothing is rendered here, and whoever asks again while it is made gets the same answer.
    """
    code = codes.read(sheet.code) or ""
    row = papers.found(store, code, form)
    if row is not None and row.made_at is not None and row.edition == edition(sheet):
        if row.pdf is not None:
            return Paper("made", bytes(row.pdf))
        if now - row.made_at < papers.AGAIN:
            return Paper("refused", why=row.why or "")
    papers.ask(store, code, form, lane=lane, now=now)
    return Paper("waiting")


def house_of(settings: "Settings", zone: ZoneInfo) -> "House":
    """What is the same on every sheet."""
    from bot.paper.sheets import House

    return House(settings.brand, settings.reached_at, zone, settings.content_dir)


def edition(sheet: "Sheet") -> str:
    """What tells one state of a sheet from another: what it says, the signature it carries, and how it is laid out."""
    from bot.paper.rendering import EDITION

    return sha256(f"{EDITION} {sheet.digest}".encode()).hexdigest()[:32]

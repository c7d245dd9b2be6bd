"""The press: takes one paper that waits, makes it, and sends it on to her where she asked for it. Any number of them side by side."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, insert, select

from bot import certificates, pushes
from bot.channels.base import Shown
from bot.credentials import compact, keys, qr
from bot.credentials.keys import KeyTrouble, Safe
from bot.paper import rendering, sheets, tickets
from bot.paper.asking import edition
from bot.paper.sheets import House
from bot.render import Voice
from bot.store import papers, tables as t
from bot.store.database import Store
from flows.text import T
from flows.types import Say

PURPOSE: Final = "reply"  # she wrote, and is answered
OFFLINE: Final = "offline"  # the A4 sheet, whose QR has the certificate itself in it
FINEST: Final = 69  # modules of a QR in 26 mm: a finer one is lost in a printer's ink
ANSWERS_WITHIN: Final = timedelta(hours=23)  # later WhatsApp would not carry a document any more

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Press:
    """What making paper needs: the database, what is the same on every sheet, the voice in which she is told, and the keys."""

    store: Store
    house: House
    voice: Voice
    clock: Callable[[], datetime]
    safe: Safe

    def one(self) -> bool:
        """Make the next paper that waits; False where none does.

        May be run by many at once, or killed anywhere: a paper is claimed for a time, made outside any transaction, and
        written only by who still has it. What goes to her is written in that same transaction, so it goes once.
        """
        claimed = papers.claim(self.store, now=self.clock())
        if claimed is None:
            return False
        try:
            self._make(claimed)
        except (KeyboardInterrupt, SystemExit):
            papers.give_back(self.store, claimed)
            raise
        return True

    def _make(self, claimed: Row[Any]) -> None:
        try:
            sheet = sheets.of(self.store, claimed.code, self.house, now=self.clock())
        except sheets.NotStanding:  # revoked since it was asked for
            with self.store.begin() as connection:
                papers.drop(connection, [claimed.code])
            return
        became = {"edition": edition(sheet), **self._made(claimed, sheet)}
        with self.store.begin() as connection:
            now = self.clock()
            asked = papers.settle(connection, claimed, made_at=now, **became)
            if asked is not None and asked.address_id is not None and now - claimed.asked_at < ANSWERS_WITHIN:
                self._send(connection, claimed, asked, made=became["pdf"] is not None)

    def _made(self, claimed: Row[Any], sheet: sheets.Sheet) -> dict[str, Any]:
        """The file, or why there is none."""
        if claimed.pdf is not None and claimed.edition == edition(sheet):
            return {"pdf": claimed.pdf, "why": None}
        if claimed.attempts > papers.MOST_ATTEMPTS:
            return {"pdf": None, "why": papers.KILLED}
        try:
            if claimed.form == OFFLINE:
                return {"pdf": rendering.render([self._signed(sheet)], "a4"), "why": None}
            return {"pdf": rendering.render([sheet], claimed.form), "why": None}
        except (rendering.Unprintable, rendering.PaperUnavailable, KeyTrouble, compact.TooLong) as error:
            log.warning("paper not made", extra={"certificate": claimed.code, "why": str(error)})
            return {"pdf": None, "why": str(error)[:300]}
        except Exception as error:  # it would be the same the next time, and somebody waits
            log.error("paper not made", extra={"certificate": claimed.code}, exc_info=error)
            return {"pdf": None, "why": f"it could not be laid out ({type(error).__name__}): see the worker's log"}

    def _signed(self, sheet: sheets.Sheet) -> sheets.Sheet:
        """The sheet with the certificate itself in its QR. Raises KeyTrouble, and TooLong where it would be too fine to print."""
        if sheet.issuer is None:
            raise KeyTrouble("nobody stands behind it: there is no issuers.yaml in the content")
        checked = certificates.check(self.store, sheet.code, now=self.clock())
        signer = keys.signer(self.store, self.safe, sheet.issuer)
        address = compact.offline_address(checked, signer, self.house.zone)
        if qr.of(address).symbol_size(border=0)[0] > FINEST:
            raise compact.TooLong("its name and title are too long for a QR on this sheet: print it as a4")
        return replace(sheet, offline=address)

    def _send(self, connection: Connection, claimed: Row[Any], asked: Row[Any], *, made: bool) -> None:
        """Queue it for her, or the word that there is none, unless the phone is another's by now."""
        her = connection.execute(_HER, {"address": asked.address_id, "code": claimed.code}).one_or_none()
        if her is None:
            return
        said = Say((_MADE if made else _NOT_MADE,))
        text = self.voice.render(said, her.locale, "whatsapp", her.identifier).texts[0]
        shown = Shown(tickets.named(claimed.code), text).kept() if made else None
        where = {"address_id": asked.address_id, "channel": asked.channel, "lane": pushes.REPLIES}
        now = self.clock()
        connection.execute(
            insert(t.outbound_message).values(
                pushes.row(her.learner_id, PURPOSE, now, text=text, due_at=now, picture=shown, **where)
            )
        )


# Whose certificate it is, where she still has the phone that it was asked from.
_HER: Final = (
    select(t.learner.c.id.label("learner_id"), t.learner.c.locale, t.address.c.identifier)
    .select_from(
        t.certificate.join(t.learner, t.learner.c.id == t.certificate.c.learner_id).join(
            t.address, t.address.c.learner_id == t.learner.c.id
        )
    )
    .where(
        t.certificate.c.code == bindparam("code"),
        t.address.c.id == bindparam("address"),
        t.address.c.opted_out_at.is_(None),
    )
)
_MADE: Final = T("Your certificate, to keep or to print.")
_NOT_MADE: Final = T("The PDF of your certificate could not be made. Your coordinator can help.")

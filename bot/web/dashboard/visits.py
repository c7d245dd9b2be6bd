"""One request of a coordinator: who she is, in which language, and that it was her own page that asked."""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, cast

from babel.dates import format_datetime
from flask import current_app, flash, make_response, redirect, render_template, request, session, url_for
from sqlalchemy import Row
from werkzeug.wrappers import Response as Answer

from bot import coordinators
from bot.i18n import LANGUAGES
from bot.settings import browser_secret
from bot.web import styles
from flows.text import T, Words

if TYPE_CHECKING:
    from bot.wiring import Bot

ANY: Final = frozenset(coordinators.RIGHTS)
ANYBODY: Final = None  # signed in or not
NOTHING: Final = T("There is nothing here.")
LARGEST_ID: Final = 1 << 63  # the database has none so large, and would not be asked for it
LASTS: Final = timedelta(hours=12)  # one signing in: a working day

_style: Final = styles.read("dashboard")
HEADERS: Final = {
    "Content-Security-Policy": _style.policy,
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Visit:
    """What a page is given: the bot, the coordinator (none before she has signed in), her language, and the time."""

    bot: "Bot"
    her: Row[Any] | None
    locale: str
    now: datetime

    @property
    def coordinator(self) -> Row[Any]:
        """Her row, on pages that are only for who has signed in."""
        assert self.her is not None
        return self.her

    def say(self, words: Words) -> str:
        """Words in her language."""
        return self.bot.pushes.voice.catalogues.say(words, self.locale)

    def may(self, *rights: str) -> bool:
        """Whether she has one of these rights."""
        return any(coordinators.may(self.her, right) for right in rights)

    def page(self, name: str, status: int = 200, **more: object) -> Answer:
        """A page, by the name of its template."""
        words = {"_": self._phrase, "at": self.at, "token": token, "visit": self, "style": _style.sheet}
        given = words | {"brand": self.bot.settings.brand, "languages": LANGUAGES} | more
        return make_response(render_template(f"dashboard/{name}.html", **given), status)

    def goes(self, endpoint: str, told: Words | None = None, **where: Any) -> Answer:
        """On to another page, which says once what was done here."""
        if told is not None:
            flash(self.say(told))
        return redirect(url_for(f"dashboard.{endpoint}", **where), 303)

    def at(self, moment: datetime) -> str:
        """A moment there, for people: "Isn, 24 Nov, 09:05"."""
        return format_datetime(moment.astimezone(self.bot.zone), "EEE, d MMM, HH:mm", locale=self.locale)

    def _phrase(self, msgid: str, **places: Any) -> str:
        return self.say(T(msgid, **places))


class Gone(Exception):
    """There is nothing under this address, or nothing for her."""


View = Callable[..., Answer]


def guarded(view: View, rights: frozenset[str] | None) -> View:
    """The view as it is asked for: by a coordinator with one of these rights, and from a page of ours where it changes anything."""

    def asked(**where: Any) -> Answer:
        bot: Bot = current_app.extensions["titian"]
        now = bot.clock()
        her = _signed_in(bot, now)
        visit = Visit(bot, her, _language(her), now)
        if any(isinstance(each, int) and each >= LARGEST_ID for each in where.values()):
            return visit.page("sorry", 404, why=NOTHING)
        if request.method == "POST" and not _is_ours(request.form.get("token", "")):
            return visit.page(
                "sorry", 400, why=T("This page had been open for too long. Please go back and try once more.")
            )
        if rights is not None and her is None:
            return visit.goes("sign_in")
        if rights is not None and not visit.may(*rights):
            return visit.page(
                "sorry", 403, why=T("You do not have the right for this page. The office can give it to you.")
            )
        try:
            return view(visit, **where)
        except Gone:
            return visit.page("sorry", 404, why=NOTHING)

    return asked


def begin(bot: "Bot", her: Row[Any], now: datetime) -> None:
    """Remember in this browser who has signed in. What was remembered before is gone, tokens among it."""
    session.clear()
    session.update(who=her.id, mark=_mark(bot, her), at=int(now.timestamp()), key=secrets.token_hex(16))


def end() -> None:
    """Forget her in this browser."""
    session.clear()


def token(path: str) -> str:
    """What only a page of ours, shown in this browser, can send to that path."""
    if "key" not in session:
        session["key"] = secrets.token_hex(16)
    return hmac.new(session["key"].encode(), path.encode(), sha256).hexdigest()[:32]


def _is_ours(given: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), token(request.path).encode())


def _signed_in(bot: "Bot", now: datetime) -> Row[Any] | None:
    """Who this browser is: looked up for every request, so that who has left, has no right any more or has other digits is out."""
    if "who" not in session or not 0 <= now.timestamp() - session["at"] < LASTS.total_seconds():
        return None
    her = coordinators.there(bot.store, session["who"])
    if her is None or not her.rights or not her.number or not her.pin_hash:
        return None
    return her if hmac.compare_digest(session["mark"], _mark(bot, her)) else None


def _mark(bot: "Bot", her: Row[Any]) -> str:
    """Her number and digits as a mark: it tells that they are the same still, and nothing else without our secret."""
    known = f"{her.id} {her.number} {her.pin_hash}"
    return hmac.new(browser_secret(bot.settings).encode(), known.encode(), sha256).hexdigest()[:32]


def _language(her: Row[Any] | None) -> str:
    """Hers, or the one she asked for with ?lang= and keeps while she is here."""
    asked = request.args.get("lang", "")
    if asked in LANGUAGES:
        session["lang"] = asked
    return cast("str", session.get("lang") or (her.locale if her else LANGUAGES[0]))

"""Signing in with a number and four digits, and out."""

from hashlib import sha256

from flask import request
from werkzeug.wrappers import Response as Answer

from bot import coordinators
from bot.phone import NotANumber, e164
from bot.web.dashboard import visits
from bot.web.dashboard.visits import Visit
from flows.text import T

TRIES_BY_NUMBER = 10  # an hour, right ones among them; whoever has that number is locked after five wrong ones anyway
TRIES_FROM = 30  # in ten minutes from one address on the network; behind a proxy that is everybody together

# The same words for a number nobody has, for wrong digits, for none, and for a lock: they tell a stranger nothing.
WRONG = T(
    "That did not work. Check the number and the four digits. After five wrong tries nothing is taken for an hour."
)
TOO_MANY = T("Too many tries. Please wait ten minutes.")


def ask(visit: Visit) -> Answer:
    """The form."""
    return visit.page("sign-in") if visit.her is None else visit.goes("home")


def sign_in(visit: Visit) -> Answer:
    """Let her in, or say that it did not work."""
    typed, pin = request.form.get("number", "")[:40], request.form.get("pin", "")[:8]
    if not _may_try(visit, typed):
        return visit.page("sign-in", 429, wrong=TOO_MANY, typed=typed)
    try:
        number = e164(typed)
    except NotANumber:
        number = ""
    her = coordinators.admitted(visit.bot.store, number, pin, now=visit.now)
    if her is None or not her.rights:
        return visit.page("sign-in", 403, wrong=WRONG, typed=typed)
    visits.begin(visit.bot, her, visit.now)
    return visit.goes("home")


def sign_out(visit: Visit) -> Answer:
    """Forget her in this browser."""
    visits.end()
    return visit.goes("sign_in")


def _may_try(visit: Visit, typed: str) -> bool:
    allows = visit.bot.throttle.allows
    number = sha256("".join(filter(str.isdigit, typed))[-9:].encode()).hexdigest()[:16]  # however it is written
    return allows(f"sign-in from {request.remote_addr}", most=TRIES_FROM, minutes=10) and allows(
        f"sign-in {number}", most=TRIES_BY_NUMBER, minutes=60
    )

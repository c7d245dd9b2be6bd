"""The verification page as text: laid out once for certificates that say the same, then filled in with what is this one's own.

To lay a page out costs half a millisecond, and a class that finished a course is checked in an afternoon: all but the
code, the name and the days is the same for all of them.
"""

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from flask import render_template
from markupsafe import escape

from bot import names
from bot.certificates import CheckedCertificate, Verdict
from bot.credentials.issuers import Issuer
from bot.web import linkedin, styles, wording
from bot.web.wording import Both

NAMED: Final = frozenset({"valid", "expired"})  # a revoked certificate is nobody's any more: no name is shown with it
MOST_LAID_OUT: Final = 512  # pages of about 10 kB

STYLE: Final = styles.read("verify")
SCRIPT: Final = styles.script("verify")  # where a code is asked for, and nowhere else: a QR code on paper leads there

# What is filled in later. The code stands in addresses too, so its gap is letters that an address carries as they are.
_CODE: Final = "0000-0000-0000"
_NAME: Final = "\ue000name"
_DAYS: Final = {
    name: Both(f"\ue000{name}.ms", f"\ue000{name}.en") for name in ("issued", "expires", "revoked", "today")
}
_LINKEDIN: Final = "\ue000linkedin"
_gaps: Final = re.compile(
    "(" + "|".join([_CODE, _NAME, _LINKEDIN, *(gap for both in _DAYS.values() for gap in both)]) + ")"
)


class House(NamedTuple):
    """What is the same on every page: the name before every SMS, our address, and where days begin."""

    brand: str
    reached_at: str
    zone: ZoneInfo


class _Behind(NamedTuple):
    """The association, as the page names it."""

    name: Both
    registration: str
    assessor: str


class _Letter(NamedTuple):
    """All that a page says but for the gaps."""

    house: House
    verdict: Verdict
    kind: str
    level: int
    title: tuple[tuple[str, str], ...]
    minutes: int
    assessed: str
    expires: bool
    behind: _Behind | None
    named: bool
    unmasked: bool
    told: str


def of_certificate(
    house: House, checked: CheckedCertificate, issuer: Issuer | None, *, now: datetime, told: str, unmasked: bool
) -> bytes:
    """The page of a certificate that there is, in UTF-8. Its name is masked unless `unmasked`, and none where it does not stand."""
    named = checked.verdict in NAMED and bool(checked.name)
    letter = _Letter(
        house,
        checked.verdict,
        checked.kind,
        checked.level,
        tuple((checked.title or {}).items()),
        checked.minutes,
        json.dumps(dict(checked.assessed)),
        checked.expires_at is not None,
        _behind(issuer, checked.course),
        named,
        unmasked,
        told,
    )
    shown = ((checked.name or "") if unmasked else names.masked(checked.name or "")) if named else ""
    values = {_CODE: checked.code, _NAME: str(escape(shown))}
    if unmasked and checked.verdict == "valid":
        values[_LINKEDIN] = str(escape(linkedin.address(house, checked, issuer)))
    moments = (checked.issued_at, checked.expires_at, checked.revoked_at, now)
    for gaps, moment in zip(_DAYS.values(), moments, strict=True):
        if moment is not None:
            values |= zip(gaps, day(moment, house.zone), strict=True)
    filled = {gap: value.encode() for gap, value in values.items()}
    return b"".join([piece if isinstance(piece, bytes) else filled.get(piece, b"") for piece in _laid_out(letter)])


def without(house: House, verdict: str, typed: str) -> str:
    """The page that asks for a code, or says that there is no certificate with this one."""
    return render_template("verify/page.html", **_context(house, verdict, typed), checked=None, told=None)


def day(at: datetime, zone: ZoneInfo) -> Both:
    """A moment as its day in Sabah, for people."""
    return _written_out(at.astimezone(zone).date())


@lru_cache(maxsize=MOST_LAID_OUT)
def _written_out(local: date) -> Both:
    return wording.written_out(local)


@lru_cache(maxsize=MOST_LAID_OUT)
def _laid_out(letter: _Letter) -> tuple[str | bytes, ...]:
    """The page cut at its gaps, encoded once, and the gaps between."""
    title: Mapping[str, str] = dict(letter.title)
    checked = CheckedCertificate(
        letter.verdict,
        _CODE,
        title,
        letter.minutes,
        kind=letter.kind,
        level=letter.level,
        assessed=json.loads(letter.assessed),
    )
    page = render_template(
        "verify/page.html",
        **_context(letter.house, letter.verdict, _CODE),
        checked=checked,
        expires=letter.expires,
        issuer=letter.behind,
        name=_NAME if letter.named else "",
        unmasked=letter.unmasked,
        linkedin=_LINKEDIN if letter.unmasked and letter.verdict == "valid" else "",
        told=wording.ANSWERS.get(letter.told),
    )
    return tuple([piece if place % 2 else piece.encode() for place, piece in enumerate(_gaps.split(page))])


def _behind(issuer: Issuer | None, course: str) -> _Behind | None:
    if issuer is None:
        return None
    name = Both(issuer.name["ms"], issuer.name["en"])
    return _Behind(name, issuer.registration, issuer.assessors.get(course, ("", ""))[0])


def _context(house: House, verdict: str, typed: str) -> dict[str, object]:
    return {
        "verdict": verdict,
        "typed": typed,
        "brand": house.brand,
        "reached_at": house.reached_at,
        "wording": wording,
        "days": _DAYS,
        "style": STYLE.sheet,
        "script": SCRIPT.sheet,
    }

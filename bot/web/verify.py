"""The public page where anybody with a certificate code sees what it stands for."""

import re
from base64 import b64encode
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from babel.dates import format_date
from flask import Blueprint, Response, current_app, jsonify, make_response, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from bot import codes

if TYPE_CHECKING:
    from bot.certificates import CheckedCertificate
    from bot.wiring import Bot

STATUSES: Final = {"valid": 200, "revoked": 200, "mistyped": 400, "unknown": 404}
_SHOWN = 40  # of what a stranger typed, this much is shown again
_unsafe_in_a_path: Final = re.compile(r"[^0-9A-Za-z-]+")

# The style sheet rides in the page, so the page is one request on a slow line and looks the same once saved or printed.
# The policy names it by its hash: nothing else may style the page, and nothing at all may run in it.
_style: Final = (Path(__file__).parent / "static" / "verify.css").read_text(encoding="utf-8")
_style_hash: Final = b64encode(sha256(_style.encode()).digest()).decode()
HEADERS: Final = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_style_hash}'; img-src data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",  # the code is in the address
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept",
}

verify = Blueprint("verify", __name__, url_prefix="/verify", template_folder="templates")


@verify.get("")
def form() -> AnyResponse:
    """Ask for a code; one that came with the question has an address of its own."""
    typed = request.args.get("code", "").strip()
    if not typed:
        return _page(200, checked=None, typed="")
    code = codes.read(typed)
    plain = codes.written(code) if code else _unsafe_in_a_path.sub("-", typed[:_SHOWN]).strip("-")
    return redirect(url_for("verify.verdict", code=plain), 303) if plain else _page(400, checked=None, typed=typed)


@verify.get("/<path:code>")
def verdict(code: str) -> AnyResponse:
    """Say what a code stands for: to a person as a page in both languages, to a program as JSON."""
    checked = _bot().check_certificate(code)
    status = STATUSES[checked.verdict]
    shown = checked.code or code[:_SHOWN]
    if _wants_json():
        return _json(status, checked, shown)
    return _page(status, checked=checked, typed=shown)


@verify.after_request
def _guarded(response: Response) -> Response:
    """Keep every answer out of caches, indexes and frames."""
    response.headers.update(HEADERS)
    return response


def written_out(at: datetime, language: str) -> str:
    """A moment as its day in Sabah, for people: "24 November 2026"."""
    return format_date(at.astimezone(_bot().zone), "d MMMM y", locale=language)


def duration(minutes: int, language: str) -> str:
    """A length of time for people: "1 jam 30 minit"."""
    hours, left = divmod(minutes, 60)
    words = {"ms": ("jam", "jam", "minit", "minit"), "en": ("hour", "hours", "minute", "minutes")}[language]
    parts = [f"{hours} {words[hours > 1]}"] if hours else []
    if left or not parts:
        parts.append(f"{left} {words[2 + (left != 1)]}")
    return " ".join(parts)


def _page(status: int, *, checked: "CheckedCertificate | None", typed: str) -> AnyResponse:
    page = render_template(
        "verify/page.html",
        verdict=checked.verdict if checked else ("mistyped" if typed else ""),
        checked=checked,
        typed=typed,
        brand=_bot().settings.brand,
        written_out=written_out,
        duration=duration,
        style=Markup(_style),  # noqa: S704 - our own file, read at start
    )
    return make_response(page, status)


def _json(status: int, checked: "CheckedCertificate", shown: str) -> AnyResponse:
    """The verdict for a program; times in UTC, ISO 8601."""
    answer = jsonify(
        verdict=checked.verdict,
        code=shown,
        course=dict(checked.title) if checked.title else None,
        minutes=checked.minutes if checked.title else None,
        issuer=_bot().settings.brand,
        issued=checked.issued_at.isoformat() if checked.issued_at else None,
        revoked=checked.revoked_at.isoformat() if checked.revoked_at else None,
    )
    answer.status_code = status
    return answer


def _wants_json() -> bool:
    """Whether the asker is a program: JSON is preferred to a page, which everybody else gets."""
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def _bot() -> "Bot":
    return cast("Bot", current_app.extensions["titian"])

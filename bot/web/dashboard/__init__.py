"""The coordinator's pages: her week, whom to ring, announcements, certificates, and what learners wrote; they need no script."""

from typing import Final

from flask import Blueprint, Response

from bot.web.dashboard import announcements, calls, certificates, home, messages, signing
from bot.web.dashboard.visits import ANY, ANYBODY, HEADERS, View, guarded

# Every page and every button: its path, how it is asked for, what answers, and whom. There is no other way in.
ROUTES: Final[tuple[tuple[str, str, str, View, frozenset[str] | None], ...]] = (
    ("", "GET", "home", home.show, ANY),
    ("/sign-in", "GET", "sign_in", signing.ask, ANYBODY),
    ("/sign-in", "POST", "signed_in", signing.sign_in, ANYBODY),
    ("/sign-out", "POST", "sign_out", signing.sign_out, ANYBODY),
    ("/ring", "GET", "ring", calls.show, calls.RIGHTS),
    ("/ring/<int:ring_id>", "POST", "rung", calls.note, calls.RIGHTS),
    ("/announcements", "GET", "announcements", announcements.newest, announcements.RIGHTS),
    ("/announcements/<int:announcement>", "GET", "announcement", announcements.show, announcements.RIGHTS),
    ("/announcements/<int:announcement>/<move>", "POST", "moved", announcements.make, announcements.RIGHTS),
    ("/certificates", "GET", "certificates", certificates.courses, certificates.RIGHTS),
    ("/certificates/<of>", "GET", "certificate", certificates.course, certificates.RIGHTS),
    ("/certificates/<of>", "POST", "decided", certificates.decide, certificates.CERTIFY),
    ("/inbox", "GET", "inbox", messages.show, messages.RIGHTS),
    ("/inbox/<int:entry>/answer", "POST", "answered", messages.answer, messages.RIGHTS),
    ("/inbox/<int:entry>/done", "POST", "dealt_with", messages.done, messages.RIGHTS),
)


def pages() -> Blueprint:
    """All of them, to be registered with the application."""
    made = Blueprint("dashboard", __name__, url_prefix="/dashboard")
    for path, method, name, view, rights in ROUTES:
        made.add_url_rule(path, name, guarded(view, rights), methods=[method])
    made.after_request(_guarded)
    return made


def _guarded(response: Response) -> Response:
    """Keep every answer out of caches, indexes and frames."""
    response.headers.update(HEADERS)
    return response

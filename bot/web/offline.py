"""The page that checks a printed QR with no network: opened once, it stays in the phone with every issuer's keys.

What is in the QR never comes here: it stands behind the # of the address, which browsers keep to themselves.
"""

import gzip
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from flask import Blueprint, Response, abort, current_app, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from bot.certificates import CheckedCertificate
from bot.credentials import compact, issuers, keys
from bot.web import styles, wording
from bot.web.wording import Both

if TYPE_CHECKING:
    from bot.wiring import Bot

STYLE: Final = styles.read("verify")
FILES: Final = ("page.js", "reading.js", "ed25519.js")  # beside the page, and kept with it
KEEPER: Final = "keeper.js"  # the service worker; it reaches no further than its own folder
# What it says besides the verdicts on a code.
WORDS: Final[Mapping[str, Both]] = {
    "checking": Both("MENYEMAK", "CHECKING"),
    "ready": Both("SEDIA", "READY"),
    "not_ready": Both("BELUM SEDIA", "NOT READY YET"),
    "forged": Both("PALSU", "FORGED"),
    "damaged": Both("TIDAK TERBACA", "UNREADABLE"),
    "unclear": Both("TIDAK PASTI", "CANNOT TELL"),
}
# What sort of certificate it may be, by the name of the gap that the script leaves.
KINDS: Final[Mapping[str, Both]] = {
    "participation": wording.kind(CheckedCertificate("valid", "")),
    "completion": wording.kind(CheckedCertificate("valid", "", level=1)),
    "programme": wording.kind(CheckedCertificate("valid", "", level=1, kind="programme")),
}
_FOLDER: Final = Path(__file__).parent / "static" / "offline"

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; "
    f"style-src {STYLE.source}; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-cache",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Encoding",
}

offline: Final = Blueprint("offline", __name__, url_prefix=compact.PATH.rstrip("/"), template_folder="templates")


@offline.get("")
def typed() -> AnyResponse:
    """The address as somebody types it."""
    return redirect(url_for("offline.page"))


@offline.get("/")
def page() -> Response:
    """The page itself, which is the same for every certificate."""
    return Response(_page(_bot().settings.brand, _bot().settings.reached_at), content_type="text/html; charset=utf-8")


@offline.get("/<file>")
def script(file: str) -> Response:
    """One of its scripts."""
    if file not in (*FILES, KEEPER):
        abort(404)
    bot = _bot()
    text = _keeper(_page(bot.settings.brand, bot.settings.reached_at)) if file == KEEPER else _text(file)
    return Response(text, content_type="text/javascript; charset=utf-8")


@offline.get("/issuers.json")
def known() -> Response:
    """Every issuer that has a key: where its keys are, and the names of those it gave up."""
    bot = _bot()
    told = []
    for issuer in issuers.load(bot.settings.content_dir, bot.settings.reached_at).all:
        held = keys.keys_of(bot.store, issuer.id)
        if any(key.compromised_at is None for key in held):
            at = "/.well-known/did.json" if issuer.stands_for_others else f"/issuers/{issuer.id}/did.json"
            gone = [compact.key_name(key.public) for key in held if key.compromised_at is not None]
            told.append(
                {
                    "keys": at,
                    "name": dict(issuer.name),
                    "registration": issuer.registration,
                    "given_up": gone,
                }
            )
    return jsonify(issuers=told)


@offline.after_request
def _guarded(response: Response) -> Response:
    """Let the page load only what is ours, and send it packed: it is fetched where the line is slow."""
    response.headers.update(HEADERS)
    if "gzip" in request.headers.get("Accept-Encoding", "") and not response.direct_passthrough:
        response.set_data(_packed(response.get_data()))
        response.headers["Content-Encoding"] = "gzip"
    return response


@lru_cache(maxsize=8)
def _packed(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


@lru_cache(maxsize=1)  # it names nothing that changes while the process runs
def _page(brand: str, reached_at: str) -> str:
    said = {"brand": brand, "reached_at": reached_at, "wording": wording, "words": WORDS, "kinds": KINDS}
    return render_template("offline/page.html", **said, style=STYLE.sheet)


@lru_cache(maxsize=1)
def _keeper(page: str) -> str:
    """The service worker, with the mark of all that it keeps: where anything of it changes, phones fetch all of it anew."""
    mark = sha256("".join([page, *map(_text, FILES)]).encode()).hexdigest()[:16]
    return _text(KEEPER).replace("@mark@", mark)


@lru_cache(maxsize=len(FILES) + 1)
def _text(file: str) -> str:
    return (_FOLDER / file).read_text(encoding="utf-8")


def _bot() -> "Bot":
    return cast("Bot", current_app.extensions["titian"])

"""The public page where anybody with a certificate code sees what it stands for, and whoever knows its name sees the name."""

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, cast

from flask import Blueprint, Response, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from bot import codes, credentials, disclosures, names
from bot.credentials import issuers
from bot.misses import visitor
from bot.web import paper as files, verify_page
from bot.web.verify_page import NAMED, SCRIPT, STYLE, House

if TYPE_CHECKING:
    from bot.certificates import CheckedCertificate
    from bot.wiring import Bot

STATUSES: Final = {
    "valid": 200,
    "revoked": 200,
    "expired": 200,
    "replaced": 200,
    "mistyped": 400,
    "unknown": 404,
    "later": 429,
}
HTML: Final = "text/html; charset=utf-8"
JSON: Final = "application/json"
JSON_LD: Final = "application/vc+ld+json"
_SHOWN = 40  # of what a stranger typed, this much is shown again
_unsafe_in_a_path: Final = re.compile(r"[^0-9A-Za-z-]+")

HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept",
}
READ: Final = HEADERS | {  # by a person, in a browser
    "Content-Security-Policy": STYLE.policy,
    "Referrer-Policy": "no-referrer",  # the code is in the address
}
ASKING: Final = READ | {"Content-Security-Policy": STYLE.policy_with(SCRIPT)}

verify = Blueprint("verify", __name__, url_prefix="/verify", template_folder="templates")


@verify.get("")
def form() -> AnyResponse:
    """Ask for a code; one that came with the question has an address of its own."""
    typed = request.args.get("code", "").strip()
    if not typed:
        return _asking(200, "", "")
    code = codes.read(typed)
    plain = codes.written(code) if code else _unsafe_in_a_path.sub("-", typed[:_SHOWN]).strip("-")
    return redirect(url_for("verify.verdict", code=plain), 303) if plain else _asking(400, "mistyped", typed)


@verify.get("/<path:code>")
def verdict(code: str) -> AnyResponse:
    """Say what a code stands for: to a person as a page in both languages, to a program as JSON; the name stays masked.

    An asker to whom she said yes has a token (`lihat`), and sees the name for seven days.
    """
    plain = code.removesuffix(".json")
    checked = _bot().check_certificate(plain, _visitor())
    if plain != code or _wants_json():
        return _json(checked, plain)
    token, told = request.args.get("lihat", ""), ""
    if token and checked.verdict in NAMED:
        told = disclosures.answered(_bot().store, checked.code, token, now=_bot().clock())
    return _shown(checked, plain, told=told, unmasked=told == "yes")


@verify.post("/<path:code>")
def name(code: str) -> AnyResponse:
    """Show the whole name to whoever types it, or hand over a file with it. Wrong names are counted.

    `.json` is the signed credential, for programs and wallets, `.png` the badge with it baked in.
    """
    plain = code.removesuffix(".json").removesuffix(".png")
    checked = _bot().check_certificate(plain, _visitor())
    told = _tried(checked, request.form.get("name", ""))
    if code.endswith(".png"):
        return _badge(checked, plain, told)
    if plain != code or _wants_json():
        return _credential(checked, plain, told)
    return _shown(checked, plain, told=told, unmasked=told == "yes")


@verify.post("/<path:code>.pdf")
def paper(code: str) -> AnyResponse:
    """Lead whoever types the whole name to the PDF, by an address that is good for an hour. Wrong names are counted."""
    checked = _bot().check_certificate(code, _visitor())
    told = _tried(checked, request.form.get("name", ""))
    if told == "yes" and checked.verdict == "valid":
        return redirect(files.address(_bot(), checked.code), 303)
    return _shown(checked, code, told=told, unmasked=told == "yes")


@verify.get("/<path:code>.pdf")
def no_paper(code: str) -> AnyResponse:
    """There is no PDF without the name: the page where it can be typed."""
    return redirect(url_for("verify.verdict", code=code), 303)


@verify.post("/<path:code>/ask")
def ask(code: str) -> AnyResponse:
    """Have her asked whether this asker may see her name; the answer is on a page that they alone can open."""
    bot = _bot()
    checked = bot.check_certificate(code, _visitor())
    try:
        asker = disclosures.asked_by(request.form.get("asker", ""))
        if checked.verdict not in NAMED or not bot.misses.may_ask(_visitor()):
            raise disclosures.Refused("asked often")
        token = disclosures.ask(bot.store, checked.code, asker, now=bot.clock())
    except disclosures.Refused as refused:
        return _shown(checked, code, told=str(refused))
    return redirect(url_for("verify.verdict", code=checked.code, lihat=token), 303)


@verify.after_request
def _guarded(response: Response) -> Response:
    """Keep every answer out of caches, indexes and frames."""
    if response.content_type == JSON:
        response.headers.extend(HEADERS)
    else:
        response.headers.extend(ASKING if request.endpoint == "verify.form" else READ)
    if response.status_code == STATUSES["later"]:
        response.headers["Retry-After"] = "60"
    return response


def _tried(checked: "CheckedCertificate", typed: str) -> str:
    """What becomes of a name that somebody typed: "yes", or a key of `bot.web.wording.ANSWERS`.

    Where there is no such certificate, or it has no name, the same is said as for a wrong name.
    """
    misses = _bot().misses
    if not checked.title:
        return "wrong"
    if misses.name_barred(checked.code):
        return "too often"
    if checked.verdict in NAMED and checked.name is not None and names.same(checked.name, typed):
        return "yes"
    return "wrong" if misses.wrong_name(_visitor(), checked.code) else "too often"


def _shown(checked: "CheckedCertificate", typed: str, *, told: str = "", unmasked: bool = False) -> AnyResponse:
    status = 429 if told == "too often" else STATUSES[checked.verdict]
    if not checked.title:
        return _asking(status, checked.verdict, checked.code or typed[:_SHOWN])
    bot = _bot()
    behind = _issuer(bot, checked)
    page = verify_page.of_certificate(_house(bot), checked, behind, now=bot.clock(), told=told, unmasked=unmasked)
    return Response(page, status, content_type=HTML)


def _asking(status: int, verdict: str, typed: str) -> AnyResponse:
    return Response(verify_page.without(_house(_bot()), verdict, typed), status, content_type=HTML)


def _house(bot: "Bot") -> House:
    return House(bot.settings.brand, bot.settings.reached_at, bot.zone)


def _issuer(bot: "Bot", checked: "CheckedCertificate") -> "issuers.Issuer | None":
    """The association that stands behind it, where content/issuers.yaml names one."""
    if not checked.title:
        return None
    settings = bot.settings
    return issuers.lately(settings.content_dir, settings.reached_at).of_course(checked.course)


def _json(checked: "CheckedCertificate", shown: str) -> AnyResponse:
    """The verdict for a program, with nothing in it that is about a person; times in UTC, ISO 8601."""
    bot = _bot()
    issuer = _issuer(bot, checked)
    says = {
        "verdict": checked.verdict,
        "code": checked.code or shown[:_SHOWN],
        "kind": checked.kind if checked.title else None,
        "course": dict(checked.title) if checked.title else None,
        "minutes": checked.minutes if checked.title else None,
        "level": checked.level if checked.title else None,
        "issuer": issuer.name["ms"] if issuer else bot.settings.brand,
        "issued": checked.issued_at.isoformat() if checked.issued_at else None,
        "expires": checked.expires_at.isoformat() if checked.expires_at else None,
        "revoked": checked.revoked_at.isoformat() if checked.revoked_at else None,
    }
    return _program(says, STATUSES[checked.verdict])


def _credential(checked: "CheckedCertificate", shown: str, told: str) -> AnyResponse:
    """The signed credential to whoever knew the name; the verdict with the name until it is signed."""
    if told != "yes":
        answer = _json(checked, shown)
        answer.status_code = 429 if told == "too often" else 403 if checked.title else STATUSES[checked.verdict]
        return answer
    signed = credentials.of(_bot().store, checked.code)
    if signed is None:
        says = {"verdict": checked.verdict, "code": checked.code, "name": checked.name, "credential": None}
        return _program(says, 200)
    return _file(signed, JSON_LD, f"sijil-{checked.code}.json")


def _badge(checked: "CheckedCertificate", shown: str, told: str) -> AnyResponse:
    """The badge to whoever knew the name; the page, which says why not, to everybody else."""
    if told != "yes":
        return _shown(checked, shown, told=told)
    bot = _bot()
    settings = bot.settings
    behind = issuers.load(settings.content_dir, settings.reached_at)
    picture = credentials.badge(bot.store, behind, settings.content_dir, checked.code)
    if picture is None:
        return _shown(checked, shown, told="not signed", unmasked=True)
    return _file(picture, "image/png", f"lencana-{checked.code}.png")


def _program(says: Mapping[str, object], status: int) -> AnyResponse:
    """An answer for a program; Flask's own way to write JSON takes twice as long."""
    return Response(json.dumps(says), status, content_type=JSON)


def _file(content: str | bytes, type_: str, name: str) -> AnyResponse:
    """A file that a browser keeps instead of showing it."""
    return Response(content, content_type=type_, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _visitor() -> str:
    return visitor(request.remote_addr or "", request.headers.get("X-Forwarded-For", ""))


def _wants_json() -> bool:
    """Whether the asker is a program: JSON is preferred to a page, which everybody else gets."""
    if "json" not in request.headers.get("Accept", ""):  # to weigh what is accepted costs a tenth of the whole answer
        return False
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def _bot() -> "Bot":
    return cast("Bot", current_app.extensions["titian"])

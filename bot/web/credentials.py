"""What machines fetch to check a certificate by themselves: the issuers' keys, what was achieved, and what is revoked."""

import json
from typing import TYPE_CHECKING, Final, cast

from flask import Blueprint, Response, abort, current_app, render_template, request

from bot.credentials import did, document, drawing, issuers, keys, learnt, shape, status_list, stored
from bot.web import public
from bot.web.verify_page import STYLE

if TYPE_CHECKING:
    from bot.credentials.issuers import Issuers
    from bot.wiring import Bot

POLICY: Final = f"default-src 'none'; style-src {STYLE.source}; img-src data:; base-uri 'none'; frame-ancestors 'none'"

blueprint: Final = Blueprint("credentials", __name__, template_folder="templates")
blueprint.after_request(public.guarding({"Content-Security-Policy": POLICY, "Vary": "Accept"}))


@blueprint.get("/.well-known/did.json")
def main_issuer() -> Response:
    """The keys of the issuer that stands behind all courses no other names."""
    found = next((each for each in _issuers().all if each.stands_for_others), None)
    return _keys_of(found)


@blueprint.get("/issuers/<issuer>/did.json")
def other_issuer(issuer: str) -> Response:
    """The keys of one issuer."""
    return _keys_of(_issuers().named(issuer))


@blueprint.get("/credentials/status/<issuer>/<int:number>")
def status(issuer: str, number: int) -> Response:
    """A status list, to the byte as it was signed last."""
    found = status_list.published(_bot().store, issuer, number) if number < 2**31 else None
    return _json(found, "application/vc+ld+json") if found is not None else abort(404)


@blueprint.get("/credentials/achievements/<course>/<version>")
def achievement(course: str, version: str) -> Response:
    """What was achieved: a page for people, JSON-LD for programs. A version that was never taught is none."""
    issuer, found = _achieved(course, version)
    if request.accept_mimetypes.best_match(["text/html", "application/ld+json", "application/json"]) != "text/html":
        told = {"@context": list(shape.CONTEXTS[:2]), **document.achievement_of(issuer, found)}
        told["creator"] = document.profile(issuer)
        return _json(json.dumps(told, ensure_ascii=False), "application/ld+json")
    page = render_template(
        "credentials/achievement.html",
        learnt=found,
        issuer=issuer,
        criteria={language: document.criteria(found, language) for language in ("ms", "en")},
        style=STYLE.sheet,
    )
    return Response(page)


@blueprint.get("/credentials/achievements/<course>/<version>.png")
def badge(course: str, version: str) -> Response:
    """The picture of what was achieved, the same for everybody: credentials name it."""
    bot, (issuer, found) = _bot(), _achieved(course, version)
    picture = drawing.badge_of(issuer, found, stored.logo_of(bot.settings.content_dir, issuer))
    return Response(picture, content_type="image/png")


def _achieved(course: str, version: str) -> "tuple[issuers.Issuer, document.Learnt]":
    """What was achieved, and who stands behind it; 404 where there is no such thing."""
    bot, issuer = _bot(), _issuers().of_course(course)
    found = learnt.course(bot.store, course, version) or learnt.programme(bot.library(), course, version)
    if issuer is None or found is None:
        abort(404)
    return issuer, found


def _keys_of(issuer: "issuers.Issuer | None") -> Response:
    found = keys.keys_of(_bot().store, issuer.id) if issuer is not None else []
    if issuer is None or not found:
        abort(404)
    return _json(json.dumps(did.document(issuer, found), ensure_ascii=False), "application/json")


def _json(text: str, type_: str) -> Response:
    return Response(text, content_type=type_)


def _issuers() -> "Issuers":
    settings = _bot().settings
    return issuers.load(settings.content_dir, settings.reached_at)


def _bot() -> "Bot":
    return cast("Bot", current_app.extensions["titian"])

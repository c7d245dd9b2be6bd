"""The pictures of lessons, for Twilio and for the phone in the browser: each under a name that changes with its bytes."""

from typing import TYPE_CHECKING, Final, cast

from flask import Blueprint, Response, abort, current_app

from bot.content import media as pictures

if TYPE_CHECKING:
    from bot.wiring import Bot

blueprint: Final = Blueprint("media", __name__, url_prefix="/media")
HEADERS: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",  # a year: what has changed has another address
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}


@blueprint.get("/<digest>/<file>")
def picture(digest: str, file: str) -> Response:
    """One picture; 404 unless the content has it, with just these bytes."""
    bot = cast("Bot", current_app.extensions["titian"])
    found = pictures.read(bot.settings.content_dir, f"{digest}/{file}")
    if found is None:
        abort(404)
    content, type_ = found
    return Response(content, content_type=type_, headers=HEADERS)

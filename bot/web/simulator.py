"""Two phones in the browser, one with buttons and one with WhatsApp: every word of theirs goes through the real bot."""

from typing import TYPE_CHECKING, Final, cast

from flask import Blueprint, Response, current_app, jsonify, render_template, request

if TYPE_CHECKING:
    from bot.wiring import Bot

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-cache",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

simulator = Blueprint(
    "simulator",
    __name__,
    url_prefix="/simulator",
    template_folder="templates",
    static_folder="static/simulator",
    static_url_path="/static",
)


@simulator.get("")
def page() -> str:
    """The two phones."""
    return render_template("simulator/page.html", brand=_bot().settings.brand)


@simulator.get("/messages")
def messages() -> tuple[Response, int]:
    """What has been pushed to a number since message `after`: nudges, announcements and whatever no reply could carry."""
    phone = request.args.get("phone", "").strip()
    after = request.args.get("after", "0")
    if not phone or not (after.isascii() and after.isdigit() and len(after) < 19):
        return jsonify(error="phone must be a number in full, and after the id of a message or 0"), 400
    return jsonify(messages=_bot().pushed(phone, int(after))), 200


@simulator.after_request
def _guarded(response: Response) -> Response:
    """Let the page load only what is ours."""
    response.headers.update(HEADERS)
    return response


def _bot() -> "Bot":
    return cast("Bot", current_app.extensions["titian"])

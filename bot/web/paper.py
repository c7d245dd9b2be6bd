"""A certificate as a file: whoever has a ticket for it gets the PDF, or a page that waits until a worker has made it."""

from typing import TYPE_CHECKING, Final, cast

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from bot import codes
from bot.paper import tickets
from bot.settings import browser_secret
from bot.web import styles

if TYPE_CHECKING:
    from bot.wiring import Bot

LOOK_AGAIN: Final = 2  # seconds: a worker that has nothing else to do takes one
STYLE: Final = styles.read("verify")
HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
FILE: Final = "sijil-{code}.pdf"

blueprint: Final = Blueprint("paper", __name__, url_prefix="/paper", template_folder="templates")


def address(bot: "Bot", code: str) -> str:
    """Where the paper of a certificate can be fetched for an hour; the code is as it is written."""
    given = tickets.ticket(browser_secret(bot.settings), codes.read(code) or "", now=bot.clock())
    return url_for("paper.file", ticket=given, name=FILE.format(code=code))


@blueprint.get("/<ticket>/<name>")
def file(ticket: str, name: str) -> AnyResponse:
    """The PDF; while it is made, a page that looks again by itself. Nothing is laid out here: that takes memory and time."""
    bot = cast("Bot", current_app.extensions["titian"])
    code = codes.read(name.removeprefix("sijil-").removesuffix(".pdf")) or ""
    if not tickets.holds(browser_secret(bot.settings), code, ticket, now=bot.clock()):
        return _page("over", 404)
    from bot.paper import asking, sheets  # what signs credentials comes with it

    house = asking.house_of(bot.settings, bot.zone)
    try:
        sheet = sheets.of(bot.store, code, house, now=bot.clock())
    except sheets.NotStanding:
        return redirect(url_for("verify.verdict", code=codes.written(code)), 303)
    paper = asking.ask(bot.store, sheet, "a4", now=bot.clock())
    if paper.state == "made":
        shown = f'inline; filename="{FILE.format(code=sheet.code)}"'
        return Response(paper.pdf, content_type="application/pdf", headers={"Content-Disposition": shown})
    if paper.state == "refused":
        return _page("refused", 503)
    bot.bell.ring("clock", "workers.jobs.press")  # before what may wait: somebody is looking at the page
    return _page("waiting", 202)


@blueprint.after_request
def _guarded(response: Response) -> Response:
    """Her name is in it: no cache keeps it, no index finds it, and no page that is left tells where it was."""
    response.headers.extend(HEADERS)
    return response


def _page(state: str, status: int) -> Response:
    brand = cast("Bot", current_app.extensions["titian"]).settings.brand
    page = make_response(render_template("paper/page.html", state=state, brand=brand, style=STYLE.sheet), status)
    page.headers["Content-Security-Policy"] = STYLE.policy
    if state == "waiting":
        page.headers["Refresh"] = page.headers["Retry-After"] = str(LOOK_AGAIN)
    return page

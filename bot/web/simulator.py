"""Two phones in the browser, one with buttons and one with WhatsApp: every word of theirs goes through the real bot."""

from typing import TYPE_CHECKING, Any, Final, cast

from flask import Blueprint, Response, current_app, jsonify, render_template, request
from sqlalchemy import bindparam, select

from bot.channels.base import Shown
from bot.store import tables as t

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

_out = t.outbound_message.c
_PUSHED = (
    select(_out.channel, _out.text, _out.settled_at, _out.picture)
    .select_from(t.outbound_message.join(t.address, t.address.c.id == _out.address_id))
    .where(
        t.address.c.identifier == bindparam("identifier"),
        _out.purpose != "reply",
        _out.status == "sent",
        _out.channel.like("simulator%"),
    )
    .order_by(_out.settled_at, _out.id)  # a message written first may be sent last
    .offset(bindparam("after"))
)

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
    return jsonify(messages=_pushed(_bot(), phone, int(after))), 200


@simulator.after_request
def _guarded(response: Response) -> Response:
    """Let the page load only what is ours."""
    response.headers.update(HEADERS)
    return response


def _pushed(bot: "Bot", number: str, after: int) -> list[dict[str, Any]]:
    """What has been pushed to a phone, after the first `after` messages; ids count them."""
    rows = bot.store.look(_PUSHED, {"identifier": number, "after": after})
    return [
        {
            "id": str(place),
            "channel": row.channel.rpartition("_")[2],
            "text": row.text,
            "at": row.settled_at.isoformat(),
            "picture": picture._asdict() if (picture := Shown.read(row.picture)) else None,
        }
        for place, row in enumerate(rows, after + 1)
    ]


def _bot() -> "Bot":
    return cast("Bot", current_app.extensions["titian"])

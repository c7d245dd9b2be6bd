"""The signed heads of the audit, for whoever keeps copies of them: only by those can a chain that was written anew be told."""

import json
from typing import TYPE_CHECKING, Final, cast

from flask import Blueprint, Response, abort, current_app

from bot.auditing import heads
from bot.web import public

if TYPE_CHECKING:
    from bot.wiring import Bot

blueprint: Final = Blueprint("audit", __name__)
blueprint.after_request(public.guarding())


@blueprint.get("/audit/head.json")
def newest() -> Response:
    """How the chain ended when it was signed last."""
    return _json(heads.published(_bot().store))


@blueprint.get("/audit/head/<day>.json")
def of_day(day: str) -> Response:
    """The head of a day of UTC, such as 2026-11-24."""
    return _json(heads.published(_bot().store, day) if len(day) == 10 else None)


@blueprint.get("/audit/days.json")
def days() -> Response:
    """The days of which there is one."""
    return _json(json.dumps(heads.days(_bot().store)))


def _json(text: str | None) -> Response:
    return Response(text, content_type="application/json") if text is not None else abort(404)


def _bot() -> "Bot":
    return cast("Bot", current_app.extensions["titian"])

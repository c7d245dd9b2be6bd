"""Whether we live, whether we are ready, and how much waits."""

from typing import Final

from flask import Blueprint, Response, current_app, jsonify

from bot import health
from bot.wiring import Bot

blueprint: Final = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return jsonify(alive=True)


@blueprint.get("/readyz")
def ready() -> tuple[Response, int]:
    """Database, migrations and content are there. Redis, channels and budgets are named, but without them learners are still answered."""
    bot: Bot = current_app.extensions["titian"]
    checks = health.checks(bot.store, bot.library, bot.bell) | {"budgets": health.budgets(bot.budgets, now=bot.clock())}
    well = all(check == "ok" for name, check in checks.items() if name not in ("redis", "channels", "budgets"))
    return jsonify(checks), 200 if well else 503


@blueprint.get("/metrics")
def metrics() -> Response:
    """Counts from the database for Prometheus, so that every process tells the same."""
    bot: Bot = current_app.extensions["titian"]
    return Response(health.exposition(bot.store, now=bot.clock()), content_type=health.CONTENT_TYPE)

"""The web application: its pages and webhooks, and what it says when something is wrong."""

import logging
from typing import Final

from flask import Flask
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from bot import settings as config
from bot import wiring
from bot.logs import set_up
from bot.web import health, verify, webhooks
from bot.web import simulator as phone
from bot.wiring import Bot

LARGEST_BODY: Final = 64 * 1024  # bytes: no provider sends a tenth of it

log = logging.getLogger(__name__)


def create_app(bot: Bot | None = None) -> Flask:
    """The application, on the bot given or on one built from the environment."""
    set_up()
    bot = bot or wiring.build(config.load())
    app = Flask("bot", template_folder="web/templates", static_folder="web/static")
    app.config.update(SECRET_KEY=config.browser_secret(bot.settings), MAX_CONTENT_LENGTH=LARGEST_BODY)
    app.extensions["titian"] = bot
    app.register_blueprint(health.blueprint)
    app.register_blueprint(verify.verify)
    app.register_blueprint(webhooks.blueprint)
    if bot.settings.simulator:
        app.register_blueprint(phone.simulator)
    app.register_error_handler(Exception, _failed)
    return app


def _failed(error: Exception) -> tuple[str, int] | HTTPException:
    """A short answer in words; the whole story is in the log, without a learner's words in it."""
    if isinstance(error, RequestEntityTooLarge):
        return "The body is too large.", 413
    if isinstance(error, HTTPException):
        return error
    log.error("request failed", exc_info=error)
    return "Something went wrong on our side. Nothing you sent is lost if you send it again.", 500

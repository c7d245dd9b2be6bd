"""The web application: its pages and webhooks, and what it says when something is wrong."""

import logging
from typing import Final

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError as NoneFree
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from bot import settings as config, wiring
from bot.logs import set_up
from bot.web import audit, credentials, dashboard, health, media, offline, paper, simulator as phone, verify, webhooks
from bot.wiring import Bot

LARGEST_BODY: Final = 64 * 1024  # bytes: no provider sends a tenth of it
WITHOUT_SESSION: Final = ("/webhooks/", "/verify", "/paper/")  # by path: a session is opened before the route is known
AWAY: Final = (OperationalError, InterfaceError, NoneFree, TimeoutError)  # the database, or a free connection to it

log = logging.getLogger(__name__)


def create_app(bot: Bot | None = None) -> Flask:
    """The application, on the bot given or on one built from the environment."""
    set_up()
    bot = bot or wiring.build(config.load())
    app = Flask("bot", template_folder="web/templates", static_folder="web/static")
    app.session_interface = _Sessions()
    app.config.update(SECRET_KEY=config.browser_secret(bot.settings), MAX_CONTENT_LENGTH=LARGEST_BODY)
    app.config.update(  # only a coordinator has a session, and only her pages are sent it
        SESSION_COOKIE_NAME="titian",
        SESSION_COOKIE_PATH="/dashboard",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=bot.settings.public_url.startswith("https:"),
    )
    app.extensions["titian"] = bot
    app.register_blueprint(health.blueprint)
    app.register_blueprint(verify.verify)
    app.register_blueprint(offline.offline)
    app.register_blueprint(paper.blueprint)
    app.register_blueprint(dashboard.pages())
    app.register_blueprint(media.blueprint)
    app.register_blueprint(credentials.blueprint)
    app.register_blueprint(audit.blueprint)
    app.register_blueprint(webhooks.blueprint)
    if bot.settings.simulator:
        app.register_blueprint(phone.simulator)
    app.register_error_handler(Exception, _failed)
    return app


class _Sessions(SecureCookieSessionInterface):
    """Sessions for people with a browser. A provider has none, so no time is spent on one."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session in the cookie; none that could be written to for a webhook, and none for whoever checks a code."""
        return None if request.path.startswith(WITHOUT_SESSION) else super().open_session(app, request)


def _failed(error: Exception) -> tuple[str, int] | HTTPException:
    """A short answer in words; the whole story is in the log, without a learner's words in it."""
    if isinstance(error, RequestEntityTooLarge):
        return "The body is too large.", 413
    if isinstance(error, HTTPException):
        return error
    log.error("request failed", exc_info=error)
    if isinstance(error, AWAY):
        return "Not now; please send it again.", 503
    return "Something went wrong on our side. Nothing you sent is lost if you send it again.", 500

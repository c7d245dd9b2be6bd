"""Where providers call: one route for a provider and kind, and the same short way through for all."""

import logging
from typing import Final

from flask import Blueprint, Response, abort, after_this_request, current_app, g, request

from bot import receipts
from bot.channels.base import (
    BadSignature,
    CallEnded,
    Channel,
    Ignored,
    Inbound,
    Malformed,
    Many,
    Moved,
    News,
    OptedOut,
    Receipt,
    Reply,
    WebhookReply,
    WebhookRequest,
)
from bot.channels.whatsapp import WhatsApp
from bot.conversation import Busy
from bot.wiring import Bot
from flows.text import T, in_both
from flows.types import Say

blueprint: Final = Blueprint("webhooks", __name__, url_prefix="/webhooks")
log = logging.getLogger(__name__)

LARGEST_BATCH: Final = 3 * 1024 * 1024  # bytes: Meta puts up to a thousand things into one request
MOST_FAILURES: Final = 3  # of the things in one request, before we let the provider come again with all of them

# Which channel reads what arrives at a path: the first of these that is set up.
READS: Final = {
    ("twilio", "sms"): ("twilio_sms",),
    ("twilio", "whatsapp"): ("twilio_whatsapp",),
    ("twilio", "status"): ("twilio_sms", "twilio_whatsapp"),
    ("africastalking", "sms"): ("africastalking_sms",),
    ("africastalking", "delivery"): ("africastalking_sms",),
    ("africastalking", "optout"): ("africastalking_sms",),
    ("africastalking", "ussd"): ("africastalking_ussd",),
}


@blueprint.post("/twilio/<kind>")
def twilio(kind: str) -> Response:
    """Twilio: messages and statuses, signed."""
    return receive(_channel("twilio", kind))


@blueprint.post("/africastalking/<kind>/<token>")
def africastalking(kind: str, token: str) -> Response:
    """Africa's Talking: messages, USSD, delivery reports and opt-outs, with a secret in the path."""
    return receive(_channel("africastalking", kind), token)


@blueprint.get("/whatsapp")
def whatsapp_verified() -> Response:
    """The WhatsApp Cloud API asks whether this address is ours, when it is set up."""
    channel = _bot().channels.get("whatsapp")
    if not isinstance(channel, WhatsApp):
        abort(404)
    try:
        return _response(channel.verified(_request("")))
    except (BadSignature, Malformed):
        abort(403)


@blueprint.post("/whatsapp")
def whatsapp() -> Response:
    """The WhatsApp Cloud API: messages and statuses, many in one request, signed."""
    request.max_content_length = LARGEST_BATCH
    return receive(_bot().channels.get("whatsapp") or abort(404))


@blueprint.route("/gateway/<name>/<token>", methods=["GET", "POST"])
def gateway(name: str, token: str) -> Response:
    """A gateway that somebody described: messages and receipts in its own words, with a secret in the path."""
    request.max_content_length = LARGEST_BATCH
    return receive(_bot().channels.get(f"gateway_{name}") or abort(404), token)


@blueprint.post("/simulator")
def simulator() -> Response:
    """The phone in the browser."""
    try:
        said = request.get_json(silent=True)
    except RecursionError:  # the channel says so in words
        said = None
    kind = said.get("channel", "sms") if isinstance(said, dict) else "sms"
    channel = _bot().channels.get(f"simulator_{kind}") or _bot().channels.get("simulator_sms")
    return receive(channel or abort(404))


def receive(channel: Channel, token: str = "") -> Response:
    """Read a request, do what it asks, and answer in the provider's own way."""
    try:
        read = channel.read(_request(token))
    except BadSignature:
        abort(403)
    except Malformed as error:
        return _response(WebhookReply(str(error), status=400))
    return _response(_dealt_with_all(read, channel) if isinstance(read, Many) else _dealt_with(read, channel))


def _dealt_with(news: News, channel: Channel) -> WebhookReply:
    bot = _bot()
    match news:
        case Inbound():
            return _hear(news, channel)
        case Receipt():
            receipts.settle(bot.store, news, now=bot.clock(), pushes=bot.pushes)
        case OptedOut():
            receipts.opt_out(bot.store, news, now=bot.clock())
        case CallEnded():
            receipts.call_ended(bot.store, news, now=bot.clock())
        case Moved():
            if not receipts.follow(bot.store, news, now=bot.clock()):
                log.info(
                    "ignored", extra={"channel": channel.name, "why": "a number that is not known, or two that are"}
                )
        case Ignored(why=why):
            log.info("ignored", extra={"channel": channel.name, "why": why})
    return channel.answer(Reply(()))


def _dealt_with_all(many: Many, channel: Channel) -> WebhookReply:
    """Each thing by itself: what fails does not stop the others, and a 503 brings all of it again.

    What was heard then gets no second answer. Of her whose message failed no later one is heard before it.
    """
    waiting: list[str] = []
    for news in many.news:
        sender = news.sender if isinstance(news, Inbound) else ""
        if len(waiting) == MOST_FAILURES:
            break
        if sender and sender in waiting:
            continue
        try:
            failed = _dealt_with(news, channel).status >= 500
        except Exception as error:
            log.error("request failed", extra={"channel": channel.name}, exc_info=error)
            failed = True
        waiting += [sender] * failed
    return WebhookReply("Not all of it; please send it again.", status=503) if waiting else channel.answer(Reply(()))


def _hear(inbound: Inbound, channel: Channel) -> WebhookReply:
    bot = _bot()
    try:
        heard = bot.conversations.hear(inbound, channel, now=bot.clock())
    except Busy:
        log.warning("busy", extra={"channel": channel.name})
        if channel.profile.kind == "ussd":
            return _try_again(channel)
        return WebhookReply("Busy; please send it again.", status=503)
    except Exception as error:
        if channel.profile.kind != "ussd":  # the provider brings a message again when it gets an error
            raise
        log.error("request failed", extra={"channel": channel.name}, exc_info=error)
        return _try_again(channel)
    log.info(
        "heard",
        extra={"channel": channel.name, "inbound": heard.inbound_id, "learner": heard.learner_id, "state": heard.state},
    )
    if heard.queued and not g.get(
        "rings"
    ):  # after the response has left: a Redis that is slow to fail must not keep the provider waiting
        g.rings = True

        @after_this_request
        def _ring(response: Response) -> Response:
            response.call_on_close(bot.wake)
            return response

    return channel.answer(heard.reply)


def _try_again(channel: Channel) -> WebhookReply:
    """The last screen of a call that we could not answer: nothing of this key was kept, so all before it stands.

    Nobody makes the request of a call again, and an error would be shown as the network's own. The call ends, since what
    she pressed would come again in front of the next key; dialling shows her the screen she was at.
    """
    say = Say(in_both(T("Please try again. Your answers are safe.")), ends=True)
    (screen,) = _bot().pushes.voice.render(say, "ms", channel.profile.kind, "").texts
    return channel.answer(Reply(((0, screen),), ends=True))


def _request(token: str) -> WebhookRequest:
    """The request as a channel reads it, with the URL as the provider knows it."""
    target = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or request.full_path.rstrip("?")
    body = request.get_data(cache=True)
    return WebhookRequest(
        method=request.method,
        url=_bot().settings.reached_at + target,
        headers={
            name[5:].replace("_", "-").lower(): value
            for name, value in request.environ.items()
            if name.startswith("HTTP_")
        }
        | {"content-type": request.content_type or ""},
        form=dict(request.form.lists()),
        query=dict(request.args.lists()) if "?" in target else {},
        body=body,
        token=token,
    )


def _channel(provider: str, kind: str) -> Channel:
    channels = _bot().channels
    return next((channels[name] for name in READS.get((provider, kind), ()) if name in channels), None) or abort(404)


def _bot() -> Bot:
    bot: Bot = current_app.extensions["titian"]
    return bot


def _response(reply: WebhookReply) -> Response:
    return Response(reply.body, status=reply.status, content_type=reply.content_type)

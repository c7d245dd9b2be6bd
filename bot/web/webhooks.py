"""Where providers call: one route for a provider and kind, and the same short way through for all."""

import logging
from typing import Final

from flask import Blueprint, Response, abort, after_this_request, current_app, request

from bot import receipts
from bot.channels.base import (
    BadSignature,
    Channel,
    Ignored,
    Inbound,
    Malformed,
    OptedOut,
    Receipt,
    Reply,
    WebhookReply,
    WebhookRequest,
)
from bot.conversation import Busy
from bot.wiring import Bot
from flows.text import T, in_both
from flows.types import Say

blueprint: Final = Blueprint("webhooks", __name__, url_prefix="/webhooks")
log = logging.getLogger(__name__)

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
    match read:
        case Inbound():
            return _response(_hear(read, channel))
        case Receipt():
            receipts.settle(_bot().store, read, now=_bot().clock())
        case OptedOut():
            receipts.opt_out(_bot().store, read, now=_bot().clock())
        case Ignored(why=why):
            log.info("ignored", extra={"channel": channel.name, "why": why})
    return _response(channel.answer(Reply(())))


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
    if heard.queued:  # after the response has left: a Redis that is slow to fail must not keep the provider waiting

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
        },
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

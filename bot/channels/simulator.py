"""The simulator: phones made of JSON, for the browser, the tests and anybody trying Titian out."""

import json
from collections.abc import Callable
from typing import Any

from bot.channels.base import (
    Dialogue,
    Inbound,
    Malformed,
    Outgoing,
    Profile,
    Read,
    Reply,
    WebhookReply,
    WebhookRequest,
)
from bot.channels.fields import LONGEST_ID, cleaned, turn_id
from bot.phone import NotANumber, e164

KINDS = ("sms", "ussd", "whatsapp")


class Simulator:
    """A made-up phone of one kind. `fresh_id` names a message that comes without an id."""

    def __init__(self, kind: str, fresh_id: Callable[[], str]) -> None:
        self.name = f"simulator_{kind}"
        pushes_by = "simulator_sms" if kind == "ussd" else self.name
        self.profile = Profile(kind, "whatsapp" if kind == "whatsapp" else "tel", inline=True, pushes_by=pushes_by)
        self._fresh_id = fresh_id

    def read(self, request: WebhookRequest) -> Read:
        """The message in `{phone, channel, text, id?, session?}`, for whichever simulator it names. Raises Malformed."""
        said = _object(request.body)
        kind = _text(said, "channel")
        if kind not in KINDS:
            raise Malformed(f"channel must be one of {', '.join(KINDS)}")
        try:
            sender = e164(_text(said, "phone"))
        except NotANumber as error:
            raise Malformed(f"phone is {error}; write it like +60111000000") from error
        text = _text(said, "text")
        provider_id = _id(said, "id")
        if kind != "ussd":
            return Inbound(f"simulator_{kind}", provider_id or self._fresh_id(), sender, text)
        session = _id(said, "session")
        call = Dialogue(session or provider_id or self._fresh_id(), text)
        typed = text.rpartition("*")[2]
        return Inbound("simulator_ussd", provider_id or turn_id(call, sender), sender, typed, dialogue=call)

    def answer(self, reply: Reply) -> WebhookReply:
        """The texts in order, and whether the call is over."""
        said: dict[str, Any] = {"replies": [text for _, text in reply.texts], "ends": reply.ends}
        if reply.picture:
            said["picture"] = reply.picture._asdict()
        return WebhookReply(json.dumps(said, ensure_ascii=False), "application/json")

    async def send(self, message: Outgoing) -> str:
        """Send nothing anywhere: a simulated phone reads its messages from the database."""
        return f"simulated-{message.id}"


def _object(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed("the body is not JSON") from error
    if not isinstance(said, dict):
        raise Malformed("the body must be a JSON object: {phone, channel, text}")
    return said


def _text(said: dict[str, Any], name: str) -> str:
    if name not in said:
        raise Malformed(f"{name} is missing")
    if not isinstance(said[name], str):
        raise Malformed(f"{name} must be text")
    return cleaned(said[name])


def _id(said: dict[str, Any], name: str) -> str:
    """An id that may be left out."""
    if said.get(name) is None:
        return ""
    value = _text(said, name).strip()
    if len(value) > LONGEST_ID:
        raise Malformed(f"{name} is longer than {LONGEST_ID} characters")
    return value

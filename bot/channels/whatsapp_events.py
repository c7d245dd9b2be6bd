"""What one webhook of the WhatsApp Cloud API holds: messages, statuses and changes of number, each read by itself.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.channels.base import Ignored, Inbound, Malformed, Moved, News, OptedOut, Pressed, Receipt
from bot.channels.fields import LONGEST_ID, cleaned, number
from bot.channels.whatsapp_codes import STATUSES, meaning

WITH_A_CAPTION: Final = frozenset({"image", "video", "document"})
# Said to nobody, or about a message that has had its answer.
NO_REPLIES: Final[Mapping[str, str]] = {
    "reaction": "a reaction to a message of ours",
    "edit": "words changed after they were heard",
    "revoke": "a message taken back after it was heard",
    "request_welcome": "a chat that was opened, with nothing said",
}
CHANGES: Final = frozenset({"user_changed_number", "user_changed_user_id", "customer_changed_number"})

# A user's id where there may be no number: country, dot, letters and digits.
_USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
_OWN_ID = re.compile(r"[0-9]{1,18}|[0-8][0-9]{18}")
_OWN_BUTTON = re.compile(r"(?:([0-9]{1,19}):)?([1-9]|[A-I]\)) (.+)", re.DOTALL)  # see `whatsapp_messages`

Object = Mapping[str, Any]


def happenings(body: bytes, channel: str, number_id: str) -> list[News]:
    """All that one request tells, in its order; what is not for us, or cannot be read, is Ignored with the reason.

    One part that is odd does not spoil the others: Meta would send all of them again for a week. Raises Malformed where
    the whole is no envelope of theirs.
    """
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed("the body is not JSON") from error
    if not isinstance(said, dict) or not isinstance(said.get("entry"), list):
        raise Malformed("entry is missing")
    changes = [_object(change) for entry in said["entry"] for change in _list(_object(entry).get("changes"))]
    return [news for change in changes for news in _changed(change, channel, number_id)]


def _changed(change: Object, channel: str, number_id: str) -> list[News]:
    field, value = _text(change, "field"), _object(change.get("value"))
    if field == "message_template_status_update":
        name, event = _text(value, "message_template_name"), _text(value, "event")
        return [Ignored(f"the template {name[:40]} is now {event[:40]}")]
    if field not in ("messages", "user_preferences"):
        return [Ignored(f"a notice about {field[:40] or 'nothing'}")]
    if _text(_object(value.get("metadata")), "phone_number_id") != number_id:
        return [Ignored("for another number of the same account")]
    if field == "user_preferences":
        return [_preference(_object(each), channel) for each in _list(value.get("user_preferences"))]
    contacts = [_object(each) for each in _list(value.get("contacts"))]
    return [
        *(news for each in _list(value.get("messages")) for news in _message(_object(each), contacts, channel)),
        *(_receipt(_object(each), channel) for each in _list(value.get("statuses"))),
        *(Ignored(f"an error of theirs: {_code([each])}") for each in _list(value.get("errors"))),
    ]


# --- messages -------------------------------------------------------------------------------------------------------


def _message(message: Object, contacts: Sequence[Object], channel: str) -> list[News]:
    kind = _text(message, "type")
    if kind == "system":
        return _moved(message, channel)
    if kind in NO_REPLIES:
        return [Ignored(NO_REPLIES[kind])]
    if "group_id" in message:
        return [Ignored("said in a group, where no lesson is taught")]
    phone, user_id = _who(message, contacts)
    provider_id, sender = _id(message), phone or user_id
    if not provider_id:
        return [Ignored("a message whose id is missing")]
    if not sender:
        return [Ignored("a message whose from is missing, or no number or user id")]
    text, pressed = _said(kind, message)
    also = user_id if phone else ""
    return [Inbound(channel, provider_id, sender, text, pressed=pressed, also=also)]


def _who(message: Object, contacts: Sequence[Object]) -> tuple[str, str]:
    """Her number and her user id, "" for one they do not tell. Since there are usernames, either may be missing."""
    given = _text(message, "from").strip()
    contact = next((each for each in contacts if _text(each, "wa_id") == given or len(contacts) == 1), {})
    ids = (_text(message, "from_user_id"), _text(contact, "user_id"), given)
    return number(given) or "", next((each for each in ids if _USER_ID.fullmatch(each)), "")


def _said(kind: str, message: Object) -> tuple[str, Pressed | None]:
    """Her words, "" where she sent something else; and the button, if she pressed one of ours."""
    part = _object(message.get(kind))
    if kind == "text":
        return _text(part, "body"), None
    if kind == "button":  # of a template
        return _text(part, "text") or _text(part, "payload"), None
    if kind in WITH_A_CAPTION:
        return _text(part, "caption"), None
    reply = _object(part.get("button_reply") or part.get("list_reply")) if kind == "interactive" else {}
    under = shortened(_text(_object(message.get("context")), "id"))
    return button(_text(reply, "id"), under) or (_text(reply, "title"), None)


def button(reply_id: str, under: str) -> tuple[str, Pressed] | None:
    """The number or letter that one of our own buttons stands for, and which it is; None for anybody else's id."""
    ours = _OWN_BUTTON.fullmatch(reply_id)
    if ours is None:
        return None
    message_id = int(ours[1]) if _OWN_ID.fullmatch(ours[1] or "") else None
    return ours[2].rstrip(")"), Pressed(under, ours[3], message_id, lettered=ours[2].endswith(")"))


def _moved(message: Object, channel: str) -> list[News]:
    """She has another number, or another user id, or both."""
    system = _object(message.get("system"))
    kind = _text(system, "type")
    if kind not in CHANGES:
        return [Ignored(f"a system notice: {kind[:40]}")]
    numbers = number(_text(message, "from")), number(_text(system, "wa_id") or _text(system, "new_wa_id"))
    ids = _text(system, "previous_user_id") or _text(message, "from_user_id"), _text(system, "user_id")
    known_ids = [each if _USER_ID.fullmatch(each) else None for each in ids]
    pairs = [numbers, (known_ids[0], known_ids[1])]
    moved: list[News] = [Moved(channel, old, new) for old, new in pairs if old and new and old != new]
    return moved or [Ignored("a change of number that does not tell both numbers")]


# --- statuses and preferences ---------------------------------------------------------------------------------------


def _receipt(status: Object, channel: str) -> Receipt | Ignored:
    word, provider_id = _text(status, "status"), _id(status)
    if not provider_id:
        return Ignored("a status whose id is missing")
    if word not in STATUSES:
        return Ignored(f"a status we do not know: {word[:40]}")
    given = _text(status, "biz_opaque_callback_data")
    message_id = int(given) if _OWN_ID.fullmatch(given) else None
    error, to = _code(_list(status.get("errors"))), _text(status, "recipient_id")
    to = number(to) or (to or _text(status, "recipient_user_id"))[:LONGEST_ID]
    return Receipt(channel, STATUSES[word], message_id, provider_id, error, to, refusal=meaning(error))


def _preference(told: Object, channel: str) -> News:
    """She pressed WhatsApp's own "stop". Only her own word to us takes that back, so that nobody is written to by mistake."""
    wish, user_id = _text(told, "value"), _text(told, "user_id")
    who = number(_text(told, "wa_id")) or (user_id if _USER_ID.fullmatch(user_id) else "")
    if wish != "stop" or not who:
        return Ignored(f"a preference: {wish[:40]}")
    return OptedOut(channel, who, f"optout:{who}")


def _code(errors: Sequence[Any]) -> str:
    """The first error's code, "" where there is none."""
    code = _object(errors[0]).get("code") if errors else None
    return str(code)[:40] if isinstance(code, int | str) else ""


# --- fields of anybody's JSON ---------------------------------------------------------------------------------------


def _id(of: Object) -> str:
    return shortened(_text(of, "id").strip())


def shortened(provider_id: str) -> str:
    """An id that fits our columns: theirs hold the address in base64, and a user's id alone may have 131 letters."""
    if len(provider_id) <= LONGEST_ID:
        return provider_id
    return f"sha256:{hashlib.sha256(provider_id.encode('utf-8', 'replace')).hexdigest()}"


def _object(value: Any) -> Object:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(of: Object, name: str) -> str:
    value = of.get(name)
    return cleaned(value) if isinstance(value, str) else ""

"""What Twilio's fields say: what became of a message, what she wrote, which button she pressed."""

import base64
import binascii
import re
import unicodedata
from typing import Final

from bot.channels.base import Ignored, Pressed, Receipt, WebhookRequest
from bot.channels.fields import LONGEST_ID, Form, cleaned, optional, required
from bot.channels.twilio_codes import STATUSES, meaning
from bot.channels.whatsapp_events import button

SHORTEST_BASE64: Final = 60  # no learner types a word this long
INSTEAD_OF_A_BODY: Final = ("ButtonText", "ButtonPayload", "ListTitle", "ListId")
BUTTONS: Final = ("ButtonPayload", "ListId")

_MESSAGE_ID = re.compile(r"[0-9]{1,18}|[0-8][0-9]{18}")


def receipt(request: WebhookRequest, status: str) -> Receipt | Ignored:
    """What became of a message of ours. Raises Malformed."""
    if status not in STATUSES:
        return Ignored(f"a status we do not know: {status[:40]}")
    form = request.form
    whatsapp = any(optional(form, name).startswith("whatsapp:") for name in ("To", "From"))
    given = optional(request.query, "message")
    code = optional(form, "ErrorCode").strip()[:40]
    return Receipt(
        "twilio_whatsapp" if whatsapp else "twilio_sms",
        STATUSES[status],
        int(given) if _MESSAGE_ID.fullmatch(given) else None,
        required(form, "MessageSid"),
        code,
        refusal=meaning(code),
    )


def said(form: Form) -> tuple[str, Pressed | None]:
    """Her words, "" where she sent something else; and the button, if she pressed one of ours. Raises Malformed."""
    under = optional(form, "OriginalRepliedMessageSid").strip()[:LONGEST_ID]
    pressed = next((found for name in BUTTONS if (found := button(optional(form, name), under))), None)
    return pressed or (_text(form), None)


def _text(form: Form) -> str:
    text = optional(form, "Body")
    if not text.strip():
        return next((said for name in INSTEAD_OF_A_BODY if (said := optional(form, name))), "")
    return _decoded(text) if optional(form, "NumSegments") not in ("", "0", "1") else text


def _decoded(text: str) -> str:
    """A long SMS that Twilio passed on in base64, as sometimes happens; any other text as it is."""
    if len(text) < SHORTEST_BASE64:
        return text
    try:
        decoded = base64.b64decode("".join(text.splitlines()), validate=True).decode()
    except (binascii.Error, ValueError):
        return text
    # Cf: what joins emoji together.
    readable = all(c.isprintable() or c.isspace() or unicodedata.category(c) == "Cf" for c in decoded)
    return cleaned(decoded) if readable else text

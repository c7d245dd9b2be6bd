"""Whether WhatsApp would carry our template at Twilio: asked by `titian doctor`, and nothing is sent to anybody.

https://www.twilio.com/docs/content/content-api-resources · …/docs/content/content-types-overview
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import aiohttp

from bot.channels.base import ChannelError
from bot.channels.line import Line
from bot.channels.whatsapp_template import MARKETING, PLACE
from bot.settings import Settings

CONTENT: Final = "https://content.twilio.com"
APPROVED: Final = "approved"
NEVER_ASKED: Final = "unsubmitted"
REJECTED: Final = "rejected"

Object = Mapping[str, Any]


async def wrong(settings: Settings) -> list[str]:
    """What speaks against TWILIO_WHATSAPP_TEMPLATE, in words; nothing where it is approved and fits, or is not used."""
    sid = settings.twilio_whatsapp_template
    if not (sid and settings.twilio_whatsapp_from and settings.twilio_auth_token):
        return []
    content = await _asked(settings, sid)
    if isinstance(content, str):
        return [f"TWILIO_WHATSAPP_TEMPLATE: {sid} {content}"]
    approval = await _asked(settings, f"{sid}/ApprovalRequests")
    told = [approval] if isinstance(approval, str) else _against(approval.get("whatsapp"))
    return [f"TWILIO_WHATSAPP_TEMPLATE: {sid} {each}" for each in (*told, *_unlike_ours(content.get("types")))]


def _against(approval: Any) -> Iterator[str]:
    of_whatsapp: Object = approval if isinstance(approval, dict) else {}
    status = str(of_whatsapp.get("status") or NEVER_ASKED)[:30].lower()
    if status == NEVER_ASKED:
        yield "was never submitted to WhatsApp for approval: do that in the Twilio console, as utility."
    elif status == REJECTED:
        why = str(of_whatsapp.get("rejection_reason") or "without a reason")[:200].rstrip(".")
        yield f"was rejected by WhatsApp ({why}): make another one, have it approved, and write its SID here."
    elif status != APPROVED:
        yield f"is not approved but {status}: after 24 hours of silence nothing goes by it."
    if str(of_whatsapp.get("category")).upper() == MARKETING:
        yield "is in the category marketing: it costs more, and Meta holds it back from many. Make one that is utility."


def _unlike_ours(types: Any) -> Iterator[str]:
    """A Content may have several forms, of which WhatsApp takes the richest: so each must have the one place that we fill."""
    forms = [each for each in types.values() if isinstance(each, dict)] if isinstance(types, dict) else []
    if not forms or any(_places(form.get("body")) != ["1"] or _places(form) != ["1"] for form in forms):
        yield "does not have exactly one place, {{1}}, in its body, and none anywhere else: we fill that one and no other."


def _places(part: Any) -> list[str]:
    """The places in a text, or in all texts of a thing, however deep."""
    if isinstance(part, str):
        return PLACE.findall(part)
    within = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return [place for each in within for place in _places(each)]


async def _asked(settings: Settings, what: str) -> Object | str:
    """What Twilio's Content API tells, or in words why nothing. The words never hold a secret."""
    key = aiohttp.encode_basic_auth(settings.twilio_account_sid, settings.twilio_auth_token[0])
    url = f"{settings.twilio_api_url or CONTENT}/v1/Content/{what}"
    try:
        answer = await Line().ask("GET", url, headers={"Authorization": key})
        told = answer.json() if answer.status == 200 else None
    except ChannelError as error:
        return f"could not be asked about: no answer ({error.code})."
    except ValueError:
        return "could not be asked about: the answer is not JSON."
    if answer.status == 404:
        return "is not a Content of this account: copy the SID from the Content Template Builder in the Twilio console."
    if answer.status != 200:
        return f"could not be asked about: the answer was {answer.status}."
    return told if isinstance(told, dict) else "could not be asked about: the answer is not what it should be."

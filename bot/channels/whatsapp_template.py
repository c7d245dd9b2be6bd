"""Whether WhatsApp would carry our template: asked of Meta by `titian doctor`, and nothing is sent to anybody.

https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-management
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.channels import whatsapp
from bot.channels.base import ChannelError
from bot.channels.line import Line
from bot.settings import Settings

APPROVED: Final = "APPROVED"
MARKETING: Final = "MARKETING"
MOST_LISTED: Final = 100  # templates of one name, a language each

PLACE: Final = re.compile(r"\{\{\s*([^}]*?)\s*\}\}")

Object = Mapping[str, Any]


async def wrong(settings: Settings) -> list[str]:
    """What Meta says against WHATSAPP_TEMPLATE, in words; nothing where it is approved and fits, or cannot be asked about."""
    if not (settings.whatsapp_template and settings.whatsapp_account_id):
        return []
    name, _, language = settings.whatsapp_template.partition("/")
    told = await _listed(settings, name)
    if isinstance(told, str):
        return [f"WHATSAPP_ACCOUNT_ID or WHATSAPP_ACCESS_TOKEN: {told}"]
    same = [each for each in told if each.get("name") == name]
    ours = next((each for each in same if each.get("language") == (language or "ms")), None)
    if ours is None:
        spoken = ", ".join(sorted(str(each.get("language"))[:20] for each in same))
        known = f"only in {spoken}" if spoken else "not known to this account at all"
        return [f"WHATSAPP_TEMPLATE: {name} is {known}: write its name and language as Meta shows them."]
    return [f"WHATSAPP_TEMPLATE: {settings.whatsapp_template} {each}" for each in _against(ours)]


def _against(template: Object) -> Iterator[str]:
    status = str(template.get("status"))[:30]
    if status != APPROVED:
        yield f"is not approved but {status.lower()}: after 24 hours of silence nothing goes by it."
    if template.get("category") == MARKETING:
        yield "is in the category marketing: it costs more, and Meta holds it back from many. Make one that is utility."
    parts = [each for each in template.get("components") or [] if isinstance(each, dict)]
    in_body = [place for part in parts if part.get("type") == "BODY" for place in _places(part)]
    elsewhere = [place for part in parts if part.get("type") != "BODY" for place in _places(part)]
    if in_body != ["1"] or elsewhere:
        yield "does not have exactly one place, {{1}}, in its body, and none anywhere else: Meta refuses what we fill in."


def _places(part: Object) -> list[str]:
    return PLACE.findall(str(part.get("text", "")))


async def _listed(settings: Settings, name: str) -> list[Object] | str:
    """The templates whose names are like this one, or in words why there is no list. The words never hold a secret."""
    line = Line(headers={"Authorization": f"Bearer {settings.whatsapp_access_token}"})
    fields = "name,language,status,category,components"
    url = f"{settings.whatsapp_api_url or whatsapp.API}/{settings.whatsapp_account_id}/message_templates"
    try:
        answer = await line.ask("GET", url, params={"name": name, "fields": fields, "limit": str(MOST_LISTED)})
        told = answer.json()
    except ChannelError as error:
        return f"no answer ({error.code})."
    except ValueError:
        return "the answer is not JSON."
    if answer.status != 200:
        return f"the answer was {answer.status}: is it the id of the WhatsApp Business Account that the number is in?"
    data = told.get("data") if isinstance(told, dict) else None
    return [each for each in data if isinstance(each, dict)] if isinstance(data, list) else "the answer has no list."

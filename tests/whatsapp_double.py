"""Meta made for tests: a server that takes messages as the WhatsApp Cloud API does, and the webhooks that it would send.

Its limits are those of Meta's OpenAPI (v23.0) and error pages; what breaks one is refused with Meta's code.
"""

import hashlib
import hmac
import json
import time
from typing import Any, Final
from urllib.parse import parse_qs

from bot.channels.base import WebhookRequest
from tests.doubles import JSON, Accepted, Answer, Fault, ProviderDouble

NUMBER_ID: Final = "100000000000001"
ACCOUNT_ID: Final = "200000000000002"
ACCESS_TOKEN: Final = "a-token-of-a-system-user-for-tests"
APP_SECRET: Final = "an-app-secret-for-tests"
VERIFY_TOKEN: Final = "a-word-of-our-own-for-tests"
PATH: Final = "/webhooks/whatsapp"
TEMPLATE: Final = "titian_pesan/ms"

Json = dict[str, Any]


class WhatsAppDouble(ProviderDouble):
    """Meta's sending API. `asked` are the requests it took, whole; `messages` what she would read of them.

    `templates` are those of the account, as it lists them.
    """

    def __init__(self, port: int = 0) -> None:
        self.asked: list[Json] = []
        self.templates: list[Json] = []
        super().__init__(port)

    @property
    def settings(self) -> dict[str, str]:
        """What an operator sets so that a bot sends by it."""
        return {
            "whatsapp_phone_number_id": NUMBER_ID,
            "whatsapp_access_token": ACCESS_TOKEN,
            "whatsapp_app_secret": APP_SECRET,
            "whatsapp_verify_token": VERIFY_TOKEN,
            "whatsapp_api_url": self.url,
        }

    def others(self, path: str, headers: dict[str, str], body: bytes, fault: Fault) -> Answer:
        """Take a message, or refuse it as Meta does."""
        if headers.get("authorization") != f"Bearer {ACCESS_TOKEN}":
            return _error(401, 190)
        if path == f"/{NUMBER_ID}":
            return 200, JSON, json.dumps({"id": NUMBER_ID, "verified_name": "Titian"})
        where, _, query = path.partition("?")
        if where == f"/{ACCOUNT_ID}/message_templates":
            (name,) = parse_qs(query)["name"]
            listed = [each for each in self.templates if name in each["name"]]  # like it, and not only the same
            return 200, JSON, json.dumps({"data": listed, "paging": {"cursors": {"before": "M", "after": "M"}}})
        if path != f"/{NUMBER_ID}/messages":
            return _error(400, 100)
        asked = json.loads(body)
        if code := _wrong(asked):
            return _error(400, code)
        if fault.status >= 300 and not fault.accepts:
            return _error(fault.status, fault.code)
        self.asked.append(asked)
        to = asked.get("to") or asked["recipient"]
        wamid = f"wamid.{self._names}{len(self.messages):020x}"
        callback, link = asked.get("biz_opaque_callback_data", ""), _link(asked)
        taken = Accepted("whatsapp", wamid, to, read(asked), NUMBER_ID, callback, time.monotonic(), link)
        self.messages.append(taken)
        if fault.status >= 300:
            return _error(fault.status, fault.code)
        contacts = [{"input": to, "wa_id": to.removeprefix("+")}]
        said = {"messaging_product": "whatsapp", "contacts": contacts, "messages": [{"id": wamid}]}
        return 200, JSON, json.dumps(said)


def read(asked: Json) -> str:
    """The words of a message as they stand on her phone, the buttons below them."""
    part = asked[asked["type"]]
    match asked["type"]:
        case "text":
            return str(part["body"])
        case "image" | "document":
            return str(part["caption"])
        case "template":
            return str(part["components"][0]["parameters"][0]["text"])
        case _:
            return "\n".join([part["body"]["text"], *(f"[{each['title']}]" for each in choices(asked))])


def choices(asked: Json) -> list[Json]:
    """The buttons or rows of a message."""
    action = asked.get("interactive", {}).get("action", {})
    return [each["reply"] for each in action.get("buttons", ())] + [
        row for section in action.get("sections", ()) for row in section["rows"]
    ]


def _link(asked: Json) -> str:
    header = asked.get("interactive", {}).get("header", {})
    media = next((each[kind] for each in (asked, header) for kind in ("image", "document") if kind in each), {})
    return str(media.get("link", ""))


def _wrong(asked: Json) -> int:
    """Meta's code for what is wrong with a request; 0 where nothing is."""
    kind = asked.get("type")
    whole = asked.get("messaging_product") == "whatsapp" and asked.get("recipient_type") == "individual"
    if not whole or ("to" in asked) == ("recipient" in asked) or kind not in asked:
        return 131008
    part = asked[kind]
    if kind == "text":
        return 0 if 0 < len(part["body"]) <= 4096 else 100
    if kind in ("image", "document"):
        named = kind == "image" or 0 < len(part["filename"]) <= 240
        return 0 if named and len(part["caption"]) <= 1024 and part["link"].startswith("http") else 131009
    if kind == "template":
        (filled,) = part["components"][0]["parameters"]
        return 132012 if "\n" in filled["text"] or "     " in filled["text"] else 0
    if kind != "interactive":
        return 131051
    return 0 if _fits(asked, part) else 131009


def _fits(asked: Json, part: Json) -> bool:
    action, pressed = part["action"], choices(asked)
    ids, titles = [each["id"] for each in pressed], [each["title"] for each in pressed]
    named = all(each == each.strip() and each for each in (*ids, *titles))
    most, title, id_ = (3, 20, 256) if part["type"] == "button" else (10, 24, 200)
    short = all(len(each) <= title for each in titles) and all(len(each) <= id_ for each in ids)
    described = all(len(each.get("description", "x")) in range(1, 73) for each in pressed)
    opened = part["type"] == "button" or 0 < len(action["button"]) <= 20
    alone = len(set(ids)) == len(ids) and len(set(titles)) == len(titles)
    body = 0 < len(part["body"]["text"]) <= 1024
    return 0 < len(pressed) <= most and named and short and described and opened and alone and body


def _error(status: int, code: int) -> Answer:
    said = {"message": f"(#{code}) What Meta says", "type": "OAuthException", "code": code, "fbtrace_id": "A"}
    return status, JSON, json.dumps({"error": said})


# --- what it sends to us --------------------------------------------------------------------------------------------


def text(sender: str, words: str, name: str, **more: Any) -> Json:
    """A message in words."""
    return message(sender, name, type="text", text={"body": words}, **more)


def message(sender: str, name: str, **more: Any) -> Json:
    """A message of any kind, under the id made of `name`. A sender without a number has only her user id."""
    who = {"from": sender.removeprefix("+")} if sender.startswith("+") else {"from_user_id": sender}
    return who | {"id": f"wamid.{name}", "timestamp": "1795482000"} | more


def press(sender: str, asked: Json, under: str, place: int, name: str) -> Json:
    """A button or a row of a message of ours, pressed."""
    kind = {"button": "button_reply", "list": "list_reply"}[asked["interactive"]["type"]]
    chosen = choices(asked)[place - 1]
    reply = {"type": kind, kind: chosen}
    return message(sender, name, type="interactive", interactive=reply, context={"from": NUMBER_ID, "id": under})


def status(of: Accepted, word: str, *, error: int = 0, **more: Any) -> Json:
    """What became of a message that it took."""
    told = {"id": of.id, "status": word, "timestamp": "1795482001", "recipient_id": of.to.removeprefix("+")}
    told |= {"biz_opaque_callback_data": of.callback} if of.callback else {}
    return (
        told
        | ({"errors": [{"code": error, "title": "What Meta says", "message": "What Meta says"}]} if error else {})
        | more
    )


def envelope(*messages: Json, statuses: tuple[Json, ...] = (), field: str = "messages", **more: Any) -> Json:
    """One webhook with all of these in it."""
    value: Json = {"messaging_product": "whatsapp"}
    value["metadata"] = {"display_phone_number": "601110000009", "phone_number_id": NUMBER_ID}
    value |= {"messages": list(messages)} if messages else {}
    value |= {"statuses": list(statuses)} if statuses else {}
    change = {"field": field, "value": value | more}
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}


def signed(body: bytes, secret: str = APP_SECRET) -> dict[str, str]:
    """The header that vouches for these bytes."""
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def request(told: Json | bytes, secret: str = APP_SECRET) -> WebhookRequest:
    """A webhook as the channel gets it."""
    body = told if isinstance(told, bytes) else json.dumps(told, ensure_ascii=False).encode()
    headers = {name.lower(): value for name, value in signed(body, secret).items()}
    return WebhookRequest("POST", f"https://titian.example{PATH}", headers, {}, body=body)

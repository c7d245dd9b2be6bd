"""Gateways made for tests: one real HTTP server that speaks Kannel's, Jasmin's, Infobip's, Vonage's and iSMS's protocol, and others'.

Which one is told by the path that is asked: each gateway has its own.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from bot.channels.gateway import charsets
from tests.doubles import Accepted, Answer, Fault, ProviderDouble

USER: Final = "titian"
PASSWORD: Final = "a-password&of=tests?"
KEY: Final = "a-key-of-tests"

Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as a gateway sees it."""

    path: str
    headers: Mapping[str, str]  # names in lower case
    query: Fields
    form: Fields
    body: bytes


class GatewayDouble(ProviderDouble):
    """The gateways in this process: `with GatewayDouble() as gateway: gateway.url …`. `requests` holds every request."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.requests: list[Asked] = []
        self.refuses: set[str] = set()  # numbers, as they are written to it, where a request has many
        self.forgets: set[str] = set()  # numbers that it takes and does not mention in its answer

    def others(self, path: str, headers: dict[str, str], body: bytes, fault: Fault) -> Answer:
        """What the gateway answers whose path it is."""
        at = urlsplit(path)
        form = _first(body.decode("latin-1")) if "form" in headers.get("content-type", "") else {}
        asked = Asked(at.path, headers, _first(at.query), form, body)
        self.requests.append(asked)
        return GATEWAYS.get(at.path, _nobody)(self, asked, fault)

    def take(self, gateway: str, to: str, text: str, sender: str = "", callback: str = "", given: str = "") -> str:
        """Record a message; return its id: the one given, or one of the gateway's own."""
        name = given or f"{gateway}-{self._names}{len(self.messages):06x}"
        self.messages.append(Accepted(gateway, name, to, text, sender, callback, time.monotonic()))
        return name


def _first(query: str) -> dict[str, str]:
    charset = "latin-1" if "charset=ISO-8859-1" in query else "utf-8"
    fields = parse_qs(query, keep_blank_values=True, encoding=charset)
    return {name: values[0] for name, values in fields.items()}


def _nobody(double: GatewayDouble, asked: Asked, fault: Fault) -> Answer:
    return 404, "text/html", "<h1>Not Found</h1>"


def _kannel(double: GatewayDouble, asked: Asked, fault: Fault) -> Answer:
    """https://www.kannel.org/download/1.4.5/userguide-1.4.5/userguide.html#AEN4623"""
    q = asked.query
    if (q.get("username"), q.get("password")) != (USER, PASSWORD):
        return 403, "text/html", "Authorization failed for sendsms"
    if fault.status >= 300 and not fault.accepts:
        return fault.status, "text/html", "Temporal failure, try again later." if fault.status == 503 else "No"
    text = q["text"]
    if charsets.fits_gsm(text) != (q.get("coding") == "0"):
        return 400, "text/html", "coding does not fit the text"
    double.take("kannel", q["to"], text, q.get("from", ""), q.get("dlr-url", ""))
    return fault.status or 202, "text/html", "0: Accepted for delivery"


def _jasmin(double: GatewayDouble, asked: Asked, fault: Fault) -> Answer:
    """https://docs.jasminsms.com/en/latest/apis/http/index.html"""
    q = asked.form
    if (q.get("username"), q.get("password")) != (USER, PASSWORD):
        return 403, "text/plain", f'Error "Authentication failure for username:{q.get("username")}"'
    if fault.status >= 300 and not fault.accepts:
        return fault.status, "text/plain", 'Error "Cannot send submit_sm, check log file for details"'
    charset = {"0": "gsm-7", "8": "utf-16-be"}[q["coding"]]
    text = charsets.decoded(bytes.fromhex(q["hex-content"]), charset)
    sid = double.take("jasmin", q["to"], text, q.get("from", ""), q.get("dlr-url", ""))
    return fault.status or 200, "text/plain", f'Success "{sid}"'


def _infobip(double: GatewayDouble, asked: Asked, fault: Fault) -> Answer:
    """https://www.infobip.com/docs/api/channels/sms"""
    if asked.headers.get("authorization") != f"App {KEY}":
        said = {"requestError": {"serviceException": {"messageId": "UNAUTHORIZED", "text": "Invalid login details"}}}
        return 401, "application/json", json.dumps(said)
    if fault.status >= 300 and not fault.accepts:
        return fault.status, "application/json", json.dumps({"errorCode": f"E{fault.status}"})
    (message,) = json.loads(asked.body)["messages"]
    told = []
    for each in message["destinations"]:
        code = 3 if each["to"] in double.refuses else fault.code
        group, name = INFOBIP_STATUSES.get(code, ("REJECTED", "REJECTED_SOMETHING_NEW"))
        if not code:
            callback = message["webhooks"]["delivery"]["url"]
            double.take(
                "infobip", each["to"], message["content"]["text"], message["sender"], callback, each["messageId"]
            )
        status = {"groupId": 1, "groupName": group, "id": 26, "name": name, "description": "…"}
        if each["to"] not in double.forgets:
            told.append({"messageId": each["messageId"], "status": status, "destination": each["to"]})
    if fault.status >= 500:
        return fault.status, "text/html", "<h1>Bad Gateway</h1>"
    return fault.status or 200, "application/json", json.dumps({"bulkId": "b1", "messages": told[::-1]})


INFOBIP_STATUSES: Final = {
    0: ("PENDING", "PENDING_ACCEPTED"),
    1: ("REJECTED", "REJECTED_NOT_ENOUGH_CREDITS"),
    3: ("REJECTED", "REJECTED_DESTINATION"),
}


def _vonage(double: GatewayDouble, asked: Asked, fault: Fault) -> Answer:
    """https://developer.vonage.com/en/api/sms: always 200, and the status is inside."""
    q = asked.form
    code = "4" if (q.get("api_key"), q.get("api_secret")) != (USER, PASSWORD) else str(fault.code)
    if fault.status >= 300 and not fault.accepts:
        return fault.status, "text/html", "<h1>Bad Gateway</h1>"
    if code != "0":
        said: dict[str, Any] = {"status": code, "error-text": f"What they say to {code}"}
    else:
        sid = double.take("vonage", q["to"], q["text"], q.get("from", ""), q.get("callback", ""))
        said = {"to": q["to"], "message-id": sid, "status": "0", "remaining-balance": "1.0", "message-price": "0.03"}
    if fault.status >= 500:
        return fault.status, "text/html", "<h1>Bad Gateway</h1>"
    return 200, "application/json", json.dumps({"message-count": "1", "messages": [said]})


def _aggregator(double: GatewayDouble, asked: Asked, fault: Fault) -> Answer:
    """What Malaysian aggregators answer: JSON with MsgID, or a negative number, with 200 all the same."""
    q = asked.form
    if (q.get("user"), q.get("pass")) != (USER, PASSWORD):
        return 200, "text/html", "-1000 = UNKNOWN ERROR : invalid user"
    if fault.status >= 300 and not fault.accepts:
        return fault.status, "text/html", "no"
    if fault.code:
        return 200, "text/html", f"{-fault.code} = INSUFFICIENT CREDIT"
    sid = double.take("aggregator", q["to"], q["text"], q.get("from", ""))
    return fault.status or 200, "text/html", json.dumps({"MsgID": sid, "Msisdn": q["to"]})


def _isms(double: GatewayDouble, asked: Asked, fault: Fault) -> Answer:
    """https://www.isms.com.my/sms_api.php: numbers with ; between them, and one id for all."""
    q = asked.form
    if (q.get("un"), q.get("pwd")) != (USER, PASSWORD):
        return 200, "text/html", "-1001 = AUTHENTICATION FAILED"
    if fault.status >= 300 and not fault.accepts:
        return fault.status, "text/html", "no"
    if fault.code:
        return 200, "text/html", f"{-fault.code} = WHAT THEY SAY TO IT"
    sid = f"{len(double.messages)}"
    for to in q["dstno"].split(";"):
        double.take("isms", to, q["msg"], q.get("sendid", ""), "", sid)
    return fault.status or 200, "text/html", f"2000 = SUCCESS:{sid}"


def _lines(double: GatewayDouble, asked: Asked, fault: Fault) -> Answer:
    """Nobody's in particular: numbers with a comma between them, and a line for each, after one that counts them."""
    told = []
    for to in asked.form["to"].split(","):
        refused = to in double.refuses
        sid = "" if refused else double.take("lines", to, asked.form["text"], "", asked.form.get("callback", ""))
        if to not in double.forgets:
            told.append(f"{to} ERR 7" if refused else f"{to} ID {sid}")
    return fault.status or 200, "text/plain", "\r\n".join([f"TOTAL {len(told)}", *told, ""])


GATEWAYS: Final[Mapping[str, Callable[[GatewayDouble, Asked, Fault], Answer]]] = {
    "/cgi-bin/sendsms": _kannel,
    "/send": _jasmin,
    "/sms/3/messages": _infobip,
    "/sms/json": _vonage,
    "/bulksms/send": _aggregator,
    "/isms_send_all_id.php": _isms,
    "/lines": _lines,
}

"""The provider that tests are given speaks as real ones do, in this process or in one of its own."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from bot.channels import line
from bot.channels.africastalking import AfricasTalkingSms
from bot.channels.base import ChannelError, Outgoing, Receipt, Status, WebhookRequest
from bot.channels.twilio import Twilio
from tests.bot.channels import payloads as p
from tests.doubles import ACCOUNT, API_KEY, AUTH_TOKEN, USERNAME, ProviderDouble
from tests.receipts import Callback, africastalking_receipt, twilio_receipt

ROOT = Path(__file__).resolve().parents[1]
STATUS_URL = f"{p.PUBLIC}/webhooks/twilio/status"


def twilio(url: str) -> Twilio:
    return Twilio("sms", ACCOUNT, (AUTH_TOKEN,), p.US, STATUS_URL, url)


def africastalking(url: str) -> AfricasTalkingSms:
    return AfricasTalkingSms(USERNAME, API_KEY, p.TOKEN, api_url=f"{url}/version1")


def webhook(callback: Callback) -> WebhookRequest:
    headers = {name.lower(): value for name, value in callback.headers.items()}
    query = {"message": [callback.url.partition("?message=")[2]]}
    form = {name: [value] for name, value in callback.form.items()}
    return WebhookRequest("POST", callback.url, headers, form, query, token=callback.url.rpartition("/")[2])


def test_the_receipts_of_the_double_are_read_as_the_providers_are():
    with ProviderDouble() as provider:
        by_twilio, by_at = twilio(provider.url), africastalking(provider.url)
        for channel in (by_twilio, by_at):
            line.run(channel.send(Outgoing(42, p.LEARNER, "hai")))
    first, second = provider.messages

    delivered = by_twilio.read(webhook(twilio_receipt(first, "delivered")))
    failed = by_twilio.read(webhook(twilio_receipt(first, "undelivered", error=30003)))
    reported = by_at.read(
        webhook(africastalking_receipt(second, "Failed", f"{p.PUBLIC}/{p.TOKEN}", reason="InvalidLinkId"))
    )

    assert delivered == Receipt("twilio_sms", Status.DELIVERED, 42, first.id)
    assert failed == Receipt("twilio_sms", Status.FAILED, 42, first.id, "30003")
    assert reported == Receipt("africastalking_sms", Status.FAILED, None, second.id, "InvalidLinkId")


def test_a_receipt_can_be_posted_over_the_wire():
    heard = []

    class Quiet(WSGIRequestHandler):
        def log_message(self, *said: object) -> None:
            pass

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        heard.append(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        start_response("200 OK", [])
        return [b""]

    with make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        status = Callback(f"http://127.0.0.1:{server.server_port}/x", {"status": "Sent & é"}, {}).post()

    assert (status, heard) == (200, [b"status=Sent+%26+%C3%A9"])


@pytest.fixture
def own_process() -> Iterator[str]:
    """The double as a process of its own."""
    command = [sys.executable, "-m", "tests.doubles", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.terminate()


def test_the_double_can_be_a_process_that_tells_what_it_has_accepted(own_process: str):
    def own(method: str, path: str, body: bytes | None = None) -> list[dict[str, Any]]:
        with urlopen(Request(own_process + path, body, method=method)) as answer:
            said: list[dict[str, Any]] = json.load(answer)
            return said

    channel = twilio(own_process)
    line.run(channel.send(Outgoing(1, p.LEARNER, "satu")))
    assert [(m["text"], m["callback"]) for m in own("GET", "/messages")] == [("satu", f"{STATUS_URL}?message=1")]

    assert own("DELETE", "/messages") == []
    own("POST", "/behave", json.dumps({"times": 1, "status": 429}).encode())
    with pytest.raises(ChannelError):
        line.run(channel.send(Outgoing(2, p.LEARNER, "dua")))
    line.run(channel.send(Outgoing(3, p.LEARNER, "tiga")))
    assert [m["text"] for m in own("GET", "/messages")] == ["tiga"]

"""What we ask of Twilio, held against Twilio's own OpenAPI: TWILIO_OPENAPI=path/to/file.json, and Prism.

The file needs the paths for messages (api.twilio.com) and for Contents (content.twilio.com) in one.
"""

from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from bot.channels import line, twilio_content
from bot.channels.base import ChannelError, Outgoing
from bot.channels.twilio import Twilio
from tests.bot.channels import payloads as p
from tests.doubles import ACCOUNT, AUTH_TOKEN
from tests.prism import prism

TEMPLATE = "HX" + "a" * 32
STATUS_URL = f"{p.PUBLIC}/webhooks/twilio/status"
REFUSED = {400, 422}  # as the file says, if it says how; else Prism's own
LONG = "ayat yang panjang " * 8
FEW = "Pilih.\n\n1 Sambung\n2 Menu\n3 Sijil"
# No picture: Prism reads no lists out of a form (MediaUrl), not even those of the file's own examples.
EVERY_FORM = {
    "words": Outgoing(42, p.LEARNER, "Selamat 😀"),
    "the longest words": Outgoing(42, p.LEARNER, "x" * 1600),
    "buttons": Outgoing(42, p.LEARNER, FEW),
    "a list": Outgoing(42, p.LEARNER, "Pilih.\n\n" + "\n".join(f"{n} Pelajaran" for n in range(1, 10))),
    "a list with small words": Outgoing(42, p.LEARNER, f"Pilih.\n\n1 {LONG}\n2 Ya\n3 Tidak\n4 Mungkin"),
    "a question": Outgoing(42, p.LEARNER, "Warna?\n\nA) Hijau\nB) Kuning", one_of=True),
    "a template": Outgoing(42, p.LEARNER, "Pelajaran 2\nmenunggu.", template=True),
}


@pytest.fixture(scope="module")
def twilio_url() -> Iterator[str]:
    """Twilio, as its OpenAPI describes it."""
    with prism("TWILIO_OPENAPI") as url:
        yield url


def whatsapp(url: str, **more: Any) -> Twilio:
    given: dict[str, Any] = {"kind": "whatsapp", "buttons": True, "template": TEMPLATE} | more
    return Twilio(
        account_sid=ACCOUNT,
        tokens=(AUTH_TOKEN,),
        sender=p.US,
        status_url=STATUS_URL,
        api_url=url,
        **given,
    )


@pytest.mark.parametrize("kind", ["sms", "whatsapp"])
@pytest.mark.parametrize("message", EVERY_FORM.values(), ids=EVERY_FORM.keys())
def test_twilios_own_description_allows_what_we_send(twilio_url: str, message: Outgoing, kind: str):
    if kind == "sms" and message.template:
        pytest.skip("only WhatsApp has templates")

    assert line.run(whatsapp(twilio_url, kind=kind).send(message)).startswith("SM")


@pytest.mark.parametrize("sender", [p.US, "MG" + "0" * 32])
def test_every_sender_of_ours_is_one_of_theirs(twilio_url: str, sender: str):
    channel = Twilio("sms", ACCOUNT, (AUTH_TOKEN,), sender, STATUS_URL, twilio_url)

    assert line.run(channel.send(EVERY_FORM["words"]))


@pytest.mark.parametrize("message", [each for each in EVERY_FORM.values() if "\n\n" in each.text])
def test_every_content_of_ours_may_be_made(twilio_url: str, message: Outgoing):
    """Asked past the part that looks whether it is there already: Prism lists Contents of its own."""
    menu = twilio_content.menu(message.text, one_of=message.one_of, message_id=message.id)
    assert menu is not None

    sid = line.run(whatsapp(twilio_url)._contents.sid(menu))

    assert sid.startswith("HX")


def told(url: str, path: str, **what: Any) -> int:
    headers = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT, AUTH_TOKEN)}
    return line.run(line.Line(headers=headers).ask("POST", url + path, **what)).status


def test_it_does_not_allow_just_anything(twilio_url: str):
    """Else the tests above would say nothing."""
    messages = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    menu = twilio_content.menu(FEW, one_of=False, message_id=42)
    assert menu is not None
    content = {"language": "ms", "types": menu.types()}
    spoilt = {"twilio/quick-reply": {"body": "x", "actions": [{"id": "no title"}]}}

    assert told(twilio_url, messages, data={"From": p.US, "Body": "hai"}) in REFUSED  # to nobody
    assert told(twilio_url, messages, data={"To": p.LEARNER, "From": p.US, "ContentSid": "HX1"}) in REFUSED
    assert told(twilio_url, "/v1/Content", json=content) == 201
    assert told(twilio_url, "/v1/Content", json={"types": menu.types()}) in REFUSED  # in no language
    assert told(twilio_url, "/v1/Content", json=content | {"types": spoilt}) in REFUSED


def test_a_wrong_sid_is_refused_and_the_menu_still_goes(twilio_url: str):
    with pytest.raises(ChannelError) as failed:
        line.run(whatsapp(twilio_url, template="HX1").send(EVERY_FORM["a template"]))

    assert not failed.value.ambiguous

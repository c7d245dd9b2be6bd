"""What is wrong with the settings as they are, without asking anybody: each finding with what to do about it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from bot.channels.base import Channel
from bot.channels.gateway import addresses
from bot.channels.gateway.channel import Gateway
from bot.channels.gateway.making import address
from bot.phone import NotANumber, e164
from bot.settings import Settings

WRONG: Final = "wrong"  # something does not work
DOUBTFUL: Final = "doubtful"  # it works, but perhaps not as you think

# https://www.twilio.com/docs/glossary/what-is-a-sid
_ACCOUNT: Final = re.compile(r"AC[0-9a-f]{32}", re.IGNORECASE)
_SERVICE: Final = re.compile(r"MG[0-9a-f]{32}", re.IGNORECASE)
_TOKEN: Final = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)
SANDBOX_NUMBER: Final = "+14155238886"  # https://www.twilio.com/docs/whatsapp/sandbox


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at: a setting or a channel, what is the matter, and how bad it is."""

    about: str
    says: str
    how: str = WRONG


def findings(settings: Settings, channels: Mapping[str, Channel]) -> list[Finding]:
    """Everything that can be seen without asking anybody, the settings first and the channels after them."""
    return [
        *_of_address(settings, channels),
        *_of_twilio(settings),
        *_of_africas_talking(settings),
        *_of_whatsapp(settings),
        *_of_all(settings, channels),
        *(each for channel in channels.values() if isinstance(channel, Gateway) for each in _of_gateway(channel)),
    ]


def _of_address(settings: Settings, channels: Mapping[str, Channel]) -> Iterator[Finding]:
    url = settings.public_url
    if not url:
        if any(_is_called_from_outside(channel) for channel in channels.values()):
            yield Finding("PUBLIC_URL", "is missing: nobody outside knows where to bring messages and receipts.")
        return
    parts = urlsplit(url)
    found = addresses.literal(parts.hostname or "")
    if found and addresses.private(found):
        yield Finding("PUBLIC_URL", f"is {found}, which no provider reaches: write the address that they call.")
    if parts.scheme != "https":
        yield Finding("PUBLIC_URL", "begins with http://: numbers and words travel for everybody to read.", DOUBTFUL)
    if parts.path or parts.query or parts.fragment:
        yield Finding("PUBLIC_URL", "has a path: write it without one, or no signature will fit.")
    if parts.port is not None:
        yield Finding("PUBLIC_URL", f"names port {parts.port}: right only if providers call that port.", DOUBTFUL)
    if settings.simulator and parts.scheme == "https":
        yield Finding("SIMULATOR", "is 1: whoever reaches PUBLIC_URL may write as any number. Take it out.")


def _is_called_from_outside(channel: Channel) -> bool:
    if isinstance(channel, Gateway):
        return not channel.described.allow_private and (channel.profile.two_way or channel.profile.receipts)
    return not channel.name.startswith("simulator_")


def _of_twilio(settings: Settings) -> Iterator[Finding]:
    if not settings.twilio_account_sid:
        for name in ("twilio_auth_token", "twilio_sms_from", "twilio_messaging_service_sid", "twilio_whatsapp_from"):
            if getattr(settings, name):
                yield Finding(name.upper(), "is set, but TWILIO_ACCOUNT_SID is not: Twilio is not used.")
        return
    if not _ACCOUNT.fullmatch(settings.twilio_account_sid):
        yield Finding("TWILIO_ACCOUNT_SID", "is no account's SID: AC and 32 digits or letters a to f.")
    if not all(_TOKEN.fullmatch(token) for token in settings.twilio_auth_token):
        yield Finding(
            "TWILIO_AUTH_TOKEN", "is no auth token: 32 digits or letters a to f. (A key's secret is not one.)"
        )
    sms = settings.twilio_messaging_service_sid or settings.twilio_sms_from
    if not sms and not settings.twilio_whatsapp_from:
        yield Finding("TWILIO_SMS_FROM", "is missing, and so is TWILIO_WHATSAPP_FROM: Twilio is not used.")
    service = settings.twilio_messaging_service_sid
    if service and not _SERVICE.fullmatch(service):
        yield Finding("TWILIO_MESSAGING_SERVICE_SID", "is no Messaging Service: MG and 32 digits or letters a to f.")
    for name in ("twilio_sms_from", "twilio_whatsapp_from"):
        sender = getattr(settings, name).removeprefix("whatsapp:")
        if sender and not _is_number(sender):
            yield Finding(
                name.upper(), f"is {sender}, which is no number: learners cannot write to it. Write it like +60…."
            )
        if sender == SANDBOX_NUMBER:
            says = "is Twilio's sandbox: only phones that have joined it hear from us, for three days."
            yield Finding(name.upper(), says, DOUBTFUL)


def _is_number(text: str) -> bool:
    try:
        return text.startswith("+") and e164(text) == text
    except NotANumber:
        return False


def _of_africas_talking(settings: Settings) -> Iterator[Finding]:
    if not settings.at_username:
        if settings.at_api_key or settings.at_token:
            yield Finding("AT_USERNAME", "is missing: Africa's Talking is not used.")
        return
    if settings.at_username == "sandbox":
        yield Finding("AT_USERNAME", "is sandbox: no phone gets anything, only their simulator.", DOUBTFUL)
    if not settings.at_sender:
        says = "is missing: messages come from a number of theirs, which learners cannot answer."
        yield Finding("AT_SENDER", says, DOUBTFUL)


def _of_whatsapp(settings: Settings) -> Iterator[Finding]:
    if settings.whatsapp_template and not settings.whatsapp_account_id:
        says = "is missing: whether WHATSAPP_TEMPLATE is approved cannot be known from here."
        yield Finding("WHATSAPP_ACCOUNT_ID", says, DOUBTFUL)


def _of_all(settings: Settings, channels: Mapping[str, Channel]) -> Iterator[Finding]:
    sms = [channel.profile for channel in channels.values() if channel.profile.kind == "sms"]
    whatsapp = [channel.profile for channel in channels.values() if channel.profile.kind == "whatsapp"]
    if not channels:
        yield Finding("settings", "set up no channel: nobody can write to us. docs/channels.md says how.")
    if sms and not any(profile.two_way for profile in sms):
        yield Finding(
            "settings",
            "have no SMS channel that learners can write to: lessons go out, no answer comes back.",
            DOUBTFUL,
        )
    if whatsapp and not sms and not any(profile.template for profile in whatsapp):
        says = "have no SMS channel: 24 hours after a learner's last WhatsApp message nothing reaches her."
        yield Finding("settings", says, DOUBTFUL)
    for name in settings.rates:
        if name not in channels and not _known(name):
            yield Finding("RATES", f"names {name}, and there is no such channel.")


def _known(name: str) -> bool:
    """Whether a channel of ours has that name, set up or not."""
    return name.partition("_")[0] in ("twilio", "africastalking", "simulator", "whatsapp")


def _of_gateway(channel: Gateway) -> Iterator[Finding]:
    where = address(channel.wire)
    if where.scheme == "http" and not channel.described.allow_private:
        says = "is called by http://: its password, numbers and words travel for everybody to read. Ask for https://."
        yield Finding(channel.name, says, DOUBTFUL)
    if not channel.profile.receipts:
        says = "says nothing of what becomes of a message: `receipts` is not described."
        yield Finding(channel.name, says, DOUBTFUL)
    elif "receipts" not in channel.wire.places:
        says = f"has to be told where receipts go, in a setting of its own: {channel.webhook}"
        yield Finding(channel.name, says, DOUBTFUL)
    receipts, by_itself = channel.described.receipts, channel.described.per_number or "id" in channel.wire.places
    if channel.profile.many > 1 and receipts and not receipts.to and not by_itself:
        says = (
            f"takes {channel.profile.many} numbers in one request and has one id for all: write where its receipts hold "
            "the number (receipts: to), or messages that went together stay `sent`, delivered or not."
        )
        yield Finding(channel.name, says, DOUBTFUL)

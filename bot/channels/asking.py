"""Asking providers whether a setting is right: nothing is sent to anybody, and no answer here is a promise.

https://www.twilio.com/docs/usage/api/account · …/docs/phone-numbers/api/incomingphonenumber-resource ·
https://developers.africastalking.com/docs/application
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from typing import Any, Final

from bot.channels import africastalking, twilio_template, whatsapp as cloud, whatsapp_template
from bot.channels.base import Channel, ChannelError
from bot.channels.gateway import addresses
from bot.channels.gateway.channel import Gateway
from bot.channels.gateway.making import address
from bot.channels.line import PATIENCE_TO_CONNECT, Line
from bot.settings import Settings

TWILIO: Final = "https://api.twilio.com"


async def wrong(settings: Settings, channels: Iterable[Channel]) -> list[str]:
    """All that the providers that are set up have against the settings, a sentence each. Run it by `line.run`."""
    told: list[str] = []
    if settings.public_url:
        told += [each async for each in ourselves(settings)]
    if settings.twilio_account_sid:
        told += [each async for each in twilio(settings)]
        told += await twilio_template.wrong(settings)
    if settings.at_username:
        told += [each async for each in africas_talking(settings)]
    if settings.whatsapp_phone_number_id:
        told += [each async for each in whatsapp(settings)]
        told += await whatsapp_template.wrong(settings)
    for channel in channels:
        if isinstance(channel, Gateway):
            told += [each async for each in gateway(channel)]
    return told


async def twilio(settings: Settings) -> AsyncIterator[str]:
    """What Twilio says of our account, each token, and the number that learners write to."""
    base = f"{settings.twilio_api_url or TWILIO}/2010-04-01/Accounts/{settings.twilio_account_sid}"
    for place, token in enumerate(settings.twilio_auth_token, start=1):
        account = await _asked(f"{base}.json", headers=_basic(settings.twilio_account_sid, token))
        if isinstance(account, str):
            yield f"TWILIO_AUTH_TOKEN, the {'first' if place == 1 else 'second'} one: {account}"
        elif account.get("status") != "active":
            yield f"TWILIO_ACCOUNT_SID: the account is {str(account.get('status'))[:20]}."
        elif account.get("type") == "Trial":
            yield "TWILIO_ACCOUNT_SID: a trial account sends only to numbers that were verified with Twilio."
    number = settings.twilio_sms_from
    if not number or not settings.twilio_auth_token:
        return
    headers = _basic(settings.twilio_account_sid, settings.twilio_auth_token[0])
    held = await _asked(f"{base}/IncomingPhoneNumbers.json", headers=headers, params={"PhoneNumber": number})
    if isinstance(held, str):
        return  # told above
    ours = held.get("incoming_phone_numbers") or []
    if not ours:
        yield f"TWILIO_SMS_FROM: {number} is not a number of this account: it can neither send nor receive."
        return
    if not (ours[0].get("capabilities") or {}).get("sms"):
        yield f"TWILIO_SMS_FROM: {number} cannot receive SMS."
    wanted, told = f"{settings.public_url}/webhooks/twilio/sms", str(ours[0].get("sms_url") or "").partition("#")[0]
    if not settings.twilio_messaging_service_sid and told != wanted:
        yield f"PUBLIC_URL: Twilio brings what comes to {number} to {told or 'nobody'}, and not to {wanted}."


async def africas_talking(settings: Settings) -> AsyncIterator[str]:
    """What Africa's Talking says of our key, and the money that is left."""
    live = africastalking.SANDBOX if settings.at_username == "sandbox" else africastalking.LIVE
    told = await _asked(
        f"{settings.at_api_url or live}/user",
        headers={"apiKey": settings.at_api_key, "Accept": "application/json"},
        params={"username": settings.at_username},
    )
    if isinstance(told, str):
        yield f"AT_API_KEY: {told}"
        return
    balance = str((told.get("UserData") or {}).get("balance", ""))
    if balance.rpartition(" ")[2].strip("0.") == "":
        yield f"AT_USERNAME: no money is left ({balance[:20] or 'no balance was told'}), so nothing is sent."


async def whatsapp(settings: Settings) -> AsyncIterator[str]:
    """What Meta says of our token and the number. Whether the template is approved it tells only to the account's owner."""
    at = f"{settings.whatsapp_api_url or cloud.API}/{settings.whatsapp_phone_number_id}"
    told = await _asked(at, headers={"Authorization": f"Bearer {settings.whatsapp_access_token}"})
    if isinstance(told, str):
        yield f"WHATSAPP_ACCESS_TOKEN or WHATSAPP_PHONE_NUMBER_ID: {told}"


async def gateway(channel: Gateway) -> AsyncIterator[str]:
    """Whether a gateway's name is known, its address allowed, and anybody there."""
    where = address(channel.wire)
    host, port = where.hostname or "", where.port or (443 if where.scheme == "https" else 80)
    try:
        allowed = channel.described.allow_private
        found = [host] if allowed else await asyncio.to_thread(addresses.resolved, host, port)
    except addresses.PrivateAddress as error:
        yield f"{channel.name}: {error}. If it is a machine of your own, write allow_private: true."
        return
    except (OSError, UnicodeError):
        yield f"{channel.name}: nobody knows the name {host}: look at send: url: again."
        return
    for each in found:
        with suppress(OSError):
            _, writer = await asyncio.wait_for(asyncio.open_connection(each, port), PATIENCE_TO_CONNECT)
            writer.close()
            return
    yield f"{channel.name}: nobody answers at {host}, port {port}: is it running, and may we reach it?"


async def ourselves(settings: Settings) -> AsyncIterator[str]:
    """Whether PUBLIC_URL leads to us, as far as can be seen from here."""
    told = await _asked(f"{settings.public_url}/healthz")
    if isinstance(told, str):
        yield f"PUBLIC_URL: {told} (A proxy may let providers in and us not.)"
    elif told.get("alive") is not True:
        yield "PUBLIC_URL: somebody else answers there, not Titian."


def _basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


async def _asked(url: str, **how: Any) -> dict[str, Any] | str:
    """The JSON that comes back, or in words why there is none. The words never hold a secret."""
    try:
        answer = await Line().ask("GET", url, **how)
    except ChannelError as error:
        return f"no answer ({error.code})."
    if answer.status in (401, 403):
        return "refused: it is wrong, or belongs to another account."
    if answer.status != 200:
        return f"the answer was {answer.status}."
    try:
        told = answer.json()
    except ValueError:
        return "the answer is not JSON."
    return told if isinstance(told, dict) else "the answer is not what it should be."

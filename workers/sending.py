"""A batch on its way to providers: whether each message may still go, which share a request, and what was said to them."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, cast

from sqlalchemy import Row

from bot import phone, policy, pushes
from bot.channels.base import Channel, ChannelError, Outgoing, SendsMany, Shown, Status
from bot.wiring import Bot
from workers.recording import Result

log = logging.getLogger(__name__)


class Tried(NamedTuple):
    """A message that a provider was asked to take, and what it said: its own id for it, or why not."""

    row: Row[Any]
    provider_id: str | None = None
    error: ChannelError | None = None
    template: bool = False  # it went as one


class _Ready(NamedTuple):
    """A message that may go now."""

    row: Row[Any]
    channel: Channel
    message: Outgoing


Outcome = Result | Tried


async def send(bot: Bot, rows: Sequence[Row[Any]]) -> list[Outcome]:
    """Send these side by side and return what became of each, whatever happens.

    An error nobody thought of must not take the batch with it: that message counts as perhaps sent.
    """
    now, off = bot.clock(), cache(bot.calendar.off)
    decided = [_decided(bot, row, now, off) for row in rows]
    outcomes: list[Outcome] = [each for each in decided if isinstance(each, Result)]
    asked = await asyncio.gather(*map(_ask, _requests([each for each in decided if isinstance(each, _Ready)])))
    return [*outcomes, *(outcome for answered in asked for outcome in answered)]


def _decided(bot: Bot, row: Row[Any], now: datetime, off: policy.Off) -> Result | _Ready:
    try:
        return _ready(bot, row, now, off)
    except Exception as error:
        log.error("sending failed", extra={"outbound": row.id}, exc_info=error)
        return Result(row.id, Status.UNDETERMINED, error=type(error).__name__)


def _ready(bot: Bot, row: Row[Any], now: datetime, off: policy.Off) -> Result | _Ready:
    """The message, or why it does not go. The policy is asked again here, since an opt-out beats a queued message."""
    channel = bot.channels.get(row.channel)
    if channel is None:
        return Result(row.id, Status.FAILED, error=f"channel {row.channel} is not set up")
    if row.turn is not None and row.turn != row.turn_now:
        return Result(row.id, Status.CANCELLED, error="she has written since")
    profile = channel.profile
    reach = pushes.reach(profile, row, consented=row.consented_at is not None, told=bool(row.told))
    looked_into = profile.kind == "sms" and phone.is_malaysian(row.identifier)
    message = policy.Message(row.created_at, row.text if looked_into else "", profile.two_way)
    match policy.may_send(row.purpose, reach, now=now, zone=bot.zone, off=off, message=message):
        case policy.No(why=why):
            return Result(row.id, Status.CANCELLED, error=why)
        case policy.Later(until=until, why=why):
            return Result(row.id, Status.QUEUED, error=why, due_at=until, counts=False)
    template = profile.template and not policy.window_open(row.last_inbound_at, now)
    shown = Shown.read(row.picture)
    return _Ready(row, channel, Outgoing(row.id, row.identifier, row.text, shown, template, bool(row.one_of)))


def _requests(ready: Sequence[_Ready]) -> Iterator[Sequence[_Ready]]:
    """What goes to a provider in one request: a message, or the same words to as many numbers as it takes at once."""
    alike = defaultdict[tuple[str, str], list[_Ready]](list)
    for each in ready:
        message = each.message
        if each.channel.profile.many > 1 and message.picture is None and not message.template:
            alike[each.channel.name, message.text].append(each)
        else:
            yield (each,)
    for same in alike.values():
        most = same[0].channel.profile.many
        yield from (same[first : first + most] for first in range(0, len(same), most))


async def _ask(request: Sequence[_Ready]) -> Sequence[Outcome]:
    try:
        said = await _said(request)
    except ChannelError as error:
        said = [error] * len(request)
    except Exception as error:
        log.error("sending failed", extra={"outbound": request[0].row.id, "count": len(request)}, exc_info=error)
        return [Result(each.row.id, Status.UNDETERMINED, error=type(error).__name__) for each in request]
    return [_tried(each, became) for each, became in zip(request, said, strict=True)]


def _tried(ready: _Ready, became: str | ChannelError) -> Tried:
    if isinstance(became, ChannelError):
        return Tried(ready.row, error=became, template=ready.message.template)
    return Tried(ready.row, became, template=ready.message.template)


async def _said(request: Sequence[_Ready]) -> Sequence[str | ChannelError]:
    channel = request[0].channel
    if len(request) == 1:
        return [await channel.send(request[0].message)]
    return await cast("SendsMany", channel).send_many([each.message for each in request])

"""What is said in a turn, as rows: a row for each text, written before anything is sent."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from bot.channels import whatsapp_messages
from bot.channels.base import RANK, Channel, Reply, Status
from bot.effects import Turn
from bot.money import Paid
from bot.pushes import REPLIES
from bot.render import Rendered
from bot.store import statements as s
from bot.store.ids import new_id

RECEIPT_WITHIN: Final = timedelta(minutes=15)  # then a reply that rode on a response is shown as undetermined


def write(
    turn: Turn, rendered: Rendered, channel: Channel, ends: bool, course: str, *, price: Callable[[str], Paid]
) -> tuple[Reply, bool]:
    """A row for each text of a reply, in order; what goes on the response, and whether something waits to be sent instead.

    One that rides on the provider's response needs no queue, and is paid for.
    """
    inline = channel.profile.inline and not (channel.profile.buttons_by_send and _has_buttons(rendered))
    status, lease = _begins_as(channel, inline, turn.now)
    said: list[tuple[int, str]] = []
    for text in rendered.texts:
        follows = said[-1][0] if said and not inline else None
        paid = Paid(None, None) if status is Status.QUEUED else price(text)  # the outbox prices what it sends
        said.append((new_id(turn.now), text))  # ids grow: what is said first goes first
        turn.write(
            s.SAID,
            id=said[-1][0],
            learner_id=turn.learner_id,
            address_id=turn.address_id,
            channel=turn.channel,
            purpose="reply",
            lane=REPLIES,
            text=text,
            status=status,
            rank=RANK[status],
            due_at=turn.now,
            lease_until=lease,
            attempts=0,
            turn=None,
            created_at=turn.now,
            picture=rendered.picture.kept() if rendered.picture and len(said) == 1 else None,
            follows=follows,
            one_of=rendered.answered_by_one(len(said) - 1),
            course=course or None,
            segments=paid.segments,
            cost=paid.cost,
        )
    by_send = channel.profile.inline and not inline
    return Reply(() if by_send else tuple(said), ends, rendered.picture), bool(said) and not inline


def _begins_as(channel: Channel, inline: bool, now: datetime) -> tuple[Status, datetime | None]:
    """The status of a new row, and when it is in doubt if nothing is heard of it."""
    if not inline:
        return Status.QUEUED, None
    return (Status.SENDING, now + RECEIPT_WITHIN) if channel.profile.receipts else (Status.SENT, None)


def _has_buttons(rendered: Rendered) -> bool:
    """Whether one of the texts offers what may be pressed. Under a picture there are no buttons."""
    return any(
        whatsapp_messages.choices_of(text, one_of=bool(rendered.answered_by_one(place)))[1]
        for place, text in enumerate(rendered.texts)
        if place or not rendered.picture
    )

"""What it means that a provider did not take a message: classes that the rest of the house knows, for codes that it does not."""

from enum import StrEnum
from typing import Final


class Refusal(StrEnum):
    """Why a message was not accepted, by what is to be done about it. Each channel maps its provider's codes to these."""

    OPT_OUT = "opt_out"  # she wants no more messages from us: write nothing more there
    BAD_ADDRESS = "bad_address"  # no phone is there, or none that this channel reaches: do not use it any more
    CONFIGURATION = "configuration"  # ours to put right (key, credit, sender): the message waits, the channel rests
    CONTENT = "content"  # this text will never go: an author or coordinator changes it
    NEEDS_TEMPLATE = "needs_template"  # WhatsApp's window is shut
    RETRY = "retry"  # may go in a while
    NOT_REACHED = "not_reached"  # the provider has not got it, since nobody reached it: the message waits
    WAIT_A_DAY = "wait_a_day"  # the day's limit is used up
    UNKNOWN = "unknown"  # a code we do not know: final, and shown


_MAY_GO_YET: Final = (Refusal.RETRY, Refusal.NOT_REACHED, Refusal.WAIT_A_DAY)


class ChannelError(Exception):
    """A message was not accepted. `code` is the provider's own, `refusal` its class.

    `ambiguous` means that nobody knows whether it was sent (a time-out after the request had left): it must
    not be tried again before a receipt settles it. `retry_after` are the seconds for which the provider wants
    nothing more from us, where it said so. `retryable` and `opted_out` are short for two of the classes.
    """

    def __init__(
        self,
        code: str,
        *,
        refusal: Refusal = Refusal.UNKNOWN,
        retryable: bool = False,
        ambiguous: bool = False,
        opted_out: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.refusal = Refusal.OPT_OUT if opted_out else Refusal.RETRY if retryable else refusal
        self.ambiguous = ambiguous
        self.retry_after = retry_after

    @property
    def retryable(self) -> bool:
        """Whether the same message may go later, without anybody putting something right."""
        return self.refusal in _MAY_GO_YET

    @property
    def opted_out(self) -> bool:
        """Whether she wants no more messages."""
        return self.refusal is Refusal.OPT_OUT

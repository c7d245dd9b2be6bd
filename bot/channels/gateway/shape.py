"""What a description of a gateway may hold: the fields, which of them may be left out, and what each is for."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from bot.channels.base import Status
from bot.channels.fields import PATIENCE
from bot.channels.gateway.charsets import Charset

UNDETERMINED: Final = "undetermined"
LONGEST_NAME: Final = 20  # characters; with "gateway_" before it, it is the channel's
MOST_NUMBERS: Final = 500  # in one request: more than any gateway we know takes
LINES: Final = "lines"

# A field by its name, or by its place in JSON or XML: /results/0/status. Of several, the first that is there counts.
Where = Annotated[tuple[str, ...], BeforeValidator(lambda given: (given,) if isinstance(given, str) else given)]
Words = Where
Numbers = Literal["e164", "digits", "00", "national"]
# Classes of bot.channels.refusals; undetermined: it may have been sent all the same.
ErrorKind = Literal["retry", "opt_out", "bad_address", "configuration", "content", "wait_a_day", "undetermined"]


class Part(BaseModel):
    """A part of a description: nothing but the fields named here."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)


class Basic(Part):
    """A user and a password that go in the Authorization header."""

    user: str
    password: str


class Numbered(Part):
    """How many numbers one request carries the same text to; {to} is then all of them, or one under `each` in a body of JSON."""

    numbers: Annotated[int, Field(ge=1, le=MOST_NUMBERS)]
    between: str = ""  # two numbers in {to}


class Send(Part):
    """The request that sends a message. Texts may hold {to} {text} {from} {id} {token} {receipts} {coding} {hex} and ${SECRET}.

    Each is escaped for where it stands: in the URL, a query, a form, JSON or XML. In JSON, {each: …} is a list, with what
    stands under it once for each number.
    """

    url: str
    method: Literal["GET", "POST", "PUT"] = "POST"
    headers: dict[str, str] = {}
    basic: Basic | None = None
    query: dict[str, str] = {}
    form: dict[str, str] | str | None = None
    as_json: Any = Field(None, alias="json")
    xml: str | None = None
    charset: Charset = "utf-8"
    seconds: Annotated[float, Field(gt=0, le=60)] = PATIENCE  # for its answer
    many: Numbered | None = None


class Accepted(Part):
    """How a message that was accepted is known: the status is one of these (200 to 299), a place is one of these words, the body fits."""

    status: tuple[int, ...] = ()
    where: str = ""
    is_one_of: Words = Field((), alias="is")
    pattern: str = ""


class Found(Part):
    """Where something stands in the gateway's answer: a place in JSON or XML, the first group of a pattern, or a header."""

    where: str = ""
    pattern: str = ""
    header: str = ""


class PerNumber(Part):
    """Where an answer says what became of each number. There `accepted`, `id` and `code` are then looked for.

    `items` is the place of the list, or "lines". Without `to` they stand in the order of the numbers.
    """

    items: str
    to: Found = Found()


class Coding(Part):
    """What {coding} is for a text that GSM phones carry in their own alphabet, and for any other."""

    gsm: str = "0"
    ucs2: str = "8"


class Webhook(Part):
    """How the gateway's requests to us are written. `items` is the place of a list, where one request brings many."""

    format: Literal["auto", "form", "json", "xml"] = "auto"
    charset: Charset = "utf-8"
    items: str = ""


class InboundShape(Part):
    """Where the parts of an inbound message stand. One of `id` and `date` must be given: it tells a retry from a second message."""

    sender: Where = Field(alias="from")
    text: Where
    id: Where = ()
    date: Where = ()
    hex: Where = ()  # the text in hexadecimal digits, which wins over `text`
    coding: Where = ()
    codings: dict[str, Charset] = {}
    keyword: str = ""  # of a shared short code: taken off the beginning


class ReceiptShape(Part):
    """Where the parts of a receipt stand, and what its words mean. A request that has the status is a receipt."""

    status: Where
    id: Where = ()  # the gateway's
    ours: Where = ("message",)  # {receipts} ends in ?message=
    error: Where = ()
    to: Where = ()
    means: dict[Literal[Status.SENT, Status.DELIVERED, Status.READ, Status.FAILED], Words]


class Answer(Part):
    """What the gateway wants to hear when it has called us."""

    status: Annotated[int, Field(ge=200, lt=300)] = 200
    body: str = ""
    type: str = "text/plain; charset=utf-8"


class Rate(Part):
    """How much the gateway takes a second."""

    messages: Annotated[float, Field(gt=0)] | None = None
    segments: Annotated[float, Field(gt=0)] | None = None


class Description(Part):
    """One gateway: what is written of it, over what its preset says."""

    name: Annotated[str, Field(pattern=rf"^[a-z][a-z0-9-]{{0,{LONGEST_NAME - 1}}}$")]
    preset: str = ""
    token: Words = ()  # the secret at the end of our path; two while one takes over from the other
    sender: str = ""
    numbers: Numbers = "e164"
    longest: Annotated[int, Field(gt=0)] | None = None  # characters
    coding: Coding = Coding()
    allow_private: bool = False
    two_way: bool = True
    pushes_by: str = ""  # the gateway that carries what is not a reply; "" is this one
    rate: Rate = Rate()
    send: Send
    accepted: Accepted = Field(default_factory=Accepted.model_construct)
    id: Found = Found()
    code: Found = Found()
    per_number: PerNumber | None = None
    errors: dict[ErrorKind, Words] = {}
    webhook: Webhook = Webhook()
    inbound: InboundShape | None = None
    receipts: ReceiptShape | None = None
    answer: Answer = Answer()

    @property
    def hears(self) -> bool:
        """Whether what learners send comes in by it."""
        return self.two_way and self.inbound is not None

    @property
    def many(self) -> int:
        """To how many numbers one request carries the same text."""
        return self.send.many.numbers if self.send.many else 1

    def class_of(self, code: str) -> str:
        """The class of one of the gateway's error codes, "" where nobody has said."""
        return next((kind for kind, codes in self.errors.items() if code and code in codes), "")

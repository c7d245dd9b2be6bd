"""From a description to a channel, or to everything that is wrong with it, in words and by place."""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import SplitResult, urlsplit

from bot.channels.gateway import addresses, templates, wire
from bot.channels.gateway.channel import Gateway
from bot.channels.gateway.shape import LINES, Description
from bot.channels.gateway.templates import Wrong
from bot.channels.gateway.wire import Wire

Path = tuple[str | int, ...]
Told = tuple[Path, str]

SHORTEST_TOKEN: Final = 16  # characters: it is the only lock
_SECRET_NAMES: Final = re.compile(
    r"pass(word|wd)?|pwd|secret|token|authorization|api[_-]?(key|secret)|x-api-key|.*[_-](password|secret|key)",
    re.IGNORECASE,
)
_BETWEEN: Final = re.compile(r"[^\w+\x7f-\U0010ffff]{1,3}")
_PLAIN_AUTHORIZATION: Final = re.compile(r"(?i)(app|basic|bearer|key)?\s*")


def made(described: Description, environment: Mapping[str, str], reached_at: str) -> tuple[Gateway | None, list[Told]]:
    """The channel that a description describes; None with what has to be put right. No secret is in the words."""
    told: list[Told] = []
    tokens: list[str] = []
    for place, written in enumerate(described.token):
        try:
            tokens.append(templates.plain(written, environment))
        except Wrong as error:
            told.append((("token", place), str(error)))
    wires = list(wire.read(described.send, environment))
    told += [(("send", *each[0]), str(each[1])) for each in wires if not isinstance(each, Wire)]
    told += _of_tokens(described, tokens)
    told += _of_secrets(described)
    told += _of_patterns(described)
    told += _of_answers(described)
    told += _of_meanings(described)
    if described.inbound and not (described.inbound.id or described.inbound.date):
        told.append(
            (("inbound",), "Say where `id` stands, or `date`: without them a retry looks like a second message.")
        )
    whole = wires[-1] if wires else None
    if not isinstance(whole, Wire):
        return None, told
    told += _of_wire(described, whole)
    told += _of_many(described, whole)
    told += _of_address(described, whole)
    return (None if told else Gateway(described, whole, tuple(tokens), reached_at)), told


def address(whole: Wire) -> SplitResult:
    """Where a gateway is, its places filled with nothing in particular. Raises ValueError."""
    parts = urlsplit(whole.url.fill(dict.fromkeys(templates.PLACES, "x")))
    if parts.port == 0:
        raise ValueError("port 0")
    return parts


def _of_address(described: Description, whole: Wire) -> Iterator[Told]:
    at: Path = ("send", "url")
    try:
        parts = address(whole)
    except ValueError:
        yield at, "This is no URL: write it like https://sms.example.com/send."
        return
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host:
        yield at, "Write it with https:// (or http://) and a host: https://sms.example.com/send."
        return
    if not host.isascii():
        yield at, "Write the host in plain letters: a name that has others is written with xn-- at its beginning."
    if "{" in re.split(r"[/?#]", described.send.url.partition("://")[2])[0].replace("${", "$"):
        yield at, "No place may stand in the host: a learner's number or words could then choose where we call."
    if parts.username or parts.password:
        yield at, "A user and a password do not go in the URL: write them under basic."
    found = addresses.literal(host)
    if found and not described.allow_private and addresses.private(found):
        yield (
            at,
            (
                f"{host} is at {found}, which is not on the public internet. If the gateway is a machine of your own, "
                "write allow_private: true."
            ),
        )


def _of_wire(described: Description, whole: Wire) -> Iterator[Told]:
    if not whole.places & {"text", "hex"}:
        yield ("send",), "The message's words are sent nowhere: write {text} (or {hex}) where they belong."
    if "to" not in whole.places:
        yield ("send",), "The learner's number is sent nowhere: write {to} where it belongs."
    if "from" in whole.places and not described.sender:
        yield ("sender",), "{from} is used, and there is no `sender`: write your short code or registered name."
    for name, each in whole.headers.items():
        if not (name + each.fill(dict.fromkeys(templates.PLACES, ""))).isascii():
            yield ("send", "headers", name), "A header holds plain letters only."


def _of_many(described: Description, whole: Wire) -> Iterator[Told]:
    """How one request holds many numbers."""
    at: Path = ("send", "json")
    if len(whole.each) > 1:
        yield at, "`each` may stand once: it is the one list of the numbers."
    elif whole.each and ("to" not in templates.places_in(whole.each[0]) or "to" in whole.once):
        yield at, "{to} stands under `each`, for each number once, and nowhere else."
    if described.send.many is None or described.many == 1:
        return
    between = described.send.many.between
    if whole.each and between:
        yield ("send", "many", "between"), "The numbers stand under `each` already: keep one of the two."
    elif not whole.each and not between:
        says = "Say how the numbers stand: `between` joins them in {to}, or `each` makes a list of them in JSON."
        yield ("send", "many"), says
    elif between and not _BETWEEN.fullmatch(between):
        says = 'Write what stands between two numbers, such as ",": one to three signs that no number has.'
        yield ("send", "many", "between"), says
    if "id" in whole.once:
        yield ("send",), "{id} is one message's, and this request is for many: it can stand under `each` only."


def _of_answers(described: Description) -> Iterator[Told]:
    """Where an answer says what became of each number."""
    per = described.per_number
    if per is None:
        return
    if per.items != LINES and not per.items.startswith("/"):
        yield ("per_number", "items"), "Write the place of the list, beginning with a /, or `lines`."
        return
    wrong, right = ("where", "pattern") if per.items == LINES else ("pattern", "where")
    parts: list[tuple[Path, object]] = [((name,), getattr(described, name)) for name in ("accepted", "id", "code")]
    for place, part in [*parts, (("per_number", "to"), per.to)]:
        if getattr(part, wrong):
            kind = "a line" if per.items == LINES else "an item of the list"
            yield (*place, wrong), f"It is looked for in {kind} for each number: write it as a `{right}`."
    if per.to.header:
        yield ("per_number", "to", "header"), f"A header is of the whole answer: write it as a `{right}`."


def _of_tokens(described: Description, tokens: list[str]) -> Iterator[Told]:
    if (described.hears or described.receipts) and not described.token:
        yield ("token",), "`token` is missing: a secret of your own, the only lock on what the gateway tells us."
    for place, token in enumerate(tokens):
        if len(token) < SHORTEST_TOKEN or not re.fullmatch(r"[A-Za-z0-9._~-]+", token):
            yield (
                ("token", place),
                f"The token must be {SHORTEST_TOKEN} or more letters, digits, - and _: it stands in a URL.",
            )


def _of_secrets(described: Description) -> Iterator[Told]:
    """Passwords that stand in the file itself."""
    send = described.send
    fields: list[tuple[Path, str]] = [(("token", place), each) for place, each in enumerate(described.token)]
    for name in ("headers", "query", "form"):
        part = getattr(send, name)
        if isinstance(part, dict):
            fields += [(("send", name, key), each) for key, each in part.items() if _SECRET_NAMES.fullmatch(key)]
    if send.basic:
        fields.append((("send", "basic", "password"), send.basic.password))
    for at, written in fields:
        bare = written.replace("{token}", "")
        if "${" not in bare and not _PLAIN_AUTHORIZATION.fullmatch(bare):
            yield (
                at,
                "A secret does not stand in this file: write ${A_NAME} here, and A_NAME=… in .env or the environment.",
            )


def _of_patterns(described: Description) -> Iterator[Told]:
    parts: list[tuple[Path, str]] = [((name,), getattr(described, name).pattern) for name in ("accepted", "id", "code")]
    parts.append((("per_number", "to"), described.per_number.to.pattern if described.per_number else ""))
    for place, pattern in parts:
        try:
            re.compile(pattern)
        except re.error as error:
            yield (*place, "pattern"), f"This pattern cannot be read: {error}."
    if described.accepted.where and not described.accepted.is_one_of:
        yield ("accepted", "where"), 'Say what must stand there for a message to be accepted: is: ["0"].'


def _of_meanings(described: Description) -> Iterator[Told]:
    for part, groups in (
        ("receipts", described.receipts.means if described.receipts else {}),
        ("errors", described.errors),
    ):
        seen: dict[str, str] = {}
        for meaning, words in groups.items():
            for word in words:
                if seen.setdefault(word, meaning) != meaning:
                    where: Path = (part, "means", str(meaning)) if part == "receipts" else (part, str(meaning))
                    yield where, f'"{word}" stands under {seen[word]} already: it can mean one thing only.'

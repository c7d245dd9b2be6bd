"""A file of lists, each entry read field by field; everything wrong in it is told at once, each with its line."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path as FilePath
from typing import Final

from bot.content.problems import Problem
from bot.content.source import Path, Source, read_yaml
from bot.money.prices import A_RINGGIT, GATEWAYS, SIMULATED
from bot.settings import WrongSettings

RINGGIT: Final = "RM"
UNKNOWN: Final = "unknown"
OURS: Final = ("twilio_sms", "twilio_whatsapp", "africastalking_sms", "africastalking_ussd", "whatsapp")
# A row keeps its cost in 32 bits, and a text may have 150 segments.
DEAREST: Final = 10 * A_RINGGIT

_AMOUNT: Final = re.compile(r"(?:([A-Z]{2,3}) ?)?([0-9]{1,9}(?:\.[0-9]{1,9})?)").fullmatch


class WrongMoney(WrongSettings):
    """Prices or budgets cannot be used as they are written; the text names each mistake with its line."""


@dataclass
class Entry:
    """One entry of a list. What cannot be read is reported in the source, and None is given back for it."""

    source: Source
    path: Path

    def text(self, name: str, *, needed: bool = True) -> str | None:
        """The field as it is written, whatever YAML takes it for."""
        found = self.source.written.get((*self.path, name))
        if found is None or not found.strip():
            if needed or self.has(name):
                self.wrong(name, f"`{name}` is missing: write `{name}: …` here.")
            return None
        return found.strip()

    def has(self, name: str) -> bool:
        """Whether the field is there at all."""
        return (*self.path, name) in self.source.lines

    def day(self, name: str, *, needed: bool = True) -> date | None:
        """A day like 2026-10-01."""
        written = self.text(name, needed=needed)
        if written is None:
            return None
        try:
            return date.fromisoformat(written)
        except ValueError:
            self.wrong(name, f"{written} is no day: write it like 2026-10-01.")
            return None

    def channel(self, known: frozenset[str]) -> str | None:
        """A channel that is set up, or that could be."""
        name = self.text("channel")
        if name is None or name in known or name in OURS or name.startswith(SIMULATED):
            return name
        there_are = ", ".join(sorted(known | {*OURS}))
        self.wrong("channel", f"there is no channel {name}: write one of {there_are}.")
        return None

    def amount(self, name: str, rates: Mapping[str, Decimal]) -> int | None:
        """An amount in millionths of a ringgit: 0.05 and RM0.05 are ringgit, USD 0.014 is by the rate in this file."""
        written = self.text(name)
        found = _AMOUNT(written) if written else None
        if found is None:
            if written:
                self.wrong(name, f"{written} is no amount: write it like 0.05, or USD 0.014 where you pay in dollars.")
            return None
        currency, number = found[1] or RINGGIT, Decimal(found[2])
        if currency not in rates:
            self.wrong(name, f"how many ringgit is one {currency}? Write it under `rates:`, like `{currency}: 4.20`.")
            return None
        return int((number * rates[currency] * A_RINGGIT).quantize(Decimal(1), ROUND_HALF_EVEN))

    def only(self, *names: str) -> None:
        """Report what means nothing here."""
        written = self.source.at(*self.path)
        for name in written if isinstance(written, dict) else ():
            if name not in names:
                self.wrong(name, f"`{name}` means nothing here: {', '.join(names)} may stand here.")

    def wrong(self, name: str, says: str) -> None:
        """Report a mistake in the field."""
        self.source.report((*self.path, name), "money", says)


def read(path: FilePath, lists: tuple[str, ...], *, also: tuple[str, ...] = ()) -> Source:
    """A file that holds these lists, and `also` other things. What is wrong with it as a whole is reported in the source."""
    source = read_yaml(path, str(path))
    begin = "write " + " and ".join(f"`{name}:`" for name in lists) + ", and under it entries that begin with `- `."
    source.problems = [
        Problem(each.file, each.line, each.where, "money", begin) if each.rule in ("shape", "empty") else each
        for each in source.problems
    ]
    for name in source.data if isinstance(source.data, dict) else ():
        if name not in (*lists, *also):
            source.report((name,), "money", f"`{name}` means nothing here: {begin}")
        elif name in lists and not isinstance(source.data[name], list | None):
            source.report((name,), "money", f"this is no list: {begin}")
    return source


def entries(source: Source, name: str) -> Iterator[Entry]:
    """The entries of a list, one after the other."""
    written = source.at(name)
    for place, each in enumerate(written if isinstance(written, list) else ()):
        entry = Entry(source, (name, place))
        if isinstance(each, dict):
            yield entry
        else:
            source.report(entry.path, "money", "write an entry here, like `- channel: twilio_sms` and more under it.")


def rates(source: Source) -> dict[str, Decimal]:
    """How many ringgit one of each currency is, as the file says."""
    found = {RINGGIT: Decimal(1), "MYR": Decimal(1)}
    written = source.at("rates")
    if written is not None and not isinstance(written, dict):
        source.report(("rates",), "money", "write a line for each currency, like `USD: 4.20`.")
        return found
    for currency in written or {}:
        amount = source.written.get(("rates", currency), "")
        if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,9})?", amount) or not Decimal(amount):
            source.report(("rates", currency), "money", f"{amount or 'nothing'} is no rate: write it like 4.20.")
            amount = "1"
        found[currency] = Decimal(amount)
    return found


def known_channels(names: frozenset[str]) -> frozenset[str]:
    """The channels that prices may name: those set up, and all gateways together."""
    return names | {GATEWAYS}


def refuse(source: Source, setting: str) -> None:
    """Raise WrongMoney where anything was reported."""
    if source.problems:
        told = "\n".join(f"  {problem}" for problem in sorted(set(source.problems)))
        raise WrongMoney(f"The file of {setting} cannot be used:\n{told}")

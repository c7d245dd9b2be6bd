"""What Malaysian networks block in an SMS or hold back, and what they do not carry: the rules of content/sms_rules.yaml."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

RULES: Final = Path(__file__).resolve().parent.parent / "content" / "sms_rules.yaml"
_words: Final = re.compile(r"\w+").findall


class Rule(NamedTuple):
    """One rule: what a text may not hold, what to do about it, and texts that break it and that do not."""

    id: str
    name: str  # what the check calls it
    severity: str  # "block": cannot be published; "warn": a person should look at it
    says: str  # what to do, with {found}
    why: str
    find: Callable[[str], Any]
    signs: str  # characters without one of which no text breaks it; "" where any text may
    starts: frozenset[str]  # words without one of which no text breaks it; none where any text may
    unless: Callable[[str], Any] | None
    breaks: tuple[str, ...]
    fine: tuple[str, ...]
    warned: tuple[str, ...]  # texts that break it, but only to warn
    sources: tuple[str, ...]


class Broken(NamedTuple):
    """A rule that a text breaks: its name, what to do about it, and whether the text cannot be published because of it."""

    name: str
    says: str
    blocks: bool
    rule: str  # the rule's id


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """Every rule, read once."""
    return read(RULES)


def read(path: Path) -> tuple[Rule, ...]:
    """The rules of a file. Raises OSError or ValueError where it is missing or misspelt: nothing is let through unread."""
    return tuple(map(_rule, yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)))


def broken(text: str) -> list[Broken]:
    """The rules that a text breaks, the first of each name, in the order of the file."""
    found: dict[str, Broken] = {}
    signs, words = frozenset(text), frozenset(_words(text.casefold()))
    for rule in rules():
        if (rule.signs and signs.isdisjoint(rule.signs)) or (rule.starts and words.isdisjoint(rule.starts)):
            continue
        met = rule.find(text) if rule.name not in found else None
        if met:
            blocks = rule.severity == "block" and not (rule.unless and rule.unless(text))
            found[rule.name] = Broken(rule.name, rule.says.replace("{found}", met[0].strip()), blocks, rule.id)
    return list(found.values())


def reasons(text: str) -> list[tuple[str, str]]:
    """Why networks would not carry this text: a short name for each reason, and what to do about it, in words."""
    return [(each.name, each.says) for each in broken(text) if each.blocks]


def _rule(written: Mapping[str, Any]) -> Rule:
    fields = dict(written)
    words = fields.pop("words", ())
    pattern = fields.pop("regex", None) or _any_of(words)
    starts = frozenset(phrase.casefold().split()[0] for phrase in words)
    signs = fields.pop("signs", "")
    if fields.get("severity") not in ("block", "warn"):
        raise ValueError(f"{RULES}: {fields.get('id')}: severity is block or warn")
    unless = fields.pop("unless", None)
    fields |= {name: tuple(fields.get(name, ())) for name in ("breaks", "fine", "warned", "sources")}
    try:
        find, but = re.compile(pattern).search, re.compile(unless).search if unless else None
        return Rule(**fields, find=find, unless=but, signs=signs, starts=starts)
    except (TypeError, re.error) as wrong:
        raise ValueError(f"{RULES}: {fields.get('id')}: {wrong}") from wrong


def _any_of(words: tuple[str, ...]) -> str:
    """A pattern that finds any of the words, whole and in any case, with any space in a phrase."""
    phrases = (r"\s+".join(map(re.escape, phrase.split())) for phrase in words)
    return rf"(?i)(?<!\w)(?:{'|'.join(phrases)})(?!\w)"

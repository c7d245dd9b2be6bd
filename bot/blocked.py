"""What Malaysian networks block in an SMS or hold back, and what they do not carry: the rules of content/sms_rules.yaml."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

RULES: Final = Path(__file__).resolve().parent.parent / "content" / "sms_rules.yaml"
_words: Final = re.compile(r"\w+").findall
_PARTED: Final = "".join(sign if sign.isalnum() or sign == "_" else " " for sign in map(chr, range(128)))


class Rule(NamedTuple):
    """One rule: what a text may not hold, what to do about it, and texts that break it and that do not."""

    id: str
    name: str  # what the check calls it
    severity: str  # "block": cannot be published; "warn": a person should look at it
    says: str  # what to do, with {found}
    why: str
    find: Callable[[str], Any]
    near: tuple[str, ...]  # regexes quick to look for, one after the other: no text breaks it in which one is not found
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
    return broken_by((text,)).get(0, [])


def broken_by(texts: Sequence[str]) -> dict[int, list[Broken]]:
    """The same for many texts, by the place of each that breaks any.

    Rule by rule, since most rules concern few of the texts: only those are looked through that hold what it cannot do without.
    """
    found: dict[int, dict[str, Broken]] = {}
    near = _Near(texts)
    for rule in rules():
        for place in near.places(rule):
            text = texts[place]
            met = rule.find(text)
            if not met or rule.name in found.get(place, ()) or (rule.starts and rule.starts.isdisjoint(words_in(text))):
                continue
            blocks = rule.severity == "block" and not (rule.unless and rule.unless(text))
            says = rule.says.replace("{found}", met[0].strip())
            found.setdefault(place, {})[rule.name] = Broken(rule.name, says, blocks, rule.id)
    return {place: list(told.values()) for place, told in found.items()}


def words_in(text: str) -> frozenset[str]:
    """The words of a text, in small letters.

    >>> sorted(words_in("Hantar B, hantar C_1."))
    ['b', 'c_1', 'hantar']
    """
    folded = text.casefold()
    return frozenset(folded.translate(_PARTED).split() if folded.isascii() else _words(folded))


class _Joined:
    """Texts one after the other, each on lines of its own, so that one search goes through all of them."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.whole = "\n".join(texts)
        self._begins = [0, *accumulate(len(text) + 1 for text in texts)]

    def places(self, found: Callable[[int], int]) -> Iterator[int]:
        """The place of each text in which something is found; `found` says where it stands next, from here on, or -1."""
        at = found(0)
        while at >= 0:
            place = bisect_right(self._begins, at) - 1
            yield place
            at = found(self._begins[place + 1])


class _Near:
    """Some texts, and by a rule the places of those it could concern."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts, self._joined = texts, _Joined(texts)
        self._folded = _Joined([text.casefold() for text in texts])
        self._words = words_in(self._folded.whole)
        self._held: dict[tuple[str, ...], Sequence[int]] = {(): range(len(texts))}

    def places(self, rule: Rule) -> Sequence[int]:
        """Where to look for what the rule forbids: everywhere, but for what it cannot do without."""
        places = self._holding(rule.near)
        if not rule.starts:
            return places
        saying = {place for start in rule.starts & self._words for place in self._saying(start)}
        return [place for place in places if place in saying] if saying else ()

    def _saying(self, start: str) -> Iterator[int]:
        """The places in which these letters stand."""
        return self._folded.places(lambda begin: self._folded.whole.find(start, begin))

    def _holding(self, near: tuple[str, ...]) -> Sequence[int]:
        """The places in which all of these are found; several rules share some."""
        if near not in self._held:
            search = re.compile(near[-1], re.MULTILINE).search
            if len(near) > 1:
                held: Sequence[int] = [each for each in self._holding(near[:-1]) if search(self._texts[each])]
            else:
                held = list(self._joined.places(lambda begin: _start(search(self._joined.whole, begin))))
            self._held[near] = held
        return self._held[near]


def _start(found: re.Match[str] | None) -> int:
    return found.start() if found else -1


def reasons(text: str) -> list[tuple[str, str]]:
    """Why networks would not carry this text: a short name for each reason, and what to do about it, in words."""
    return [(each.name, each.says) for each in broken(text) if each.blocks]


def _rule(written: Mapping[str, Any]) -> Rule:
    fields = dict(written)
    words = fields.pop("words", ())
    pattern = fields.pop("regex", None) or _any_of(words)
    starts = frozenset(phrase.casefold().split()[0] for phrase in words)
    signs = fields.pop("signs", "")
    near = tuple(filter(None, (signs and f"[{re.escape(signs)}]", fields.pop("near", ""))))
    if fields.get("severity") not in ("block", "warn"):
        raise ValueError(f"{RULES}: {fields.get('id')}: severity is block or warn")
    unless = fields.pop("unless", None)
    fields |= {name: tuple(fields.get(name, ())) for name in ("breaks", "fine", "warned", "sources")}
    try:
        find, but = re.compile(pattern).search, re.compile(unless).search if unless else None
        for each in near:
            re.compile(each)
        return Rule(**fields, find=find, unless=but, near=near, starts=starts)
    except (TypeError, re.error) as wrong:
        raise ValueError(f"{RULES}: {fields.get('id')}: {wrong}") from wrong


def _any_of(words: tuple[str, ...]) -> str:
    """A pattern that finds any of the words, whole and in any case, with any space in a phrase."""
    phrases = (r"\s+".join(map(re.escape, phrase.split())) for phrase in words)
    return rf"(?i)(?<!\w)(?:{'|'.join(phrases)})(?!\w)"

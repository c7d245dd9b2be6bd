"""The rules of content/sending_rules.yaml as they are written: when something may be sent, to whom, and when not."""

from collections.abc import Collection, Mapping
from datetime import time
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

RULES: Final = Path(__file__).resolve().parent.parent / "content" / "sending_rules.yaml"


class Rule(NamedTuple):
    """One rule; what each field means stands at the top of the file."""

    id: str
    severity: str
    purposes: frozenset[str]
    says: str
    why: str
    sources: tuple[str, ...]
    stale: frozenset[str] = frozenset()
    hours: int = 0
    days: int = 0
    opens: time = time(0)
    closes: time = time(23, 59)


def read(path: Path, known: Collection[str]) -> Mapping[str, Rule]:
    """The rules of a file by their ids, each of them among those `known`.

    Raises OSError or ValueError where it is missing or misspelt: nothing is sent by rules half read.
    """
    found = [_rule(written, known) for written in yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)]
    return {rule.id: rule for rule in found}


def _rule(written: Mapping[str, Any], known: Collection[str]) -> Rule:
    fields = dict(written)
    if fields.get("id") not in known or fields.get("severity") not in ("block", "defer"):
        raise ValueError(
            f"{RULES.name}: {fields.get('id')}: no rule we know how to keep, or its severity is no block or defer"
        )
    fields |= {name: frozenset(fields.get(name, ())) for name in ("purposes", "stale")}
    fields |= {name: time.fromisoformat(fields[name]) for name in ("opens", "closes") if name in fields}
    try:
        return Rule(**fields | {"sources": tuple(fields.get("sources", ()))})
    except TypeError as wrong:
        raise ValueError(f"{RULES.name}: {fields['id']}: {wrong}") from wrong

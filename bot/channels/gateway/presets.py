"""Descriptions that are ready but for an account: what is written of a gateway is laid over its preset."""

from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

FOLDER: Final = Path(__file__).parent / "presets"


def names() -> list[str]:
    """The presets there are."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


@lru_cache
def _text(name: str) -> str:
    return (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")


def laid_over(written: dict[str, Any]) -> dict[str, Any]:
    """What is written of a gateway, with everything it does not say as its preset has it. An unknown preset adds nothing."""
    preset = written.get("preset")
    if preset not in names():
        return written
    # The base loader makes everything a text, as the file's own reader does.
    return _over(yaml.load(_text(preset), yaml.BaseLoader), written)  # noqa: S506


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    laid = dict(below)
    for name, value in above.items():
        under = laid.get(name)
        laid[name] = _over(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return laid

"""The file of gateways: read with its lines, so that every mistake in it is told at once, each where it stands."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from bot.channels.gateway import presets
from bot.channels.gateway.channel import Gateway
from bot.channels.gateway.making import made
from bot.channels.gateway.shape import Description
from bot.content.problems import Problem
from bot.content.source import Path, Source, read_yaml
from bot.settings import WrongSettings

LIST: Final = "gateways"
_BEGIN: Final = f'Write "{LIST}:" on a line of its own, and under it each gateway, beginning with "- name: …".'


class WrongGateways(WrongSettings):
    """The gateways cannot be used as they are described; `problems` holds everything there is to put right."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        told = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(f"The file that GATEWAYS names cannot be used:\n{told}")


def read(path: FilePath, environment: Mapping[str, str], reached_at: str) -> list[Gateway]:
    """The channels of the gateways in a file. Raises WrongGateways with every mistake, and never a secret.

    `environment` holds the secrets by name; `reached_at` is how gateways reach us, a URL without a path.
    """
    source = read_yaml(path, str(path))
    source.problems = [_of_gateways(problem) for problem in source.problems]
    found: list[Gateway] = []
    if not source.problems:
        written = source.at(LIST)
        if not isinstance(written, list) or not written:
            source.report((LIST,), "shape", _BEGIN)
        for name in source.data:
            if name != LIST:
                source.report((name,), "unknown", f"`{name}` means nothing here. {_BEGIN}")
        described = [_described(source, place) for place in range(len(written if isinstance(written, list) else []))]
        _check_names(source, described)
        for place, each in enumerate(described):
            if each is not None:
                gateway, told = made(each, environment, reached_at)
                found += [gateway] if gateway else []
                for at, says in told:
                    source.report((LIST, place, *at), "gateway", says)
    if source.problems:
        raise WrongGateways(source.problems)
    return found


def _of_gateways(problem: Problem) -> Problem:
    """What a reader of courses says of a file that is none."""
    if problem.rule not in ("shape", "empty"):
        return problem
    return Problem(problem.file, problem.line, problem.where, problem.rule, _BEGIN)


def _described(source: Source, place: int) -> Description | None:
    """One gateway over its preset, or None with everything that is missing, misspelt or of the wrong kind reported."""
    written = _as_written(source, (LIST, place))
    if not isinstance(written, dict):
        source.report((LIST, place), "shape", _BEGIN)
        return None
    preset = written.get("preset", "")
    if preset and preset not in presets.names():
        known = ", ".join(presets.names())
        source.report((LIST, place, "preset"), "missing", f"There is no preset of that name: write one of {known}.")
    try:
        return Description.model_validate(presets.laid_over(written))
    except ValidationError as invalid:
        told: set[Path] = set()
        for error in invalid.errors(include_url=False, include_context=False):
            at = _in_file(source, (LIST, place), error["loc"])
            if at not in told:
                told.add(at)
                source.report(at, *_told(error, at))
        return None


def _as_written(source: Source, path: Path, *, native: bool = False) -> Any:
    """The data with every number and yes or no as it is written: a code 0 is the text "0". Under `json` they stay as they are."""
    data = source.at(*path)
    if isinstance(data, dict):
        return {
            name: _as_written(source, (*path, name), native=native or name == "json") for name, each in data.items()
        }
    if isinstance(data, list):
        return [_as_written(source, (*path, place), native=native) for place in range(len(data))]
    if isinstance(data, str) or data is None or (native and isinstance(data, bool | int | float)):
        return data
    return source.written.get(path, data)


def _in_file(source: Source, whole: Path, loc: tuple[str | int, ...]) -> Path:
    """The place of one of pydantic's errors as far as the file has it; it names which of several types it tried, too."""
    at = whole
    for step in loc:
        if (*at, step) in source.lines or step == loc[-1]:
            at = (*at, step)
    return at


def _told(error: Any, at: Path) -> tuple[str, str]:
    """The rule and the words for one of pydantic's errors. What was given is not repeated: it may be a secret."""
    kind, name = error["type"], str(error["loc"][-1])
    if kind == "missing":
        return "missing", f"`{name}` is missing: write `{name}: …` here, or name a preset that has it."
    if kind == "extra_forbidden":
        fields = _fields_around(error["loc"])
        near = difflib.get_close_matches(name, fields, 1)
        meant = f"Did you mean `{near[0]}`?" if near else f"What may stand here: {', '.join(fields)}."
        return "unknown", f"`{name}` means nothing here. {meant}"
    if error["input"] is None:
        return "empty", f"Nothing stands after `{at[-1]}:`: write it, or remove the line."
    if kind == "string_pattern_mismatch":
        return "name", 'Write a short name here: small letters, digits and "-", a letter first, at most 20.'
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        fields = _fields_around((*error["loc"], ""))
        return "type", "Write its parts under it, each on a line of its own" + (
            f": {', '.join(fields)}." if fields else "."
        )
    said = str(error["msg"]).removeprefix("Input should be ").removeprefix("Value error, ")
    return "type", f"This should be {said}."


def _fields_around(loc: Sequence[str | int]) -> list[str]:
    """The fields of the part of a description in which `loc` stands."""
    model: type[BaseModel] = Description
    for step in loc[:-1]:
        held = next((each for name, each in model.model_fields.items() if (each.alias or name) == step), None)
        inner = _models(held.annotation) if held else []
        if inner:
            model = inner[0]
    return [each.alias or name for name, each in model.model_fields.items()]


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for each in getattr(annotation, "__args__", ()) for found in _models(each)]


def _check_names(source: Source, described: Sequence[Description | None]) -> None:
    names = [each.name if each else "" for each in described]
    for place, each in enumerate(described):
        if each is None:
            continue
        if each.name in names[:place]:
            source.report((LIST, place, "name"), "twice", f"There is a gateway {each.name} already: name each once.")
        if each.pushes_by and each.pushes_by not in names and "" not in names:
            known = ", ".join(names)
            source.report(
                (LIST, place, "pushes_by"), "missing", f"There is no gateway {each.pushes_by}: write one of {known}."
            )

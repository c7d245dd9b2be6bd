"""What is assumed of the village: every number, and where it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

OURS: Final = Path(__file__).with_name("village.yaml")
YOURS: Final = "your file"
GUESS: Final = "guess"

Share = Annotated[float, Field(ge=0, le=1)]
Shares = Mapping[str, Annotated[float, Field(ge=0)]]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[float, Field(ge=0)]


class WrongVillage(ValueError):
    """The file cannot be used; the text says where, and what to write instead."""


class Assumed(BaseModel):
    """The numbers, by the names they have in the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    begins: date
    joins_within_days: Positive
    on_list: Share
    districts: Shares
    languages: Shares
    channels: Shares
    courses: Shares
    agrees: Share
    shares_phone: Share
    says_slot: Share
    says_pace: Share
    never_back_by_herself: Share
    never_back_from_list: Share
    answers_lesson: Share
    answers_review: Share
    answers_reminder: Share
    differs: Share
    answers_after_minutes: Positive
    goes_on: Share
    breaks_off: Share
    awake_from: Annotated[int, Field(ge=0, le=23)]
    awake_until: Annotated[int, Field(ge=1, le=24)]
    right: Share
    right_again: Share
    unclear: Share
    tells_about_herself: Share
    leaves_each_week: Share
    stops_each_push: Share
    poor_signal: Share
    signal_lost_each_month: Count
    signal_lost_days: Positive
    no_credit: Share
    no_credit_each_month: Count
    no_credit_days: Positive
    sms_kept_hours: Count
    sms_costs_her: Count
    announces_each_week: Count
    learners_each_coordinator: Annotated[int, Field(ge=0)]
    answers_call: Share
    back_after_call: Share

    @field_validator("districts", "languages", "channels")
    @classmethod
    def _adds_up(cls, value: Shares) -> Shares:
        if not sum(value.values()) > 0:
            raise ValueError("name at least one, with a share above 0")
        return value

    @field_validator("languages")
    @classmethod
    def _languages(cls, value: Shares) -> Shares:
        return _among(value, ("ms", "en"))

    @field_validator("channels")
    @classmethod
    def _channels(cls, value: Shares) -> Shares:
        return _among(value, ("sms", "whatsapp", "ussd"))


@dataclass(frozen=True, slots=True)
class Assumptions:
    """The numbers, and the source of each in words."""

    assumed: Assumed
    sources: Mapping[str, str]

    @property
    def guesses(self) -> list[str]:
        """The names of what nobody has counted."""
        return [name for name, source in self.sources.items() if source.casefold().startswith(GUESS)]


def read(yours: Path | None = None) -> Assumptions:
    """Titian's own numbers, and yours in their place where you have any. Raises WrongVillage naming all that is wrong."""
    lines = _lines(OURS)
    if yours is not None:
        lines |= _lines(yours)
    try:
        assumed = Assumed(**{name: value for name, (value, _) in lines.items()})
    except ValidationError as error:
        told = "\n".join(f"  {_in_words(each)}" for each in error.errors())
        raise WrongVillage(f"{(yours or OURS).name} cannot be used:\n{told}") from error
    return Assumptions(assumed, {name: source for name, (_, source) in lines.items()})


def _lines(file: Path) -> dict[str, tuple[Any, str]]:
    try:
        written = yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise WrongVillage(f"{file.name} cannot be read ({type(error).__name__})") from error
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 1
        raise WrongVillage(f"{file.name}, line {line}: this is not YAML") from error
    if not isinstance(written, dict):
        raise WrongVillage(f"{file.name}: write lines like `answers_lesson: 0.6`")
    return {str(name): _line(value) for name, value in written.items()}


def _line(value: Any) -> tuple[Any, str]:
    """A value alone, or with its source: {is: 0.6, from: "our pilot"}."""
    if isinstance(value, dict) and "is" in value and set(value) <= {"is", "from"}:
        return value["is"], str(value.get("from", YOURS))
    return value, YOURS


def _among(value: Shares, known: tuple[str, ...]) -> Shares:
    if strange := sorted(set(value) - set(known)):
        raise ValueError(f"there is no {', '.join(strange)}; there are: {', '.join(known)}")
    return value


def _in_words(error: Any) -> str:
    name = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        return f"{name}: there is no such line; docs/simulating.md lists them"
    return f"{name}: {error['msg'].removeprefix('Value error, ')}"

"""What should happen about surveys: the effects. `about` is the course a feedback is about, else ""."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PutSurveyQuestion:
    """She is at this survey now, and at this question of it; "" before its first one. `profile`: it asks about herself."""

    survey: str
    about: str
    question: str = ""
    profile: str = ""


@dataclass(frozen=True, slots=True)
class AnswerSurvey:
    """Keep her answer: the keys of the options, or a number; or her own words where they are asked for."""

    survey: str
    version: str
    about: str
    question: str
    option: str
    words: str = ""
    profile: str = ""


@dataclass(frozen=True, slots=True)
class SkipSurveyQuestion:
    """She passes this question over."""

    survey: str
    about: str
    question: str


@dataclass(frozen=True, slots=True)
class AgreeToSurvey:
    """She agreed to be asked, or did not; kept with her own words, since the burden of proof is ours (PDPA 2010, s.6)."""

    survey: str
    version: str
    about: str
    agreed: bool


@dataclass(frozen=True, slots=True)
class EndSurvey:
    """She has come to its end."""

    survey: str
    about: str


@dataclass(frozen=True, slots=True)
class RestartSurvey:
    """She takes it once more; the questions of `answered` are not asked a second time."""

    survey: str
    about: str
    answered: tuple[str, ...]


SurveyEffect = PutSurveyQuestion | AnswerSurvey | SkipSurveyQuestion | AgreeToSurvey | EndSurvey | RestartSurvey

"""Settings from the environment: read once, all wrong ones reported at once, in words."""

import os
import re
import secrets
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class WrongSettings(Exception):
    """Some settings cannot be used; the text names each with what to write instead."""


class Settings(BaseSettings):
    """Every setting, by the name it has in the environment, in lower case. Frozen: pass values down, not this."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True)

    host: str = Field("127.0.0.1", description="address the web server listens on")
    port: int = Field(8000, ge=1, le=65535, description="port the web server listens on")
    var_dir: Path = Field(ROOT / "var", description="where the embedded database, queue and keys live")
    database_url: str = Field("", description="Postgres (postgresql+psycopg://…); empty: SQLite in VAR_DIR")
    redis_url: str = Field("", description="Redis or Valkey; empty: the embedded one in VAR_DIR")
    public_url: str = Field("", description="how providers reach us, https://… without a path; they sign it")
    secret_key: str = Field("", description="signs sessions and addresses of PDFs; empty: one is kept in VAR_DIR")
    brand: str = Field("TITIAN", description="stands after RM0.00 in every SMS; at most 11 letters, no spaces")
    timezone: str = Field("Asia/Kuching", description="for quiet hours and dates")
    content_dir: Path = Field(ROOT / "content", description="courses and keywords")
    holidays: str = Field("MY-SBH", description="whose public holidays are days off, as in ISO 3166-2; empty: nobody's")
    rates: Annotated[dict[str, tuple[float | None, float | None]], NoDecode] = Field(
        {},
        description="messages a second by channel, and segments a second after a slash: twilio_sms=1,gateway_x=20/30",
    )
    prices: str = Field("", description="a YAML file of what messages cost; empty: prices.yaml in CONTENT_DIR")
    budgets: str = Field("", description="a YAML file of what channels may cost; empty: budgets.yaml in CONTENT_DIR")
    signing_key: str = Field("", description="private keys in PEM that sign credentials; empty: those in VAR_DIR/keys")
    simulator: bool = Field(False, description="1 turns the phone in the browser on; never in production")
    twilio_account_sid: str = ""
    twilio_auth_token: Annotated[tuple[str, ...], NoDecode] = ()
    twilio_sms_from: str = ""
    twilio_messaging_service_sid: str = ""
    twilio_whatsapp_from: str = ""
    twilio_whatsapp_buttons: bool = Field(True, description="0: WhatsApp menus without buttons, on the response")
    twilio_whatsapp_template: str = Field("", pattern=r"^(HX[0-9a-fA-F]{32})?$", description="an approved Content, HX…")
    twilio_api_url: str = ""
    at_username: str = ""
    at_api_key: str = ""
    at_sender: str = ""
    at_token: str = ""
    at_api_url: str = ""
    gateways: str = Field("", description="a YAML file that describes HTTP SMS gateways")
    whatsapp_phone_number_id: str = ""
    whatsapp_access_token: str = ""
    whatsapp_app_secret: str = ""
    whatsapp_verify_token: str = ""
    whatsapp_template: str = ""
    whatsapp_account_id: str = ""
    whatsapp_api_url: str = ""

    @field_validator("twilio_auth_token", mode="before")
    @classmethod
    def _tokens(cls, value: object) -> object:
        """Two tokens, with a comma between them, while one takes over from the other."""
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("rates", mode="before")
    @classmethod
    def _rates(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return dict(_rate(part.strip()) for part in value.split(",") if part.strip())

    @field_validator("holidays")
    @classmethod
    def _holidays(cls, value: str) -> str:
        if value and not re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", value):
            raise ValueError("is a country and its part, like MY-SBH, or empty for no public holidays")
        return value

    @field_validator("brand")
    @classmethod
    def _brand(cls, value: str) -> str:
        if not (1 <= len(value) <= 11 and value.isascii() and value.isalnum()):
            raise ValueError("use 1 to 11 letters or digits without spaces, like TITIAN")
        return value

    @field_validator("timezone")
    @classmethod
    def _timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("is not a time zone; write it like Asia/Kuching") from error
        return value

    @field_validator("public_url", "twilio_api_url", "at_api_url", "whatsapp_api_url")
    @classmethod
    def _url(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must begin with https:// (or http:// on your own machine)")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        for short in ("postgres://", "postgresql://"):
            if value.startswith(short):
                value = "postgresql+psycopg://" + value.removeprefix(short)
        if value and not value.startswith(("postgresql+psycopg://", "sqlite:///")):
            raise ValueError("must begin with postgresql:// or sqlite:///")
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: str) -> str:
        if value and not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must begin with redis://, rediss:// or unix://")
        return value

    @field_validator("gateways", "prices", "budgets")
    @classmethod
    def _gateways(cls, value: str) -> str:
        if value and not Path(value).is_file():
            raise ValueError(f"{value} is not a file")
        return value

    @field_validator("content_dir")
    @classmethod
    def _content(cls, value: Path) -> Path:
        if not value.is_dir():
            raise ValueError(f"{value} is not a folder")
        return value

    @model_validator(mode="after")
    def _whole_providers(self) -> "Settings":
        """A provider is set up wholly or not at all."""
        missing = [
            f"{name.upper()} is missing, but {given} is set"
            for given, needed in (
                ("TWILIO_ACCOUNT_SID", ("twilio_auth_token", "public_url")),
                ("AT_USERNAME", ("at_api_key", "at_token")),
                (
                    "WHATSAPP_PHONE_NUMBER_ID",
                    ("whatsapp_access_token", "whatsapp_app_secret", "whatsapp_verify_token"),
                ),
            )
            if getattr(self, given.lower())
            for name in needed
            if not getattr(self, name)
        ]
        if self.at_token and len(self.at_token) < 16:
            missing.append("AT_TOKEN is too short: it is the only lock on those webhooks; use 16 characters or more")
        if missing:
            raise ValueError("; ".join(missing))
        return self

    @property
    def embedded_redis(self) -> bool:
        """Whether the queue is the embedded one."""
        return not self.redis_url

    @property
    def queue_url(self) -> str:
        """Where the queue is."""
        return self.redis_url or f"unix://{self.var_dir.resolve() / 'valkey.sock'}"

    @property
    def store_url(self) -> str:
        """Where the database is."""
        return self.database_url or f"sqlite:///{self.var_dir.resolve() / 'titian.db'}"

    @property
    def reached_at(self) -> str:
        """How the outside reaches us."""
        return self.public_url or f"http://{self.host}:{self.port}"


def _rate(written: str) -> tuple[str, tuple[float | None, float | None]]:
    """One channel's rate: the messages and the segments a second, either of which may be left out."""
    name, _, rate = written.partition("=")
    messages, _, segments = rate.partition("/")
    try:
        found = tuple(float(each) if each else None for each in (messages.strip(), segments.strip()))
    except ValueError:
        found = (None, None)
    if not name or found == (None, None) or any(each is not None and not 0 < each < 100_000 for each in found):
        raise ValueError(
            f"{written!r} is no rate; write it like twilio_sms=1 or gateway_x=20/30 (messages/segments a second)"
        )
    return name.strip(), (found[0], found[1])


def load(**given: object) -> Settings:
    """The settings from the environment and `.env`, with those `given` on top. Raises WrongSettings naming every wrong one."""
    wrong: list[str] = []
    settings: Settings | None = None
    for _ in range(2):  # what is wrong between settings shows only once each of them is right by itself
        try:
            settings = Settings(**given)  # type: ignore[arg-type]
        except ValidationError as error:
            wrong += [_in_words(name, told) for name, told in _told(error)]
            given |= {name: Settings.model_fields[name].get_default() for name, _ in _told(error) if name}
        else:
            break
    if settings is None or wrong:
        raise WrongSettings("These settings cannot be used:\n" + "\n".join(f"  {line}" for line in wrong))
    return settings


class _Environment(BaseSettings):
    """Whatever stands in the environment and `.env`, by the names they have there."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="allow", case_sensitive=True, frozen=True
    )


def environment() -> dict[str, str]:
    """The secrets that a description of a gateway names: the environment, and under it `.env`."""
    in_file = {name: str(value) for name, value in (_Environment().model_extra or {}).items()}
    return in_file | dict(os.environ)


def _told(error: ValidationError) -> list[tuple[str, str]]:
    """The name of each wrong setting, "" for what is wrong between them, and what is wrong with it."""
    return [(str(each["loc"][0]) if each["loc"] else "", each["msg"]) for each in error.errors()]


def _in_words(name: str, told: str) -> str:
    told = told.removeprefix("Value error, ")
    return f"{name.upper()}: {told}" if name else told


def browser_secret(settings: Settings) -> str:
    """The secret that signs browser sessions and addresses of PDFs: the one set, or one made once and kept in VAR_DIR."""
    if settings.secret_key:
        return settings.secret_key
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    kept = settings.var_dir / "secret-key"
    if not kept.exists():
        kept.write_text(secrets.token_urlsafe(32), encoding="utf-8")
        kept.chmod(0o600)
    return kept.read_text(encoding="utf-8")

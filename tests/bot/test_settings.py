"""Settings: every wrong one named at once, in words a coordinator can act on."""

import re

import pytest

from bot import settings
from bot.settings import ROOT, Settings, WrongSettings

EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch, tmp_path):
    """A machine where nothing is set: no variable of ours, and no .env in the directory."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def refused(monkeypatch, **environment: str) -> str:
    """What is said about an environment that cannot be used."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(WrongSettings) as wrong:
        settings.load()
    return str(wrong.value)


def test_with_nothing_set_everything_is_embedded(tmp_path):
    made = settings.load(var_dir=tmp_path / "var")

    assert made.store_url == f"sqlite:///{tmp_path / 'var' / 'titian.db'}"
    assert made.embedded_redis
    assert made.queue_url.startswith("unix:///")
    assert made.reached_at == "http://127.0.0.1:8000"


def test_several_wrong_settings_are_named_at_once_each_with_what_to_write(monkeypatch):
    told = refused(
        monkeypatch,
        PORT="99999",
        BRAND="TWO WORDS",
        TIMEZONE="Sabah",
        PUBLIC_URL="titian.example.org",
        DATABASE_URL="mysql://x",
        REDIS_URL="localhost",
        CONTENT_DIR="/nowhere/at/all",
    )

    lines = told.splitlines()
    assert lines[0] == "These settings cannot be used:"
    assert {line.split(":")[0].strip() for line in lines[1:]} == {
        *("PORT", "BRAND", "TIMEZONE", "PUBLIC_URL", "DATABASE_URL", "REDIS_URL", "CONTENT_DIR")
    }
    assert "BRAND: use 1 to 11 letters or digits without spaces, like TITIAN" in told
    assert "write it like Asia/Kuching" in told


def test_a_wrong_setting_does_not_hide_a_provider_that_is_half_set_up(monkeypatch):
    told = refused(monkeypatch, PORT="no", TWILIO_ACCOUNT_SID="AC1", AT_USERNAME="titian")

    assert "PORT: " in told
    assert "TWILIO_AUTH_TOKEN is missing, but TWILIO_ACCOUNT_SID is set" in told
    assert "PUBLIC_URL is missing, but TWILIO_ACCOUNT_SID is set" in told
    assert "AT_TOKEN is missing, but AT_USERNAME is set" in told


def test_a_secret_is_not_repeated_to_whoever_reads_the_complaint(monkeypatch):
    told = refused(monkeypatch, AT_USERNAME="titian", AT_API_KEY="a-key-nobody-may-see", AT_TOKEN="short", PORT="0")

    assert "AT_TOKEN is too short" in told
    assert "a-key-nobody-may-see" not in told


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("postgres://u:p@h/titian", "postgresql+psycopg://u:p@h/titian"),
        ("postgresql://u:p@h/titian", "postgresql+psycopg://u:p@h/titian"),
        ("sqlite:////tmp/x.db", "sqlite:////tmp/x.db"),
    ],
)
def test_a_database_may_be_named_as_hosts_name_it(monkeypatch, written, read):
    monkeypatch.setenv("DATABASE_URL", written)

    assert settings.load().store_url == read


def test_two_tokens_are_good_while_one_takes_over_from_the_other(monkeypatch):
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", " old , new ")

    assert settings.load().twilio_auth_token == ("old", "new")


def test_a_file_called_env_is_read_and_the_environment_beats_it(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("BRAND=FILE\nPORT=8123\n", encoding="utf-8")
    monkeypatch.setenv("BRAND", "SHELL")

    made = settings.load()

    assert (made.brand, made.port) == ("SHELL", 8123)


def test_the_browser_secret_is_made_once_and_kept_for_its_owner_alone(tmp_path):
    made = settings.load(var_dir=tmp_path / "var")

    first, second = settings.browser_secret(made), settings.browser_secret(made)

    assert first == second
    assert len(first) > 40
    assert (tmp_path / "var" / "secret-key").stat().st_mode & 0o077 == 0


def test_every_setting_stands_in_the_example_with_a_comment_before_its_group():
    listed = re.findall(r"^# ?([A-Z][A-Z0-9_]*)=", EXAMPLE, re.MULTILINE)

    assert sorted(listed) == sorted(name.upper() for name in Settings.model_fields)
    assert [line for line in EXAMPLE.splitlines() if line and not line.startswith("#")] == []


def test_the_values_in_the_example_are_the_defaults(tmp_path):
    shown = dict(re.findall(r"^# ?([A-Z][A-Z0-9_]*)=(.+)$", EXAMPLE, re.MULTILINE))
    paths = {"VAR_DIR", "CONTENT_DIR", "PUBLIC_URL"}  # shown relative, and as an example

    (tmp_path / ".env").write_text(
        "".join(f"{name}={value}\n" for name, value in shown.items() if name not in paths), encoding="utf-8"
    )

    assert settings.load() == Settings(_env_file=None)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("", {}),
        ("twilio_sms=1", {"twilio_sms": (1.0, None)}),
        (" twilio_sms=0.1 , gateway_kannel=20/30,", {"twilio_sms": (0.1, None), "gateway_kannel": (20.0, 30.0)}),
        ("africastalking_sms=/30", {"africastalking_sms": (None, 30.0)}),
    ],
)
def test_rates_are_messages_and_segments_a_second(monkeypatch, written, read):
    monkeypatch.setenv("RATES", written)

    assert settings.load().rates == read


@pytest.mark.parametrize(
    "written", ["twilio_sms", "twilio_sms=", "twilio_sms=fast", "=3", "a=0", "a=-1", "a=1/0", "a=nan"]
)
def test_a_rate_that_is_none_is_told_in_words(monkeypatch, written):
    monkeypatch.setenv("RATES", written)

    with pytest.raises(settings.WrongSettings, match=r"RATES: .* is no rate; write it like twilio_sms=1"):
        settings.load()


@pytest.mark.parametrize("written", ["Sabah", "MY-", "my-sbh"])
def test_a_place_that_is_no_place_is_told_in_words(monkeypatch, written):
    monkeypatch.setenv("HOLIDAYS", written)

    with pytest.raises(settings.WrongSettings, match="HOLIDAYS: is a country and its part, like MY-SBH"):
        settings.load()

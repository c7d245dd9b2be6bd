"""What tests of channels may ask for: a provider to send to, and a command line."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.settings import ROOT, Settings
from tests.doubles import ProviderDouble


@pytest.fixture
def provider() -> Iterator[ProviderDouble]:
    """A provider on this machine, with nothing sent yet."""
    with ProviderDouble() as double:
        yield double


@pytest.fixture
def titian(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Give a command, in an environment with these settings and no others."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)

    def give(*words: str, **env: str) -> Result:
        given = {
            "DATABASE_URL": sqlite_url,
            "CONTENT_DIR": str(ROOT / "tests" / "content"),
            "VAR_DIR": str(tmp_path),
        }
        return CliRunner(env=given | env).invoke(main, list(words))

    return give

"""A real Chromium, and a real Titian on loopback for it: its pages must be quiet and never call anybody else."""

import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from selenium import webdriver
from selenium.webdriver.remote.webdriver import WebDriver
from werkzeug.serving import make_server

from bot import settings, wiring
from bot.app import create_app
from bot.cli.db import bring_up_to_date
from bot.store.database import Store
from bot.wiring import Bot
from tests.browser.phones import Page

# Chromium looks for updates and for Google's services at every start, unless it is told not to.
QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run --hide-scrollbars "
    "--disable-background-networking --disable-component-update --disable-sync"
).split()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this room."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebDriver]:
    """A browser with a new, empty profile."""
    binary = shutil.which("chromium") or shutil.which("google-chrome")
    steered_by = shutil.which("chromedriver")
    if not binary or not steered_by:
        pytest.skip("needs chromium and chromedriver: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in (*QUIET, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(steered_by))
    yield driver
    driver.quit()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables and nothing in them, to be copied."""
    path = tmp_path_factory.mktemp("empty") / "titian.db"
    bring_up_to_date(f"sqlite:///{path}")
    return path


@pytest.fixture
def titian(request: pytest.FixtureRequest, empty_database: Path, tmp_path: Path) -> Iterator[Bot]:
    """A whole bot on an empty database, with the courses that we ship; nobody hears its bell, and it must not matter."""
    shutil.copy(empty_database, tmp_path)
    content = "tests/content" if request.node.get_closest_marker("one_course") else "content"
    made = settings.load(
        _env_file=None,
        var_dir=tmp_path,
        database_url="",
        redis_url="",
        simulator=True,
        content_dir=settings.ROOT / content,
    )
    bot = wiring.build(made)
    yield bot
    close(bot.store)


def close(store: Store) -> None:
    """Let go of the database and of the file that SQLite's writers queue at."""
    store.engine.dispose()
    waiting_at = getattr(store._alone, "_file", None)
    if waiting_at is not None:
        waiting_at.close()


@pytest.fixture
def site(titian: Bot) -> Iterator[str]:
    """Its address on loopback."""
    server = make_server("127.0.0.1", 0, create_app(titian), threaded=True)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.fixture
def page(chromium: WebDriver, site: str) -> Iterator[Page]:
    """A fresh tab on a wide screen. Afterwards: nothing on its console, and no request that left loopback."""
    for kind in ("browser", "performance"):
        chromium.get_log(kind)
    page = Page(chromium, site)
    page.resize(1280, 900)
    yield page
    chromium.get("about:blank")
    assert page.complaints() == []
    assert {host for host in map(_host, chromium.get_log("performance")) if host} <= {"127.0.0.1"}
    chromium.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": site, "storageTypes": "all"})


def _host(entry: dict[str, str]) -> str:
    """The host that a line of Chromium's log shows a request to, or ""."""
    event = json.loads(entry["message"])["message"]
    if event["method"] != "Network.requestWillBeSent":
        return ""
    url = urlsplit(event["params"]["request"]["url"])
    return url.hostname or "" if url.scheme in {"http", "https", "ws", "wss"} else ""

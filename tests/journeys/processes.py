"""Titian as an operator runs it: web, workers, clock and a provider, each a process that may be killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final

import requests
from sqlalchemy import Row, Table, select

from bot import wiring
from bot.cli.db import bring_up_to_date
from bot.cli.supervisor import tied_to_parent
from bot.store import tables as t
from bot.wiring import Bot
from tests.bot.channels import payloads as p
from tests.bots import made_settings
from tests.callers import FORM, TOKEN, Answer, Call, read
from tests.doubles import ACCOUNT, API_KEY, AUTH_TOKEN, USERNAME

ROOT: Final = Path(__file__).resolve().parents[2]
PATIENCE: Final = 30.0
IDLE: Final = 1.0  # seconds; gunicorn hangs up after two
OURS: Final = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH")


class NoAnswer(Exception):
    """The connection ended without an answer, as when the server's process is killed."""


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def daytime_zone() -> str:
    """A time zone in which it is about noon: what is pushed waits for daylight."""
    hours = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"


def wait_until(done: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Wait until something is so, and return what `done` did."""
    deadline = time.monotonic() + seconds
    while not (found := done()):
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain for {what}"
        time.sleep(0.05)
    return found


@dataclass
class House:
    """One Titian: its settings, its processes by name, and its rows."""

    var_dir: Path
    database_url: str
    redis_url: str
    port: int = field(default_factory=free_port)
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    provider_port: int = 0
    callers: list["Caller"] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.base = f"http://127.0.0.1:{self.port}"
        self.timezone = daytime_zone()
        bring_up_to_date(self.database_url)
        made = made_settings(
            self.database_url,
            self.var_dir,
            redis_url=self.redis_url,
            public_url=self.base,
            timezone=self.timezone,
            holidays="",
        )
        self.bot: Bot = wiring.build(made)

    # --- processes ---

    def start(self, *names: str) -> None:
        """Start parts of it: "provider", "web", "clock", and "worker" with a number."""
        for name in names:
            self.processes[name] = self._spawn(name)
        if "web" in names:
            wait_until(self.healthy, "the web")

    def _spawn(self, name: str) -> "subprocess.Popen[bytes]":
        part = name.rstrip("0123456789")
        command = [sys.executable, "-u", "-m", "bot.cli", part]
        if part == "web":
            command += ["--workers", "2", "--threads", "4"]
        if part == "provider":
            self.provider_port = self.provider_port or free_port()
            at_url = f"{self.base}/webhooks/africastalking/delivery/{TOKEN}"
            command = [sys.executable, "-m", "tests.reporting", "--port", str(self.provider_port), "--at-url", at_url]
        with (self.var_dir / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [*tied_to_parent(), *command],
                cwd=ROOT if part == "provider" else self.var_dir,  # where no .env lies
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )

    def environment(self) -> dict[str, str]:
        """What its processes are told."""
        provider = f"http://127.0.0.1:{self.provider_port}"
        return {name: os.environ[name] for name in OURS if name in os.environ} | {
            "VAR_DIR": str(self.var_dir),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "PORT": str(self.port),
            "PUBLIC_URL": self.base,
            "TIMEZONE": self.timezone,
            "CONTENT_DIR": str(ROOT / "tests" / "content"),
            "SIMULATOR": "1",
            "HOLIDAYS": "",  # whatever day it is today, it is a day like any other
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TWILIO_SMS_FROM": p.US,
            "TWILIO_WHATSAPP_FROM": p.US,
            "TWILIO_WHATSAPP_BUTTONS": "0",
            "TWILIO_API_URL": provider,
            "AT_USERNAME": USERNAME,
            "AT_API_KEY": API_KEY,
            "AT_TOKEN": TOKEN,
            "AT_API_URL": f"{provider}/version1",
        }

    def kill(self, name: str) -> None:
        """End a part as if its machine had lost power."""
        os.killpg(self.processes[name].pid, signal.SIGKILL)
        self.processes.pop(name).wait()

    def web_workers(self) -> list[int]:
        """The ids of gunicorn's worker processes."""
        listed = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.processes["web"].pid)], capture_output=True, text=True, check=False
        )
        return [int(pid) for pid in listed.stdout.split()]

    def alive(self, name: str) -> bool:
        """Whether a part runs."""
        return self.processes[name].poll() is None

    def log(self, name: str) -> str:
        """What a part has said."""
        return (self.var_dir / f"{name}.log").read_text(errors="replace")

    def stop(self) -> None:
        """End everything."""
        for name in list(self.processes):
            self.kill(name)
        for caller in self.callers:
            caller.close()
        self.bot.store.engine.dispose()

    # --- as a provider sees it ---

    def healthy(self) -> bool:
        """Whether the web answers."""
        try:
            return requests.get(f"{self.base}/healthz", timeout=2).status_code == 200
        except requests.RequestException:
            return False

    def accepted(self) -> list[dict[str, Any]]:
        """What the provider has taken so far."""
        taken: list[dict[str, Any]] = requests.get(f"http://127.0.0.1:{self.provider_port}/messages", timeout=5).json()
        return taken

    def behave(self, **how: Any) -> None:
        """Tell the provider how to treat what comes."""
        requests.post(f"http://127.0.0.1:{self.provider_port}/behave", json=how, timeout=5)

    def caller(self) -> "Caller":
        """Somebody who calls the webhooks over one connection."""
        self.callers.append(Caller(self.port))
        return self.callers[-1]

    # --- as an operator sees it ---

    def rows(self, table: Table) -> list[Row[Any]]:
        """Every row of a table."""
        return list(self.bot.store.look(select(table)))

    def statuses(self) -> dict[str, int]:
        """How many outbound messages have which status."""
        counted: dict[str, int] = {}
        for row in self.bot.store.look(select(t.outbound_message.c.status)):
            counted[row.status] = counted.get(row.status, 0) + 1
        return counted

    def statuses_on(self, channel: str) -> set[str]:
        """Which statuses the messages of one channel have."""
        out = t.outbound_message.c
        return {row.status for row in self.bot.store.look(select(out.status).where(out.channel == channel).distinct())}

    def quiet(self) -> bool:
        """Whether nothing waits and nothing is on its way; replies on a response wait for receipts that never come."""
        out = t.outbound_message.c
        waiting = select(out.id).where(
            out.status.in_(("queued", "sending")), ~out.channel.in_(("twilio_sms", "twilio_whatsapp"))
        )
        bulk = select(out.id).where(out.status.in_(("queued", "sending")), out.purpose != "reply")
        sending = select(t.broadcast.c.id).where(t.broadcast.c.status == "sending")
        return not any(self.bot.store.look(query.limit(1)) for query in (waiting, bulk, sending))


class Caller:
    """One client of the webhooks, on a connection that stays open."""

    def __init__(self, port: int, timeout: float = 20.0) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=timeout)
        self._used = 0.0

    def __call__(self, call: Call) -> Answer:
        """Make a request. Raises NoAnswer where the server is gone before it answers."""
        headers = dict(call.headers) | {"Content-Type": FORM}
        if time.monotonic() - self._used > IDLE:
            self.close()
        self._used = time.monotonic()
        try:
            self._connection.request("POST", call.path, call.body, headers)
            answer = self._connection.getresponse()
            return read(answer.status, answer.read().decode())
        except (OSError, HTTPException) as error:
            self.close()
            raise NoAnswer(type(error).__name__) from error

    def close(self) -> None:
        """Hang up; the next request connects again."""
        self._connection.close()


@contextmanager
def house(var_dir: Path, database_url: str, redis_url: str, *parts: str) -> Iterator[House]:
    """A house with these parts started, and nothing left of it afterwards."""
    var_dir.mkdir(parents=True, exist_ok=True)
    made = House(var_dir, database_url, redis_url)
    try:
        made.start(*parts)
        yield made
    finally:
        made.stop()

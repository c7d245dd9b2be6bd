"""The servers that are measured: gunicorn with an application on a Unix socket, and a PostgreSQL cluster of our own."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from bench.play import ROOT
from bot.cli.run import PROCESSES, THREADS
from tests import services

PATIENCE: Final = 30.0
URL: Final = "https://titian.example"
TOKEN: Final = "bench-auth-token-0123456789abcdef"
ACCOUNT: Final = "AC" + "0" * 32

# As it comes, so with fsync; only what is needed to listen here alone and to count statements.
POSTGRES: Final = {
    "listen_addresses": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_preload_libraries": "pg_stat_statements",
    "timezone": "UTC",
}


def bot_settings(directory: Path, database_url: str = "") -> dict[str, str]:
    """The environment of a bot that answers Twilio; without a database URL its rows are in SQLite, in the directory."""
    return {
        "VAR_DIR": str(directory),
        "DATABASE_URL": database_url,
        "REDIS_URL": f"unix://{directory}/nobody-listens-here.sock",
        "PUBLIC_URL": URL,
        "SECRET_KEY": "bench",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_SMS_FROM": "+601110000009",
    }


@contextmanager
def gunicorn(application: str, directory: Path, settings: Mapping[str, str]) -> Iterator[tuple[Path, int]]:
    """An application under the settings of `titian web`; gives the socket it listens on, and its process id."""
    listens = directory / "web.sock"
    words = [sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--workers", str(PROCESSES)]
    words += ["--threads", str(THREADS), "--bind", f"unix:{listens}", "--log-level", "warning", "--no-control-socket"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **settings}
    with (directory / "web.log").open("ab") as log:
        server = subprocess.Popen([*words, application], cwd=directory, env=environment, stderr=log, stdout=log)
    try:
        _wait(lambda: _answers(listens), server, directory / "web.log")
        yield listens, server.pid
    finally:
        server.terminate()
        server.wait(PATIENCE)


@contextmanager
def postgres(directory: Path, **more: str) -> Iterator[services.Postgres | None]:
    """A PostgreSQL cluster with fsync on, on a Unix socket; None, and a word why, where there is no PostgreSQL.

    `more` are options of the server.
    """
    try:
        binaries, user = services.find_postgres(), services.unprivileged_user()
    except services.Missing as missing:
        sys.stderr.write(f"not measured on PostgreSQL: {missing}\n")
        yield None
        return
    home = directory / "postgres"
    home.mkdir()
    if user:
        directory.chmod(0o755)
        shutil.chown(home, user, user)
    data = str(home / "data")
    become: dict[str, Any] = {"user": user, "group": user, "extra_groups": ()} if user else {}
    initdb = [str(binaries / "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale"]
    subprocess.run(initdb, cwd="/", capture_output=True, check=True, **become)
    options = {**POSTGRES, **more, "unix_socket_directories": str(home)}
    words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    with (directory / "postgres.log").open("ab") as log:
        server = subprocess.Popen(
            [binaries / "postgres", "-D", data, *words], cwd="/", stdout=log, stderr=log, **become
        )
    try:
        _wait(lambda: services.postgres_answers(home), server, directory / "postgres.log")
        yield services.Postgres(home, "bench")
    finally:
        server.send_signal(2)  # fast shutdown
        server.wait(PATIENCE)


def megabytes(server: int) -> float:
    """The largest share of memory among a server's processes; pages that several hold are divided among them."""
    shares = [Path(f"/proc/{child}/smaps_rollup").read_text() for child in _children(server)]
    return max(int(share.partition("Pss:")[2].split()[0]) for share in shares) * 1024 / 1e6


def cpu_seconds(server: int) -> float:
    """How long a server's processes have worked so far, whatever else this machine does."""
    stats = [Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split() for child in _children(server)]
    return sum(int(stat[11]) + int(stat[12]) for stat in stats) / os.sysconf("SC_CLK_TCK")


def _children(server: int) -> list[str]:
    return Path(f"/proc/{server}/task/{server}/children").read_text().split()


def _answers(listens: Path) -> bool:
    """Whether every one of its processes has probably come up: it answers, several times in a row."""
    for _ in range(8):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE)
            try:
                connection.connect(str(listens))
            except OSError:
                return False
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
            if b" 200 " not in connection.recv(4096).split(b"\r\n", 1)[0]:
                return False
    return True


def _wait(ready: Callable[[], bool], server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not ready():
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"a server did not start: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)

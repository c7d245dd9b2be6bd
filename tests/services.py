"""Real servers for the tests: one PostgreSQL cluster for the whole run, one Valkey for each test process.

They listen on Unix sockets only, in a directory that goes away with them.
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

from bot import embedded

GUARD = Path(__file__).with_name("guard.py")
PATIENCE = 30.0

# Nothing here has to survive a power cut.
POSTGRES_OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "UTC",
}


class Missing(Exception):
    """A server cannot be had on this machine; the message says why, in words."""


@dataclass(frozen=True)
class Run:
    """One run of the tests, as seen by one of its processes."""

    directory: Path
    controller: int  # the process that outlives the others
    process: str


@dataclass
class Valkey:
    """A Valkey of this test process's own: `url`, and it may be stopped, started and emptied at will."""

    directory: Path
    controller: int
    guard: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Where it listens; the same after a restart."""
        return embedded.url(self.directory)

    def start(self) -> None:
        """Start it, with what it held when it was stopped; does nothing if it runs."""
        if self.guard is not None and self.guard.poll() is None:
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        try:
            command = embedded.command(self.directory)
        except embedded.Unavailable as refusal:
            raise Missing(str(refusal)) from refusal
        self.guard = guarded(command, watch=[os.getpid(), self.controller], remove=self.directory)
        wait_until(lambda: embedded.answers(self.directory), "Valkey", self.guard)

    def stop(self) -> None:
        """Stop it, as if its machine had gone; whoever connects is refused."""
        if self.guard is not None:
            self.guard.terminate()
            self.guard.wait(PATIENCE)
        self.guard = None

    def flush(self) -> None:
        """Forget everything it holds."""
        assert embedded.ask(self.directory, b"FLUSHALL\r\n").startswith(b"+OK")


@dataclass
class Postgres:
    """The PostgreSQL cluster of this run: makes and drops databases."""

    directory: Path
    prefix: str
    numbers: "count[int]" = field(default_factory=count)

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of one of its databases."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.directory}"

    def create(self, template: str = "template1") -> str:
        """Make a database, empty or like another one, and return its name."""
        name = f"{self.prefix}_{next(self.numbers)}"
        self._run("CREATE DATABASE {} TEMPLATE {}", name, template)
        return name

    def drop(self, database: str) -> None:
        """Drop a database, whoever is still connected to it."""
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", database)

    def _run(self, statement: str, *names: str) -> None:
        with psycopg.connect(host=str(self.directory), user="postgres", dbname="postgres", autocommit=True) as db:
            db.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))  # type: ignore[arg-type]


def postgres_of(run: Run) -> Postgres:
    """Return this run's cluster; the first test process to ask starts it, the others wait for that one."""
    directory = run.directory / "postgres"
    started = run.directory / "postgres.json"
    with (run.directory / "postgres.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not started.exists():
            started.write_text(json.dumps(start_postgres(directory, run)))
    state = json.loads(started.read_text())
    if "missing" in state:
        raise Missing(state["missing"])
    return Postgres(directory, run.process)


def start_postgres(directory: Path, run: Run) -> dict[str, object]:
    """Start a cluster that lives as long as the controller; return its guard's process id, or what is missing."""
    try:
        binaries = find_postgres()
        user = unprivileged_user()
    except Missing as missing:
        return {"missing": str(missing)}
    directory.mkdir()
    become: dict[str, object] = {}
    if user:
        shutil.chown(directory, user, user)
        become = {"user": user, "group": user, "extra_groups": ()}
    data = directory / "data"
    made = subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        **become,  # type: ignore[call-overload]
    )
    if made.returncode != 0:
        return {"missing": f"PostgreSQL's initdb failed: {made.stderr.strip()}"}
    return {"guard": serve_postgres(directory, run)}


def serve_postgres(directory: Path, run: Run) -> int:
    """Start the server of a cluster that has been made, and return its guard's process id."""
    options = {**POSTGRES_OPTIONS, "unix_socket_directories": str(directory)}
    words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    command = [str(find_postgres() / "postgres"), "-D", str(directory / "data"), *words]
    guard = guarded(
        command,
        watch=[run.controller],
        remove=run.directory,
        user=unprivileged_user(),
        log=run.directory / "postgres.log",
    )
    wait_until(lambda: postgres_answers(directory), "PostgreSQL", guard)
    guard.returncode = 0  # disowned: the controller ends it, not this process
    return guard.pid


def stop_postgres(guard: int, directory: Path) -> None:
    """Stop the server of a cluster, and wait until it is gone; whoever is connected is thrown out."""
    with suppress(ProcessLookupError):
        os.kill(guard, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    while (directory / "data" / "postmaster.pid").exists() and time.monotonic() < deadline:
        time.sleep(0.01)


def postgres_answers(directory: Path) -> bool:
    """Return whether the cluster lets us in."""
    try:
        psycopg.connect(host=str(directory), user="postgres", dbname="postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def find_postgres() -> Path:
    """Return the directory of PostgreSQL's programs: on the PATH, else where Debian puts them, newest first."""
    if (initdb := shutil.which("initdb")) and shutil.which("postgres"):
        return Path(initdb).parent
    versions = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    if not versions:
        raise Missing("PostgreSQL is not installed here (no initdb on the PATH or in /usr/lib/postgresql)")
    return max(versions, key=lambda path: int(path.parent.name))


def unprivileged_user() -> str | None:
    """Return who the cluster runs as when we are root, which PostgreSQL refuses to be."""
    import pwd

    if os.getuid() != 0:
        return None
    for user in ("postgres", "nobody"):
        with suppress(KeyError):
            pwd.getpwnam(user)
            return user
    raise Missing("PostgreSQL refuses to run as root, and there is no user postgres or nobody")


def stop_all(run_dir: Path) -> None:
    """Stop the cluster of this run, if it was started, and remove everything it wrote."""
    started = run_dir / "postgres.json"
    if started.exists() and (guard := json.loads(started.read_text()).get("guard")):
        stop_postgres(guard, run_dir / "postgres")
    shutil.rmtree(run_dir, ignore_errors=True)


def guarded(
    command: list[str], *, watch: list[int], remove: Path, user: str | None = None, log: Path | None = None
) -> "subprocess.Popen[bytes]":
    """Start a server behind a guard that ends it, and removes its directory, when one of `watch` is gone."""
    become = ["--user", user] if user else []
    watched = [f"--watch={pid}" for pid in watch]
    words = [*watched, "--remove", str(remove), *become, "--", *command]
    with (log or Path(os.devnull)).open("a") as output:
        return subprocess.Popen(
            [sys.executable, "-S", "-E", str(GUARD), *words], stdout=output, stderr=output, process_group=0
        )


def wait_until(ready: Callable[[], bool], name: str, guard: "subprocess.Popen[bytes]") -> None:
    """Wait for a server that was just started."""
    deadline = time.monotonic() + PATIENCE
    while not ready():
        if guard.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"{name} did not start (exit code {guard.returncode})")
        time.sleep(0.02)

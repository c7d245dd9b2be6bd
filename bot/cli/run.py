"""`titian run`, and its parts `titian web`, `titian worker` and `titian clock`."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING

import click

from bot.cli.setup import configured, wired

if TYPE_CHECKING:
    from bot.cli.supervisor import Supervisor
    from bot.settings import Settings

FAILED = 1
PROCESSES = 2
THREADS = 4  # in each; more wait for each other (docs/speed.md), and a turn takes a few milliseconds
VALKEY_START = 30  # seconds the embedded Valkey has to load its data
REQUEST_END = 5  # seconds a request has to finish at a stop, less than the supervisor's patience
COLOURS = {"titian": "yellow", "valkey": "red", "db": "cyan", "web": "green", "worker": "blue", "clock": "magenta"}
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - where to call who listens everywhere


@click.command()
def run() -> None:
    """Start everything in one process tree; Ctrl-C stops it.

    An embedded Valkey (unless REDIS_URL names a server), the migrations, then the web, the worker and the clock.
    """
    from bot import embedded

    began = time.monotonic()
    settings = configured()
    if taken(settings.host, settings.port):
        raise click.ClickException(
            f"Something already listens on {settings.host}:{settings.port}. Stop it, or choose another PORT."
        )
    try:
        with embedded.held(settings.var_dir):
            raise SystemExit(supervise(settings, began))
    except embedded.Unavailable as refusal:
        raise click.ClickException(str(refusal)) from refusal


def supervise(settings: Settings, began: float) -> int:
    """Run the process tree until a signal comes or it proves impossible; return the exit code."""
    from bot.cli.supervisor import Supervisor

    family = Supervisor(speaker())
    stop_on_signals(family)
    try:
        if start_everything(family, settings):
            announce(settings, time.monotonic() - began)
            family.wait(lambda: False)
    finally:
        asked = family.stopping.is_set()
        click.echo("Stopping ..." if asked else "Titian could not be started; the lines above say why. Stopping ...")
        gently = family.stop()
    click.echo("Stopped." if gently else "Stopped. Somebody had to be killed; rows are the queue, so nothing is lost.")
    return 0 if asked else FAILED


def start_everything(family: Supervisor, settings: Settings) -> bool:
    """Start each stage once the one before it is ready; return whether all of it answers."""
    from bot import embedded
    from bot.cli.supervisor import Child

    titian = [sys.executable, "-u", "-m", "bot.cli"]
    if settings.embedded_redis:
        if embedded.dismiss_orphan(settings.var_dir):
            click.echo("Stopped a Valkey that a killed run had left behind.")
        family.start(Child("valkey", embedded.command(settings.var_dir), log=settings.var_dir / embedded.LOG))
        if not family.wait(lambda: embedded.answers(settings.var_dir), seconds=VALKEY_START):
            return False
    if not family.once("db", [*titian, "db", "upgrade"]):
        return False
    family.start(*(Child(name, [*titian, name]) for name in ("web", "worker", "clock")))
    family.ready = family.wait(lambda: healthy(settings.host, settings.port))
    return family.ready


def stop_on_signals(family: Supervisor) -> None:
    """Stop on Ctrl-C, SIGTERM and a closed terminal; the second time, at once."""

    def stop(_number: int, _frame: object) -> None:
        if family.stopping.is_set():
            family.kill()
        family.stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def announce(settings: Settings, seconds: float) -> None:
    """Say that everything answers, and where."""
    base = f"http://{reachable(settings.host)}:{settings.port}"
    click.secho(f"Titian is ready after {seconds:.1f} s.", bold=True)
    if settings.simulator:
        click.secho(f"Simulator: {base}/simulator", bold=True)
    click.secho(f"Certificates: {base}/verify", bold=True)


def speaker() -> Callable[[str, str], None]:
    """Return a function that writes one child's line under its name, whole lines only."""
    lock = threading.Lock()
    width = max(map(len, COLOURS))

    def say(name: str, line: str) -> None:
        with lock:
            click.echo(click.style(f"{name:<{width}} | ", fg=COLOURS.get(name)) + line)

    return say


def reachable(host: str) -> str:
    """Return the address at which this machine reaches a server that listens on `host`."""
    return ANYWHERE.get(host, host)


def taken(host: str, port: int) -> bool:
    """Return whether somebody listens there already."""
    try:
        with socket.create_connection((reachable(host), port), timeout=1):
            return True
    except OSError:
        return False


def healthy(host: str, port: int) -> bool:
    """Return whether the web answers /healthz."""
    connection = HTTPConnection(reachable(host), port, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


@click.command()
@click.option("--workers", default=PROCESSES, show_default=True, help="Processes.")
@click.option("--threads", default=THREADS, show_default=True, help="Threads in each process.")
def web(workers: int, threads: int) -> None:
    """Answer webhooks, the dashboard and the public pages on HOST:PORT."""
    settings = configured()
    # Not preloaded: connections made before a fork must not be shared after it.
    options = {
        "--worker-class": "gthread",
        "--workers": str(workers),
        "--threads": str(threads),
        "--bind": f"[{settings.host}]:{settings.port}" if ":" in settings.host else f"{settings.host}:{settings.port}",
        "--graceful-timeout": str(REQUEST_END),
        "--log-level": "warning",
    }
    words = [word for pair in options.items() for word in pair]
    command = [sys.executable, "-u", "-m", "gunicorn", *words, "--no-control-socket", "bot.app:create_app()"]
    os.execv(sys.executable, command)  # gunicorn becomes this process, so a signal reaches it directly


@click.command()
def worker() -> None:
    """Deliver what is due, until stopped."""
    from workers.jobs import run_worker

    run_worker(wired())


@click.command()
def clock() -> None:
    """Tick: wake the worker for what falls due, until stopped."""
    from workers.schedule import run_clock

    run_clock(wired())

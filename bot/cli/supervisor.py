"""Keeps a family of child processes alive: prefixes their output, restarts who dies, stops them in order."""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

TICK = 0.1  # seconds between two looks at the children
GRACE = 8.0  # seconds a child has to finish what it is doing
FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0
STEADY = 30.0  # a child that lived this long has its back-off forgiven
HOPELESS = 3  # a child that dies this often before everything is ready will not come up
MISCONFIGURED = 78  # EX_CONFIG of sysexits.h: trying again would change nothing

Say = Callable[[str, str], None]  # (name of the speaker, one line)


class Child:
    """One supervised process and what the supervisor remembers of it."""

    def __init__(self, name: str, command: Sequence[str], *, log: Path | None = None) -> None:
        self.name = name
        self.command = command
        self.log = log  # where it writes what it does not say
        self.process: subprocess.Popen[bytes] | None = None
        self.reader: threading.Thread | None = None
        self.started = 0.0
        self.deaths = 0
        self.delay = FIRST_DELAY
        self.due: float | None = None  # when to start it again

    @property
    def alive(self) -> bool:
        """Whether the process is running."""
        return self.process is not None and self.process.poll() is None

    @property
    def hopeless(self) -> bool:
        """Whether it makes no sense to start it again."""
        misconfigured = self.process is not None and self.process.returncode == MISCONFIGURED
        return misconfigured or self.deaths >= HOPELESS

    def start(self, say: Say) -> None:
        """Start the process in a group of its own, so that Ctrl-C reaches the supervisor alone."""
        self.process = subprocess.Popen(
            [*tied_to_parent(), *self.command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
        assert self.process.stdout is not None
        self.reader = threading.Thread(target=relay, args=(self.name, self.process.stdout, say), daemon=True)
        self.reader.start()
        self.started = time.monotonic()
        self.due = None

    def send(self, number: signal.Signals) -> None:
        """Send a signal: SIGKILL to the whole group, anything else to the leader, who tells its own."""
        if self.process is None:
            return
        try:
            if number is signal.SIGKILL:
                os.killpg(self.process.pid, number)
            elif self.alive:
                self.process.send_signal(number)
        except ProcessLookupError:
            pass

    def died(self, now: float) -> float:
        """Note a death, end what is left of the group, and return how many seconds to wait before the next start."""
        self.send(signal.SIGKILL)
        if now - self.started >= STEADY:
            self.delay = FIRST_DELAY
        self.deaths += 1
        delay, self.delay = self.delay, min(self.delay * 2, LONGEST_DELAY)
        self.due = now + delay
        return delay


class Supervisor:
    """Children in the order they were started; they are stopped in the opposite order, stage by stage."""

    def __init__(self, say: Say) -> None:
        self.say = say
        self.stages: list[list[Child]] = []
        self.stopping = threading.Event()
        self.ready = False

    @property
    def children(self) -> list[Child]:
        """Every child, oldest stage first."""
        return [child for stage in self.stages for child in stage]

    def start(self, *children: Child) -> None:
        """Start a stage: children that may be stopped at the same time."""
        self.stages.append(list(children))
        for child in children:
            child.start(self.say)

    def once(self, name: str, command: Sequence[str]) -> bool:
        """Run a command to its end; return whether it succeeded."""
        child = Child(name, command)
        child.start(self.say)
        while child.alive and not self.stopping.wait(TICK):
            pass
        stop_together([child])
        assert child.process is not None
        assert child.reader is not None
        child.reader.join(timeout=1)
        return child.process.returncode == 0

    def look(self) -> Child | None:
        """Restart who died and is due, and return a child that is beyond hope, if there is one."""
        now = time.monotonic()
        for child in self.children:
            if child.alive:
                continue
            if child.due is None:
                delay = child.died(now)
                if not self.ready and child.hopeless:
                    return child
                self.say("titian", f"{child.name} {ending(child)}; starting it again in {delay:g} s")
            elif now >= child.due:
                child.start(self.say)
        return None

    def wait(self, done: Callable[[], bool], *, seconds: float | None = None) -> bool:
        """Look after the children until `done`, a request to stop, a hopeless child, or the time is up."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while not self.stopping.is_set():
            if hopeless := self.look():
                self.say("titian", f"{hopeless.name} {ending(hopeless)} and cannot be started")
                return False
            if done():
                return True
            if deadline is not None and time.monotonic() >= deadline:
                return False
            self.stopping.wait(TICK)
        return False

    def kill(self) -> None:
        """End every child at once."""
        for child in self.children:
            child.send(signal.SIGKILL)

    def stop(self) -> bool:
        """Stop the newest stage first; return whether everybody stopped without being killed."""
        gently = [stop_together(stage) for stage in reversed(self.stages)]
        for child in self.children:
            if child.reader is not None:
                child.reader.join(timeout=1)
        return all(gently)


def stop_together(children: Sequence[Child]) -> bool:
    """Ask children to stop, wait for all of them, and kill what is left of their groups."""
    for child in children:
        child.send(signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    gently = True
    for child in children:
        if child.process is not None:
            try:
                child.process.wait(timeout=max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                gently = False
        child.send(signal.SIGKILL)
        if child.process is not None:
            child.process.wait()
    return gently


def relay(name: str, output: IO[bytes], say: Say) -> None:
    """Pass a child's lines on until it closes its output."""
    with output:
        for line in output:
            say(name, line.decode(errors="replace").rstrip())


def ending(child: Child) -> str:
    """Say in words how a child ended, and where it may have written why."""
    code = child.process.returncode if child.process else None
    if code is not None and code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"stopped by itself with exit code {code}" + (f" (see {child.log})" if child.log else "")


def tied_to_parent() -> list[str]:
    """Return a prefix that ends a child when its parent is killed, where the machine has one (Linux)."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []

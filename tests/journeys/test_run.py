"""`titian run` as whoever starts it sees it: real processes, a real queue, real signals."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from bot import embedded

pytestmark = pytest.mark.journey

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


CONTENT = {"CONTENT_DIR": str(ROOT / "tests" / "content")}


class Running:
    """One `titian run` and what it has said so far."""

    def __init__(self, var_dir: Path, **settings: str) -> None:
        self.port = int(settings.setdefault("PORT", str(free_port())))
        ours = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH")
        environment = {name: os.environ[name] for name in ours if name in os.environ}
        self.var_dir = var_dir
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "bot.cli", "run"],
            cwd=ROOT,
            env={**environment, "VAR_DIR": str(var_dir), "SIMULATOR": "1", **CONTENT, **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said: list[str] = []
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self.said.append(line.rstrip())

    @property
    def text(self) -> str:
        return "\n".join(self.said)

    def says(self, words: str) -> None:
        """Wait until it has said this."""
        deadline = time.monotonic() + PATIENCE
        while words not in self.text:
            assert time.monotonic() < deadline, f"never said {words!r}, but:\n{self.text}"
            assert self.process.poll() is None or self.listener.is_alive(), f"ended without {words!r}:\n{self.text}"
            time.sleep(0.05)

    def ends(self) -> int:
        """Wait for the end and return the exit code."""
        code = self.process.wait(PATIENCE)
        self.listener.join(5)
        return code

    def family(self) -> dict[int, str]:
        """Return every living process that this one started, however deep, by id."""
        parents: dict[int, tuple[int, str]] = {}
        for line in subprocess.check_output(["ps", "-ww", "-eo", "pid=,ppid=,stat=,args="], text=True).splitlines():
            pid, parent, state, args = line.split(None, 3)
            if not state.startswith("Z"):
                parents[int(pid)] = (int(parent), args)
        found: dict[int, str] = {}
        looking = [self.process.pid]
        while looking:
            parent = looking.pop()
            for pid, (its, args) in parents.items():
                if its == parent:
                    found[pid] = args
                    looking.append(pid)
        return found

    def member(self, part: str) -> int | None:
        """Return the process id of one part, if it is running."""
        sign = {"web": "gunicorn", "valkey": "valkey.sock", "worker": "bot.cli worker", "clock": "bot.cli clock"}[part]
        return min((pid for pid, args in self.family().items() if sign in args), default=None)


def alive(pids: dict[int, str]) -> dict[int, str]:
    listed = subprocess.run(
        ["ps", "-o", "pid=,stat=", "-p", ",".join(map(str, pids))], capture_output=True, text=True, check=False
    )
    left = [line.split() for line in listed.stdout.splitlines()]
    return {int(pid): pids[int(pid)] for pid, state in left if not state.startswith("Z")}


def soon_gone(pids: dict[int, str]) -> bool:
    deadline = time.monotonic() + 15
    while alive(pids) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not alive(pids)


@pytest.fixture
def titian(tmp_path):
    """Start `titian run` with a VAR_DIR of its own, and settings on top."""
    started: list[Running] = []

    def start(**settings: str) -> Running:
        running = Running(Path(settings.pop("VAR_DIR", str(tmp_path / "var"))), **settings)
        started.append(running)
        return running

    yield start
    for running in started:
        family = running.family()
        running.process.kill()
        running.process.wait()
        for pid in alive(family) if family else ():
            os.kill(pid, signal.SIGKILL)
        running.listener.join(5)


def test_one_command_starts_everything_and_ctrl_c_stops_all_of_it(titian):
    running = titian()
    running.says(f"Simulator: http://127.0.0.1:{running.port}/simulator")
    family = running.family()

    with urlopen(f"http://127.0.0.1:{running.port}/healthz", timeout=5) as answer:
        assert answer.status == 200
    began = time.monotonic()
    running.process.send_signal(signal.SIGINT)

    assert running.ends() == 0
    assert time.monotonic() - began < 8
    assert "Stopped." in running.said
    assert soon_gone(family)
    assert not embedded.answers(running.var_dir)


def test_a_learner_gets_her_certificate_from_one_command_and_ctrl_c_ends_it_in_the_middle_of_a_talk(titian):
    """Over HTTP as the browser's phone does it; then somebody presses Ctrl-C while others are writing."""
    running = titian()
    running.says("Simulator: ")
    talking = threading.Event()

    def talk(number):
        n = 0
        while not talking.is_set():
            n += 1
            with suppress(OSError, HTTPException):  # the end is what it waits for
                simulated(running.port, number, "MENU", f"{number}-{n}")

    lessons = [word for letter in "BCACBAC" for word in (letter, "1")]
    for text in ["hai", "1", "1", *lessons[:-1]]:
        said = simulated(running.port, "+60111000001", text)
    code = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", said)
    with urlopen(f"http://127.0.0.1:{running.port}/verify/{code[0]}", timeout=5) as page:
        checked = page.read().decode()
    talkers = [threading.Thread(target=talk, args=(f"+6011100001{n}",)) for n in range(3)]
    for talker in talkers:
        talker.start()
    time.sleep(0.5)
    family = running.family()
    running.process.send_signal(signal.SIGINT)
    ended = running.ends()
    talking.set()
    for talker in talkers:
        talker.join(10)

    assert code[0] in checked
    assert ended == 0
    assert soon_gone(family)
    assert running.said[-1] == "Stopped."
    assert "Traceback" not in running.text
    assert '"level": "error"' not in running.text


def simulated(port, phone, text, name=None):
    """What the phone in the browser is answered."""
    body = json.dumps({"phone": phone, "channel": "sms", "text": text, "id": name}).encode()
    asked = Request(f"http://127.0.0.1:{port}/webhooks/simulator", body, {"Content-Type": "application/json"})
    with urlopen(asked, timeout=5) as answer:
        return "\n".join(json.load(answer)["replies"])


@pytest.mark.parametrize("part", ["web", "worker", "clock", "valkey"])
def test_a_part_that_dies_is_started_again(titian, part):
    running = titian()
    running.says("Simulator: ")
    victim = running.member(part)

    os.kill(victim, signal.SIGKILL)
    running.says(f"{part} was ended by SIGKILL; starting it again in 0.5 s")

    deadline = time.monotonic() + 15
    while running.member(part) in (None, victim) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert running.member(part) not in (None, victim)


def test_nothing_outlives_a_run_that_was_killed(titian):
    """Were the old web to live on, the next run would find its port taken."""
    running = titian()
    running.says("Simulator: ")
    family = running.family()

    running.process.kill()
    running.process.wait()

    assert soon_gone(family), alive(family)
    again = titian(PORT=str(running.port))
    again.says("Simulator: ")


def test_what_was_queued_is_still_there_after_a_restart(titian):
    running = titian()
    running.says("Simulator: ")
    assert embedded.ask(running.var_dir, b"SET test:kept 1\r\n").startswith(b"+OK")
    running.process.terminate()
    assert running.ends() == 0

    again = titian()
    again.says("Simulator: ")

    assert embedded.ask(running.var_dir, b"GET test:kept\r\n") == b"$1\r\n1\r\n"


def test_a_redis_of_ones_own_means_no_embedded_one(titian, redis_url):
    running = titian(REDIS_URL=redis_url)
    running.says("Simulator: ")

    assert not (running.var_dir / embedded.SOCKET).exists()


def test_two_runs_do_not_share_a_directory(titian):
    first = titian()
    first.says("Simulator: ")

    second = titian()

    assert second.ends() == 1
    assert "Another `titian run` is already using" in second.text
    assert embedded.answers(first.var_dir)


def test_a_taken_port_is_refused_in_words(titian):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()

        running = titian(PORT=str(other.getsockname()[1]))

        assert running.ends() == 1
    assert "Something already listens on 127.0.0.1" in running.text


def test_a_directory_too_deep_for_a_socket_is_refused_in_words(titian, tmp_path):
    running = titian(VAR_DIR=str(tmp_path / ("deep" * 30)))

    assert running.ends() == 1
    assert "Choose a shorter VAR_DIR, or set REDIS_URL" in running.text


def test_wrong_settings_are_all_named_and_nothing_is_started(titian):
    running = titian(TIMEZONE="Sabah", REDIS_URL="http://queue")

    assert running.ends() == 78
    assert re.search(r"TIMEZONE.*Asia/Kuching", running.text)
    assert "REDIS_URL" in running.text


def test_a_database_that_cannot_be_reached_ends_the_run(titian):
    running = titian(DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")

    assert running.ends() == 1
    assert "Titian could not be started" in running.text

"""Debian's Kannel, nobody's double: bearerbox and smsbox on loopback, and its own fakesmsc for the phones behind it."""

import logging
import os
import random
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests import services

FAKESMSC: Final = "/usr/lib/kannel/test/fakesmsc"
USER: Final = "titian"
PASSWORD: Final = "a-password-of-tests"

CONFIGURATION: Final = """\
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = {password}
smsbox-port = {box}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
log-file = "{directory}/bearerbox.log"
log-level = 1
dlr-storage = internal

group = smsc
smsc = fake
smsc-id = FAKE
port = {smsc}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-interface = 127.0.0.1
sendsms-port = {sendsms}
http-request-retry = 5
http-queue-delay = 1
log-file = "{directory}/smsbox.log"
log-level = 1

group = sms-service
keyword = default
catch-all = yes
max-messages = 0
get-url = "{webhook}?from=%p&to=%P&text=%b&id=%I&coding=%c&date=%T"

group = sendsms-user
username = {user}
password = {password}
concatenation = true
max-messages = 10
"""


def missing() -> str:
    """Why it cannot run here, "" where it can."""
    lacking = [name for name in ("bearerbox", "smsbox") if not shutil.which(name, path=_PATH)]
    if not Path(FAKESMSC).exists():
        lacking.append("fakesmsc")
    return f"{', '.join(lacking)} not installed (Debian's kannel and kannel-extras)" if lacking else ""


_PATH: Final = f"{os.environ.get('PATH', '')}:/usr/sbin"  # noqa: TID251


class Kannel:
    """A running Kannel that calls `webhook`, and a network of phones that are typed on by `says`."""

    def __init__(self, directory: Path, webhook: str) -> None:
        self.ports = dict(zip(("admin", "box", "smsc", "sendsms"), free_ports(4), strict=True))
        self.sendsms = f"http://127.0.0.1:{self.ports['sendsms']}/cgi-bin/sendsms"
        self.directory = directory
        self.received: list[str] = []  # what phones were sent, as fakesmsc prints it
        self._file = directory / "kannel.conf"
        filled = CONFIGURATION.format(directory=directory, webhook=webhook, user=USER, password=PASSWORD, **self.ports)
        self._file.write_text(filled, encoding="utf-8")
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        try:
            self._start("bearerbox", self.ports["smsc"])
            self._start("smsbox", self.ports["sendsms"])
            self._phones = subprocess.Popen(
                [FAKESMSC, "-H", "127.0.0.1", "-r", str(self.ports["smsc"])],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        except BaseException:
            self._end()
            raise
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._phones.stdin
        self._phones.terminate()
        self._phones.wait(services.PATIENCE)
        self._listening.join()
        with suppress(BrokenPipeError):
            self._phones.stdin.close()
        self._end()

    def says(self, number: str, text: str, to: str = "22384") -> None:
        """Somebody on this network sends an SMS."""
        assert self._phones.stdin
        self._phones.stdin.write(f"{number} {to} text {text}\n".encode())
        self._phones.stdin.flush()

    def wait_until(self, what: str, ready: Callable[[], bool]) -> None:
        """Wait for something to come through Kannel; what its logs say, if it does not."""
        try:
            services.wait_until(ready, what, self._running[0])
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.logs()}") from error

    def logs(self) -> str:
        """The last of what Kannel wrote."""
        written = [each.read_text(errors="replace")[-3000:] for each in sorted(self.directory.glob("*.log"))]
        return "\n".join([*written, *self.received])

    def _start(self, name: str, port: int) -> None:
        command = shutil.which(name, path=_PATH)
        assert command
        guard = services.guarded(
            [command, "-v", "4", str(self._file)],
            watch=[os.getpid()],
            remove=self.directory,
            log=self.directory / f"{name}-output.log",
        )
        self._running.append(guard)
        services.wait_until(lambda: _answers(port), name, guard)

    def _listen(self) -> None:
        assert self._phones.stdout
        with self._phones.stdout as printed:
            for line in printed:
                if found := re.search(rb"Got message \d+: <(.*)>\s*$", line):
                    self.received.append(found[1].decode())

    def _end(self) -> None:
        for guard in reversed(self._running):
            guard.terminate()
            guard.wait(services.PATIENCE)


@contextmanager
def quiet_logs() -> Iterator[None]:
    """A web application sets up the logging of its process; afterwards it is the test run's own again."""
    root = logging.getLogger()
    kept, level = root.handlers, root.level
    try:
        yield
    finally:
        root.handlers = kept
        root.setLevel(level)


def free_ports(count: int) -> list[int]:
    """Ports on loopback that nobody listens on, and that no system gives to a connection of its own accord meanwhile."""
    ports: list[int] = []
    for port in random.sample(range(20_000, 30_000), 1000):
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            ports.append(port)
        if len(ports) == count:
            break
    return ports


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
        return True
    return False

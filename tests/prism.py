"""Prism, nobody's double: an HTTP server that holds every request against a provider's own OpenAPI file.

Both are yours to bring: the file by an environment variable, and Prism (npm install @stoplight/prism-cli) on the PATH or
named by PRISM. Where one is missing the test is skipped, and says which.
"""

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from bot.cli.supervisor import tied_to_parent

PATIENCE: Final = 60.0  # seconds for it to start; it reads the whole file first


@contextmanager
def prism(openapi: str) -> Iterator[str]:
    """Serve the OpenAPI file that the environment variable `openapi` names; gives the base URL, and skips the test without it.

    What the file does not allow is answered with 422 or 401, anything else with the file's own example.
    """
    given = os.environ  # noqa: TID251 - both are of this machine, and no settings of ours
    described, command = given.get(openapi, ""), given.get("PRISM", "") or shutil.which("prism")
    if not described:
        pytest.skip(f"{openapi} names no OpenAPI file of the provider")
    if not Path(described).is_file():
        pytest.skip(f"{openapi} names {described}, which is not there")
    if not command or not shutil.which(command):
        pytest.skip("Prism is neither on the PATH nor where PRISM says: npm install @stoplight/prism-cli")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    asked = [command, "mock", "--host", "127.0.0.1", "--port", str(port), described]
    with subprocess.Popen(
        [*tied_to_parent(), *asked], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _wait_for(process, port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait_for(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            threading.Event().wait(0.1)
        else:
            return
    raise AssertionError("Prism did not start: is the file OpenAPI, and is node there?")

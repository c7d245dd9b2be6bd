"""Runs one server for the tests until it is told to stop, or a process it was started for is gone.

A test process can be killed without a chance to tidy up; this one stands between it and its server.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import threading

PATIENCE = 5.0


def main() -> int:
    """Run the server; return its exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--watch", type=int, action="append", required=True, help="a process it is for")
    parser.add_argument("--remove", required=True, help="a directory to remove if one of them just vanishes")
    parser.add_argument("--user", help="who to become, for servers that refuse to be root")
    parser.add_argument("command", nargs="+")
    asked = parser.parse_args()

    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: told.set())
    become = {"user": asked.user, "group": asked.user, "extra_groups": ()} if asked.user else {}
    server = subprocess.Popen(asked.command, stdin=subprocess.DEVNULL, cwd="/", **become)
    while server.poll() is None and all(map(alive, asked.watch)) and not told.wait(0.2):
        pass
    code = end(server)
    if not told.is_set() and not all(map(alive, asked.watch)):
        shutil.rmtree(asked.remove, ignore_errors=True)
    return code


def end(server: "subprocess.Popen[bytes]") -> int:
    """Stop the server if it still runs; return its exit code."""
    if server.poll() is None:
        # SIGINT is PostgreSQL's "fast" shutdown; at SIGTERM it would wait for every client to leave.
        server.send_signal(signal.SIGINT)
    try:
        return server.wait(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        server.kill()
        return server.wait()


def alive(pid: int) -> bool:
    """Return whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    sys.exit(main())

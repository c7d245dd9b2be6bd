"""Processes of their own that do something for ever, and are killed in the middle of it."""

import multiprocessing
import threading
from collections.abc import Callable
from multiprocessing.context import ForkServerContext, ForkServerProcess
from typing import Any, Final

COMES_UP_WITHIN: Final = 60.0  # seconds
DIES_WITHIN: Final = 30.0


def spawning(module: str) -> ForkServerContext:
    """Where such processes come from, with that module loaded beforehand."""
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([module])
    return processes


def begun(
    processes: ForkServerContext, work: Callable[..., object], *arguments: Any, many: int = 1
) -> list[ForkServerProcess]:
    """So many processes that do `work`, whose last argument is what it sends something to when it begins; all have."""
    started = []
    for _ in range(many):
        hears, says = processes.Pipe(duplex=False)
        process = processes.Process(target=work, args=(*arguments, says), daemon=True)
        process.start()
        says.close()
        started.append((process, hears))
    for _, hears in started:
        assert hears.poll(COMES_UP_WITHIN)
        hears.recv()
        hears.close()
    return [process for process, _ in started]


def killed_after(
    processes: ForkServerContext, seconds: float, work: Callable[..., object], *arguments: Any, many: int = 1
) -> None:
    """Let so many do `work` side by side for so long, and kill them all."""
    working = begun(processes, work, *arguments, many=many)
    threading.Event().wait(seconds)
    for process in working:
        process.kill()
    for process in working:
        process.join(DIES_WITHIN)

"""`python -m bench [engine|content|turn|growth|segments|due|spreading|sending|credentials|verifying|paper|audit|all] [--quick] [--json]`: measure, and print one table."""

import argparse
import sys
from typing import Final

from bench import (
    audit,
    content,
    credentials,
    due,
    engine,
    growth,
    paper,
    segments,
    sending,
    spreading,
    table,
    turn,
    verifying,
)

MEASURES: Final = {
    "engine": engine.measure,
    "content": content.measure,
    "turn": turn.measure,
    "growth": growth.measure,
    "segments": segments.measure,
    "due": due.measure,
    "spreading": spreading.measure,
    "sending": sending.measure,
    "credentials": credentials.measure,
    "verifying": verifying.measure,
    "paper": paper.measure,
    "audit": audit.measure,
}


def main() -> int:
    """Run what was asked for; the exit code is 0 even where an aim is missed, for a noisy machine proves nothing."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("what", nargs="?", default="all", choices=(*MEASURES, "all"))
    parser.add_argument("--quick", action="store_true", help="fewer rounds: a first impression")
    parser.add_argument("--json", action="store_true", help="for a program")
    asked = parser.parse_args()
    results = [
        result
        for name, measure in MEASURES.items()
        if asked.what in (name, "all")
        for result in measure(quick=asked.quick)
    ]
    print(table.as_json(results) if asked.json else table.written(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())

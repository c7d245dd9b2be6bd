"""Lets `python -m bot.cli` stand for `titian`: the supervisor starts its children so."""

from bot.cli import main

main()

"""The tables, the statements, and the one way to write a turn."""

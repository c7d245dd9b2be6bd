"""The audit as a chain: each event has a place and a hash over the one before it, and its head is signed every day.

`chain` is the arithmetic, without a database; `linking` gives events their places; `heads` signs how the chain ends and holds a
head that was kept elsewhere against it; `pieces` and `certificates` look for what was changed, a piece at a time; `rounds` does so
every night; `reading` lists events.
"""

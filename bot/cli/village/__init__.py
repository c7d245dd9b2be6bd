"""A village of made-up learners: they write to the real bot, which answers and pushes on a clock that jumps."""

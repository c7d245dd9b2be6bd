"""What the bot says next: pure functions, the standard library and nothing else."""

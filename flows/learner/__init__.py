"""Herself: how she begins, what she chooses, what she has a right to, and the way round."""

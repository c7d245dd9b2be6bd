"""Replies: read in every language at once, and never guessed."""

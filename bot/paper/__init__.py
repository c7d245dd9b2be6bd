"""Certificates on paper: what a sheet says, how it looks, and the files that come of it."""

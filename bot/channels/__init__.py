"""Providers, one a file: their words come in here and go no further."""

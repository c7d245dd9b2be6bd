"""Surveys: what is asked besides lessons."""

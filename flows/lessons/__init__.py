"""Lessons: put, graded, repeated, and spoken of when she is silent."""

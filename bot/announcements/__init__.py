"""Announcements, from a draft to the last row: written, checked, rehearsed, approved, spread, stopped, watched, answered."""

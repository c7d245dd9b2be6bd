"""What happens without a request: rows delivered, nudges fallen due, announcements spread."""

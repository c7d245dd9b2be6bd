"""The web, the channels, the database: what turns the world into events, and effects into rows."""

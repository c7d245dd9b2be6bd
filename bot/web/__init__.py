"""The pages people open and the addresses providers call."""

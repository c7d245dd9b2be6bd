"""Any HTTP SMS gateway, described in a YAML: what it is sent, how its answers read, what it brings us."""

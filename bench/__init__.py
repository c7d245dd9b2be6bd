"""How fast Titian is, measured beside what one would write instead: `python -m bench`."""

"""Generations of credentials: 1 is what a belt begins with, each higher number makes new ones."""

MOST_GENERATIONS = 999_999_999
"""As many as a login's name has digits for."""

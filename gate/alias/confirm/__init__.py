"""Looks at a certified belt once more, right before and right after the alias moves to it."""

"""Looks at a certified belt again, right before and right after the alias moves to it."""

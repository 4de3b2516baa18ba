"""Moves the alias, verifies that it arrives, and puts it back if it does not."""

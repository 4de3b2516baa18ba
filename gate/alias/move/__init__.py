"""Moves the alias, sees it arrive, and puts it back where it does not."""

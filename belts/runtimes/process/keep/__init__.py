"""Keeps the belts of a directory: restarts what died and what hangs."""

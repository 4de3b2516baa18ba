"""Keeps the belts of a directory: what died comes back, what hangs is restarted."""

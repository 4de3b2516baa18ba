"""Judges a candidate while the serving belt is dead or stalled."""

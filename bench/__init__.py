"""Measurements: run by hand, their results committed."""

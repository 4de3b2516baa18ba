"""Specs, and what they are rendered into."""

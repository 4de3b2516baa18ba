"""Reads the belts' databases: read only, one snapshot per belt, yielding to consumers."""

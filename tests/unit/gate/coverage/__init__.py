"""Tests of what was compared, proved, and neither."""

"""Belts as processes of one Linux host."""

"""Belts by URL: they run elsewhere, in the hands of others; here runs what leads to them, their edge."""

"""The status endpoint: which belt serves, since when, and how far it is on each chain."""

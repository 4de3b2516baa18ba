"""Stands between a belt's indexer and its chains' providers, and asks them no more often than is allowed."""

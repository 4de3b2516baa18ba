"""The way to an indexer's first row: its code, its sources, and proof that every chain was seeded."""

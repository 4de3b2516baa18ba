"""Postgres as the engine sees it: what it has, its types, how SQL is written, and the connections."""

"""Postgres as the engine sees it: its catalogue, types, how SQL is written, and the connections."""

"""Contradictions inside one belt, on a real Postgres."""

"""The gate: proves a candidate belt against live endpoints, or refuses."""

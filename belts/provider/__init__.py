"""Whoever answers a chain's JSON-RPC: by which name it is known, what it means, and how often it is asked."""

"""Belts by URL on real parts: a hosting platform with TLS and a path, and the edge before it."""

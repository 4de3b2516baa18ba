"""Databases of two belts: the one that is judged, and one that may serve beside it."""

from tests.live.gate.content.conftest import blue, candidate_cluster, green, serving_cluster

__all__ = ["blue", "candidate_cluster", "green", "serving_cluster"]

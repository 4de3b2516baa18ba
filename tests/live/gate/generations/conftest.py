"""Databases of two belts: the one that serves, and the candidate."""

from tests.live.gate.content.conftest import blue, candidate_cluster, green, serving_cluster

__all__ = ["blue", "candidate_cluster", "green", "serving_cluster"]

"""A real anvil with a history of its own, and a candidate's database that has indexed all of it."""

from tests.live.gate.chain.conftest import anvil, behind, candidate
from tests.live.gate.content.conftest import blue, candidate_cluster, green, serving_cluster

__all__ = ["anvil", "behind", "blue", "candidate", "candidate_cluster", "green", "serving_cluster"]

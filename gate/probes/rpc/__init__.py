"""Asks the chains themselves, through providers that may be wrong, behind, pruned or overloaded."""
